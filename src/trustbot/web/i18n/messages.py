"""`python -m trustbot.web.i18n.messages`: brings the catalogues of translations up to what the program says.

In: the messages of `english`, the fixed sentences of `wording`. Out: `locale/trustbot.pot`, and the catalogue of each
language with every message in it; what is translated stays, what changed is marked fuzzy, what went is kept apart. A
comment of each entry names the constants that hold the message. This module translates nothing.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from trustbot.presentation import templates
from trustbot.web.i18n import english
from trustbot.web.i18n.language import DOMAIN, LOCALE, SOURCE, catalogue_path, codes

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

UNTRANSLATED = frozenset({"PRODUCT", "FOREIGN"})
"""Constants that are the same in every language: a name, and what is said in the language of who asked."""
APART = frozenset({"PLACEHOLDER"})
"""Constants that may need another translation than one with the same English text."""


class Message(NamedTuple):
    """An English text; `context` names its constant where that has a translation of its own."""

    text: str
    context: str | None = None


def messages() -> dict[Message, tuple[str, ...]]:
    """Every message that is translated, in the order of the source, with the names of the constants that hold it."""
    found: dict[Message, list[str]] = {}
    for name, text in _all():
        if name not in UNTRANSLATED and text:
            found.setdefault(Message(text, name if name in APART else None), []).append(name)
    return {message: tuple(dict.fromkeys(names)) for message, names in found.items()}


def _all() -> Iterator[tuple[str, str]]:
    for name, value in vars(english).items():
        if name.isupper():
            yield from ((name, text) for text in _texts(value))
    for name, text in templates.constants():
        yield name, text.strip()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | Mapping):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


def template() -> Catalog:
    """The catalogue that translations start from."""
    from babel.messages.catalog import Catalog

    made = Catalog(project=DOMAIN, version="0.1.0", charset="utf-8", header_comment="# The messages of trustbot.")
    for message, names in messages().items():
        made.add(message.text, context=message.context, auto_comments=[", ".join(names)])
    return made


def refresh(folder: Path = LOCALE) -> dict[str, tuple[int, int, int]]:
    """Bring every catalogue in `folder` up to date; for each language the entries that are new, fuzzy and gone."""
    from babel.messages.pofile import read_po

    source = template()
    _write(folder / f"{DOMAIN}.pot", source, obsolete=False)
    left: dict[str, tuple[int, int, int]] = {}
    for code in codes(folder):
        if code == SOURCE:
            continue
        path = catalogue_path(code, folder)
        translated = read_po(io.BytesIO(path.read_bytes()), locale=code)
        translated.update(source, update_creation_date=False)
        _write(path, translated, obsolete=True)
        entries = [entry for entry in translated if entry.id]
        missing = sum(not entry.string for entry in entries)
        left[code] = (missing, sum(entry.fuzzy for entry in entries), len(translated.obsolete))
    return left


def _write(path: Path, catalog: Catalog, *, obsolete: bool) -> None:
    """Write a catalogue if more than the day has changed."""
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalog, width=116, ignore_obsolete=not obsolete)
    made = out.getvalue()
    if not path.is_file() or _undated(path.read_bytes()) != _undated(made):
        path.write_bytes(made)


def _undated(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if not line.startswith((b'"POT-Creation-Date', b'"PO-Revision-Date'))]


def main() -> int:
    """Refresh the catalogues and say what is left to do; 1 if anything is."""
    left = refresh()
    for code, (missing, fuzzy, gone) in left.items():
        sys.stdout.write(f"{code}: {missing} to translate, {fuzzy} to look at again, {gone} no longer used\n")
    return int(any(map(any, left.values())))


if __name__ == "__main__":
    sys.exit(main())

"""Whom somebody can turn to who needs help: from `[safety]` of a file, and which of them fit a message.

In: the table `[safety]` as a server's portals.toml or a corpus's manifest.toml holds it. Out: checked contacts, or
NoContact with entry, problem and mend; and for a kind of message the contacts of the server, else those of the corpus,
else general ones that fit any country. This module reads no file but portals.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from trustbot.errors import InvalidInput
from trustbot.presentation import wording
from trustbot.types import CRISIS, HELPED, MARKER, Contact, SafetyKind

LONGEST = 200
"""Characters of each text: a contact is read on the screen of a phone."""
MOST = 20
_NUMBER = re.compile(r"[+*#]?[0-9][0-9 ()./*#-]{1,39}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?=\S)")
_LINKS = (re.compile(r"https://[^\s/@]+\S*"), re.compile(r"mailto:[^\s@:]+@[^\s@:]+\.[^\s@:]+"))


class NoContact(ValueError):
    """What stands under `[safety]` can't be used."""

    def __init__(self, entry: str, problem: str, mend: str) -> None:
        self.entry, self.problem, self.mend = entry, problem, mend
        super().__init__(f"{entry}: {problem} {mend}")


def _line(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("one line of text")
    if MARKER.search(value):
        raise ValueError("a text without a number in square brackets, since that stands for a source")
    return value.strip()


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value.strip()):
        raise ValueError("a telephone number as it is dialled, such as 112 or +31 20 123 4567")
    return value.strip()


def _address(value: str) -> str:
    value = _line(value)
    if _SCHEME.match(value) and not any(link.fullmatch(value) for link in _LINKS):
        raise ValueError(
            "an address that begins with https://, a mail address such as mailto:help@example.edu, or text"
        )
    return value


def _kind(value: str) -> str:
    if value not in HELPED:
        raise ValueError(f"one of {', '.join(HELPED)}")
    return value


Line = Annotated[str, Field(max_length=LONGEST), AfterValidator(_line)]
Number = Annotated[str, Field(max_length=LONGEST), AfterValidator(_number)]
Address = Annotated[str, Field(max_length=LONGEST), AfterValidator(_address)]
Kind = Annotated[SafetyKind, AfterValidator(_kind)]


class ContactModel(BaseModel):
    """`[[safety.contact]]`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Line
    number: Number | None = None
    address: Address | None = None
    hours: Line | None = None
    kinds: Annotated[list[Kind], Field(min_length=1)] = Field(list(CRISIS), alias="for")


class SafetyModel(BaseModel):
    """`[safety]`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    contact: Annotated[list[ContactModel], Field(max_length=MOST)] = []


def parse_contacts(table: object) -> tuple[Contact, ...]:
    """The contacts of a table `[safety]`, in their order. Raises NoContact."""
    try:
        model = SafetyModel.model_validate(table)
    except ValidationError as error:
        raise _wrong(table, error) from None
    return tuple(Contact(m.name, m.number, m.address, m.hours, tuple(dict.fromkeys(m.kinds))) for m in model.contact)


def read_contacts(path: Path) -> tuple[Contact, ...]:
    """Those of a portals.toml; none where there is no such file. Raises InvalidInput with one sentence."""
    try:
        table = tomllib.loads(path.read_text("utf-8-sig")).get("safety", {})
        return parse_contacts(table)
    except FileNotFoundError:
        return ()
    except NoContact as error:
        raise InvalidInput(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        problem = f"it can't be read as TOML in UTF-8 ({error.strerror if isinstance(error, OSError) else error})"
        raise InvalidInput(f"{path}: the file: {problem}. Correct it, since it may name whom to call.") from None


def contacts_for(kind: SafetyKind, server: Sequence[Contact], corpus: Sequence[Contact]) -> tuple[Contact, ...]:
    """Whom to turn to with a message of `kind`: the server's, else the corpus's, else general ones."""
    for listed in (server, corpus, GENERAL):
        found = tuple(c for c in listed if kind in c.kinds)
        if found:
            return found
    return ()


GENERAL = (
    Contact(wording.CONTACTS["emergency"], kinds=("self_harm", "emergency")),
    Contact(wording.CONTACTS["team"], kinds=("emergency",)),
    Contact(wording.CONTACTS["crisis"], kinds=("self_harm", "distress")),
    Contact(wording.CONTACTS["office"], kinds=("distress", "self_harm")),
    Contact(wording.CONTACTS["health"], kinds=("distress", "self_harm")),
)
"""Whom there is everywhere, by what they are called; a message on a patient names its own."""


def _wrong(table: object, error: ValidationError) -> NoContact:
    # A misspelt key is also a missing one: the misspelling is the more useful thing to report.
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    entry, rest = _entry(table, first["loc"])
    name = f"`{rest[0]}`" if rest else "it"
    kind, message = first["type"], str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    if kind == "missing":
        return NoContact(entry, f"{name} is missing.", f"Add {name}.")
    if kind == "extra_forbidden":
        model = ContactModel if len(first["loc"]) > 1 else SafetyModel
        known = ", ".join(field.alias or key for key, field in model.model_fields.items())
        return NoContact(entry, f"{name} is not a known key.", f"Remove or correct it; the known keys are {known}.")
    if name == "`contact`" and kind == "list_type":
        return NoContact(entry, f"{name} is not a list of entries.", "Begin each entry with [[safety.contact]].")
    if name == "`for`" and kind == "literal_error":
        message = f"one of {', '.join(HELPED)}"
    value = repr(first["input"])
    value = value if len(value) <= 80 else value[:77] + "..."
    return NoContact(entry, f"{name} is {value}.", f"Make it {message[:1].lower()}{message[1:]}.")


def _entry(table: object, location: Sequence[int | str]) -> tuple[str, Sequence[int | str]]:
    """The entry a person would look for, such as `safety contact 2 (Crisis line)`, and the field inside it."""
    if len(location) < 2 or not isinstance(location[1], int):
        return "safety", location
    item = table["contact"][location[1]] if isinstance(table, Mapping) else None
    name = item.get("name") if isinstance(item, Mapping) else None
    named = f"safety contact {location[1] + 1}"
    return f"{named} ({name})" if isinstance(name, str) and name.isprintable() else named, location[2:]

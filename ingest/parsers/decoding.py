"""Bytes -> text: which encoding a file is in, found out and said, and line ends as one kind.

In: the bytes of a text file and its name. Out: its text with `\\n` as the only line end and without a byte order mark,
and a sentence for the report wherever something had to be concluded. This module knows no format.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from trustbot.errors import InvalidInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, and what is told of how it was read; empty where there was nothing to conclude."""

    text: str
    note: str = ""


def decode(data: bytes, name: str) -> Decoded:
    """The text of `data`, or InvalidInput, which names the file, where no encoding can be told for sure."""
    text, encoding = _text(data, name)
    if "\0" in text:
        raise InvalidInput(f"{name} is not text but binary data. Declare its true media type.")
    notes = []
    if encoding == "cp1252":
        notes.append(f"read as Windows-1252, such as “{_example(text)}”")
    elif encoding != "utf-8":
        notes.append(f"read as {encoding.upper()}")
    if "\r" in text:
        if "\n" not in text:
            notes.append("its line ends are those of old Macs (CR)")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, "; ".join(notes))


def _text(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), encoding
            except UnicodeDecodeError as error:
                problem = f"{name} begins as {encoding.upper()} and is not at byte {error.start + len(mark)}."
                raise InvalidInput(f"{problem} Save it as UTF-8.") from None
    if encoding := _wide(data):
        return data.decode(encoding), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _single(data, name, error.start), "cp1252"


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: every other byte of its Latin letters, digits and spaces is zero."""
    if len(data) % 2 or b"\0" not in data:
        return ""
    for encoding, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[0::2])):
        if zeros.count(0) >= 0.7 * len(zeros):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\0" not in text and text.isprintable() | any(c in text for c in "\r\n\t"):
                return encoding
    return ""


def _single(data: bytes, name: str, place: int) -> str:
    """Windows-1252, unless something in it says that it is another encoding."""
    unsure = InvalidInput(f"{name} is not UTF-8 at byte {place}, nor is it Windows-1252. Save it as UTF-8.")
    if b"\0" in data:
        raise InvalidInput(f"{name} is not text but binary data. Declare its true media type.")
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        raise unsure from None
    # Accents stand in words with plain letters; other alphabets, read as this one, give words of accents alone.
    marked = [w for w in _WORD.findall(text) if not w.isascii()]
    foreign = [w for w in marked if len(w) > 1 and not any(c.isascii() for c in w)]
    if len(foreign) * 4 > len(marked) or any(ord(c) < 32 and c not in "\t\n\r\f\v" for c in text):
        raise unsure
    return text


def _example(text: str) -> str:
    """The first word with a letter or mark that other encodings read otherwise."""
    word = next((w for w in text.split() if not w.isascii()), "")
    return word.strip(".,;:!?()[]\"'")[:40]

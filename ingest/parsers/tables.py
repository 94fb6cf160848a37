"""CSV and other tables of text: each row a line of its own, with each value under its column's name.

In: the bytes of a file whose first row names its columns. Out: a line `header: value; header: value` for each row, so
that a row that is quoted alone still says what its values are.
"""

from __future__ import annotations

import csv
from io import StringIO

from ingest.manifest import DocumentEntry
from ingest.parsers.decoding import decode
from ingest.parsers.mending import mend
from ingest.parsers.plain import Parsed, section
from trustbot.errors import InvalidInput

_DELIMITERS = ",;\t|"
MOST_COLUMNS = 200


def parse_csv(data: bytes, entry: DocumentEntry) -> Parsed:
    """A line for each row; InvalidInput for a file that is no table."""
    decoded = decode(data, entry.path.name)
    rows = [[" ".join(cell.split()) for cell in row] for row in _rows(decoded.text, entry)]
    rows = [row for row in rows if any(row)]
    if rows and len(rows[0]) > MOST_COLUMNS:
        raise InvalidInput(f"{entry.path.name} has more than {MOST_COLUMNS} columns. Give a table for readers.")
    header, body = (rows[0], rows[1:]) if rows else ([], [])
    lines = [line for row in body if (line := _line(header, row))]
    text = mend("\n\n".join(lines) + "\n" if lines else "", entry.language)
    found = section(entry, text, 0, len(text), ordinal=0)
    return Parsed(text, (found,) if found else (), (decoded.note,) if decoded.note else ())


def _rows(text: str, entry: DocumentEntry) -> list[list[str]]:
    first = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        return list(csv.reader(StringIO(text), delimiter=delimiter, strict=False))
    except csv.Error as error:
        raise InvalidInput(f"{entry.path.name} is no table of text ({error}). Save it as CSV in UTF-8.") from None


def _line(header: list[str], row: list[str]) -> str:
    said = []
    for position, value in enumerate(row):
        name = header[position].rstrip(":") if position < len(header) else ""
        if value:
            said.append(f"{name}: {value}" if name else value)
    line = "; ".join(said)
    return line if not line or line[-1] in ".!?。" else f"{line}."

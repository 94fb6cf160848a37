"""The claim audit against the article's own text: checked claims -> Audits.

In: the entries of `claims.toml` and the article as text. Out: one `Audit` per numbered statement, or a
ManifestError. This module knows how an article prints its numbers; it knows neither files nor any other
document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.schema import ClaimModel
from trustbot.errors import ManifestError
from trustbot.types import MARKER, Audit

STATEMENT = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?(?P<text>\S.*?)[ \t]*\[(?P<number>\d{1,4})\][ \t]*\r?$", re.MULTILINE)
"""A line of the article that ends in the number of the work it cites."""

Fail = Callable[[str, str, str], ManifestError]


@dataclass(frozen=True, slots=True)
class Statement:
    """One numbered statement: its words without bullet and number, and where they start in the article."""

    text: str
    number: int
    start: int
    line: int


def numbered_statements(article: str) -> tuple[Statement, ...]:
    """The statements of `article` that end in a printed number, in order."""
    return tuple(
        Statement(m["text"], int(m["number"]), m.start("text"), _line(article, m.start("text")))
        for m in STATEMENT.finditer(article)
    )


def check_article(article: str, file: str, numbers: Sequence[int]) -> tuple[Statement, ...]:
    """The numbered statements of `article`, each number of which is one of `numbers`.

    Raises ManifestError for a number inside a line, where it can't be told what it stands behind, and for
    one that no source has.
    """
    statements = numbered_statements(article)
    ends = {s.line for s in statements}
    for marker in MARKER.finditer(article):
        line, number = _line(article, marker.start()), int(marker[1])
        entry = f"line {line}"
        if line not in ends or any(MARKER.search(s.text) for s in statements if s.line == line):
            problem = f"[{number}] stands inside the line."
            raise ManifestError(file, entry, problem, "Give each numbered statement a line that ends in its number.")
        if number not in numbers:
            problem = f"[{number}] is the number of no source."
            raise ManifestError(file, entry, problem, f"Declare a source with number = {number} in manifest.toml.")
    return statements


def check_claims(
    claims: Sequence[ClaimModel], article: str, statements: Sequence[Statement], file: str
) -> tuple[Audit, ...]:
    """One Audit per claim, in order; ManifestError unless claims and statements agree one to one."""

    def fail(entry: str, problem: str, mend: str) -> ManifestError:
        return ManifestError(file, entry, problem, mend)

    _check_ids(claims, fail)
    claimed: dict[int, str] = {}
    for claim in claims:
        statement = _statement(claim, article, statements, fail)
        if statement.start in claimed:
            problem = f"it quotes the same statement as {claimed[statement.start]}."
            raise fail(f"claim {claim.id}", problem, "Keep one of the two.")
        claimed[statement.start] = claim.id
        if claim.check != "supported" and not claim.notice:
            problem = f"its check is '{claim.check}', but `notice` is missing."
            raise fail(f"claim {claim.id}", problem, "Add a `notice` that says which half the work supports.")
    for statement in statements:
        if statement.start not in claimed:
            problem = f"no claim quotes it: {_short(statement.text)} [{statement.number}]."
            raise fail(f"article line {statement.line}", problem, "Add a [[claim]] for this statement.")
    return tuple(
        Audit(
            c.id,
            c.quote,
            c.reference,
            c.check,
            c.reason,
            c.direction,
            c.notice,
            c.repeats,
            tuple(c.related),
            tuple(c.concerns),
        )
        for c in claims
    )


def _check_ids(claims: Sequence[ClaimModel], fail: Fail) -> None:
    seen: set[str] = set()
    references = {c.id: c.reference for c in claims}
    for position, claim in enumerate(claims, 1):
        entry = f"claim {claim.id}"
        if claim.repeats and (claim.repeats == claim.id or references.get(claim.repeats) != claim.reference):
            problem = f"it repeats '{claim.repeats}', which is no other claim with the same reference."
            raise fail(entry, problem, "Name the claim that gives the same advice elsewhere, or remove `repeats`.")
        strange = [r for r in claim.related if r == claim.id or r not in references]
        if strange:
            raise fail(entry, f"it is related to '{strange[0]}', which is no other claim.", "Correct `related`.")
        if claim.id in seen:
            raise fail(entry, "this id is given twice.", "Give each claim an id of its own.")
        seen.add(claim.id)
        if int(claim.id[1:]) != position:
            problem = f"it is number {position} in the file, so its id breaks the sequence."
            raise fail(entry, problem, f"Number the claims without gaps: this one is C{position:02d}.")


def _statement(claim: ClaimModel, article: str, statements: Sequence[Statement], fail: Fail) -> Statement:
    """The one statement that `claim` quotes in full, under the number that the claim gives."""
    entry, count = f"claim {claim.id}", article.count(claim.quote)
    if count != 1:
        problem = "its quote is not in the article." if count == 0 else f"its quote is in the article {count} times."
        raise fail(entry, problem, "Copy the whole statement, letter for letter, without its number.")
    found = next((s for s in statements if s.text == claim.quote), None)
    if found is None:
        problem = "its quote is not one whole numbered statement of the article."
        raise fail(entry, problem, "Copy the whole statement, letter for letter, without its number.")
    if found.number != claim.reference:
        problem = f"its reference is {claim.reference}, but the article prints [{found.number}] behind the quote."
        raise fail(entry, problem, f"Set reference = {found.number}.")
    return found


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")

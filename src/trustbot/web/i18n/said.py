"""What trustbot itself said, in the reader's language: fixed sentences of `wording` in an answer that stays English.

In: a sentence, or a part of an answer's text. Out: it in the reader's language, its gaps kept; what isn't one of the
fixed sentences comes back as it is. Answers, quotes and exports are never changed: this is for the moment of showing.
What comes out is text, to be escaped like any other. This module knows no markup and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from trustbot.presentation import templates, wording
from trustbot.presentation.phrases import LONGEST
from trustbot.types import Check, Source
from trustbot.web.i18n import language, words
from trustbot.web.i18n.language import translate

LEADS = (
    *wording.DIRECT.values(),
    wording.NOTE_LEAD,
    wording.HELP_LEAD,
    wording.PAGE_LEAD,
    wording.DISCLAIMER_LEAD,
)
RUN = 12
"""Sentences that are looked at together: a caution may hold as many, a template of ours has three."""
_ENDED = re.compile(r"(?<=[.?]) ")
_QUOTED = r"“[^”]*”"
_LISTING = re.compile(rf"({_QUOTED}(?:, {_QUOTED})*)(?: or ({_QUOTED}))?")
_NUMBERS = re.compile(r"(\d+(?:, \d+)*)(?: or (\d+))?")
_DATE = re.compile(rf"(?:^|(?<=” \())\d{{1,2}} (?:{'|'.join(wording.MONTHS)}) \d{{4}}(?=\)|$)")
_FOUND = "|".join(re.escape(name) for name in (*wording.CHECKED.values(), wording.CAVEAT))
_CAUTION = re.compile(rf"(\(|(?:\[\d+\] )?)({_FOUND}): (.*?)(\)?)")
_ALSO = re.compile(r"\(Also said under “[^”]*”(?:\.|, where it is [^:]*: .*?)\)(?= \(|$)")


def said(sentence: str) -> str:
    """A reason, a notice or a stage, which may be several fixed sentences in a row, in the reader's language."""
    if language.current() == language.SOURCE or not sentence:
        return sentence
    return "\n".join(_line(line) for line in sentence.split("\n"))


def parts(prose: str) -> Iterator[tuple[str, bool]]:
    """A part of an answer's text, cut into what the sources say and what trustbot says around it.

    Each cut comes with True if it is trustbot's, and then in the reader's language; together they are all of `prose`.
    """
    lead = next((text for text in sorted(LEADS, key=len, reverse=True) if prose.startswith(text)), "")
    if lead:
        yield f"{translate(lead.strip())} ", True
    at = len(lead)
    for found in _ALSO.finditer(prose, at):
        yield prose[at : found.start()], False
        yield said(found[0]), True
        at = found.end()
    yield prose[at:], False


def checked(check: Check) -> str:
    """A check in plain words, `Only partly supported`, in the reader's language."""
    return translate(wording.checked(check))


def badge(source: Source) -> str:
    """`wording.badge` in the reader's language; what is the record's own stays as it is."""
    kind = source.study.summary if source.study else ""
    if not source.study and source.kind == "guidance":
        kind = translate(wording.GUIDANCE_BADGE)
    origin = "" if source.program is None else translate(wording.ORIGIN_BADGES[source.program])
    updated = ""
    if source.last_updated:
        updated = translate(wording.UPDATED).format(date=language.date(source.last_updated))
    template, day = wording.withdrawal(source)
    told = translate(template).format(date=language.date(day)) if template else ""
    return ", ".join(part for part in (told, origin, kind, source.status or "", updated) if part)


def _line(line: str) -> str:
    """The longest run of sentences that is one of ours, as long as there is one; then the next."""
    pieces = _ENDED.split(line)
    shown: list[str] = []
    while pieces:
        runs = ((count, _ours(" ".join(pieces[:count]))) for count in range(min(len(pieces), RUN), 0, -1))
        count, told = next(((count, told) for count, told in runs if told is not None), (1, pieces[0]))
        shown.append(told)
        del pieces[:count]
    return " ".join(shown)


def _ours(sentence: str) -> str | None:
    """A whole sentence in the reader's language, or None if it isn't one of ours."""
    known = language.catalogue(language.current())
    if sentence in known:
        return known[sentence]
    caution = _CAUTION.fullmatch(sentence)
    if caution:
        return f"{caution[1]}{translate(caution[2])}: {caution[3]}{caution[4]}"
    for template, gaps in templates.filled(sentence, LONGEST):
        filled = _fill(gaps)
        if template in known and filled is not None:
            return known[template].format(**filled)
    return None


def _fill(gaps: Mapping[str, str]) -> dict[str, str] | None:
    """What stands in the gaps, in the reader's language where it is ours; None if it doesn't belong there."""
    filled = {name: _GAPS.get(name, _kept)(value) for name, value in gaps.items()}
    known = {name: value for name, value in filled.items() if value is not None}
    return known if len(known) == len(filled) else None


def _kept(value: str) -> str | None:
    return value


def _listing(value: str) -> str | None:
    """`“a”, “b” or “c”`."""
    found = _LISTING.fullmatch(value)
    return found and _joined(found[1], found[2])


def _choice(value: str) -> str | None:
    """Quoted things or numbers to choose from."""
    found = _NUMBERS.fullmatch(value)
    return _joined(found[1], found[2]) if found else _listing(value)


def _check(value: str) -> str | None:
    names = (*wording.CHECKED.values(), wording.QUALIFIED)
    return next((translate(name).lower() for name in names if name.lower() == value), None)


def _identifiers(value: str) -> str | None:
    """What was taken out of a question: one or more of ours, parted by semicolons."""
    names = value.split("; ")
    return "; ".join(map(translate, names)) if set(names) <= set(wording.IDENTIFIERS.values()) else None


def _dated(value: str) -> str:
    """Titles and dates, the dates in the reader's language."""
    return _DATE.sub(lambda found: _date(found[0]), value)


def _date(value: str) -> str:
    day, month, year = value.split()
    return language.date(f"{year}-{wording.MONTHS.index(month) + 1:02}-{int(day):02}")


def _joined(items: str, last: str | None) -> str:
    return words.EITHER.format(items=items, last=last) if last else items


_GAPS: Mapping[str, Callable[[str], str | None]] = {
    "examples": _listing,
    "known": _choice,
    "check": _check,
    "identifiers": _identifiers,
    **dict.fromkeys(("title", "newer", "one", "other", "date"), _dated),
}

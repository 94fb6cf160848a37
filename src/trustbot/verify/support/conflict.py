"""Two documents that still hold and say different things on one matter, told by structure alone.

In: quotes of full texts. Out: which of them differ. They are on one matter where they are rows of the same name with
the same columns, facts with the same key, or sentences of nearly the same words; and they differ where a cell, a value,
a figure or a date does. Whatever tells the two apart for the question, a word of a title or heading that it holds,
makes them two matters. Works that report on themselves, such as studies, are never compared. This module knows no
reader and weighs nothing.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from trustbot.text.inline import cells, in_line, key_of
from trustbot.text.terms import STOPWORDS, content_stems, stem, words
from trustbot.types import Citation, Corpus, Document, Quote, Source
from trustbot.verify.support.figures import SPELLED, numbers

ALIKE = 0.75
"""Share of the words of two sentences, figures and dates left out, that both must have."""
FEWEST = 2
"""Words of content that say what a sentence is about."""
SHORT = 8
"""Words of a value that is a fact, such as a name; a longer one differs by its figures alone."""
_DAYS = frozenset(name.lower() for name in (*calendar.month_name, *calendar.day_name) if name)


def with_rivals(question: str, chosen: Sequence[Quote], sentences: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The chosen quotes, each followed by those `sentences` of other documents that differ from it."""
    shown: list[Quote] = []
    may = [q for q in sentences if _compares(corpus.document(q.chunk.document_id), _source(q, corpus))]
    for quote in chosen:
        if not any(_same(quote, other) for other in shown):
            shown.append(quote)
        document = corpus.document(quote.chunk.document_id)
        if not _compares(document, _source(quote, corpus)):
            continue
        for other in may:
            rival = corpus.document(other.chunk.document_id)
            if rival is not document and not any(_same(other, one) for one in shown):
                shown += [other] if _differ(question, (quote, document), (other, rival)) else []
    return shown


def uncontested(question: str, chosen: Sequence[Quote], held: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The chosen quotes without those of which a sentence of `held` says otherwise today; all if none is left."""

    def paired(quote: Quote) -> tuple[Quote, Document]:
        return quote, corpus.document(quote.chunk.document_id)

    others = [paired(q) for q in held if _compares(corpus.document(q.chunk.document_id), _source(q, corpus))]
    kept = [
        quote
        for quote in chosen
        if not any(d.id != quote.chunk.document_id and _differ(question, paired(quote), (q, d)) for q, d in others)
    ]
    return kept or list(chosen)


def disagree(one: Quote, other: Quote, corpus: Corpus) -> bool:
    """Whether two quotes of different documents say otherwise on one matter, whatever is asked."""
    pairs = [(quote, corpus.document(quote.chunk.document_id)) for quote in (one, other)]
    compared = all(_compares(document, _source(quote, corpus)) for quote, document in pairs)
    return compared and pairs[0][1] is not pairs[1][1] and _differ("", *pairs)


def marked(citations: Sequence[Citation], question: str) -> tuple[Citation, ...]:
    """The citations, each with the numbers of those from which it differs."""
    current = [c for c in citations if c.currency == "current" and _compares(c.document, c.source)]

    def rivals(citation: Citation) -> Iterator[int]:
        for other in current:
            if other.document is not citation.document and _differ(
                question, (citation.quote, citation.document), (other.quote, other.document)
            ):
                yield other.number

    return tuple(replace(c, differs_from=tuple(dict.fromkeys(rivals(c)))) if c in current else c for c in citations)


def _source(quote: Quote, corpus: Corpus) -> Source:
    return corpus.source(quote.chunk.source_id)


def _compares(document: Document, source: Source) -> bool:
    return document.kind == "full text" and not (source.study or source.doi or source.pmid)


def _same(one: Quote, other: Quote) -> bool:
    return (one.chunk.document_id, one.start) == (other.chunk.document_id, other.start)


def _differ(question: str, one: tuple[Quote, Document], other: tuple[Quote, Document]) -> bool:
    (first, _), (second, _) = one, other
    if bool(first.chunk.lead_text) != bool(second.chunk.lead_text):
        return False
    rows = [_row(quote) for quote in (first, second)]
    if all(rows):
        found = _rows_differ(rows[0], rows[1]) and all(_named_once(q, d) for q, d in (one, other))
    else:
        found = _facts_differ(one, other) or _sentences_differ(in_line(first), in_line(second))
    if not found:
        return False
    asked = content_stems(question) - (content_stems(in_line(first)) & content_stems(in_line(second)))
    return asked & _above(*one) == asked & _above(*other)


def _above(quote: Quote, document: Document) -> frozenset[str]:
    return content_stems(" ".join((document.title, *quote.chunk.headings)))


# -- rows of tables --------------------------------------------------------------------------------------------


def _row(quote: Quote) -> dict[str, str]:
    """The columns of a row with their cells, in order; nothing where it is no row."""
    header, row = (cells(part) for part in (quote.chunk.lead_text, quote.text))
    if len(header) < 2 or len(row) < 2:
        return {}
    return {name.casefold(): cell.casefold() for name, cell in zip(header, row, strict=False) if name and cell}


def _rows_differ(one: dict[str, str], other: dict[str, str]) -> bool:
    name = next(iter(one))
    if name != next(iter(other)) or one[name] != other[name]:
        return False
    return any(other.get(column, cell) != cell for column, cell in one.items())


def _named_once(quote: Quote, document: Document) -> bool:
    """Whether one row alone of its document has its name: of several, as in a timetable, it says nothing."""
    name = cells(quote.text)[0].casefold()
    return sum(cells(line)[:1] != [] and cells(line)[0].casefold() == name for line in document.text.split("\n")) == 1


# -- keys and values, and sentences ----------------------------------------------------------------------------


def _facts_differ(one: tuple[Quote, Document], other: tuple[Quote, Document]) -> bool:
    (first, above), (second, beside) = one, other
    keys = [_key(q.text) for q in (first, second)]
    if not keys[0][0] or keys[0][0] != keys[1][0]:
        return False
    headings = [_undated(q.chunk.headings[-1] if q.chunk.headings else d.title) for q, d in (one, other)]
    alike = headings[0] == headings[1] or _undated(above.title) == _undated(beside.title)
    if not alike and len(keys[0][0]) < FEWEST:
        return False
    values = [frozenset(word for word, _, _ in words(value)) - STOPWORDS for _, value in keys]
    if values[0] <= values[1] or values[1] <= values[0]:
        return False
    is_short = all(len(value.split()) <= SHORT and not value.rstrip().endswith(".") for _, value in keys)
    return is_short or _figures_differ(keys[0][1], keys[1][1])


@lru_cache(8192)
def _key(text: str) -> tuple[frozenset[str], str]:
    """The stems of the key of a fact, and its value; no stems where it has no key."""
    at = 0 if "\n" in text else key_of(text)
    return content_stems(text[:at]), text[at:]


def _undated(text: str) -> frozenset[str]:
    return frozenset(s for s in content_stems(text) if not any(map(str.isdigit, s))) - _DAYS


def _sentences_differ(one: str, other: str) -> bool:
    first, second = _about(one), _about(other)
    if min(len(first), len(second)) < FEWEST or len(first & second) < ALIKE * len(first | second):
        return False
    return _figures_differ(one, other)


def _figures_differ(one: str, other: str) -> bool:
    """Whether each of two texts has a figure or a date that the other lacks."""
    first, second = _figures(one), _figures(other)
    return bool(first - second and second - first)


@lru_cache(8192)
def _about(text: str) -> frozenset[str]:
    """The stems of a sentence without its figures and dates."""
    figures = {stem(word) for word in (*SPELLED, *_DAYS)}
    return frozenset(s for s in content_stems(text) if not any(map(str.isdigit, s))) - figures


@lru_cache(8192)
def _figures(text: str) -> frozenset[object]:
    named = {word for word, _, _ in words(text)} & _DAYS
    return frozenset({number.value for number in numbers(text)} | named)

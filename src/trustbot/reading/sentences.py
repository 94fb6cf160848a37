"""Which stored sentences the classes of a reader stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from trustbot.corpus.facts import HEADINGS, HELP, is_finding, is_limit
from trustbot.reading.bank import Named
from trustbot.text.inline import in_line
from trustbot.text.sentences import split_sentences
from trustbot.types import Chunk, Corpus, Quote

_ASKS = re.compile(r"""[?？]["'”’»)\]*_]*\Z""")
_RECORDED = {heading: f"fact:{fact}" for fact, heading in HEADINGS.items()}
_HELPED = {heading: f"help:{name}" for name, heading in HELP.items()}


def quotable(corpus: Corpus) -> tuple[Quote, ...]:
    """Every sentence of the corpus that its licences let be quoted, records and help included, in stored order."""
    return tuple(quote for chunk in (*corpus.chunks, *corpus.records) for quote in quotes_of(chunk, corpus))


def quotes_of(chunk: Chunk, corpus: Corpus) -> list[Quote]:
    """The sentences of one chunk that may be quoted."""
    terms = corpus.document(chunk.document_id).terms
    found = [Quote(chunk, chunk.start + s, chunk.start + e, chunk.text[s:e]) for s, e in chunk.sentences]
    return [quote for quote in found if terms.allow(quote.text)]


def too_long_of(chunk: Chunk, corpus: Corpus) -> list[Quote]:
    """The sentences of one chunk that are longer than their licence lets be quoted: to be read, never shown."""
    terms = corpus.document(chunk.document_id).terms
    if terms.quote_words is None:
        return []
    spans = ((s, e) for s, e in split_sentences(chunk.text) if not terms.allow(chunk.text[s:e]))
    return [Quote(chunk, chunk.start + s, chunk.start + e, chunk.text[s:e]) for s, e in spans]


def texts_of(quote: Quote) -> tuple[str, ...]:
    """What is read of a sentence, one text or two: its words, and its words under their heading.

    The answer to a question that the document asks is read as the question, and as both: alone it says little.
    """
    heading = quote.chunk.headings[-1] if quote.chunk.headings else ""
    words = in_line(quote) if quote.chunk.lead_text or "\n" in quote.text else quote.text
    first = quote.text.split("\n", maxsplit=1)[0].rstrip() if "\n" in quote.text else ""
    for question in (quote.chunk.lead_text, first, heading):
        if _ASKS.search(question):
            return (question, words if question is not heading else f"{heading}: {words}")
    return (words, f"{heading}: {words}") if heading else (words,)


Places = Mapping[tuple[str, int], Sequence[tuple[int, str]]]
"""Document id and start of a named sentence -> its end and its name."""


def places_of(corpus: Corpus, named: Iterable[Named]) -> Places:
    """Where the sentences that a bank names stand."""
    places: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for one in named:
        start = corpus.document(one.document).text.find(one.quote)
        if start >= 0:
            places.setdefault((one.document, start), []).append((start + len(one.quote), one.id))
    return places


def classes_of(quotes: Sequence[Quote], corpus: Corpus, places: Places) -> list[tuple[str, ...]]:
    """For each sentence the classes that it stands for: its claim, its name in a bank, its part of a record or note."""
    return [tuple(_classes(quote, corpus, places)) for quote in quotes]


def _classes(quote: Quote, corpus: Corpus, places: Places) -> Iterable[str]:
    chunk = quote.chunk
    if chunk.claim_id:
        yield chunk.claim_id
    yield from (name for end, name in places.get((chunk.document_id, quote.start), ()) if end >= quote.end - 1)
    kind = corpus.document(chunk.document_id).kind
    heading = chunk.headings[-1] if chunk.headings else ""
    if kind == "record" and heading in _RECORDED:
        yield _RECORDED[heading]
    elif kind == "help" and heading in _HELPED:
        yield _HELPED[heading]
    elif kind == "note" and is_finding(chunk):
        yield "fact:findings"
    elif kind == "note" and is_limit(chunk):
        yield "fact:limits"


def plain_sentences(corpus: Corpus, classes: Iterable[str], named: Sequence[Named]) -> list[Quote]:
    """The quotable sentences for which none of `classes` stands, in stored order."""
    known = set(classes)
    quotes = quotable(corpus)
    found = classes_of(quotes, corpus, places_of(corpus, named))
    return [quote for quote, names in zip(quotes, found, strict=True) if not known & set(names)]

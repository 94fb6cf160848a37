"""Codes and proper names of a question: only what is said of them may answer it, and none that no document has.

In: a corpus, a question, and the sentences that were read. Out: the first entity that nothing holds, or which
sentences are about the entities that it names. Who tells a story names people whom nobody asks about, so names count
in a question of one short sentence only, and one that is missing only where it is most of what is asked. An entity is
known by its form alone: a code has a digit and a capital letter, a figure three digits or more, and a name is what
the documents never write with a small letter, or what the question writes large. A corpus that writes every noun
large has no names that could be told. This module weighs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from trustbot.text.inline import in_line
from trustbot.text.sentences import split_sentences
from trustbot.text.terms import content_terms, stem, zipf
from trustbot.types import Chunk, Corpus, Query, Quote

_CODE = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")
_WORD = re.compile(r"[^\W\d_]+")
_JOINS = re.compile(r"[^\W_]")
_BEGINS = re.compile(r"(?:^|[.!?…:;|\n]\s*|[-*+•]\s+)[\"'“‘«([*_]*$")
"""Before a word: what lets it begin with a capital letter whatever it is."""
RARE = 3.2
"""Zipf frequency below which one word that a question writes large is a name that may be missing."""
COMMON = 4.0
"""Zipf frequency below which a word that a question writes small may be a name of the documents."""
SHORT = 20
"""Words of a sentence that may ask about a name rather than tell of somebody."""
ASKED = 1 / 3
"""Share of the words that carry meaning above which a missing name is what is asked about."""
LARGE = 0.2
"""Share of words inside sentences that begin with a capital letter above which a language writes nouns so."""


class Entities:
    """The entities of one corpus. Safe to share between threads once made."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def missing(self, query: Query) -> str | None:
        """The first code or name of a question that no document has, as typed."""
        if query.references or query.about or not _is_short(query.text):
            return None
        for code in self._codes_in(query.text, known=False):
            if _squeezed(code) not in self._all:
                return code
        for name in self._names_in(query.text):
            stems = [stem(word.lower()) for word in name]
            if len(stems) <= ASKED * len(content_terms(query.text)):
                continue
            rare = len(name) > 1 or (zipf(name[0].lower()) < RARE and not name[0].isupper())
            if rare and any(s not in self._stems for s in stems):
                return " ".join(name)
            if len(name) > 1 and not any(set(stems) <= known for known in self._contexts.values()):
                return " ".join(name)
        return None

    def has_code(self, query: Query) -> bool:
        """Whether a question names a code that stands in a document: what is said of it is the nearest answer."""
        return not query.references and any(self._codes_in(query.text, known=True))

    def about(self, query: Query, sentences: Sequence[Quote]) -> frozenset[int] | None:
        """Places of the `sentences` on all that a question names; None where it names nothing, or none is."""
        if query.references or query.about:
            return None
        kept: frozenset[int] | None = None
        for places in (*self._with_codes(query, sentences), *self._with_names(query, sentences)):
            both = places if kept is None else kept & places
            kept = both or kept
        return kept

    def _with_codes(self, query: Query, sentences: Sequence[Quote]) -> Iterator[frozenset[int]]:
        codes = [_squeezed(code) for code in self._codes_in(query.text, known=True)]
        codes += [n for n in re.findall(r"(?<![\w.,])\d{3,}(?![\w.,]\w)", query.text) if int(n) not in query.years]
        for code in codes:
            found = frozenset(
                i for i, q in enumerate(sentences) if code in _codes_of(f"{_above(q.chunk)} {in_line(q)}")
            )
            if found:
                yield found

    def _with_names(self, query: Query, sentences: Sequence[Quote]) -> Iterator[frozenset[int]]:
        if not _is_short(query.text):
            return
        typed = [[stem(w.lower()) for w in name] for name in self._names_in(query.text)]
        small = [stem(w) for w in _WORD.findall(query.text) if w.islower() and zipf(w) < COMMON]
        for name in (*typed, *([s] for s in small)):
            if not set(name) & self._names:
                continue
            found: set[int] = set()
            open_at: tuple[object, ...] = ()
            for i, quote in enumerate(sentences):
                place = (quote.chunk.document_id, quote.chunk.headings)
                if set(name) <= self._context(quote):
                    open_at = place
                # What follows under the same heading speaks of whom it named, unless it names somebody else.
                elif place != open_at or _stems(in_line(quote)) & self._names:
                    continue
                found.add(i)
            if found:
                yield frozenset(found)

    # -- what a question names ---------------------------------------------------------------------------------

    def _codes_in(self, text: str, *, known: bool) -> Iterator[str]:
        for code in _CODE.findall(text):
            meant = _squeezed(code) in self._codes if known else any(map(str.isupper, code))
            if meant and any(map(str.isdigit, code)) and any(map(str.isalpha, code)):
                yield code

    def _names_in(self, text: str) -> Iterator[list[str]]:
        """Runs of words that a question writes large and the documents don't write small."""
        words = list(_WORD.finditer(text))
        large = [m for m in words[1:] if m[0][0].isupper() and len(m[0]) > 1]
        if self._nouns_large or (2 * len(large) > len(words) + 1 and len(words) > 3):
            return
        run: list[re.Match[str]] = []
        for match in [*words, None]:
            named = match is not None and self._may_name(match, text)
            if run and not (named and match and text[run[-1].end() : match.start()] in (" ", "-", "’", "'")):
                yield [m[0] for m in run]
                run = []
            if named and match:
                run.append(match)

    def _may_name(self, match: re.Match[str], text: str) -> bool:
        word = match[0]
        if not word[0].isupper() or len(word) < 2:
            return False
        known = stem(word.lower())
        if known in self._names:
            return True
        return known not in self._stems and not _BEGINS.search(text, 0, match.start())

    # -- what the documents hold -------------------------------------------------------------------------------

    @cached_property
    def _texts(self) -> list[str]:
        titles = [s.title for s in self._corpus.sources] + [a for s in self._corpus.sources for a in s.authors]
        return [*(f"{d.title}\n{d.text}" for d in self._corpus.documents), *titles, self._corpus.title]

    @cached_property
    def _all(self) -> str:
        return _squeezed(" ".join(self._texts))

    @cached_property
    def _codes(self) -> frozenset[str]:
        return frozenset(code for text in self._texts for code in _codes_of(text))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(s for text in self._texts for s in _stems(text))

    @cached_property
    def _inside(self) -> tuple[frozenset[str], frozenset[str], float]:
        """Stems written large inside sentences, those written small, and the share of large ones."""
        large, small, count = set(), set(), [0, 0]
        for chunk in self._corpus.chunks:
            for match in _WORD.finditer(chunk.text):
                word = match[0]
                if word.islower():
                    small.add(stem(word))
                    count[0] += 1
                elif word[:1].isupper() and len(word) > 1 and not _BEGINS.search(chunk.text[: match.start()][-8:]):
                    large.add(stem(word.lower()))
                    count[1] += 1
        return frozenset(large), frozenset(small), count[1] / (sum(count) or 1)

    @cached_property
    def _names(self) -> frozenset[str]:
        large, small, _ = self._inside
        above = {s for d in self._corpus.documents if d.kind == "full text" for s in _large(d.title)}
        return (large | above) - small

    @property
    def _nouns_large(self) -> bool:
        return self._inside[2] > LARGE

    @cached_property
    def _contexts(self) -> dict[str, frozenset[str]]:
        return {c.id: frozenset(_stems(f"{self._about(c)} {c.text}")) for c in self._corpus.chunks}

    def _context(self, quote: Quote) -> frozenset[str]:
        return frozenset(_stems(f"{self._about(quote.chunk)} {quote.text}"))

    def _about(self, chunk: Chunk) -> str:
        return f"{self._corpus.document(chunk.document_id).title} {_above(chunk)}"


def _is_short(text: str) -> bool:
    return len(split_sentences(text)) == 1 and len(text.split()) <= SHORT


def _above(chunk: Chunk) -> str:
    return " ".join((*chunk.headings, chunk.lead_text))


def _large(text: str) -> Iterable[str]:
    words = _WORD.findall(text)
    return {stem(w.lower()) for w in words if w[0].isupper()} if len(words) > 1 and all(map(str.istitle, words)) else ()


def _stems(text: str) -> set[str]:
    return {stem(word.lower()) for word in _WORD.findall(text)}


def _codes_of(text: str) -> set[str]:
    return {_squeezed(code) for code in _CODE.findall(text) if any(map(str.isdigit, code))}


def _squeezed(text: str) -> str:
    """The letters and digits of a text, in lower case."""
    return "".join(_JOINS.findall(text)).casefold()

"""Does the question compare works on a point? Then: what each of them says on it, or that it says nothing.

In: a question with what condensing made of it, the conversation, the corpus, a matcher. Out: for each work asked about
its best sentences on the point, from the notes or the work's own text, and the works in which nothing was found; or
nothing, where no works are compared. A blended sentence would hide that works differ or are silent. This module words
nothing and judges no agreement: the rows stand side by side.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trustbot import mentions
from trustbot.matching import Match, Matcher, QueryTerm
from trustbot.mentions import Mentions
from trustbot.notes import is_limit, is_record
from trustbot.source_vocabulary import FILLER, GUIDANCE, MANY, ONE, SPEAKS
from trustbot.terms import content_stems, stem, words
from trustbot.types import MARKER, Chunk, Corpus, Query, Quote, Turn

COMPARES = frozenset(
    stem(w)
    for w in """compare comparison contrast differ difference different agree agreement disagree disagreement consensus
    consistent inconsistent contradict contradiction contradictory conflict conflicting similar similarity similarly
    diverge versus vs concur align unanimous odds dispute overlap opposite""".split()
)
"""Words that set works against each other."""
TREATS = SPEAKS | frozenset(
    stem(w)
    for w in """talk discuss mention address cover speak touch deal examine investigate consider look explore treat
    support back confirm touches study concern evidence data finding view position stance take opinion point""".split()
)
"""Verbs and nouns for what a work does with a subject."""
NAMES_SUBJECT = frozenset(stem(w) for w in "talk discuss mention address cover speak touch deal".split())
"""Those that ask whether a work treats a subject at all."""
DISTRIBUTES = frozenset("which what each every any other another no none both".split())
"""Words before "study" or "works" that ask about one work at a time."""
BETWEEN = frozenset("of the these those your five".split())
OTHER = frozenset("other another else".split())
WHETHER = re.compile(r"^\W*(?:and\s+|but\s+|so\s+)?(?:do|does|did|is|are|has|have)\b", re.IGNORECASE)
SUBJECT_FILLER = frozenset("topic subject point matter issue question regarding terms whether either".split())

LONGEST_TOPIC = 120
MOST = 2
"""Sentences shown of one work."""
SPEAKING = 0.65
"""Least share of the point that a sentence has to meet for its work to say something on it."""
MET = 0.5
"""How well a term has to be met to count as said."""
SAID = 0.6
"""Least share, by weight, of the point's terms that one sentence has to meet."""
NEXT = 0.92
"""A second sentence of a work is shown if it scores at least this share of the first."""


@dataclass(frozen=True, slots=True)
class Point:
    """What works are compared on: the words of the question, or of the topic carried over, and the works."""

    text: str
    terms: tuple[QueryTerm, ...]
    topic: str
    numbers: tuple[int, ...]
    whole: bool = False
    """Whether no point is named, so that it is the subject of the corpus itself."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The quotes of each work on the point, by number; a work without any is silent."""

    point: Point
    said: tuple[tuple[int, tuple[Quote, ...]], ...]

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """All quotes, work by work."""
        return tuple(q for _, quotes in self.said for q in quotes)

    @property
    def silent(self) -> tuple[int, ...]:
        """Numbers of the works in which nothing on the point was found."""
        return tuple(number for number, quotes in self.said if not quotes)


def find(text: str, query: Query, history: Sequence[Turn], corpus: Corpus, matcher: Matcher) -> Compared | None:
    """What each work says on the point that `text`, the question without slips, compares them on; else None."""
    point = parse(text, query, history, corpus, matcher)
    return compare(point, corpus, matcher) if point else None


def parse(text: str, query: Query, history: Sequence[Turn], corpus: Corpus, matcher: Matcher) -> Point | None:
    """The point and the works, if the question compares works."""
    works = tuple(sorted(s.number for s in corpus.sources if s.kind == "work"))
    if len(works) < 2 or query.about or query.focus:
        return None
    answer = next((t.text for t in reversed(history) if t.role == "assistant"), "")
    last = tuple(dict.fromkeys(int(n) for n in MARKER.findall(answer)))
    meant = mentions.find(text, query.references, last, corpus.sources)
    tokens = words(text)
    if not _compares(text, tokens, meant):
        return None
    numbers = tuple(sorted(n for n in meant.numbers if n in works)) if meant.explicit else works
    if {word for word, _, _ in tokens} & OTHER and not meant.explicit:
        numbers = tuple(n for n in works if n not in last) or works
    own = [(w, s, e) for w, s, e in tokens if not any(a <= s < b for a, b in meant.spans) and _is_subject(w)]
    if own:
        starts = {s for _, s, _ in own}
        terms = tuple(t for t in matcher.query_terms(text) if any(t.start <= s < t.end for s in starts))
        return Point(text, terms, _shown(text[own[0][1] : own[-1][2]]), numbers)
    subject = query.carried or (corpus.title if _sets_against(tokens) else None)
    if not subject:
        return None
    return Point(subject, matcher.query_terms(subject), _shown(subject), numbers, whole=not query.carried)


def _compares(text: str, tokens: Sequence[tuple[str, int, int]], meant: Mentions) -> bool:
    """Whether works are set against each other, or asked one by one what they say."""
    several = meant.every or (meant.explicit and len(meant.numbers) > 1)
    if not several:
        return False
    if _sets_against(tokens):
        return True
    if not meant.every:
        return False
    stems = {stem(word) for word, _, _ in tokens}
    if WHETHER.match(text) and stems & NAMES_SUBJECT:
        return True
    before = {_leading(tokens, i) for i, (word, _, _) in enumerate(tokens) if word in ONE | MANY}
    return bool(before & DISTRIBUTES) and bool(stems & TREATS or "about" in {w for w, _, _ in tokens})


def _leading(tokens: Sequence[tuple[str, int, int]], place: int) -> str:
    """The word before a noun, past "of the": `each` of "each of the studies"."""
    before = [word for word, _, _ in tokens[:place] if word not in BETWEEN]
    return before[-1] if before else ""


def _shown(topic: str) -> str:
    """The point as a reader sees it: short, and without what would look like a citation."""
    topic = " ".join(MARKER.sub(" ", topic).split())
    return topic if len(topic) <= LONGEST_TOPIC else topic[:LONGEST_TOPIC].rsplit(" ", 1)[0] + " …"


def _sets_against(tokens: Sequence[tuple[str, int, int]]) -> bool:
    return any(stem(word) in COMPARES for word, _, _ in tokens)


def _is_subject(word: str) -> bool:
    """Whether a word can belong to the point itself."""
    framing = word in FILLER or word in SUBJECT_FILLER or word in ONE | MANY | GUIDANCE
    return not framing and stem(word) not in COMPARES | TREATS


def compare(point: Point, corpus: Corpus, matcher: Matcher) -> Compared:
    """The best sentences of each work on the point."""
    said = []
    for number in point.numbers:
        source = corpus.numbered(number)
        own = [c for c in corpus.chunks if source and c.source_id == source.id and not is_record(c)]
        headed = _on_subject(own, corpus) if point.whole else ()
        said.append((number, headed or _best(point, own, matcher)))
    return Compared(point, tuple(said))


def _on_subject(chunks: Sequence[Chunk], corpus: Corpus) -> tuple[Quote, ...]:
    """The opening of what stands under a heading that names the subject of the corpus, such as "What it says about
    trust"."""
    subject = content_stems(corpus.title)
    under = [c for c in chunks if c.headings and content_stems(c.headings[-1]) & subject]
    sentences = [(c, s, e) for c in under for s, e in c.sentences][:MOST]
    return tuple(Quote(c, c.start + s, c.start + e, c.text[s:e]) for c, s, e in sentences)


def _best(point: Point, chunks: Sequence[Chunk], matcher: Matcher) -> tuple[Quote, ...]:
    """At most two sentences, in reading order; what a work doesn't show, only where it says nothing else."""
    for own in ([c for c in chunks if not is_limit(c)], [c for c in chunks if is_limit(c)]):
        sentences = [(c, s, e) for c in own for s, e in c.sentences]
        matches = matcher.match(point.text, point.terms, [c.text[s:e] for c, s, e in sentences])
        ranked = sorted(zip(matches, sentences, strict=True), key=lambda pair: -pair[0].score)
        speaking = [(m, sentence) for m, sentence in ranked if speaks(m, point.terms)]
        if speaking:
            best = speaking[0][0].score
            kept = [sentence for m, sentence in speaking[:MOST] if m.score >= NEXT * best]
            quotes = (Quote(c, c.start + s, c.start + e, c.text[s:e]) for c, s, e in kept)
            return tuple(sorted(quotes, key=lambda q: q.start))
    return ()


def speaks(match: Match, terms: Sequence[QueryTerm]) -> bool:
    """Whether a sentence says something on the point: it meets most of it, and not only in its lighter words."""
    total = sum(t.weight for t in terms)
    met = sum(t.weight for t, s in zip(terms, match.similarities, strict=True) if s >= MET)
    return match.score >= SPEAKING and met >= SAID * total

"""Does a question ask for a list, and for which? Query -> the heading whose statements are the answer.

In: a query with its terms, and a corpus whose guidance is divided by headings. Out: the path of a heading, how well it
fits, and which terms it meets. A heading is asked for when it and the question are about the same thing, both ways:
nothing is asked that it doesn't promise, and it promises nothing that isn't asked. This module knows no passage.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from trustbot.matching import Matcher, QueryTerm
from trustbot.terms import content_stems, is_content, words
from trustbot.types import Chunk, Corpus, Query

HEADING = 0.66
"""A heading and a question that match at least this well, both ways, are about the same thing."""
HEADING_AGAIN = 0.55
"""The same for a question that follows one which was answered by a list: "and the challenges?"."""
PARTIES = re.compile(r"^([^;,]*)\btrusts?\b(?:\s+each\s+other)?([^;,]*)$")
"""A direction that names who trusts whom."""
OVERVIEW = re.compile(
    r"\bsummar(?:y|i[sz]e)\b|\boverview\b|\btl;?\s?dr\b|\bgist\b|\bin\s+a\s+nutshell\b|\btake[- ]?aways?\b"
    r"|\bwhat(?:['’]s|\s+is)\s+(?:this|it|the\s+(?:article|guidance|page|text))\s+(?:all\s+)?about\b"
    r"|\b(?:main|key|central|core)\s+"
    r"(?:points?|ideas?|messages?|claims?|findings?|conclusions?|take[- ]?aways?|statements?)\b",
    re.IGNORECASE,
)
"""Words that ask for the whole in short."""
IMPLIED_SHARE = 0.2
"""What the words of the corpus's own title count for in a heading: everything here is about them."""


def asks_overview(query: Query, terms: Sequence[QueryTerm]) -> bool:
    """Whether the guidance as a whole is asked for, and nothing in particular of it."""
    asked = OVERVIEW.search(query.asked)
    if asked is None or query.references or query.about or query.focus or query.exclude or query.carried:
        return False
    start, end = asked.span()
    said = (word for t in terms if not start <= t.start < end for word, _, _ in words(t.text))
    return not any(is_content(word) for word in said)


def openings(corpus: Corpus) -> list[Chunk]:
    """The first statement under each outermost heading, in order: what a reader who skims would read."""
    first: dict[str, Chunk] = {}
    for chunk in corpus.chunks:
        if chunk.kind == "statement" and chunk.headings:
            first.setdefault(chunk.headings[0], chunk)
    return list(first.values())


def asked_for(
    query: Query, terms: Sequence[QueryTerm], corpus: Corpus, matcher: Matcher
) -> tuple[tuple[str, ...] | None, float, tuple[float, ...]]:
    """The heading whose list is asked for, how well it fits, and how well it meets each term."""
    if query.about or query.focus:
        return None, 0.0, ()
    heading, fit = _heading(query.text, terms, corpus, matcher)
    if heading is None and query.carried:  # "and the challenges?" after one list asks for another
        own = query.text[: query.text.rfind(query.carried)].rstrip(" —")
        before, _ = _heading(query.carried, matcher.query_terms(query.carried), corpus, matcher)
        if before is not None:
            heading, fit = _heading(own, matcher.query_terms(own), corpus, matcher, HEADING_AGAIN)
    if heading is None:
        return None, fit, ()
    return heading, fit, matcher.match(query.text, terms, [heading[-1]])[0].similarities


def _heading(
    text: str, terms: Sequence[QueryTerm], corpus: Corpus, matcher: Matcher, least: float = HEADING
) -> tuple[tuple[str, ...] | None, float]:
    """The heading that the question and nothing but the question is about, with how well it fits, 0 to 1."""
    counted = Counter(
        c.headings[:n] for c in corpus.chunks if c.kind == "statement" for n in range(1, len(c.headings) + 1)
    )
    paths = [path for path, count in counted.items() if count > 1]  # one statement is no list
    if not paths or not terms:
        return None, 0.0
    names = [path[-1] for path in paths]
    named = parties(corpus)
    implied = content_stems(corpus.title) | named
    # Whose trust is asked about makes no other list of it; that trust is asked about does.
    terms = [t.scaled(IMPLIED_SHARE) if t.stems & named else t for t in terms]
    forward = matcher.match(text, terms, names)
    fits = []
    for path, name, asked in zip(paths, names, forward, strict=True):
        promised = [t.scaled(IMPLIED_SHARE) if t.stems & implied else t for t in matcher.query_terms(name)]
        back = matcher.match(name, promised, [text])[0]
        fits.append((min(asked.score, back.score), path))
    fit, path = max(fits, key=lambda pair: pair[0])
    return (path, fit) if fit >= least else (None, fit)


def parties(corpus: Corpus) -> frozenset[str]:
    """Stems of those who trust or are trusted, by the audit: everything here is about them."""
    named = [PARTIES.search(a.direction) for a in corpus.audits]
    return content_stems(" ".join(f"{m[1]} {m[2]}" for m in named if m))

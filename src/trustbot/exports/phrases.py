"""Is a sentence one that trustbot says? A closed set, so that an export can't carry another.

In: a sentence, and the words that may stand in its gaps. Out: yes or no. The set is `wording`'s templates; what fills
a gap must be made of words of the question or of the corpus. This module knows no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trustbot import premise, templates, wording
from trustbot.types import Corpus, Query

_WORD = re.compile(r"\w+")
_COMMON = frozenset("a an and article by for from in of on or reference references the to with".split())
_STEM = 4
"""Letters that two forms of a word share at least, where a rule has put one in place of the other."""


def is_said(text: str, corpus: Corpus, said: Iterable[str]) -> bool:
    """Whether `text` is a template of `wording`, its gaps filled from the texts `said` and the corpus's own.

    What sets a premise right recites the record at length, so it must be what is said of one of the texts `said`.
    """
    said = tuple(said)
    if any(text in _corrections(question, corpus) for question in said):
        return True
    for found in templates.filled(text):
        words = {word for gap in found.gaps.values() for word in _WORD.findall(gap.casefold())}
        if _all_known(words, _known(said) | _of(corpus)):
            return True
    return False


def is_made_of(text: str, corpus: Corpus, said: Iterable[str]) -> bool:
    """Whether every word of `text` is one of the texts `said` or of the corpus's own."""
    return _all_known(_WORD.findall(text.casefold()), _known(said) | _of(corpus))


def _all_known(filled: Iterable[str], known: frozenset[str]) -> bool:
    stems = {word[:_STEM] for word in known}
    return all(word in known or word.isdecimal() or (len(word) > _STEM and word[:_STEM] in stems) for word in filled)


def _corrections(question: str, corpus: Corpus) -> set[str | None]:
    """What may set `question` right: held against all works, or against one that it pointed at."""
    works: list[tuple[int, ...]] = [(), *((source.number,) for source in corpus.sources)]
    return {premise.correction(Query(question, question, references=numbers), corpus) for numbers in works}


def _known(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold())) | _COMMON


def _of(corpus: Corpus) -> frozenset[str]:
    headings = [heading for chunk in corpus.chunks for heading in chunk.headings]
    titles = [corpus.title, *(s.title for s in corpus.sources), *(d.title for d in corpus.documents)]
    variants = [form for preferred, forms in corpus.vocabulary.items() for form in (preferred, *forms)]
    return _known([*headings, *titles, *variants, *wording.SOURCE_FACTS.values()])

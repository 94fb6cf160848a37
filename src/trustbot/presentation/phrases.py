"""Is a sentence one that trustbot says? A closed set, so that an export can't carry another.

In: a sentence, and the words that may stand in its gaps. Out: yes or no. The set is `wording`'s templates; what fills
a gap must be made of words of the question or of the corpus. This module knows no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trustbot.presentation import templates
from trustbot.types import Corpus

LONGEST = 1000
"""Characters of a gap: three headings, given as examples."""
_WORD = re.compile(r"\w+")
_COMMON = frozenset("a an and article by for from in of on or reference references the to with".split())
_STEM = 4
"""Letters that two forms of a word share at least, where a chat model has put one in place of the other."""


def is_said(text: str, corpus: Corpus, said: Iterable[str]) -> bool:
    """Whether `text` is a template of `wording`, its gaps filled from the texts `said` and the corpus's own."""
    said = tuple(said)
    return any(is_made_of(" ".join(t.gaps.values()), corpus, said) for t in templates.filled(text, LONGEST))


def is_made_of(text: str, corpus: Corpus, said: Iterable[str]) -> bool:
    """Whether every word of `text` is one of the texts `said` or of the corpus's own."""
    known = _known(said) | _of(corpus)
    stems = {word[:_STEM] for word in known}
    words = _WORD.findall(text.casefold())
    return all(w in known or w.isdecimal() or (len(w) > _STEM and w[:_STEM] in stems) for w in words)


def _known(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(word for text in texts for word in _WORD.findall(text.casefold())) | _COMMON


def _of(corpus: Corpus) -> frozenset[str]:
    headings = [heading for chunk in corpus.chunks for heading in chunk.headings]
    titles = [corpus.title, *(s.title for s in corpus.sources), *(d.title for d in corpus.documents)]
    notices = [update.notice for source in corpus.sources for update in source.updates]
    variants = [form for preferred, forms in corpus.vocabulary.items() for form in (preferred, *forms)]
    return _known([*headings, *titles, *notices, *variants])

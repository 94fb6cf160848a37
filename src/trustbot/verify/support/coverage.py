"""How much of a sentence its passages hold: words, their neighbours, their vectors.

In: an `Alignment`. Out: named signals, each 0 to 1 but for the cosines (-1 to 1) and the logarithm of the passages'
length.
A word counts by how rare it is in the language. This module knows no rule and no verdict.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from trustbot.text.terms import content_terms, is_content, words
from trustbot.verify.support.alignment import Alignment
from trustbot.verify.support.frames import framing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALIKE = 0.5
"""Likeness below which a word is met by nothing in the passages."""
TELLING = 0.4
"""Weight from which a word is one that a sentence can't do without."""
WINDOW = 3
"""Sentences in a row that may say together what the checked sentence says in one."""

NOTHING = {
    "containment": 0.0, "unit_containment": 0.0, "window_containment": 0.0, "likeness": 0.0, "unit_likeness": 0.0,
    "weakest": 0.0, "missing": 1.0, "cosine": 0.0, "pooled_cosine": 0.0, "pairs": 0.0, "run": 0.0, "length": 0.0,
}  # fmt: skip
"""The signals of a sentence beside which there is nothing."""


def coverage(alignment: Alignment) -> dict[str, float]:
    """The signals; see NOTHING for their names."""
    import numpy as np

    if not alignment.units:
        return dict(NOTHING)
    weights = _weights(alignment)
    best = np.array([_best(u.likeness) for u in alignment.units])
    overall = best.max(axis=0)
    literal = best >= 1.0
    cosines = sorted((u.cosine for u in alignment.units), reverse=True)
    telling = [
        o for o, t, w in zip(overall, alignment.terms, weights, strict=True) if w >= TELLING and is_content(t.text)
    ]
    return {
        "containment": _share(weights, _anywhere(alignment)),
        "unit_containment": max(_share(weights, row) for row in literal),
        "window_containment": max(_share(weights, literal[i : i + WINDOW].any(axis=0)) for i in range(len(literal))),
        "likeness": _share(weights, overall),
        "unit_likeness": max(_share(weights, row) for row in best),
        "weakest": float(min(telling, default=1.0)),
        "missing": _share(weights, overall < ALIKE),
        "cosine": cosines[0],
        "pooled_cosine": sum(cosines[:WINDOW]) / len(cosines[:WINDOW]),
        "pairs": _pairs(alignment),
        "run": _longest_run(alignment),
        "length": math.log1p(sum(len(p.split()) for p in alignment.passages)),
    }


def _weights(alignment: Alignment) -> NDArray[np.float64]:
    """What each of the sentence's terms weighs: nothing, where it only frames the sentence and no passage has it."""
    import numpy as np

    frame = framing(alignment.sentence, alignment.terms)
    held = {t.stem for passage in alignment.passages for t in content_terms(passage)} if frame else set()
    weights = [0.0 if i in frame and t.stem not in held else t.weight for i, t in enumerate(alignment.terms)]
    return np.array(weights if any(weights) else [t.weight for t in alignment.terms])


def _best(likeness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The best counterpart of each of the sentence's terms in one unit."""
    import numpy as np

    return likeness.max(axis=1) if likeness.shape[1] else np.zeros(likeness.shape[0], dtype=np.float32)


def _share(weights: NDArray[np.float64], met: Any) -> float:
    return float((weights * met).sum() / weights.sum())


def _anywhere(alignment: Alignment) -> Any:
    """Which terms stand somewhere in the passages, those sentences included that are not weighed."""
    import numpy as np

    held = {t.stem for passage in alignment.passages for t in content_terms(passage)}
    return np.array([t.stem in held for t in alignment.terms])


def _pairs(alignment: Alignment) -> float:
    """Share of the neighbouring content words that are neighbours in the passages too."""
    held = {pair for unit in alignment.units for pair in _neighbours([t.stem for t in unit.terms])}
    own = _neighbours([t.stem for t in alignment.terms])
    return sum(pair in held for pair in own) / len(own) if own else 0.0


def _neighbours(stems: Sequence[str]) -> list[tuple[str, str]]:
    return list(pairwise(stems))


def _longest_run(alignment: Alignment) -> float:
    """The longest subsequence of the sentence's words that one or two sentences in a row hold, as a share (ROUGE-L)."""
    own = [word for word, _, _ in words(alignment.sentence)]
    texts = [unit.text for unit in alignment.units]
    joined = [" ".join(texts[i : i + 2]) for i in range(len(texts))]
    return max(_common(own, [word for word, _, _ in words(text)]) for text in joined) / max(len(own), 1)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for place, found in enumerate(other, 1):
            kept = row[place]
            row[place] = before + 1 if word == found else max(row[place], row[place - 1])
            before = kept
    return row[-1]

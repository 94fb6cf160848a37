"""What is asked alike: a grid over a bank's questions, fixed when the corpus is ingested.

In: the questions of a bank with their vectors. Out: a file with at most `MOST` centres, how far each reaches, and the
one question of the bank that stands for it; and for the vector of any question that of the nearest centre that reaches
it. So a question that nobody may keep can be counted by one that the corpus's own people wrote, and its vector is gone
when it has been compared. This module knows neither who asks nor what is counted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trustbot.errors import ModelError
from trustbot.models.ordering import NOISE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

FILE = "clusters.safetensors"
FORM = "1"
"""Changes where a grid is made in another way, so that an index is made anew."""
MOST = 64
"""Centres: few enough for several people to meet at one, many enough to tell matters apart."""
EACH = 8
"""Questions for each centre, on average; a centre of fewer than half as many stands for nothing and is left out."""
READ = 1000
"""Questions of a bank that are read, evenly spaced in it: seconds at ingest."""
ROUNDS = 20


@dataclass(frozen=True, eq=False, slots=True)
class Clusters:
    """A grid. Safe to share between threads."""

    questions: tuple[str, ...]
    """The question that stands for each centre."""
    centres: Array
    """Shape (n, d), rows of length one."""
    reach: Array
    """Shape (n,): the least cosine of a question of the bank with its own centre."""

    def nearest(self, vector: Sequence[float]) -> str:
        """The question that stands for the nearest centre which reaches `vector`, of length one; empty where none
        does."""
        cosines = self.centres @ vector
        place = int(cosines.argmax())
        return self.questions[place] if cosines[place] > self.reach[place] - NOISE else ""


def sample(questions: Sequence[str]) -> list[str]:
    """The questions that a grid is made of: each text once, at most `READ`, evenly spaced."""
    apart = list(dict.fromkeys(questions))
    return apart[:: -(-len(apart) // READ)] if apart else []


def learn(questions: Sequence[str], vectors: Array) -> bytes:
    """The file for `questions`, whose vectors of length one are the rows of `vectors`; empty for too few to tell
    apart."""
    import numpy as np
    from safetensors.numpy import save

    if len(questions) < EACH:
        return b""
    centres = _centres(vectors, min(MOST, len(questions) // EACH))
    cosines = vectors @ centres.T
    own = cosines.argmax(axis=1)
    members = [np.flatnonzero(own == i) for i in range(len(centres))]
    named = [questions[int(m[cosines[m, i].argmax()])] for i, m in enumerate(members)]
    reach = np.array([cosines[m, i].min() for i, m in enumerate(members)], dtype=np.float32)
    return save({"centres": centres, "reach": reach}, metadata={"questions": json.dumps(named)})


def _centres(vectors: Array, count: int) -> Array:
    """k-means on the sphere from points far apart, the same at every run; every centre has questions of its own."""
    import numpy as np

    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    near = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(near.argmin()))
        near = np.maximum(near, vectors @ vectors[chosen[-1]])
    centres = vectors[chosen]
    for turn in range(ROUNDS):
        own = (vectors @ centres.T).argmax(axis=1)
        sizes = np.bincount(own, minlength=len(centres))
        # An outlier would keep a centre to itself, which tells nothing of what is asked.
        least = EACH // 2 if turn >= ROUNDS // 2 else 1
        kept = [i for i in range(len(centres)) if sizes[i] >= least] or [int(sizes.argmax())]
        sums = np.stack([vectors[own == i].sum(axis=0) for i in kept])
        centres = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    own = (vectors @ centres.T).argmax(axis=1)
    found: Array = centres[np.unique(own)]
    return found


def open_clusters(content: bytes) -> Clusters | None:
    """The grid in a file's content; None for an empty one. Raises ModelError for anything else."""
    if not content:
        return None
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        size = int.from_bytes(content[:8], "little")
        told = json.loads(content[8 : 8 + size])["__metadata__"]["questions"]
        arrays = load(content)
        return Clusters(tuple(json.loads(told)), arrays["centres"], arrays["reach"])
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise ModelError("The index's clusters can't be read. Run `trustbot-ingest`.") from None

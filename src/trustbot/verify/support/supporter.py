"""Does what a sentence cites support it? A sentence and passages -> named signals, vetoes, a probability.

In: one sentence without its markers, the texts of the passages that it cites, words that are known without a source
(who wrote the work, and when). Out: a `Support`. A veto is a rule that a sentence breaks whatever the rest of it is
like: a number that isn't there, a dropped "may". What no rule says is left to a logistic model over all signals
(`attribution.json`). Passages are data: nothing in them is followed. This module knows no corpus, no marker and no
language model.
"""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources

from trustbot.text.terms import Vocabulary, stem, words
from trustbot.types import TokenVectors
from trustbot.verify.support import additions, assertion, contrast, doings, figures, modality, polarity, roles
from trustbot.verify.support.alignment import Alignment, TokenSource, align
from trustbot.verify.support.coverage import coverage
from trustbot.verify.support.denial import denied, nearest
from trustbot.verify.support.idioms import unfold
from trustbot.verify.support.joining import mixing
from trustbot.verify.support.listing import foreign_members
from trustbot.verify.support.second import Second

FILE = "attribution.json"
THRESHOLD = 0.7
"""Least probability of a supported sentence. Beside quotes of a sentence or two, of 100 right ones 99 get as much; what
is wrong there, a rule sees."""
CONSISTENT = 0.1
"""Least consistency. Low, as the rules on negation and roles see most contradictions more surely."""
VETOES = (
    "number", "number swapped", "name", "quotation", "negation", "roles", "hedge", "finding", "unstated",
    "proof", "strength", "generality", "party", "design", "added",
)  # fmt: skip
"""The rules, by name."""
KEPT = 1024
"""Texts whose token vectors are kept, some 46 kB each."""
CONTRARY = (
    "agreement", "clause_agreement", "veto_negation", "veto_roles", "veto_number", "veto_number_swapped",
)  # fmt: skip
"""The signals that tell a contradiction from support; how much is covered tells nothing of that."""
HELPS = frozenset(
    """containment unit_containment window_containment likeness unit_likeness weakest cosine pooled_cosine pairs run
    agreement clause_agreement""".split()
)
"""Signals that speak for support; every other one speaks against it."""


@dataclass(frozen=True, slots=True)
class Support:
    """What checking one sentence found: `vetoes` maps each broken rule to the words that broke it."""

    probability: float
    consistency: float = 1.0
    """Probability that the passages don't say the contrary, as far as they speak of the matter."""
    vetoes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    signals: Mapping[str, float] = field(default_factory=dict)

    def holds(self, threshold: float = THRESHOLD) -> bool:
        """Whether the sentence is supported: no rule broken, probable enough, and not contradicted."""
        return not self.vetoes and self.probability >= threshold and self.consistency >= CONSISTENT


@dataclass(frozen=True, slots=True)
class Context:
    """What may be said without a passage: `makers` of the work and its year, its `design`, whom its `subject` names."""

    makers: str = ""
    design: str = ""
    subject: str = ""


NOTHING_KNOWN = Context()


class Remembering:
    """A source that reads each text once: an answer cites the same few passages. Threads may share it."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._known: OrderedDict[str, TokenVectors] = OrderedDict()
        self._lock = threading.Lock()

    def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One entry per text, without the special tokens."""
        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        known |= dict(zip(missing, self._source.token_vectors(missing), strict=True)) if missing else {}
        with self._lock:
            for text in texts:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return [known[text] for text in texts]


class Supporter:
    """Checks sentences. Safe to share between threads if its embedder is."""

    def __init__(self, source: TokenSource, vocabulary: Vocabulary | None = None, second: Second | None = None) -> None:
        self._source = source if isinstance(source, Remembering) else Remembering(source)
        self._vocabulary = vocabulary or Vocabulary({})
        self._second = second

    def strict(self, second: Second | None) -> Supporter:
        """The same, with a second opinion on what passes; itself where there is none."""
        return Supporter(self._source, self._vocabulary, second) if second else self

    def confirm(self, sentence: str, passages: Sequence[str], found: Support) -> Support:
        """`found`, with a veto in the name of the second opinion where that refuses a sentence that holds."""
        why = self._second.refuses(sentence, passages) if self._second else ""
        return replace(found, vetoes={**found.vetoes, self._second.name: (why,)}) if self._second and why else found

    def support(self, sentence: str, passages: Sequence[str], context: Context = NOTHING_KNOWN) -> Support:
        """What `passages` do for `sentence`."""
        return judge(align(unfold(sentence), passages, self._source), context, self._vocabulary)

    def mixing(self, sentence: str, passages: Sequence[str], context: Context = NOTHING_KNOWN) -> tuple[str, ...]:
        """The parts of `sentence` that no one of the passages says; whoever made them need not be in each."""
        known = frozenset(stem(word) for word, _, _ in words(context.makers))
        return mixing([align(unfold(sentence), [passage], self._source) for passage in passages], known)


def judge(alignment: Alignment, context: Context, vocabulary: Vocabulary) -> Support:
    """The support of a sentence that is already beside its passages."""
    vetoes = broken(alignment, context, vocabulary)
    found = signals(alignment, vetoes)
    models = fitted()
    return Support(logistic(found, models["coefficients"]), logistic(found, models["consistency"]), vetoes, found)


def broken(alignment: Alignment, context: Context, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The rules that the sentence breaks, each with the words that show it."""
    sentence, passages = alignment.sentence, alignment.passages
    near = [unit.text for unit in nearest(alignment)] or list(passages)
    known = (*passages, context.makers)
    found: dict[str, tuple[str, ...]] = {
        "number": (
            *(f"{n:g}" for n in figures.missing_numbers(sentence, known)),
            *figures.missing_measures(sentence, known),
        ),
        "number swapped": tuple(f"{n:g}" for n in figures.swapped_numbers(sentence, passages)),
        "name": figures.missing_names(sentence, known),
        "quotation": figures.missing_quotes(sentence, known),
        "negation": (
            *denied(alignment),
            *contrast.turned_contrasts(sentence, near),
            *contrast.turned_degrees(sentence, near),
        ),
        "roles": (
            *roles.turned(sentence, passages, vocabulary),
            *doings.swapped_parties(sentence, passages, vocabulary),
        ),
        "hedge": modality.dropped_hedges(sentence, near),
        "finding": assertion.made_findings(sentence, near[0]) if near else (),
        "unstated": assertion.unstated(sentence, near[0]) if near else (),
        "proof": assertion.added_proof(sentence, (*known, context.design)),
        "strength": assertion.added_strength(sentence, passages),
        "generality": assertion.added_generality(sentence, passages),
        "party": (
            *additions.added_parties(sentence, (*known, context.subject, context.design), vocabulary),
            *additions.added_sides(sentence, passages, vocabulary),
        ),
        "design": additions.added_designs(sentence, (*known, context.design)),
        "added": (
            *additions.added_matter(alignment, known, vocabulary),
            *foreign_members(alignment, vocabulary),
            *additions.added_comparisons(sentence, passages),
            *additions.loose_clauses(alignment),
            *additions.foreign_clauses(alignment, known),
        ),
    }
    return {name: words for name, words in found.items() if words}


def signals(alignment: Alignment, vetoes: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """What the model reads: coverage, agreement, and 1 for every broken rule."""
    return {
        **coverage(alignment),
        "agreement": polarity.agreement(alignment),
        "clause_agreement": polarity.clause_agreement(alignment),
        **{f"veto_{name.replace(' ', '_')}": float(name in vetoes) for name in VETOES},
    }


def logistic(found: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The probability that a fitted model gives these signals; `weights` are its coefficients and its intercept."""
    logit = weights["intercept"] + sum(weights.get(signal, 0.0) * value for signal, value in found.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@lru_cache(maxsize=1)
def fitted() -> Mapping[str, Mapping[str, float]]:
    """The fitted models: `coefficients` for support, `consistency` against contradiction; `intercept` included."""
    made = json.loads(resources.files("trustbot.verify.support").joinpath(FILE).read_text(encoding="utf-8"))
    return {name: made[name] for name in ("coefficients", "consistency")}

"""Is each claim supported by what it cites? Claims and quotes -> verdicts.

In: the claims of a draft, the quotes that it may cite, the corpus with its audit. Out: one `Verdict` per claim. What
isn't supported is never shown, so every doubt falls against the claim. This module composes and mends nothing.

A claim that quotes (`check`) is supported when, without its markers, the fixed phrases and its caution, it is a quote
of a source that it cites, word for word; and when each quoted statement whose audit found something carries that
caution. A claim in words of its own (`check_generated`) is supported when it breaks no rule of `support` beside the
quotes that it cites, and is probable enough; its verdict names the caution that it must be shown with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from trustbot.presentation import wording
from trustbot.text.inline import in_line
from trustbot.text.terms import content_terms
from trustbot.types import MARKER, Chunk, Claim, Corpus, Quote, Verdict
from trustbot.verify.citations import number_of
from trustbot.verify.support.supporter import CONSISTENT, THRESHOLD, Context, Support, Supporter

TOGETHER = 3
"""Most quotes that one claim may rest on: a reader has to check each of them."""
SHARE = 0.25
"""Share of a claim's words, by weight, that each work it cites must hold on its own."""
SHORTEST = 3
"""Words of a claim, and different ones of content; fewer say nothing that could be checked ("goals are goals")."""


def check(claims: Sequence[Claim], quotes: Sequence[Quote], corpus: Corpus) -> tuple[Verdict, ...]:
    """A verdict for each claim, in order."""
    return tuple(_check(claim, quotes, corpus) for claim in claims)


def _check(claim: Claim, quotes: Sequence[Quote], corpus: Corpus) -> Verdict:
    if not claim.numbers:
        return Verdict(claim, "uncited")
    cited = [q for q in quotes if number_of(q, corpus) in claim.numbers and _may_be_quoted(q, corpus)]
    if {number_of(q, corpus) for q in cited} != set(claim.numbers):
        return Verdict(claim, "unknown marker")
    spoken = [q for q in cited if _says(claim.text, q, corpus)]
    if not spoken:
        return Verdict(claim, "unsupported")
    twins = (q for q in cited if any(_repeats(q, s, corpus) for s in spoken))
    said = (*spoken, *(q for q in twins if _also(q, corpus) in claim.text))
    # A marker whose work says nothing of the kind would lend the sentence an authority that it doesn't have.
    whole = {number_of(q, corpus) for q in said} == set(claim.numbers)
    return Verdict(claim, "supported", said) if whole else Verdict(claim, "unsupported")


def check_generated(
    claims: Sequence[Claim],
    quotes: Sequence[Quote],
    corpus: Corpus,
    supporter: Supporter,
    threshold: float = THRESHOLD,
) -> tuple[Verdict, ...]:
    """A verdict for each claim that a model worded, in order; `threshold` is the least probability of support.

    A verdict has the quotes that carry its claim, its signals, the rules that it breaks and the caution that it owes.
    """
    return tuple(_check_generated(claim, quotes, corpus, supporter, threshold) for claim in claims)


def cautioned(verdict: Verdict) -> Verdict:
    """The verdict with its caution behind the words of its claim; itself where none is owed."""
    if not verdict.caution:
        return verdict
    claim = replace(verdict.claim, text=f"{verdict.claim.text} {verdict.caution}")
    return replace(verdict, claim=claim, caution="")


def _check_generated(
    claim: Claim, quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter, threshold: float
) -> Verdict:
    if not claim.numbers:
        return Verdict(claim, "uncited")
    cited = [q for q in quotes if number_of(q, corpus) in claim.numbers and _may_be_quoted(q, corpus)]
    if {number_of(q, corpus) for q in cited} != set(claim.numbers):
        return Verdict(claim, "unknown marker")
    sentence = _sentence(claim, cited, corpus)
    said = {term.stem for term in content_terms(sentence)}
    if min(len(re.findall(r"[^\W\d_]+", sentence)), len(said)) < SHORTEST or "\n" in sentence:
        return Verdict(claim, "unsupported")
    found, used = _best(sentence, cited, corpus, supporter, threshold)
    if found.holds(threshold) and {number_of(q, corpus) for q in used} != set(claim.numbers):
        return Verdict(claim, "unsupported", signals=_weighed(found), broken={"reference": ()})
    if found.holds(threshold):
        found = supporter.confirm(sentence, [q.text for q in used], found)
    if not found.holds(threshold):
        return Verdict(claim, "unsupported", signals=_weighed(found), broken=_refusing(found))
    owed = [c for c in dict.fromkeys(_caution(q, corpus) for q in used) if c and c not in claim.text]
    return Verdict(claim, "supported", used, _weighed(found), caution=" ".join(owed))


def _sentence(claim: Claim, cited: Sequence[Quote], corpus: Corpus) -> str:
    """The words of a claim to be checked: without markers, and without the cautions of what it cites."""
    text = claim.text
    for caution in {_caution(q, corpus) for q in cited} - {""}:
        text = text.replace(caution, " ")
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(MARKER.sub(" ", text).split()))


def _best(
    sentence: str, cited: Sequence[Quote], corpus: Corpus, supporter: Supporter, threshold: float
) -> tuple[Support, tuple[Quote, ...]]:
    """The support of the fewest quotes that carry a sentence, or the best there is; one of each number at least."""
    alone = {q: _alone(sentence, q, corpus, supporter) for q in dict.fromkeys(cited)}
    ranked = sorted(alone, key=lambda q: (-alone[q].holds(threshold), -_carried(alone[q]), alone[q].probability))
    chosen: list[Quote] = []
    for number in dict.fromkeys(number_of(q, corpus) for q in ranked):
        first = next(q for q in ranked if number_of(q, corpus) == number)
        if _carried(alone[first]) >= SHARE:  # a work that says nothing of it lends no authority
            chosen.append(first)
    if not chosen:
        return alone[ranked[0]], ()
    found = alone[chosen[0]] if len(chosen) == 1 else _together(sentence, chosen, corpus, supporter)
    for quote in ranked:
        if found.holds(threshold) or len(chosen) >= TOGETHER:
            break
        if quote not in chosen and _carried(alone[quote]) >= SHARE:
            wider = _together(sentence, [*chosen, quote], corpus, supporter)
            if wider.holds(threshold) or _carried(wider) > _carried(found):
                chosen, found = [*chosen, quote], wider
    return found, tuple(chosen)


def _together(sentence: str, quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter) -> Support:
    """The support of several quotes, each part of the sentence by one of them; else words of one would mix with
    another's."""
    context = _context(quotes, corpus)
    found = supporter.support(sentence, [q.text for q in quotes], context)
    loose = supporter.mixing(sentence, [q.text for q in quotes], context)
    return replace(found, vetoes={**found.vetoes, "mixed": loose}) if loose else found


def _alone(text: str, quote: Quote, corpus: Corpus, supporter: Supporter) -> Support:
    return supporter.support(text, [quote.text], _context([quote], corpus))


def _carried(found: Support) -> float:
    """Share of a sentence's words, by weight, that its quotes hold."""
    return found.signals["containment"]


def _weighed(found: Support) -> dict[str, float]:
    return {"support": found.probability, "consistency": found.consistency, **found.signals}


def _refusing(found: Support) -> Mapping[str, tuple[str, ...]]:
    """Which checks refused a sentence: the rules that it breaks, or else what made it too improbable."""
    if found.vetoes:
        return found.vetoes
    low = "consistency" if found.consistency < CONSISTENT else "probability"
    return {low: (f"{getattr(found, low):.2f}",)}


def _context(quotes: Iterable[Quote], corpus: Corpus) -> Context:
    """What may be said beside quotes: who made their works, when and how, and whom their documents are about."""
    sources = dict.fromkeys(corpus.numbered(number_of(q, corpus)) or corpus.source(q.chunk.source_id) for q in quotes)
    documents = dict.fromkeys(q.chunk.document_id for q in quotes)
    return Context(
        " ".join(" ".join((*s.authors, str(s.year or ""))) for s in sources),
        " ".join(s.study.design for s in sources if s.study),
        " ".join(corpus.document(d).title for d in documents),
    )


def _may_be_quoted(quote: Quote, corpus: Corpus) -> bool:
    """Whether the licence of its document allows a quote of this length."""
    return corpus.document(quote.chunk.document_id).terms.allow(quote.text)


def _says(text: str, quote: Quote, corpus: Corpus) -> bool:
    """Whether `text` is `quote` and nothing else, with the label and the caution that it may not be without."""
    caution = _caution(quote, corpus)
    if caution not in text:
        return False
    text = text.replace(caution, " ") if caution else text
    for chunk in corpus.chunks:
        if _repeated(chunk, quote.chunk, corpus):
            text = text.replace(wording.also(chunk.headings[-1], corpus.audit(chunk.claim_id)), " ")
    if quote.chunk.kind == "statement":
        text = text.removeprefix(wording.direct(corpus.audit(quote.chunk.claim_id)))
    lead = wording.lead(corpus.document(quote.chunk.document_id).kind, quote.chunk.kind)
    return text.startswith(lead) and flat(MARKER.sub(" ", text.removeprefix(lead))) == flat(in_line(quote))


def _caution(quote: Quote, corpus: Corpus) -> str:
    """The caution that a quote may not be shown without; empty where its audit asks for none."""
    audit = corpus.audit(quote.chunk.claim_id)
    return wording.caution(audit.check, audit.notice) if audit and audit.notice else ""


def _also(quote: Quote, corpus: Corpus) -> str:
    """The words, with their caution, that say that a quote gives the same advice elsewhere."""
    return wording.also(quote.chunk.headings[-1], corpus.audit(quote.chunk.claim_id))


def _repeats(one: Quote, other: Quote, corpus: Corpus) -> bool:
    return _repeated(one.chunk, other.chunk, corpus)


def _repeated(one: Chunk, other: Chunk, corpus: Corpus) -> bool:
    """Whether the audit says that two statements give the same advice under two headings."""
    if one.claim_id is None or other.claim_id is None:  # as most: asked first, because every chunk is compared
        return False
    first, second = corpus.audit(one.claim_id), corpus.audit(other.claim_id)
    if first is None or second is None:
        return False
    return first.same_advice(second)


def flat(text: str) -> str:
    """Text for comparing word for word: one space between words, no full stop at the end, no spaces before one."""
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split())).rstrip(" .")

"""Is each claim supported by what it cites? Claims and quotes -> verdicts.

In: the claims of a draft, the quotes that it may cite, the corpus with its audit. Out: one `Verdict` per claim. What
isn't supported is never shown, so every doubt falls against the claim. This module composes and mends nothing.

A claim is supported when, without its markers, the fixed phrases and its caution, it is a quote of a source that it
cites, word for word; and when each quoted statement whose audit found something carries that caution.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot import wording
from trustbot.citations import number_of
from trustbot.types import MARKER, Chunk, Claim, Corpus, Quote, Verdict


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
    return text.startswith(lead) and flat(MARKER.sub(" ", text.removeprefix(lead))) == flat(quote.text)


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
    first, second = corpus.audit(one.claim_id), corpus.audit(other.claim_id)
    if first is None or second is None:
        return False
    return first.same_advice(second)


def flat(text: str) -> str:
    """Text for comparing word for word: one space between words, no full stop at the end, no spaces before one."""
    return re.sub(r"\s+([.,;:])", r"\1", " ".join(text.split())).rstrip(" .")

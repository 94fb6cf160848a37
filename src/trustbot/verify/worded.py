"""A sentence that a chat model worded -> a claim that may be shown, or why not.

In: a sentence without markers, the numbers that readers see of what it cites, the quotes at hand, the corpus, and the
checker of `support`. Out: a `Verdict` whose claim has its markers, the lead that its quotes need, and the cautions that
they may not be shown without. The same goes the other way: a shown claim is supported if it comes out again as it is.
This module knows no model and no prompt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from trustbot.presentation import wording
from trustbot.text.terms import Vocabulary, content_terms, stem
from trustbot.types import Claim, Corpus, Quote, Verdict
from trustbot.verify import attribution
from trustbot.verify.support.supporter import Supporter
from trustbot.verify.wholeness import is_whole, keeps_may

LONGEST = 400
"""Characters of a sentence. What is longer can't be checked by looking at it."""
_MARKUP = re.compile(r"[\[\]{}<>|`*_#\\~^]|https?:|www\.|\w@\w", re.IGNORECASE)
_ITEM = re.compile(r"(?:[-•–—+]|\d{1,3}[.):])\s")
_FRAMED = re.compile(
    r"(?:it|this|that)\s+(?:is|was|has\s+been)\s+(?:[\w-]+\s+){0,2}(?:true|false|untrue|wrong|incorrect|myth|mistaken|doubtful)\b"
    r"|contrary\s+to\b|nobody\b|no\s+one\b|no\s+(?:study|work|source|evidence)\b",
    re.IGNORECASE,
)
"""Words before a sentence that turn all of it round, whatever it says."""
_ASKS = re.compile(
    r"(?:what|who|whom|whose|which|why|where|when|how)\s+(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have)\b",
    re.IGNORECASE,
)
"""The beginning of a question, with or without its mark."""
_LEANS = re.compile(r"(?:this|that|these|those|it|its|they|their|he|his|she|her|such|here)\b", re.IGNORECASE)
"""The beginning of a sentence that leans on another; a reader checks each by itself, and the other may have fallen."""
_SPEAKING = frozenset("i me my mine we us our ours you your yours".split())
"""Words of somebody who speaks; a source's own may be repeated, a model has none."""
_WEIGHTY = re.compile(
    r"cur(?:e[sd]?|ing)|heal(?:s|ed|ing)?|prov(?:e[sdn]?|en|ing)|proofs?|guarantee\w*|confirm\w*|conclusive\w*|undeniabl\w*"
    r"|sav(?:e[sd]?|ing)|surviv\w*|mortality|deaths?|kill\w*|harm\w*|prevent\w*|eliminat\w*|treat(?:s|ed|ing|ments?)?"
    r"|diagnos\w*|prescri\w*|doses?|drugs?|legal\w*|illegal\w*|must|never|always",
    re.IGNORECASE,
)
"""Words too weighty to be anybody's but the source's own."""
_CLAUSE = re.compile(
    r"[,;:—–]\s*(?:and|but|or|so)?\s*|\s+(?:and|but|so|which|who|whose|because|since|although|while|whereas|if|when|as)\s+",
    re.IGNORECASE,
)
HELD = 0.5
"""More than this share of a clause's words must be its quotes' own: nothing of its own may hang on to a sentence."""
_MAY = re.compile(r"\b(?:may|might|can|could|possibly|perhaps)\b", re.IGNORECASE)
_ROOM = re.compile(
    r"\b(?:may|might|can|could|possib\w*|perhaps|potential\w*|allow\w*|enabl\w*|able|sometimes|often|likely|opens?|lets?"
    r"|hard|difficult\w*|cannot|whether)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What leaves the room that the quotes leave with "can" or "may"."""
_SHOWN = re.compile(r"(?P<said>.*?)(?P<markers>(?<!\])(?: \[\d{1,4}\])+)\.(?: .*)?", re.DOTALL)
_LEADS = (wording.NOTE_LEAD, wording.HELP_LEAD, wording.PAGE_LEAD, wording.DISCLAIMER_LEAD)


def say(said: str, numbers: Sequence[int], quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter) -> Verdict:
    """The verdict on `said`, which cites `numbers`; a supported one has the claim as it may be shown."""
    bare = _bare(said)
    cited = tuple(dict.fromkeys(numbers))
    claim = _claim(f"{bare}{_markers(cited)}.", cited)
    if not cited:
        return Verdict(claim, "uncited")
    if not _is_plain(bare, quotes) or said.rstrip().endswith(("..", "…")):
        return Verdict(claim, "unsupported")
    if not is_whole(bare, [q.text for q in quotes]):
        return Verdict(claim, "unsupported")
    found = attribution.check_generated([claim], _heads(quotes, corpus), corpus, supporter)[0]
    if found.support != "supported":
        return found
    if not _is_held(bare, found.quotes, corpus):
        return Verdict(claim, "unsupported", signals=found.signals)
    if len(cited) > 1 and _has_idle_number(bare, cited, _heads(quotes, corpus), corpus, supporter):
        return Verdict(claim, "unsupported", signals=found.signals, broken={"reference": ()})
    leads = {_lead(q, corpus) for q in found.quotes}
    if len(leads) > 1:  # one lead can't stand for what two kinds of documents say
        return Verdict(claim, "unsupported")
    twins = [q for q in quotes if q not in found.quotes and any(_repeats(q, used, corpus) for used in found.quotes)]
    told = [found.caution, *(wording.also(q.chunk.headings[-1], corpus.audit(q.chunk.claim_id)) for q in twins)]
    text = " ".join([leads.pop() + found.claim.text, *filter(None, told)])
    return Verdict(_claim(text, cited), "supported", (*found.quotes, *twins), found.signals)


def check(claims: Sequence[Claim], quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter) -> list[Verdict]:
    """A verdict for each claim of a worded answer, in order: a quote, or a sentence that would be shown just so."""
    return [_check(claim, quotes, corpus, supporter) for claim in claims]


def join(claims: Sequence[str]) -> str:
    """Claims as the text of an answer: one a line."""
    return "\n".join(claims)


def _check(claim: Claim, quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter) -> Verdict:
    quoted = attribution.check([claim], quotes, corpus)[0]
    if quoted.support == "supported":
        return quoted
    lead = next((lead for lead in _LEADS if claim.text.startswith(lead)), "")
    shown = _SHOWN.fullmatch(claim.text.removeprefix(lead))
    if shown is None:
        return Verdict(claim, "uncited" if not claim.numbers else "unsupported")
    numbers = [int(n) for n in re.findall(r"\d+", shown["markers"])]
    again = say(shown["said"], numbers, quotes, corpus, supporter)
    if again.support != "supported":
        return Verdict(claim, again.support, signals=again.signals, broken=again.broken)
    if again.claim.text != claim.text:
        return Verdict(claim, "unsupported")
    return Verdict(claim, "supported", again.quotes, again.signals)


def _has_idle_number(
    bare: str, cited: tuple[int, ...], quotes: Sequence[Quote], corpus: Corpus, supporter: Supporter
) -> bool:
    """Whether the sentence stands without one of its numbers, which doesn't carry it alone: a borrowed authority."""

    def holds(numbers: tuple[int, ...]) -> bool:
        claim = _claim(f"{bare}{_markers(numbers)}.", numbers)
        return attribution.check_generated([claim], quotes, corpus, supporter)[0].support == "supported"

    return any(holds(tuple(n for n in cited if n != number)) and not holds((number,)) for number in cited)


def _bare(said: str) -> str:
    return " ".join(said.split()).rstrip(" .")


def _markers(numbers: Sequence[int]) -> str:
    return "".join(f" [{n}]" for n in numbers)


def _claim(text: str, numbers: tuple[int, ...]) -> Claim:
    return Claim(text, 0, len(text), numbers)


def _is_plain(said: str, quotes: Sequence[Quote]) -> bool:
    """Whether a sentence is one by itself, and nothing but words: no markup, no question, nobody who speaks."""
    if (
        len(said) > LONGEST
        or said[-1:] in ("?", "!", ":", "")
        or _MARKUP.search(said)
        or _ITEM.match(said)
        or _ASKS.match(said)
    ):
        return False
    if (leans := _LEANS.match(said)) and not any(_words(q.text[: leans.end()]) == _words(leans[0]) for q in quotes):
        return False
    if (framed := _FRAMED.match(said)) and not any(framed[0].casefold() in q.text.casefold() for q in quotes):
        return False
    if said[0].islower() or any(unicodedata.category(c)[0] == "C" for c in said):
        return False
    theirs = {word for q in quotes for word in _words(q.text)}
    return not (_SPEAKING & _words(said)) - theirs


def _is_held(said: str, quotes: Sequence[Quote], corpus: Corpus) -> bool:
    """Whether weighty words and most words of each later clause are the quotes' own, and a "may" of theirs is kept."""
    held = {stem(word) for q in quotes for word in _known(q, corpus)}
    if any(_WEIGHTY.fullmatch(word) and stem(word) not in held for word in _words(said)):
        return False
    if all(_MAY.search(q.text) for q in quotes) and not _ROOM.search(said):
        return False
    if not keeps_may(said, [q.text for q in quotes]):
        return False
    for clause in _CLAUSE.split(said)[1:]:
        own = [term.stem for term in content_terms(clause)]
        if len(own) > 1 and sum(s in held for s in own) / len(own) <= HELD:
            return False
    return True


def _known(quote: Quote, corpus: Corpus) -> set[str]:
    """The words of a quote, the other forms of its concepts in the vocabulary, and those who made its work."""
    forms = {preferred: (preferred, *variants) for preferred, variants in corpus.vocabulary.items()}
    concepts = {found.preferred for found in Vocabulary(corpus.vocabulary).find(quote.text)}
    authors = (corpus.numbered(corpus.number_of(quote.chunk)) or corpus.source(quote.chunk.source_id)).authors
    told = (quote.text, *authors, *(form for name in concepts for form in forms[name]))
    return {word for text in told for word in _words(text)}


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.casefold()))


def _lead(quote: Quote, corpus: Corpus) -> str:
    return wording.lead(corpus.document(quote.chunk.document_id).kind, quote.chunk.kind)


def _heads(quotes: Sequence[Quote], corpus: Corpus) -> list[Quote]:
    """The quotes without those that only give the advice of an earlier one again."""
    heads: list[Quote] = []
    for quote in quotes:
        if not any(_repeats(quote, head, corpus) for head in heads):
            heads.append(quote)
    return heads


def _repeats(one: Quote, other: Quote, corpus: Corpus) -> bool:
    """Whether two statements give the same advice under two headings, under one number."""
    first, second = corpus.audit(one.chunk.claim_id), corpus.audit(other.chunk.claim_id)
    same = first is not None and second is not None and first.same_advice(second)
    return same and corpus.number_of(one.chunk) == corpus.number_of(other.chunk)

"""How strongly a sentence asserts: findings, causes, proof, generality.

In: words of a sentence and of the passages that it cites. Out: where the sentence says more than they do. A cited
passage may be as strong as it likes; what counts is what the sentence adds. The lists are of the English language, not
of any corpus. This module knows no vector and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot.text.terms import stem, words
from trustbot.verify.support.polarity import negations


def _any(listed: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(listed.split())})\b", re.IGNORECASE)


ARGUED = _any(
    r"argu\w* suggest\w* propos\w* hypothes\w* speculat\w* premise assum\w* believ\w* contend\w* remark\w* opinion"
)
FOUND = _any(
    r"found finds? finding\w* show(?:s|ed|n|ing)? measur\w* observ(?:e|es|ed)\s+that report\w* reveal\w* discover\w*"
    r" results? data"
)
PROVEN = _any(
    r"prov(?:e|es|ed|en|ing|es) proof confirm\w* demonstrat\w* establish(?:es|ed)?\s+that undeniabl\w* conclusive\w*"
    r" definitive\w* undoubtedly certainly clearly randomi[sz]ed trials? statistic\w* evidence-based guarantee\w*"
)
SIZED = _any(
    r"significant(?:ly)? dramatic\w* strongly greatly substantial\w* considerabl\w* measurabl\w* far\s+more hugely"
    r" enormously vastly markedly remarkabl\w* drastic\w*"
)
"""Words for the size of an effect; one of them in a passage stands for the others, which no word of proof does."""
OTHERS = re.compile(
    r"\b(?:another|other|several|many|most|numerous|various|previous|recent|further)\s+(?:\w+\s+)?"
    r"(?:stud(?:y|ies)|reviews?|papers?|authors?|experts?|researchers?|trials?|surveys?|articles?)\b",
    re.IGNORECASE,
)
"""Works and people besides those that are cited."""
EVERY = _any(
    r"(?<!\bare\s)(?<!\bwere\s)(?<!\babove\s)(?<!\bat\s)(?<!\bafter\s)all every everyone everybody always any anyone"
    r" anybody invariably entirely completely universally everywhere whatever whichever regardless never nobody"
)
"""Words that leave no exception."""
EACH = _any(r"each no none any whatever whichever")
"""Words of a passage that leave no exception either, in their place."""
ONLY = re.compile(
    r"\b(?:only(?!\s+(?:very\s+|a\s+)?(?:brief|short|few|little|small|rare|seldom|slight|part|limited|some|sometimes))"
    r"|solely|exclusively)",
    re.IGNORECASE,
)
"""What shuts out everything else; "only briefly" shuts out nothing."""
APART = re.compile(r",\s+(?:and\s+|but\s+)?not\b", re.IGNORECASE)
"""What sets one thing apart from another, as "only" does."""
SINGLE = _any(r"only single sole one just alone limited but solely exclusively")

SEVERAL = re.compile(r"\b(?:several|many|most|some|numerous|various|few)\s+(?P<named>\w+s)\b", re.IGNORECASE)

LINKED = _any(
    r"associat\w* link\w* relat(?:e|es|ed|ion|ions)\b ties? tied correlat\w* connect\w* accompan\w* goes\s+with"
    r" go\s+with comes?\s+with belong\w* concern\w* valued?"
)
INFLUENCE = _any(
    r"influenc\w* shap(?:e|es|ed|ing) affect\w* contribut\w* help\w* support\w* promot\w* foster\w* encourag\w*"
    r" facilitat\w* allow\w* enabl\w* driv(?:e|es|en|er|ers|ing) benefi\w* foundation\w* basis rest(?:s|ed)? depend\w*"
    r" requir\w* matter\w* plays?\s+an?\s+(?:\w+\s+)?roles? based\s+on aid\w* lets? opens? impact\w* effect\w*"
    r" underpin\w* makes? made making worked turns? hinder\w* difficult\w* hard challeng\w* trace[sd]? credit\w*"
    r" hamper\w* obstruct\w* gives? giv\w* provid\w* set\w*\s+the\s+stage offer\w* succeed\w*"
)
CAUSE = _any(
    r"caus(?:e|es|ed|ing|al) lead(?:s|ing)?\s+to led\s+to result(?:s|ed|ing)?\s+(?:in|from) creat\w*"
    r" buil(?:d|ds|t|ding) produc\w* generat\w* improv\w* enhanc\w* increas\w* reduc\w* decreas\w* prevent\w*"
    r" strengthen\w* boost\w* because due\s+to thanks\s+to therefore thus determin(?:e|es|ed|ing) brings?\s+about"
    r" brought\s+about establish\w* deepen\w* develop\w* rais(?:e|es|ed|ing) translat\w* yield\w* drives? driven"
    r" earn\w* better worse(?:n\w*)? transform\w* grow\w* (?:is|are|as)\s+why so\s+that comes?\s+from stem\w*"
    r" eliminat\w* cut\w* speeds? accelerat\w* as\s+a\s+result"
)
NEEDED = _any(
    r"essential crucial necessar\w* must indispensable prerequisite vital imperative"
    r" (?<!'s\s)(?<!’s\s)(?<!their\s)need\w* requir\w* has\s+to have\s+to impossible cannot condition take\w*\s+for"
)
CERTAIN = _any(r"guarantee\w* ensur\w* assur\w* inevitabl\w* automatic\w* invariably always certain(?:ly)?")
DECIDES = re.compile(
    r"\b(?:determin(?:e|es|ed|ing)|decid(?:e|es|ed|ing)|dictat(?:e|es|ed|ing)|govern(?:s|ed|ing)?|control(?:s|led|ling)?"
    r"|hing(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)
"""What leaves no other cause beside it."""
CAUSES = _any(r"caus(?:e|es|ed|ing|al|ally|ation)")
"""Plain words of cause, which an influence doesn't bear out."""
CAUSED = re.compile(
    CAUSES.pattern + r"|\b(?:because|due\s+to|reasons?|lead\w*\s+to|led\s+to|results?\s+(?:in|from)|produc\w*)\b",
    re.IGNORECASE,
)
DECIDED = re.compile(
    DECIDES.pattern + r"|\b(?:depend\w*|judg\w*|assess\w*|gaug\w*|evaluat\w*|find\w*\s+out)\b",
    re.IGNORECASE,
)
"""What a passage may say for it: that something depends, or that somebody judges."""
DRAWS = re.compile(
    r"\b(?:study|review|paper|article|account|report|analysis|survey|book)\b[^,;]{0,40}?"
    r"\b(?:rests?|rested|based|draws?|drew|relies|relied|built)\s+(?:on|upon)\b",
    re.IGNORECASE,
)
"""How a work was made, which ties nothing together."""
ACCESS = re.compile(
    r"\b(?:requires?|needs?)\s+(?:an?\s+|paid\s+)?(?:subscription|registration|payment|login|log-in|account|licen[cs]e"
    r"|permission|permit|ticket|visa|fee|password|membership)\b",
    re.IGNORECASE,
)
"""What one needs to be let in, which is the same as that it is for those who have it."""
JOINED = re.compile(
    r"(?:\bas|\bsince|,\s+so|\bfor)\s+(?:\w+\s+){1,4}?(?:is|are|was|were|has|have|had|can|may|does|do)\b", re.IGNORECASE
)
"""A reason that a passage gives without "because"."""
OPEN = re.compile(r"\bwhether\b(?!\s+(?:or\s+not\s+)?to\b)", re.IGNORECASE)
"""What stands behind it is asked, not said."""
ASKING = _any(
    r"whether if ask\w* question\w* aim\w* objectives? purpose unclear unknown uncertain clarif\w* examin\w*"
    r" investigat\w* explor\w* assess\w* evaluat\w* test(?:s|ed|ing)? sought seek\w* determin\w* wonder\w*"
)
REQUEST = re.compile(
    r"\byour\s+(?:\w+\s+)?(?:responses?|answers?|repl(?:y|ies)|output|messages?|text|words?|writing|sentences?)\b",
    re.IGNORECASE,
)
"""Words to whoever writes an answer. No source speaks of that; a planted instruction does."""
_LADDER = ((LINKED, 1.0), (INFLUENCE, 2.0), (CAUSE, 3.0), (NEEDED, 4.0), (CERTAIN, 5.0))


def strength(text: str) -> float:
    """0 where nothing is tied to anything, 1 linked, 2 influenced, 3 caused, 4 needed, 5 ensured."""
    return max((level for words, level in _LADDER if words.search(text)), default=0.0)


def added_strength(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words that tie things together more firmly than any passage does: from link to cause, or to need.

    A cause for an influence ("improves" for "helps") is let pass, but nothing that decides alone ("determines"); a
    sentence that denies something ties nothing.
    """
    if negations(sentence):
        return ()
    plain = ACCESS.sub(" ", DRAWS.sub(" ", sentence))
    top = max(map(strength, passages), default=0.0)
    own = [(level, m.group()) for words, level in _LADDER for m in words.finditer(plain)]
    needed = any(NEEDED.search(p) for p in passages)
    certain = any(CERTAIN.search(p) for p in passages)
    joined = any(JOINED.search(p) for p in passages)
    caused = any(CAUSED.search(p) or CERTAIN.search(p) for p in passages)
    decided = () if caused else _found(CAUSES, plain)
    decided += () if any(DECIDED.search(p) for p in passages) else _found(DECIDES, plain)
    tied = tuple(
        word
        for level, word in own
        if (level in (2.0, 3.0) and top < 2.0 and not (joined and word.lower() == "because"))
        or (level == 4.0 and not needed and not certain)
        or (level == 5.0 and not certain)
    )
    return tuple(dict.fromkeys((*tied, *decided)))


SHOWN = re.compile(
    r"\b(?:has|have|had|was|were|is|are)\s+(?:been\s+)?(?:\w+ly\s+|well\s+)?(?:shown|found|known|demonstrated|proved|proven)"
    r"\s+(?:to|that)\b"
    r"|\b(?:research|studies|evidence|data|trials?|literature|science)\s+(?:\w+ly\s+)?(?:(?:has|have)\s+)?"
    r"(?:shows?|shown|suggests?|indicates?|found|finds?|proves?|demonstrates?|confirms?)\b",
    re.IGNORECASE,
)
"""What says that somebody has looked and found."""


def made_findings(sentence: str, passage: str) -> tuple[str, ...]:
    """The words by which `sentence` reports as found what `passage` only says, argues or assumes."""
    if FOUND.search(passage):
        return ()
    if ARGUED.search(sentence) or not ARGUED.search(passage):
        return _found(SHOWN, sentence)
    return _found(FOUND, sentence)


def unstated(sentence: str, passage: str) -> tuple[str, ...]:
    """The words by which `passage` asks or requests, where `sentence` states: what is asked is not said.

    A question states nothing, nor does a request to whoever writes; "whether" leaves open what stands behind it.
    """
    if passage.rstrip(" \t\n)]”’'\"").endswith("?"):
        return ("?",)
    left_open = () if ASKING.search(sentence) else _found(OPEN, passage)
    return (*_found(REQUEST, passage), *left_open)


def added_proof(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words by which `sentence`, and no passage, speaks of proof, of the size of an effect, or of other works."""
    others = () if any(OTHERS.search(p) for p in passages) else _found(OTHERS, sentence)
    if negations(sentence):
        return others
    # A word of proof stands for itself alone: "demonstration of skill" proves nothing.
    held = {stem(word) for p in passages for word, _, _ in words(p)}
    proven = tuple(f for f in _found(PROVEN, sentence) if not all(stem(w) in held for w, _, _ in words(f)))
    sized = () if any(SIZED.search(p) for p in passages) else _found(SIZED, sentence)
    return (*others, *proven, *sized)


FLOATING = re.compile(
    r"\band\s+[\w'’-]+(?:\s+[\w'’-]+){0,7}?\s+(?P<all>all)(?=\s+(?:depend|call|need|require|come|rest|rely|go|help|can"
    r"|may|have|had|build|lead|take|show|benefit|gain|profit|matter|suffer|follow|belong|are|were)\w*\b)",
    re.IGNORECASE,
)
"""An "all" behind a list, which sums up what was named."""


def added_generality(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """The words by which `sentence` leaves no exception, where no passage does so too."""
    sentence = FLOATING.sub(lambda m: m.group().removesuffix(m["all"]), sentence)
    every = () if any(EVERY.search(p) or EACH.search(p) for p in passages) else _found(EVERY, sentence)
    only = () if any(SINGLE.search(p) or APART.search(p) for p in passages) else _found(ONLY, sentence)
    return (*every, *only, *_multiplied(sentence, passages))


def _multiplied(sentence: str, passages: Sequence[str]) -> tuple[str, ...]:
    """Words for several of what the passages have in the singular alone: "several preceptors" for "the preceptor"."""
    held = {word for passage in passages for word, _, _ in words(passage)}
    named = [m["named"].lower() for m in SEVERAL.finditer(sentence)]
    return tuple(w for w in named if w not in held and w.removesuffix("s") in held)


def _found(listed: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.group().lower() for m in listed.finditer(text)))

"""An answer in the sources' own words -> the same answer worded by a chat model, each sentence checked beforehand.

In: an extracted `Answer`, and a chat model. Out: a `Partial` after each sentence that passed, then the `Answer`. The
model sees the quotes of the extracted answer and the question, as data; what may be answered was decided before. A
sentence that fails falls, or its quotes stand in its place; what the model leaves out is quoted behind. If it fails, or
little of what it wrote passes, the extracted answer is given as it was, with a notice. This module decides nothing
about the question.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from trustbot.answer.drafts import FORM, Drafted, DraftReader
from trustbot.errors import ModelError
from trustbot.models import prompts, tokens
from trustbot.presentation import wording
from trustbot.runtime.stopping import Stop
from trustbot.types import GIVEN, Answer, Citation, Claim, Corpus, Notice, Partial, Quote, Verdict
from trustbot.verify import citations, worded
from trustbot.verify.support.supporter import Supporter

STANDING = frozenset({"overreach", "partial"})
"""Notices beside which an answer may be worded. Any other says that more than wording is at stake."""
ENOUGH = 0.5
"""Share of the quotes that sentences of the model must carry; below it, the extracted answer is the better one."""
MOST = 40
"""Sentences of a reply that are looked at."""

log = logging.getLogger("trustbot.answer.generation")


class Author(Protocol):
    """What this module needs of a chat model."""

    @property
    def name(self) -> str:
        """How the settings name it."""

    def stream(
        self, system: str, user: str, form: Mapping[str, Any] | None = None, *, stop: Stop | None = None
    ) -> Generator[str]:
        """Its reply in pieces, in the `form` of a JSON schema if it can; raises ModelError with one sentence.

        Closing the generator ends the request, and so does `stop`.
        """


@dataclass(frozen=True, slots=True)
class Item:
    """One claim of the extracted answer, with all that it rests on."""

    verdict: Verdict
    direct: bool
    """Whether it says yes or no, which only the quote itself may."""

    @property
    def quote(self) -> Quote:
        """The quote that the claim says; others only repeat it."""
        return self.verdict.quotes[0]


@dataclass(slots=True)
class _Shown:
    """What has passed so far, and which items of the extracted answer it carries."""

    verdicts: list[Verdict] = field(default_factory=list)
    carried: set[int] = field(default_factory=set)
    """Items that a sentence of the model carries."""
    quoted: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    """Items whose sentence fell; a later one may carry them yet."""
    order: list[int] = field(default_factory=list)
    drafted: int = 0
    passed: int = 0

    @property
    def done(self) -> set[int]:
        return self.carried | self.quoted


class Writer:
    """Words the answers over one corpus. Safe to share between threads if its parts are."""

    def __init__(self, author: Author, supporter: Supporter, corpus: Corpus, budget: int) -> None:
        """`budget` is in cl100k tokens: for what is sent, and again for what comes back."""
        self._author = author
        self._supporter = supporter
        self._corpus = corpus
        self._budget = budget

    def words(self, answer: Answer) -> bool:
        """Whether `answer` is one to be worded: given, about the subject and not the sources, and safe to hand over."""
        if answer.outcome not in GIVEN:
            return False
        if any(n.kind not in STANDING for n in answer.notices):
            return False
        items = items_of(answer)
        subject = all(c.document.kind not in ("record", "help") for c in answer.citations)
        return subject and any(not i.direct for i in items)

    def write(self, answer: Answer, stop: Stop | None = None) -> Generator[Partial | Answer]:
        """The answer as it grows, then the answer. `stop` ends the model's work. Never raises for what it does."""
        items = items_of(answer)
        shown = _Shown()
        failure: Exception | None = None
        try:
            for _ in self._take(answer, items, shown, stop):
                yield self._partial(shown)
        except ModelError as error:
            failure = error
        except Exception as error:  # an option must never cost the reader the answer
            failure = error
            log.warning("wording failed (%s)", type(error).__name__)
        yield self._finished(answer, items, shown, failure)

    def _take(self, answer: Answer, items: Sequence[Item], shown: _Shown, stop: Stop | None) -> Generator[None]:
        """Fill `shown`, step by step; one step for each claim that may be seen."""
        given = self._given(answer, items)
        for place, item in enumerate(items):
            if item.direct:
                _quote(shown, place, item)
                yield
        passages = [(items[i].quote.text, self._is_ours(items[i].quote)) for i in given]
        system, user = prompts.WORD, prompts.evidence(answer.query.text, passages)
        reader, received = DraftReader(), 0
        with closing(self._author.stream(system, user, FORM, stop=stop)) as pieces:
            for piece in pieces:
                received += tokens.count(piece)
                yield from self._read(reader.feed(piece), given, items, shown)
                if reader.lost or shown.drafted >= MOST:
                    raise ModelError(f"The chat model {self._author.name} gave nothing to use: its reply has no end.")
                if received > self._budget:
                    raise ModelError(
                        f"The chat model {self._author.name} gave nothing to use: its reply is longer than "
                        f"{self._budget} tokens."
                    )
        yield from self._read(reader.end(), given, items, shown)

    def _given(self, answer: Answer, items: Sequence[Item]) -> list[int]:
        """Places of the items that the model is given: in order, as many as the budget holds; the rest is quoted."""
        given: list[int] = []
        left = self._budget - tokens.count(prompts.WORD) - tokens.count(prompts.evidence(answer.query.text, []))
        for place, item in enumerate(items):
            left -= tokens.count(item.quote.text) + prompts.AROUND if not item.direct else 0
            if left < 0:
                break
            given += [place] if not item.direct else []
        if not given:
            raise ModelError(
                f"The chat model {self._author.name} was not asked: {self._budget} tokens don't hold the passages."
            )
        return given

    def _read(
        self, drafted: Sequence[Drafted], given: Sequence[int], items: Sequence[Item], shown: _Shown
    ) -> Generator[None]:
        for draft in drafted:
            shown.drafted += 1
            if not draft.passages or not all(1 <= n <= len(given) for n in draft.passages):
                continue
            cited = [given[n - 1] for n in draft.passages]
            if set(cited) <= shown.done:  # it says again what was said
                continue
            verdict, carried = self._check(draft, cited, items)
            if not set(carried) - shown.done:
                shown.failed |= set(cited)
                continue
            # What fell before it is quoted in its place, so that the order stays.
            for place in sorted(p for p in shown.failed - shown.done if p < min(carried)):
                _quote(shown, place, items[place])
                yield
            shown.verdicts.append(verdict)
            shown.order += carried
            shown.carried |= set(carried)
            shown.passed += 1
            yield

    def _check(self, draft: Drafted, cited: Sequence[int], items: Sequence[Item]) -> tuple[Verdict, list[int]]:
        """The verdict on a sentence, and which items it carries; none if it fell."""
        numbers = [self._corpus.number_of(items[i].quote.chunk) for i in cited]
        pool = [quote for item in items for quote in item.verdict.quotes]
        verdict = worded.say(draft.text, numbers, pool, self._corpus, self._supporter)
        carried = [i for i, item in enumerate(items) if item.quote in verdict.quotes and not item.direct]
        return verdict, carried if verdict.support == "supported" else []

    def _is_ours(self, quote: Quote) -> bool:
        return self._corpus.document(quote.chunk.document_id).kind == "note"

    def _partial(self, shown: _Shown) -> Partial:
        text, cited = citations.number(shown.verdicts, self._corpus, worded.join)
        return Partial(text, cited, text.rfind("\n") + 1)

    def _finished(self, answer: Answer, items: Sequence[Item], shown: _Shown, failure: Exception | None) -> Answer:
        worth = sum(not item.direct for item in items) * ENOUGH
        if failure is None and shown.carried and len(shown.carried) >= worth:
            return self._worded(answer, items, shown)
        if failure is not None or not shown.drafted:
            why = str(failure) if isinstance(failure, ModelError) else f"{self._author.name} gave no sentence."
            notice = wording.WORDING_FAILED
        else:
            why = f"{shown.passed} of {shown.drafted} sentences passed."
            notice = wording.WORDING_UNMATCHED
        log.info("an answer was not worded: %s", why)
        trace = replace(answer.trace, wording=f"{self._author.name}: not used; {why}")
        return replace(answer, notices=(*answer.notices, Notice("wording", notice)), trace=trace)

    def _worded(self, answer: Answer, items: Sequence[Item], shown: _Shown) -> Answer:
        for place, item in enumerate(items):
            if place not in shown.done:
                _quote(shown, place, item)
        text, cited = citations.number(shown.verdicts, self._corpus, worded.join)
        note = f"used; {shown.passed} of {shown.drafted} sentences passed, {len(shown.quoted)} quoted instead."
        trace = replace(answer.trace, model=self._author.name, wording=f"{self._author.name}: {note}")
        # Another order than that of the extracted answer is nobody's in particular.
        framing = answer.framing if shown.order == sorted(shown.order) else None
        return replace(answer, text=text, citations=cited, trace=trace, framing=framing)


def items_of(answer: Answer) -> list[Item]:
    """The claims of an extracted answer, in order."""
    by_span: dict[tuple[int, int], list[Citation]] = {}
    for citation in answer.citations:
        for span in citation.supports:
            by_span.setdefault(span, []).append(citation)
    items = []
    for (start, end), cited in sorted(by_span.items()):
        text = answer.text[start:end]
        numbers = tuple(dict.fromkeys(c.number for c in cited))
        verdict = Verdict(Claim(text, 0, len(text), numbers), "supported", tuple(c.quote for c in cited))
        items.append(Item(verdict, text.startswith(tuple(wording.DIRECT.values()))))
    return items


def _quote(shown: _Shown, place: int, item: Item) -> None:
    shown.verdicts.append(item.verdict)
    shown.quoted.add(place)
    shown.order.append(place)

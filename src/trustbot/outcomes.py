"""How a question ends: with an answer of what passed every check, or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trustbot.answer import compose, replies, suggestions
from trustbot.answer.suggestions import Suggestions
from trustbot.corpus.contacts import contacts_for
from trustbot.evidence import Decision
from trustbot.presentation import wording
from trustbot.query.language import foreign
from trustbot.query.personas import Arranged, Personas
from trustbot.state import Facts, State
from trustbot.types import CRISIS, URGENT, Answer, Citation, Contact, Corpus, Outcome, Query, Quote, SafetyNote, Trace
from trustbot.verify import citations
from trustbot.verify.support.conflict import marked

MATTER = 3
"""Most statements that are shown beside help."""


class Outcomes:
    """The answers over one corpus. Safe to share between threads."""

    def __init__(
        self, corpus: Corpus, facts: Facts, suggestions: Suggestions, contacts: Sequence[Contact] = ()
    ) -> None:
        """`contacts` are those that the server names for who needs help."""
        self._corpus = corpus
        self._facts = facts
        self._contacts = contacts
        self._suggestions = suggestions
        self._personas = Personas(corpus)

    def answered(self, state: State) -> Answer:
        """The answer of a state with claims that passed."""
        # What must be seen beside an answer is the same for everybody, in its order as well.
        _, plain = citations.number(state.verdicts, self._corpus, compose.join)
        arranged = self._arranged(state)
        text, cited = citations.number(arranged.verdicts, self._corpus, compose.join)
        plain, cited = (marked(some, state.query.text) for some in (plain, cited))
        shown = {c.quote.chunk.id for c in cited}
        had = suggestions.had(state.history, state.question, text)
        partly = state.decision is not None and state.decision.verdict == "partly"
        return Answer(
            outcome="partly" if partly else "answered",
            text=text,
            query=state.query,
            disclaimer=self._corpus.disclaimer,
            trace=self._trace(state.decision),
            citations=cited,
            notices=(*replies.masked(state.masked), *replies.notices(plain, state.decision)),
            followups=self._suggestions.after(
                (*state.evidence.chosen, *state.evidence.nearest), shown, had, state.persona
            ),
            framing=arranged.framing,
        )

    def declined(self, state: State) -> Answer:
        """Nothing answers the question: what is nearest to it, or why it is not covered.

        What may be a call for help is then taken for one; and who needed help a message ago, and says what is no
        question on the subject, is still helped.
        """
        assert state.decision is not None  # noqa: S101 - only a decision declines
        if state.unsure:
            return self.helped(replace(state, kind=state.unsure))
        if state.before in CRISIS:
            return self.helped(replace(state, kind=state.before, again=True))
        reason = replies.reason(state.decision, self._suggestions.nearest(state.evidence.nearest))
        if state.decision.verdict != "closest":
            return self.abstained(reason, state)
        closest = tuple(citations.cite(quote, (), self._corpus) for quote in state.evidence.nearest)
        return self._without("closest", reason, state, closest)

    def unread(self, state: State) -> Answer | None:
        """What to do, in the asker's own language, where that is not the one that the models read; None where it is.

        Whoever may need help is not sent away to ask again. Who needed it a message ago and now asks something else
        isn't given it once more: the safety stage knows that message, too.
        """
        code = None if state.helped or state.unsure else foreign(state.question)
        return self.abstained(wording.FOREIGN[code], state) if code else None

    def abstained(self, reason: str, state: State) -> Answer:
        """There is not enough evidence, for this reason."""
        return self._without("abstained", reason, state)

    def helped(self, state: State) -> Answer:
        """Somebody needs help first: what to do and whom to turn to; beside it, where nothing is urgent and the corpus
        answers, what it says on the matter."""
        assert state.kind is not None  # noqa: S101 - only where the safety stage found a kind
        note = SafetyNote(state.kind, state.again, contacts_for(state.kind, self._contacts, self._corpus.contacts))
        said = replies.help_first(note)
        had = suggestions.had(state.history, state.question)
        beside = tuple(citations.cite(quote, (), self._corpus) for quote in self._on_the_matter(state))
        return Answer(
            outcome="safety",
            text=replies.with_contacts(said, note),
            query=state.query if state.query.asked else Query(state.question, state.question),
            disclaimer=self._corpus.disclaimer,
            trace=self._trace(state.decision),
            closest=beside,
            notices=(replies.help_notice(state.kind), *replies.masked(state.masked), *replies.withdrawn(beside)),
            reason=said,
            followups=self._suggestions.after(state.evidence.nearest, set(), had, state.persona),
            safety=note,
        )

    def _on_the_matter(self, state: State) -> tuple[Quote, ...]:
        """What answers, as far as it is about the subject and not about the sources or the program."""
        if state.kind in URGENT or state.decision is None or not state.decision.answers:
            return ()
        kinds = {d.id: d.kind for d in self._corpus.documents}
        about = (q for q in state.evidence.chosen if kinds[q.chunk.document_id] not in ("record", "help"))
        return tuple(about)[:MATTER]

    def _without(self, outcome: Outcome, reason: str, state: State, closest: tuple[Citation, ...] = ()) -> Answer:
        if state.helped:
            return self.helped(state)
        if state.kind == "attack" and outcome == "abstained":
            outcome, reason = "refused", wording.NOT_GIVEN
        had = suggestions.had(state.history, state.question)
        return Answer(
            outcome=outcome,
            text=f"{reason} {self._corpus.scope}",
            query=state.query,
            disclaimer=self._corpus.disclaimer,
            trace=self._trace(state.decision),
            closest=closest,
            notices=(*replies.masked(state.masked), *replies.withdrawn(closest), *replies.superseded(closest)),
            reason=reason,
            nearest=self._suggestions.nearest(state.evidence.nearest),
            followups=self._suggestions.after(state.evidence.nearest, set(), had, state.persona),
        )

    def _arranged(self, state: State) -> Arranged:
        """What passed every check, in the order for who is asking; what was pointed at keeps its own."""
        supported = tuple(v for v in state.verdicts if v.support == "supported")
        if state.query.about:
            return Arranged(supported)
        return self._personas.arrange(state.persona, supported, listed=state.evidence.listed)

    def _trace(self, decision: Decision | None) -> Trace:
        signals = {k: round(v, 4) for k, v in decision.signals.items()} if decision else {}
        return Trace({}, self._facts.embedder, self._facts.fingerprint, self._corpus.version, None, signals)

"""A conversation <-> the text in which its page keeps it, for when the page is loaded anew or the server forgets.

In: exchanges; or text that came back from a browser, where anybody could have changed it. Out: the text; or exchanges
whose answers were made again from the stored sources and hold under the check that an export's record has to pass. An
answer that doesn't is not shown: its question stays, with a sentence. This module knows neither storage nor script.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from trustbot.answer import replies
from trustbot.errors import TrustbotError
from trustbot.presentation.wire import answer_to_dict
from trustbot.query.guard import plain
from trustbot.records import checking, reading, record
from trustbot.records.signing import Signer
from trustbot.types import Answer, Citation, Corpus
from trustbot.web.api.exports import origin
from trustbot.web.http.markup import element, text
from trustbot.web.i18n import words
from trustbot.web.kept.form import (
    FORM,
    SIZE_LIMIT,
    TEXT_LIMIT,
    Exchange,
    KeptAnswer,
    KeptConversation,
    KeptDocument,
    KeptExchange,
    KeptNotice,
    KeptOrigin,
    KeptQuote,
    Piece,
    dump,
    parse,
)
from trustbot.web.kept.rebuilding import Rebuilder, said_by
from trustbot.web.pages import render
from trustbot.web.service import Answering, Service

SHORTEST = 12
"""Characters from which words are kept as the place of their quote."""
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Key = TypeVar("Key")

log = logging.getLogger("trustbot.web")


@dataclass(frozen=True, slots=True)
class Restored:
    """A conversation as it came back. `problem` is a sentence where nothing could be read."""

    exchanges: tuple[Exchange, ...] = ()
    problem: str | None = None
    changed: int = 0
    """How many answers could not be checked any more; each of their questions is among `exchanges`."""


def keep(exchanges: Sequence[Exchange], corpus_id: str = "") -> str:
    """The text that `restore` reads; empty for no exchanges. Past its limit, the oldest exchanges are left out.

    What somebody said who needs help, and what they were told, is never in it.
    """
    exchanges = [e for e in exchanges if e.answer is None or record.is_recorded(e.answer.outcome)]
    told = dump(_Packer().whole(exchanges, corpus_id)) if exchanges else ""
    if len(told) > SIZE_LIMIT:
        return keep(exchanges[max(1, len(exchanges) // 10) :], corpus_id)
    return told


def restore(service: Service, kept: str, limit: int = reading.TURN_LIMIT) -> Restored:
    """The last `limit` exchanges of `kept`, each with an answer that holds today, or a sentence in its place.

    Raises NotReady while there is no bot, and Busy; never anything else, whatever `kept` is.
    """
    bot = service.bot
    if not kept.strip():
        return Restored()
    try:
        conversation = parse(kept)
    except (ValueError, RecursionError):
        return Restored(problem=words.KEPT_UNREADABLE)
    if conversation.corpus not in ("", bot.corpus.id):
        return Restored(problem=words.KEPT_OTHER.format(served=bot.corpus.title))
    return service.work(lambda: _restored(bot, service.signer, conversation, limit))


def _restored(bot: Answering, signer: Signer, conversation: KeptConversation, limit: int) -> Restored:
    rebuilder = Rebuilder(bot, conversation)
    given = conversation.exchanges[-limit:]
    made: dict[int, Answer] = {}
    before: list[str] = []
    for exchange in given:
        answer = _rebuilt(rebuilder, signer, exchange, before)
        before.append(exchange.asked)
        if answer is not None:
            made[exchange.number] = answer
            before.append(answer.text)
    asked = {e.number: e.asked for e in given}
    bad = _unborne(bot, rebuilder, [(asked[n], a) for n, a in made.items()])
    held = {n: a for place, (n, a) in enumerate(made.items(), 1) if place not in bad}
    exchanges = tuple(_exchange(e, held.get(e.number), rebuilder.corpus) for e in given)
    return Restored(exchanges, changed=sum(e.answer is not None and e.number not in held for e in given))


def _rebuilt(rebuilder: Rebuilder, signer: Signer, exchange: KeptExchange, before: Sequence[str]) -> Answer | None:
    if exchange.answer is None:
        return None
    try:
        made = rebuilder.answer(exchange.answer, exchange.asked)
        signed = signer.said(exchange.asked, answer_to_dict(made)) == "signed"
        return made if signed else rebuilder.unsigned(made, before)
    except (ValueError, LookupError, TrustbotError) as error:
        log.info("a kept answer is not shown: %s", error)
        return None


def _unborne(bot: Answering, rebuilder: Rebuilder, turns: Sequence[tuple[str, Answer]]) -> set[int]:
    """Which of the answers, counted from 1, don't pass the check of a record."""

    def fails(some: Sequence[tuple[str, Answer]]) -> set[int | None]:
        made = record.of_answers(some, rebuilder.corpus, origin(bot))
        report = checking.check(
            made, rebuilder.corpus, origin(bot), rebuilder.stored, strict=True, checker=lambda: bot.supporter
        )
        quotes = {q.turn for q in report.quotes if q.status not in checking.STANDING}
        return {*quotes, *(f.turn for f in report.findings if f.fails)}

    bad = fails(turns) if turns else set()
    if None in bad:  # something that is not about one turn: find out whose it is
        return {place for place, one in enumerate(turns, 1) if fails([one])}
    return {place for place in bad if place is not None}


def _exchange(kept: KeptExchange, answer: Answer | None, corpus: Corpus) -> Exchange:
    if answer is None:
        sentence = words.KEPT_FAILED if kept.answer is None else words.KEPT_CHANGED
        shown = element("div", element("p", text(sentence)), "tb-fail tb-unkept")
        return Exchange(kept.number, kept.asked, shown, "", None, kept.token)
    shown = render.answer(answer, corpus, kept.number)
    return Exchange(kept.number, kept.asked, shown, answer.text or answer.reason or "", answer, kept.token)


class _Packer:
    """Packs exchanges; what several of them need is listed once."""

    def __init__(self) -> None:
        self._documents: dict[tuple[str, str], int] = {}
        self._origins: dict[tuple[str, str, str, str | None], int] = {}

    def whole(self, exchanges: Iterable[Exchange], corpus_id: str) -> KeptConversation:
        """The conversation."""
        packed = tuple(self._exchange(e) for e in exchanges)
        return KeptConversation(
            form=FORM,
            corpus=corpus_id,
            documents=tuple(KeptDocument(id=i, hash=h.removeprefix("sha256:")) for i, h in self._documents),
            origins=tuple(KeptOrigin(version=v, fingerprint=f, embedder=e, model=m) for v, f, e, m in self._origins),
            exchanges=packed,
        )

    def _exchange(self, given: Exchange) -> KeptExchange:
        asked = _UNREADABLE.sub("\ufffd", given.asked)[:TEXT_LIMIT]
        answer = None
        if given.answer is not None:
            try:
                answer = self._answer(given.answer, asked)
            except ValidationError:  # longer than any answer that is read back: told so, rather than left out
                answer = KeptAnswer()
        return KeptExchange(number=given.number, asked=asked, token=given.token, answer=answer)

    def _answer(self, given: Answer, asked: str) -> KeptAnswer:
        query, made = given.query, given.trace
        return KeptAnswer(
            outcome=given.outcome,
            origin=_place(self._origins, (made.corpus_version, made.fingerprint, made.embedder, made.model)),
            text=_pieces(given),
            quotes=tuple(self._quote(c) for c in given.citations),
            asked=None if query.asked == plain(asked) else query.asked,
            standalone=None if query.text == query.asked else query.text,
            resolved=dict(query.resolved),
            reason=given.reason,
            notices=_notices(given),
            nearest=given.nearest,
            followups=given.followups,
            closest=tuple(self._quote(c) for c in given.closest),
            framing=given.framing,
            signature=given.signature,
        )

    def _quote(self, given: Citation) -> KeptQuote:
        document = given.document
        return _place(self._documents, (document.id, document.content_hash)), given.quote.start, given.quote.end


def _place(listed: dict[Key, int], key: Key) -> int:
    """The place of `key` in a list without repetition, at whose end it is put if it is new."""
    return listed.setdefault(key, len(listed))


def _pieces(given: Answer) -> tuple[Piece, ...] | None:
    """The text, with a place instead of each run of words that a citation holds."""
    if (
        given.reason
        and given.text != given.reason
        and given.text.startswith(f"{given.reason} ")
        and not given.citations
    ):
        return None
    places: dict[str, int] = {}
    for place, said in enumerate(said for c in given.citations for said in said_by(c)):
        if len(said) >= SHORTEST:
            places.setdefault(said, place)
    if not places:
        return (given.text,)
    known = "|".join(re.escape(said) for said in sorted(places, key=len, reverse=True))
    return tuple(places.get(part, part) for part in re.split(f"({known})", given.text) if part)


def _notices(given: Answer) -> tuple[KeptNotice, ...]:
    """The notices, with one 0 for those that follow from the citations."""
    own = replies.notices(given.citations, None)
    packed: list[KeptNotice] = [0 if n in own else (n.kind, n.text) for n in given.notices]
    return tuple(n for i, n in enumerate(packed) if n != 0 or 0 not in packed[:i])

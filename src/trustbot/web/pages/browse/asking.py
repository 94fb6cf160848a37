"""Which questions a page may offer: those that the bot answers with what they are about.

In: a service whose bot is open. Out: for each statement of the guidance and each work, a question that was put to the
bot and whose answer cites that very statement or work. Each is asked once for an index version, in a thread that the
start of the chat begins; nobody waits long for it. This module knows no page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlencode

from trustbot.errors import TrustbotError
from trustbot.types import ARTICLE, Answer, Chunk, Corpus
from trustbot.web.service import Answering, Service, last_answer

# Questions are read, not shown: whatever the language of the page, they are in that of the sources.
OF_STATEMENT = "Is this so: “{statement}”?"
"""Asks about a statement in its own words: a question that quotes one word for word is about that very statement."""
OF_WORK = "What are the main findings of reference {number}?"
PATIENCE = 3.0
"""Seconds that a reader waits for questions that are still being tried; what is not known then is not offered yet."""
MOST = 200
"""Questions tried of one corpus: with some tenth of a second for each, half a minute in the background."""

Key = str | int
"""Id of a statement's chunk, or number of a work."""

log = logging.getLogger("trustbot.web")


class Offered(NamedTuple):
    """Statement or work -> the question about it that is answered; not `complete` while others are being tried."""

    questions: Mapping[Key, str]
    complete: bool


def address(question: str) -> str:
    """The chat with this question, from the root of the site."""
    return f"./?{urlencode({'q': question})}"


def questions(corpus: Corpus) -> Iterator[tuple[Key, str]]:
    """What could be asked: a question for each statement of the guidance, and one for each of the other works."""
    for chunk in corpus.chunks:
        if chunk.document_id == ARTICLE and chunk.kind in ("statement", "prose"):
            yield chunk.id, statement_question(chunk)
    for source in corpus.sources:
        if source.kind == "work":
            yield source.number, OF_WORK.format(number=source.number)


def statement_question(chunk: Chunk) -> str:
    """The question about a statement, in its own words."""
    return OF_STATEMENT.format(statement=" ".join(chunk.text.split()).rstrip(" ."))


def cites(answer: Answer, key: Key) -> bool:
    """Whether the answer rests on that statement, or on that work."""
    return any(key in (c.quote.chunk.id, c.number) for c in answer.citations)


@dataclass
class _Trial:
    """The questions of one index version, while they are being tried."""

    version: tuple[str, str]
    found: dict[Key, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)


class Asking:
    """The questions that are known to be answered, for the index version that is served. Safe between threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._trial: _Trial | None = None

    def offered(self, patience: float = PATIENCE) -> Offered:
        """What may be offered, as far as found within `patience` seconds."""
        bot = self._service.bot
        version = (bot.fingerprint, bot.built_at)
        with self._lock:
            if self._trial is None or self._trial.version != version:
                self._trial = _Trial(version)
                threading.Thread(target=self._try_all, args=(self._trial, bot), name="asking").start()
            trial = self._trial
        complete = trial.ended.wait(patience)
        return Offered(trial.found.copy(), complete)

    def _try_all(self, trial: _Trial, bot: Answering) -> None:
        try:
            for count, (key, question) in enumerate(questions(bot.corpus)):
                # The end of the program waits for this thread, and not for its questions.
                if count == MOST or not threading.main_thread().is_alive():
                    break
                if self._is_answered(bot, key, question):
                    trial.found[key] = question
        except Exception:
            log.exception("the questions that a page offers could not be tried")
        finally:
            trial.ended.set()

    def _is_answered(self, bot: Answering, key: Key, question: str) -> bool:
        try:
            # In turn with readers' questions, and without counting as one.
            answer = self._service.own_work(lambda: last_answer(iter(bot.stream(question, worded=False))))
        except TrustbotError:  # too long a question, for one
            return False
        return not answer.abstained and cites(answer, key)

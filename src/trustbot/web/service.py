"""The bot as the web sees it: opened in the background, asked within limits, counted.

In: settings and a function that opens a bot. Out: stages and answers, or a TrustbotError whose sentence and
status both the API and the chat show. This module knows neither HTTP nor how an answer looks.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol, TypeVar

from trustbot.errors import InvalidQuestion, TrustbotError
from trustbot.index.documents import DocumentVersion
from trustbot.query import guard
from trustbot.query.safety import Screened
from trustbot.records.record import is_recorded
from trustbot.records.signing import Signer
from trustbot.runtime.stopping import Stop, Stoppable
from trustbot.settings import Settings
from trustbot.types import Answer, Corpus, Partial, Stage, Turn
from trustbot.verify.support.supporter import Supporter
from trustbot.web.auth.admission import Admission
from trustbot.web.auth.portals import Portals
from trustbot.web.auth.tokens import own_issuer
from trustbot.web.feedback.store import Feedback, FeedbackStore, Reason, Verdict
from trustbot.web.feedback.unanswered import COUNTED, UnansweredStore
from trustbot.web.http.metrics import Metrics
from trustbot.web.http.problems import RETRY_SECONDS, NotReady, QuestionTooLong, public
from trustbot.web.http.tracing import Tracing
from trustbot.web.http.turns import Turns, at_a_time
from trustbot.web.i18n import language, words

FOLLOW_SECONDS = 1.0
"""Between two looks at which version of the index is published."""
Channel = Literal["api", "openai", "mcp", "chat"]
T = TypeVar("T")

log = logging.getLogger("trustbot.web")
asked = logging.getLogger("trustbot.web.questions")
"""A line for each question, apart from what goes wrong, so that one can be shown without the other."""


class Answering(Protocol):
    """What the web needs of a bot; `trustbot.bot.Bot` is one."""

    @property
    def corpus(self) -> Corpus: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def embedder_name(self) -> str: ...
    @property
    def built_at(self) -> str: ...
    @property
    def supporter(self) -> Supporter: ...
    def stream(
        self, question: str, history: Sequence[Turn] = (), persona: str | None = None, *, worded: bool = True
    ) -> Iterator[Stage | Partial | Answer]: ...
    def screened(self, text: str) -> Screened: ...
    def warm_up(self) -> None: ...
    def cluster(self, text: str) -> str | None: ...
    def refresh(self) -> None: ...
    def document(self, content_hash: str, document_id: str | None = None) -> DocumentVersion | None: ...


OpenBot = Callable[[Settings], Answering]


class Service:
    """One bot, shared by the API and the chat."""

    def __init__(self, settings: Settings, open_bot: OpenBot, portals: Portals | None = None) -> None:
        """Raises InvalidInput for a portal whose keys can't be used, or a collector that can't."""
        self.settings = settings
        self.metrics = Metrics()
        own = own_issuer(settings.data_dir)
        self.admission = Admission(portals or Portals(), settings.corpus, self.metrics, own)
        self.feedback_store = FeedbackStore(
            settings.feedback_file,
            keep_questions=settings.feedback_questions,
            keep_comments=settings.feedback_comments,
        )
        self.unanswered = UnansweredStore(settings.unanswered_file)
        self.signer = Signer(settings.records_key)
        self.tracing = Tracing(settings.otlp_endpoint, settings.corpus)
        self._open_bot = open_bot
        self._bot: Answering | None = None
        self._missing = words.WAITING_INDEX
        self._problem: str | None = None
        working = at_a_time(settings.concurrency, elsewhere=bool(settings.chat_model))
        self._turns = Turns(working, settings.waiting, self.metrics)
        self._alone = threading.Lock()

    @property
    def problem(self) -> str | None:
        """Why the bot, or a new version of its index, can't be opened, for anybody to read; None if all is well."""
        return self._problem

    @property
    def missing(self) -> str | None:
        """What readiness still waits for, as a sentence; None once questions can be answered."""
        return None if self._bot else self._problem or self._missing

    @property
    def bot(self) -> Answering:
        """The open bot; raises NotReady with what is missing."""
        if self._bot is None:
            raise NotReady(self._problem or words.NOT_READY.format(missing=self._missing))
        return self._bot

    def keep_opening(self, stop: threading.Event, on_problem: Callable[[str], None] | None = None) -> bool:
        """Open the bot; False if it can't be, or if `stop` was set first.

        What a person can mend is tried again every few seconds, so that a server started before its index
        comes alive by itself. An error that nobody foresaw isn't: it stays until a restart.
        """
        while not stop.is_set():
            try:
                self.open()
                return True
            except TrustbotError as error:
                self._tell(str(error), public(error), on_problem)
            except Exception:
                log.exception("the bot could not be opened")
                self._tell(words.NOT_OPENED, words.NOT_OPENED, on_problem)
                return False
            stop.wait(RETRY_SECONDS)
        return False

    def keep_following(self, stop: threading.Event, on_problem: Callable[[str], None] | None = None) -> None:
        """Follow the index until `stop` is set, so that no question waits for a new version to be opened.

        One that can't be opened is told of once, and tried again for as long as it is the published one.
        """
        while not stop.wait(FOLLOW_SECONDS if self._problem is None else RETRY_SECONDS):
            try:
                self.bot.refresh()
                self._problem = None
            except TrustbotError as error:
                told, shown = (words.OLD_INDEX_SERVES.format(problem=text) for text in (error, public(error)))
                self._tell(told, shown, on_problem)
            except Exception:
                log.exception("a new version of the index could not be opened")
                told = words.OLD_INDEX_SERVES.format(problem=words.NEW_INDEX_UNREADABLE)
                self._tell(told, told, on_problem)

    def _tell(self, problem: str, shown: str, on_problem: Callable[[str], None] | None) -> None:
        """Say `problem` to the operator, once, and keep what is `shown` to anybody."""
        before, self._problem = self._problem, shown
        if on_problem and shown != before:
            on_problem(problem)

    def open(self) -> None:
        """Open the bot and warm it up, once. Raises TrustbotError with what is missing."""
        bot = self._open_bot(self.settings)
        self._missing = words.WAITING_EMBEDDER
        bot.warm_up()
        self._bot, self._problem = bot, None
        self.metrics.ready.set(1)

    def stream(
        self, question: str, history: Sequence[Turn], channel: Channel, persona: str | None = None, asker: str = ""
    ) -> Generator[Stage | Partial | Answer]:
        """Stages, what a chat model has worded so far, then the Answer; closing it ends the work, from any thread.

        `asker` is what `asker_of` gives: a question that isn't answered is counted for it. Raises NotReady, or
        InvalidQuestion when the question can't be used, both with the first item.
        """
        stop = Stop()
        return Stoppable(self._counted(self._items(question, history, channel, persona, stop), asker), stop)

    def _counted(self, items: Generator[Stage | Partial | Answer], asker: str) -> Generator[Stage | Partial | Answer]:
        with contextlib.closing(items):
            for item in items:
                if isinstance(item, Answer) and self.settings.count_unanswered and item.outcome in COUNTED:
                    self.unanswered.note(item, asker, cluster=self.bot.cluster(item.query.text))
                yield item

    def _items(
        self, question: str, history: Sequence[Turn], channel: Channel, persona: str | None, stop: Stop
    ) -> Generator[Stage | Partial | Answer]:
        bot = self.bot
        check_question(question, self.settings.question_limit)
        with self._turns.place():
            yield from self._answered(bot, question, history, channel, persona, stop)

    def _answered(
        self,
        bot: Answering,
        question: str,
        history: Sequence[Turn],
        channel: Channel,
        persona: str | None,
        stop: Stop,
    ) -> Generator[Stage | Partial | Answer]:
        started, span = time.perf_counter(), self.tracing.question(channel)
        outcome, read = "failed", None
        items = iter(bot.stream(question, history, persona))
        leave = items.close if isinstance(items, Stoppable) else lambda: None
        try:
            with stop.telling(leave):
                while True:
                    # A turn covers work, not waiting: a reader that takes its time holds nobody up.
                    with self._turns.turn():
                        item = next(items, None)
                    if item is None:
                        return
                    span.saw(item)
                    if isinstance(item, Answer):
                        outcome, read, item = item.outcome, item.query.asked, self.signer.answer(item)
                    yield item
        except InvalidQuestion:
            outcome = "invalid"
            raise
        finally:
            leave()
            span.end(outcome)
            self._record(channel, outcome, time.perf_counter() - started, read)

    def work(self, run: Callable[[], T], *, alone: bool = False) -> T:
        """The value of `run`, which takes its turn with the questions; raises Busy where too many wait.

        What needs much memory is worked on `alone`: never at the same time as other work of that kind.
        """
        with self._turns.place(), self._alone if alone else contextlib.nullcontext(), self._turns.turn():
            return run()

    def own_work(self, run: Callable[[], T]) -> T:
        """The value of `run`, which nobody waits for: it takes its turn however many wait, and no place of theirs."""
        with self._turns.turn():
            return run()

    def arriving(self) -> AbstractContextManager[None]:
        """For the time from a question's arrival to its first item, on the loop; entering it raises Busy."""
        return self._turns.arriving()

    @property
    def most_open(self) -> int:
        """Most questions that are worked on or wait at a time, each of them in a thread."""
        return self._turns.most

    @property
    def feedback_note(self) -> str:
        """What is kept of a reader's feedback, in one sentence for the reader."""
        return words.FEEDBACK_KEPT_QUESTION if self.feedback_store.keep_questions else words.FEEDBACK_KEPT

    def feedback(
        self,
        answer: Answer,
        token: str,
        verdict: Verdict | None,
        reasons: Sequence[Reason] = (),
        question: str | None = None,
        persona: str | None = None,
        comment: str | None = None,
    ) -> bool:
        """Keep what a reader says of `answer`, instead of what they said before; `None` takes it back.

        `token` is a secret that names the exchange and no other. `reasons` are some of `judgements.REASONS` for the
        answer's outcome, and only where it was not helpful. False, with a line in the log, if nothing could be kept;
        False as well for an answer that is kept nowhere.
        """
        if not is_recorded(answer.outcome):
            return False
        try:
            if verdict is None:
                self.feedback_store.withdraw(token)
            else:
                corpus, code = self.bot.corpus.id, language.current()
                given = Feedback(answer, verdict, tuple(reasons), corpus, code, persona, question, comment)
                self.feedback_store.give(token, given)
        except TrustbotError as error:
            log.error("feedback was not kept: %s", error)
        except Exception:
            log.exception("feedback was not kept")
        else:
            self.metrics.feedback.labels(verdict or "withdrawn").inc()
            return True
        self.metrics.feedback.labels("failed").inc()
        return False

    def _record(self, channel: Channel, outcome: str, seconds: float, question: str | None) -> None:
        """Count a question and log it: with its text as it was read, if at all, never as it was typed."""
        self.metrics.questions.labels(channel, outcome).inc()
        self.metrics.seconds.labels(channel).observe(seconds)
        # As a literal, whatever the text holds it is one line.
        if outcome == "safety":
            return  # in a log, even the time would be somebody's
        text = {"text": question} if self.settings.log_questions and question is not None else {}
        corpus = self.settings.corpus
        told = {
            "event": "question",
            "corpus": corpus,
            "channel": channel,
            "outcome": outcome,
            "ms": round(seconds * 1000),
        } | text
        shown = f" text={question!r}" if text else ""
        line = "question corpus=%s channel=%s outcome=%s ms=%d%s"
        asked.info(line, corpus, channel, outcome, seconds * 1000, shown, extra=told)


def last_answer(items: Iterator[Stage | Partial | Answer]) -> Answer:
    """The Answer that ends a stream."""
    answer = None
    for item in items:
        if isinstance(item, Answer):
            answer = item
    if answer is None:
        raise TrustbotError(words.INTERNAL)
    return answer


def check_question(question: str, limit: int) -> None:
    """Raise InvalidQuestion (QuestionTooLong past `limit` characters) unless `question` can be read."""
    if len(question) > limit:
        count, most = language.number(len(question)), language.number(limit)
        raise QuestionTooLong(words.QUESTION_TOO_LONG.format(count=count, limit=most))
    guard.check_question(question, limit)

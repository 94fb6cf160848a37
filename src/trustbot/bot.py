"""Composition root: Settings -> Bot. The only module that knows both the settings and every part.

In: settings. Out: a `Bot` that answers questions over one corpus and follows the index when a new version is
published. This module holds no logic of its own and knows no screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trustbot.chain import Chain
from trustbot.corpus.contacts import read_contacts
from trustbot.errors import InvalidInput
from trustbot.index.chroma import Index, open_index
from trustbot.index.documents import DocumentVersion, find_version
from trustbot.index.published import fetch
from trustbot.index.server import server_of
from trustbot.models.cards import expected_model
from trustbot.models.chat import ChatModel, Limits, open_chat_model
from trustbot.models.embedding import open_embedder
from trustbot.query import guard, inputs
from trustbot.query.safety import Safety, Screened, open_safety, public_words
from trustbot.reading import clusters
from trustbot.reading.chat import ChatReader
from trustbot.reading.clusters import open_clusters
from trustbot.reading.local import open_reader
from trustbot.reading.model import FILE
from trustbot.retrieval.hybrid import Retriever
from trustbot.retrieval.rerank import open_reranker
from trustbot.runtime.stopping import Stop, Stoppable
from trustbot.serving import Served, Serving
from trustbot.settings import Settings, load_settings
from trustbot.state import Facts, Parts, State
from trustbot.text.terms import Vocabulary
from trustbot.types import Answer, Corpus, Partial, Stage, Turn
from trustbot.verify.support.second import open_second
from trustbot.verify.support.supporter import Supporter

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

    from trustbot.models.embedders import Embedder
    from trustbot.runnable import Through

History = Sequence[Turn | Mapping[str, Any] | Any]
"""Earlier messages, oldest first, in any form that `inputs` reads."""
JUDGEMENT = 500
"""Most tokens of a yes or no; models that think before they write count that too."""


class Bot:
    """Answers questions. Safe to share between threads."""

    def __init__(self, settings: Settings, safety: Safety | None = None) -> None:
        """`safety` screens messages in place of the stage that the settings ask for."""
        self._settings = settings
        self._chat = open_chat(settings)
        self._parts = open_parts(settings, self._chat)
        self._model = expected_model(settings.embedder)
        self._server = server_of(settings)
        self._fetch()  # the graphs come with the version
        with ThreadPoolExecutor(1) as pool:  # hashing and loading the graph overlap with opening the index
            embedder = pool.submit(open_embedder, settings.embedder, settings.models_dir)
            index = self._open_index()
            self._serving = Serving(self._compose(index, embedder.result), self._open_next)
        self._safety = safety or open_safety(settings.models_dir)
        self._public: tuple[str, frozenset[str]] = ("", frozenset())

    @property
    def corpus(self) -> Corpus:
        """The corpus that is answered from."""
        return self._serving.current.index.corpus

    @property
    def fingerprint(self) -> str:
        """Identity of the index: what it was built from and how."""
        return self._serving.current.index.fingerprint

    @property
    def built_at(self) -> str:
        """When the index was built, ISO 8601 in UTC."""
        return self._serving.current.index.built_at

    @property
    def embedder_name(self) -> str:
        """Name of the embedder."""
        return self._model.name

    @property
    def supporter(self) -> Supporter:
        """What checks a sentence that a chat model worded."""
        return self._serving.current.chain.supporter

    @property
    def runnable(self) -> Runnable[Any, Any]:
        """The bot as a LangChain Runnable: `inputs` has the forms of a question that it takes, docs/python.md examples.

        `invoke` gives the Answer, `stream` what the bot's own `stream` gives. It follows the index as the bot does.
        """
        from trustbot.runnable import AnswerRunnable

        return AnswerRunnable(self._run, self._state, self.corpus.title)

    def ask(self, question: str, history: History = (), persona: str | None = None) -> Answer:
        """One answer. Raises InvalidQuestion, InvalidInput or TooSlow, each with one sentence."""
        *_, answer = self.stream(question, history, persona)
        assert isinstance(answer, Answer)  # noqa: S101 - the chain ends with its answer
        return answer

    def stream(
        self, question: str, history: History = (), persona: str | None = None, *, worded: bool = True
    ) -> Generator[Stage | Partial | Answer]:
        """Each stage as it begins, the answer as far as a chat model has worded it, then the answer.

        Without `worded` no chat model words it: what is asked for trial costs nobody anything. Closing the generator
        ends the model's work at once, from whichever thread.
        """
        stop = Stop()
        asked = {"question": question, "history": history, "persona": persona}

        def items() -> Generator[Stage | Partial | Answer]:
            yield from self._run(replace(self._state(asked), worded=worded, stop=stop))

        return Stoppable(items(), stop)

    def cluster(self, text: str) -> str | None:
        """The question of the corpus's bank that stands for all that is asked like `text`; empty where none does, and
        None where the index holds no grid of them. Nothing of `text` is kept."""
        grid = self._serving.current.clusters
        return grid.nearest(self._embedder.embed_query(text)) if grid else None

    def screened(self, text: str) -> Screened:
        """What may be kept of a text that is no question, and whether somebody who writes it needs help."""
        return self._safety.screen(text, (), self._public_words())

    def warm_up(self) -> None:
        """Load what the first question would wait for."""
        self._safety.screen(self.corpus.title)
        self._parts.reranker.warm_up()
        for model in (self._chat, self._parts.second):
            if model is not None:
                model.warm_up()
        with self._serving.reading() as chain:
            _warm(chain)

    def refresh(self) -> None:
        """Follow the index: if another version was published, open it, and answer from it once it is warm.

        A question does so too, and doesn't wait for it. Raises TrustbotError if it can't be opened; the version before
        goes on answering.
        """
        self._serving.refresh()

    def document(self, content_hash: str, document_id: str | None = None) -> DocumentVersion | None:
        """The text with this `sha256:...` that was ever published, under `document_id` where it is given; else None.

        Read from its file and checked; raises DocumentAltered if the file no longer is what was written.
        """
        return find_version(self._settings.index_dir, self.corpus, content_hash, document_id)

    def close(self) -> None:
        """Release the index, once the questions under way have ended, and the chat model's connection."""
        self._serving.close()
        if self._server:
            self._server.close()
        for model in (self._chat, self._parts.second):
            if model is not None:
                model.close()

    def _run(self, state: State, through: Through | None = None) -> Generator[Stage | Partial | Answer]:
        state.stop.allow(self._settings.answer_timeout)
        with self._serving.reading() as chain:
            yield from chain.run(state, through)

    def _state(self, given: object) -> State:
        """What was asked, checked and screened: no later stage sees it otherwise."""
        if isinstance(given, State):
            return self._screened(given)
        asked = inputs.read(given)
        persona = asked.persona
        if persona is not None and (not isinstance(persona, str) or persona not in guard.personas()):
            raise InvalidInput(f"{persona!r} is not a persona. Use one of: {', '.join(guard.personas())}.")
        question = guard.check_question(asked.question, self._settings.question_limit)
        history = guard.check_history(asked.history, self._settings.history_limit)
        return self._screened(State(question, history, persona))

    def _screened(self, state: State) -> State:
        start = time.perf_counter()
        seen = self._safety.screen(state.question, state.history, self._public_words())
        taken = round((time.perf_counter() - start) * 1000, 2)
        return replace(
            state,
            question=seen.question,
            history=seen.history,
            kind=seen.kind,
            again=seen.again,
            unsure=seen.unsure,
            before=seen.before,
            masked=seen.masked,
            unnamed="NAME" in seen.masked and self._is_unnamed(state.question),
            timings={"safety": taken, "total": taken},
        )

    def _is_unnamed(self, question: str) -> bool:
        with self._serving.reading() as chain:
            return chain.is_unnamed(question)

    def _public_words(self) -> frozenset[str]:
        """Those of the corpus; they are gathered once for an index."""
        corpus, fingerprint = self.corpus, self.fingerprint
        if self._public[0] != fingerprint:
            self._public = (fingerprint, public_words(corpus))
        return self._public[1]

    def _fetch(self) -> None:
        if self._server:
            fetch(self._server, self._settings.corpus, self._settings.index_dir, self._settings.models_dir)

    def _open_index(self) -> Index:
        return open_index(self._settings.index_dir, self._model.name, self._model.weights_hash, self._server)

    def _open_next(self) -> Served:
        """The published version, warm; it is closed again if it can't answer."""
        self._fetch()
        served = self._compose(self._open_index(), lambda: self._embedder)
        try:
            _warm(served.chain)
        except BaseException:
            served.index.close()
            raise
        return served

    def _compose(self, index: Index, embedder: Callable[[], Embedder]) -> Served:
        """The chain over an open index, which is closed again if there can be none."""
        try:
            self._embedder = embedder()
            reader = open_reader(index.read_extra(FILE), index.corpus, self._settings.models_dir)
            facts = Facts(self._embedder.name, index.fingerprint)
            retriever = Retriever(index, self._embedder)
            chain = Chain(index.corpus, retriever, self._embedder, reader, facts, self._parts)
            grid = open_clusters(index.read_extra(clusters.FILE)) if index.has_extra(clusters.FILE) else None
            return Served(index, chain, grid)
        except BaseException:
            index.close()
            raise


def _warm(chain: Chain) -> None:
    """Let a chain answer a question of its own, however long that takes, so that a reader waits for nothing."""
    for _ in chain.run(State(chain.corpus.title, worded=False)):
        pass


def open_chat(settings: Settings) -> ChatModel | None:
    """The chat model that the settings name, if any; nothing is loaded yet."""
    limits = Limits(settings.chat_timeout, settings.chat_tokens, settings.chat_retries, settings.chat_concurrency)
    return open_chat_model(settings.chat_model, settings.chat_base_url, limits)


def open_supporter(settings: Settings, corpus: Corpus) -> Supporter:
    """What checks a sentence that a chat model worded, without an index; loads the embedder."""
    embedder = open_embedder(settings.embedder, settings.models_dir)
    return Supporter(embedder, Vocabulary(corpus.vocabulary))


def open_parts(settings: Settings, chat: ChatModel | None) -> Parts:
    """The optional parts that the settings name; nothing is loaded yet. Raises InvalidInput for contacts that can't be
    used."""
    return Parts(
        open_reranker(settings.reranker),
        ChatReader(chat) if chat is not None else None,
        chat if settings.chat_answers else None,
        settings.chat_tokens,
        open_second(settings.verifier, lambda: open_judge(settings)),
        settings.top_k,
        read_contacts(settings.portals_file),
        settings.answer_threshold,
    )


def open_judge(settings: Settings) -> ChatModel | None:
    """The chat model once more, with its own connection: while it words an answer, it is asked about what it wrote."""
    limits = Limits(settings.chat_timeout, min(settings.chat_tokens, JUDGEMENT), 0, settings.chat_concurrency)
    return open_chat_model(settings.chat_model, settings.chat_base_url, limits)


def build_bot(settings: Settings | None = None, *, corpus: str | None = None) -> Bot:
    """A bot over the settings given, or over those of the environment; `corpus` names another corpus than theirs.

    Raises InvalidInput for settings that can't be used, and IndexMissing where the corpus was never ingested.
    """
    if settings is None:
        return Bot(load_settings(corpus=corpus))
    return Bot(settings if corpus is None else load_settings(**{**settings.model_dump(), "corpus": corpus}))

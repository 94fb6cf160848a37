"""What an evaluation runs against, opened from settings: bots, searches, the condenser.

In: settings, whose corpus may hold `{domain}` for data sets over several corpora. Out: functions from an item
to what serves it; each corpus is opened once, when its first item comes. This module scores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from trustbot.errors import InvalidInput
from trustbot.evals.datasets import NO_KEY, Conversation, Key, SearchTask, claims_key
from trustbot.evals.running import Answering
from trustbot.evals.searching import Search
from trustbot.settings import Settings
from trustbot.types import Chunk, Passage, Query, Turn

if TYPE_CHECKING:
    from trustbot.index import Index
    from trustbot.retrieval import Retriever
    from trustbot.state import Parts

DOMAIN = "{domain}"


def settings_for(settings: Settings, domain: str | None) -> Settings:
    """Settings of the corpus that an item of `domain` is asked of.

    Raises InvalidInput if the corpus depends on a domain and the item has none.
    """
    if DOMAIN not in settings.corpus:
        return settings
    if domain is None:
        raise InvalidInput(
            f"The corpus {settings.corpus} needs a domain on every line of the data set; "
            'write "domain": "…" on each, or name one corpus.'
        )
    return settings.model_copy(update={"corpus": settings.corpus.replace(DOMAIN, domain)})


def bots(settings: Settings) -> Callable[[Conversation], Answering]:
    """Item -> the bot of its corpus."""

    @cache
    def opened(domain: str | None) -> Answering:
        from trustbot.bot import build_bot

        bot = build_bot(settings_for(settings, domain))
        # The first item's time shall be a question's, not a loading time. Not `warm_up`: it also tries every
        # topic of the corpus as a question, which takes hours over thousands of documents.
        bot.ask("What is this about?")
        return bot

    return lambda item: opened(item.domain if DOMAIN in settings.corpus else None)


def corpus_key(settings: Settings) -> Key:
    """The claims of the corpus as a key, or none where the data set is over several corpora."""
    if DOMAIN in settings.corpus:
        return NO_KEY
    from trustbot.index import current_snapshot

    return claims_key(current_snapshot(settings.index_dir).corpus.audits)


def searches(settings: Settings, *, condensed: bool = True) -> Search:
    """Search of each task's corpus; with a history, the condensed query, or else the last question alone.

    The optional parts that the settings name, a reranker and a chat model's rewrites, are used as in an answer.
    """
    parts = _open_parts(settings)

    @cache
    def opened(domain: str | None) -> tuple[Index, Retriever]:
        return _open_retriever(settings_for(settings, domain))

    def search(task: SearchTask, k: int) -> tuple[str, list[Passage]]:
        index, retriever = opened(task.domain if DOMAIN in settings.corpus else None)
        query = Query(task.question, task.question)
        if condensed and task.history:
            query = _condense(task.question, task.history, index.corpus.chunks, parts)
        return query.text, parts.reranker.rerank(query.text, retriever.search(query, k))

    return search


def condenser(settings: Settings) -> Callable[[str, Sequence[Turn]], Query]:
    """The condenser with no corpus to lean on; the chat model's rewrite where the settings name one and it passes."""
    parts = _open_parts(settings)
    return lambda question, history: _condense(question, history, (), parts)


def _condense(question: str, history: Sequence[Turn], statements: Sequence[Chunk], parts: Parts) -> Query:
    from trustbot.followup import condense

    query = condense(question, history, statements)
    return parts.rewriter.rewrite(query, question, history).query if parts.rewriter else query


def _open_parts(settings: Settings) -> Parts:
    from trustbot.bot import open_chat, open_parts

    return open_parts(settings, open_chat(settings))


def _open_retriever(settings: Settings) -> tuple[Index, Retriever]:
    from trustbot.embedding import expected_model, open_embedder
    from trustbot.index import open_index
    from trustbot.retrieval import Retriever

    model = expected_model(settings.embedder)
    index = open_index(settings.index_dir, model.name, model.weights_hash)
    embedder = open_embedder(settings.embedder, settings.models_dir)
    return index, Retriever(index, embedder)

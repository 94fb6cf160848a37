"""What an evaluation runs against, opened from settings: bots, searches, the question bank.

In: settings, whose corpus may hold `{domain}` for data sets over several corpora. Out: functions from an item
to what serves it; each corpus is opened once, when its first item comes. This module scores nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from trustbot.errors import InvalidInput
from trustbot.evals.blindness import Shared, shared
from trustbot.evals.datasets import NO_KEY, Conversation, Key, SearchTask, claims_key
from trustbot.evals.running import Answering
from trustbot.evals.searching import Search
from trustbot.reading.bank import BANK, read_bank
from trustbot.reading.weights import TOPICS
from trustbot.settings import Settings
from trustbot.types import Passage, Query

if TYPE_CHECKING:
    from trustbot.index.chroma import Index
    from trustbot.retrieval.hybrid import Retriever

DOMAIN = "{domain}"
KEPT = "bank"
"""Folder of the vectors of question banks, in the data folder."""


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
        bot.warm_up()  # the first item's time shall be a question's, not a loading time
        return bot

    return lambda item: opened(item.domain if DOMAIN in settings.corpus else None)


def corpus_key(settings: Settings) -> Key:
    """The claims of the corpus as a key, or none where the data set is over several corpora."""
    if DOMAIN in settings.corpus:
        return NO_KEY
    from trustbot.index.chroma import current_snapshot
    from trustbot.index.published import up_to_date

    return claims_key(current_snapshot(up_to_date(settings)).corpus.audits)


def shared_with_bank(questions: Mapping[str, str], settings: Settings) -> tuple[int, list[Shared]] | None:
    """Of how many questions the corpus's bank is, and which of `questions`, by id, it shares; None without a bank."""
    path = settings.corpus_dir / settings.corpus / BANK
    if not path.is_file():
        return None
    from trustbot.models.cards import PACKAGED
    from trustbot.models.embedding import open_embedder

    bank = read_bank(path, {*corpus_key(settings).statements, *TOPICS})
    embedder = open_embedder(PACKAGED, settings.models_dir)
    return len(bank.examples), shared(questions, bank, embedder, settings.data_dir / KEPT)


def searches(settings: Settings, *, condensed: bool = True) -> Search:
    """Search of each task's corpus: for the question in its conversation, or else for the last question alone.

    A reranker that the settings name is used as in an answer; a chat model reads nothing before a search.
    """
    from trustbot.query.condense import condense
    from trustbot.retrieval.rerank import open_reranker

    reranker = open_reranker(settings.reranker)

    @cache
    def opened(domain: str | None) -> tuple[Index, Retriever]:
        return _open_retriever(settings_for(settings, domain))

    def search(task: SearchTask, k: int) -> tuple[str, list[Passage]]:
        index, retriever = opened(task.domain if DOMAIN in settings.corpus else None)
        query = Query(task.question, task.question)
        if condensed and task.history:
            query = condense(task.question, task.history, index.corpus)
        return query.text, reranker.rerank(query.text, retriever.search(query, k))

    return search


def _open_retriever(settings: Settings) -> tuple[Index, Retriever]:
    from trustbot.index.chroma import open_index
    from trustbot.index.published import up_to_date
    from trustbot.index.server import server_of
    from trustbot.models.cards import expected_model
    from trustbot.models.embedding import open_embedder
    from trustbot.retrieval.hybrid import Retriever

    model = expected_model(settings.embedder)
    index = open_index(up_to_date(settings), model.name, model.weights_hash, server_of(settings))
    embedder = open_embedder(settings.embedder, settings.models_dir)
    return index, Retriever(index, embedder)

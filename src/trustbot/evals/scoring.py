"""One item and its Answer object -> figures between 0 and 1, and what fell short.

In: a labelled conversation and the reply to its last turn. Out: the figures that its labels allow; an item
without a label gets no figure for it, never zero. This module averages nothing.

hit        a citation quotes a gold statement under its right number
recall     share of the gold statements that are quoted, with at most four of them asked for
precision  share of the citations that bear on the question: they quote a gold statement, or are not from the
           article and carry the number that a gold statement names
abstain    nothing was answered
closest    nothing was answered, and what is shown as closest quotes a gold statement under its right number
numbers    the markers in the text are exactly the numbers of the citations (answered items only)
clarify    nothing was answered and the reply asks back: it ends with a question
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from trustbot.evals.datasets import Conversation, Statement
from trustbot.types import ARTICLE

METRICS = ("hit", "recall", "precision", "abstain", "closest", "clarify", "numbers")
BINARY = frozenset({"hit", "abstain", "closest", "clarify", "numbers", "hit@1", "hit@5", "hit@10"})
"""Figures that are 0 or 1 for an item, and so get the exact tests of a proportion."""

RECALL_CAP = 4
"""An answer is not asked to quote more statements than a reader takes in at once."""

_GROUP = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})

AnswerObject = Mapping[str, Any]
Citation = Mapping[str, Any]


def score(item: Conversation, answer: AnswerObject) -> dict[str, float]:
    """Figure name -> 0 to 1, for every figure that the item's labels allow."""
    abstained = bool(answer["abstained"])
    figures = {"abstain": float(abstained), "clarify": float(abstained and asks_back(answer))}
    if not abstained:
        marked, cited = _marked(answer["text"]), {int(c["number"]) for c in answer["citations"]}
        figures["numbers"] = float(bool(marked) and marked == cited)
    if item.gold and item.answerable is not False:
        figures.update(_score_citations(item.gold, () if abstained else answer["citations"]))
        if abstained:
            figures["closest"] = float(_found(item.gold, answer["closest"]) > 0)
    return figures


def asks_back(answer: AnswerObject) -> bool:
    """Whether the reply ends with a question to the reader."""
    return any(str(answer[field] or "").rstrip().endswith("?") for field in ("text", "reason"))


def shortfalls(item: Conversation, figures: Mapping[str, float]) -> list[str]:
    """Plain sentences on what fell short, the worst first; empty for an item that needs no look."""
    found = []
    if item.answerable is True and figures["abstain"]:
        found.append("declined, though the corpus answers it")
    elif figures.get("hit") == 0.0:
        found.append("no gold statement quoted under its number")
    if item.answerable is False and not figures["abstain"]:
        found.append("answered, though the corpus does not cover it")
    if figures.get("numbers") == 0.0:
        found.append("markers and citations differ")
    if figures.get("hit") == 1.0 and figures["precision"] < 0.5:
        found.append("most citations do not bear on the question")
    return found


def _marked(text: str) -> set[int]:
    return {int(number) for group in _GROUP.findall(text) for number in group.split(",")}


def _flat(text: str) -> str:
    """Text as compared: one space, straight quotation marks, no case."""
    return " ".join(text.translate(_TYPOGRAPHY).split()).casefold()


def _score_citations(gold: Sequence[Statement], citations: Sequence[Citation]) -> dict[str, float]:
    found = _found(gold, citations)
    references = {statement.reference for statement in gold}
    bearing = sum(
        any(_quotes(statement, citation) for statement in gold)
        or (citation["document"] != ARTICLE and int(citation["number"]) in references)
        for citation in citations
    )
    return {
        "hit": float(found > 0),
        "recall": min(1.0, found / min(len(gold), RECALL_CAP)),
        "precision": bearing / len(citations) if citations else 0.0,
    }


def _found(gold: Sequence[Statement], citations: Sequence[Citation]) -> int:
    """How many of the gold statements are quoted under their right number."""
    return sum(
        any(int(citation["number"]) == statement.reference and _quotes(statement, citation) for citation in citations)
        for statement in gold
    )


def _quotes(statement: Statement, citation: Citation) -> bool:
    if _flat(statement.text) in _flat(citation["quote"]):
        return True
    audit = citation.get("audit")
    return bool(statement.claim_id and audit and audit["claim"] == statement.claim_id)

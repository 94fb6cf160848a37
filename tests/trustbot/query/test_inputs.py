"""The forms in which a question may be handed over: each is the same question, and anything else one sentence."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, ChatMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate

from trustbot.errors import InvalidInput
from trustbot.query import inputs
from trustbot.query.guard import check_history
from trustbot.types import Turn

FIRST, SAID, QUESTION = "Does feedback need trust?", "It does [2].", "Why?"
HISTORY = (Turn("user", FIRST), Turn("assistant", SAID))
OWN = [{"role": "user", "text": FIRST}, {"role": "assistant", "text": SAID}]
OPENAI = [{"role": "user", "content": FIRST}, {"role": "assistant", "content": SAID}]
MESSAGES = [HumanMessage(FIRST), AIMessage(SAID)]

FORMS: dict[str, Any] = {
    "our own": {"question": QUESTION, "history": OWN},
    "turns": {"question": QUESTION, "history": HISTORY},
    "LangChain's names": {"input": QUESTION, "chat_history": MESSAGES},
    "a message as input": {"input": HumanMessage(QUESTION), "chat_history": MESSAGES},
    "OpenAI's messages": [*OPENAI, {"role": "user", "content": QUESTION}],
    "OpenAI's parts": [
        *OPENAI,
        {"role": "user", "content": [{"type": "text", "text": QUESTION}, {"type": "image_url"}]},
    ],
    "LangChain's messages": [*MESSAGES, HumanMessage(QUESTION)],
    "an agent's state": {"messages": [*MESSAGES, HumanMessage(QUESTION)]},
    "pairs": [("human", FIRST), ("ai", SAID), ("user", QUESTION)],
    "a prompt": ChatPromptTemplate([("placeholder", "{past}"), ("human", "{q}")]).invoke(
        {"past": MESSAGES, "q": QUESTION}
    ),
    "roles that nobody spoke in": [
        SystemMessage("Answer in French."),
        {"role": "developer", "content": "Be rude."},
        HumanMessage(FIRST),
        AIMessage("", tool_calls=[{"name": "search", "args": {}, "id": "1"}]),
        ToolMessage("found", tool_call_id="1"),
        AIMessageChunk(SAID),
        ChatMessage(QUESTION, role="user"),
    ],
}


@pytest.mark.parametrize("given", FORMS.values(), ids=FORMS.keys())
def test_every_form_is_the_same_question(given: Any) -> None:
    read = inputs.read(given)
    assert read.question == QUESTION
    assert check_history(read.history, 20) == HISTORY


def test_a_text_or_a_message_alone_has_no_history() -> None:
    for given in (QUESTION, HumanMessage(QUESTION), {"question": QUESTION}, {"input": QUESTION, "chat_history": None}):
        read = inputs.read(given)
        assert (read.question, tuple(read.history), read.persona) == (QUESTION, (), None)
    assert inputs.read({"input": QUESTION, "persona": "resident"}).persona == "resident"


@pytest.mark.parametrize(
    "given",
    [
        None,
        7,
        b"Why?",
        {},
        {"query": QUESTION},
        [],
        {"messages": None},
        [HumanMessage(QUESTION), AIMessage("No.")],
        [SystemMessage("x")],
        ["Why?"],
        [{"role": "narrator", "content": "x"}],
        [{"role": "user", "content": 7}],
    ],
    ids=str,
)
def test_anything_else_is_one_sentence_that_says_what_to_do(given: Any) -> None:
    with pytest.raises(InvalidInput, match=r"^[^\n]{20,240}\.$"):
        inputs.read(given)

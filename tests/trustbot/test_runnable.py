"""The bot as a LangChain Runnable: the forms that it takes, what it streams, and the tool that agents get."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda

from trustbot.bot import Bot
from trustbot.errors import InvalidInput
from trustbot.runnable import TOOL_NAME
from trustbot.state import State
from trustbot.types import Answer, Stage

QUESTION = "How does direct observation build trust?"
AGAIN = "Who says so?"


def bare(answer: Any) -> Answer:
    return replace(answer, trace=replace(answer.trace, timings_ms={}))


def test_each_form_gets_the_answer_that_ask_gives(bot: Bot) -> None:
    first = bot.ask(QUESTION)
    expected = bot.ask(AGAIN, [{"role": "user", "text": QUESTION}, {"role": "assistant", "text": first.text}])
    assert expected.query.said, "the history counts"
    openai = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": first.text}]
    messages = [HumanMessage(QUESTION), AIMessage(first.text)]
    for given in (
        {"question": AGAIN, "history": openai},
        {"input": AGAIN, "chat_history": messages},
        [*openai, {"role": "user", "content": AGAIN}],
        [*messages, HumanMessage(AGAIN)],
    ):
        assert bare(bot.runnable.invoke(given)) == bare(expected)
    for alone in (QUESTION, State(QUESTION), {"question": QUESTION}):
        assert bare(bot.runnable.invoke(alone)) == bare(first)


@pytest.mark.parametrize("given", [None, 7, {"query": QUESTION}, [AIMessage("No.")]], ids=str)
def test_what_cannot_be_asked_is_one_sentence_by_every_way(bot: Bot, given: Any) -> None:
    async def streamed() -> list[Any]:
        return [item async for item in bot.runnable.astream(given)]

    for way in (
        lambda: bot.runnable.invoke(given),
        lambda: list(bot.runnable.stream(given)),
        lambda: bot.runnable.batch([given]),
        lambda: asyncio.run(streamed()),
    ):
        with pytest.raises(InvalidInput, match=r"^[^\n]+\.$"):
            way()


def test_a_stream_has_the_stages_and_then_the_answer(bot: Bot) -> None:
    async def streamed() -> list[Any]:
        return [item async for item in bot.runnable.astream(QUESTION)]

    expected = list(bot.stream(QUESTION))
    for items in (list(bot.runnable.stream(QUESTION)), asyncio.run(streamed())):
        assert items[:-1] == expected[:-1]
        assert len(items) > 1
        assert all(isinstance(item, Stage) for item in items[:-1])
        assert bare(items[-1]) == bare(expected[-1])


def test_the_next_step_of_a_chain_gets_the_answer_alone(bot: Bot) -> None:
    chain = bot.runnable | RunnableLambda(lambda answer: answer.text)
    assert chain.invoke(QUESTION) == bot.ask(QUESTION).text
    assert list(chain.stream(QUESTION)) == [bot.ask(QUESTION).text]


def test_leaving_a_stream_ends_the_work(bot: Bot) -> None:
    state = State(QUESTION)
    items = bot.runnable.stream(state)
    assert isinstance(next(items), Stage)
    items.close()  # type: ignore[attr-defined]
    assert state.stop.is_set


def test_callbacks_see_the_question_its_steps_and_the_answer(bot: Bot) -> None:
    class Seen(BaseCallbackHandler):
        def __init__(self) -> None:
            self.names: list[str] = []
            self.ended: list[Any] = []

        def on_chain_start(self, serialized: Any, inputs: Any, **more: Any) -> None:
            self.names.append(more.get("name") or "")

        def on_chain_end(self, outputs: Any, **more: Any) -> None:
            self.ended.append(outputs)

    for way in (
        lambda config: bot.runnable.invoke(QUESTION, config),
        lambda config: list(bot.runnable.stream(QUESTION, config)),
    ):
        seen = Seen()
        way({"callbacks": [seen]})
        assert seen.names == [TOOL_NAME, *(s.name for s in bot._serving.current.chain.steps)]
        assert isinstance(seen.ended[-1], Answer)


def test_agents_get_a_tool_with_a_schema_that_gives_text_with_its_sources(bot: Bot) -> None:
    tool = bot.runnable.as_tool()
    assert tool.name == TOOL_NAME
    assert bot.corpus.title in tool.description
    assert list(tool.args) == ["question"]
    expected = bot.ask(QUESTION)
    for message in (
        tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": {"question": QUESTION}}),
        asyncio.run(tool.ainvoke({"type": "tool_call", "id": "1", "name": tool.name, "args": {"question": QUESTION}})),
    ):
        assert bare(message.artifact) == bare(expected)
        assert expected.text in message.content
        assert all(f"[{c.number}] “{c.quote.text}”" in message.content for c in expected.citations)
        assert expected.disclaimer in message.content
    named = bot.runnable.as_tool(name="guidance", description="Ask the guidance.")
    assert (named.name, named.description) == ("guidance", "Ask the guidance.")


def test_the_schema_says_what_may_be_given(bot: Bot) -> None:
    schema = bot.runnable.get_input_jsonschema()
    assert schema["required"] == ["question"]
    assert set(schema["properties"]) == {"question", "history", "persona"}

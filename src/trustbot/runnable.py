"""The chain as a LangChain Runnable: any form of a question -> the `Answer`, with the stages on the way when streamed.

In: what runs a `State`, and what makes one of an input. Out: `AnswerRunnable`. The steps show in callbacks and traces
as runs of their own. Importing this module costs LangChain (0.4 s).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.config import run_in_executor
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from trustbot.runtime.stopping import Stoppable
from trustbot.state import State, Step
from trustbot.types import Answer, Partial, Stage

BESIDE = ("retracted", "concern", "superseded", "conflict")
"""Notices without which the text of an answer may not be read."""
Item = Stage | Partial | Answer
Through = Callable[[Step, State], State]
"""Runs one step."""
Run = Callable[[State, Through | None], Generator[Item]]

TOOL_NAME = "trustbot"
TOOL = (
    "Answers a question from {title} and the works behind it, in their own sentences with numbered citations, or says "
    "that they don't answer it. For education only, no medical advice. Pass one question in plain English that stands "
    "alone and holds nothing that could identify a patient."
)


class Message(BaseModel):
    """An earlier message."""

    role: str = Field(description='"user" or "assistant"; system and tool messages are left out.')
    content: Any = Field(description="Its text.")


class QuestionInput(BaseModel):
    """A question with its conversation."""

    question: str = Field(description="The question, as typed.")
    history: list[Message] = Field(default=[], description="Earlier messages, oldest first.")
    persona: str | None = Field(None, description="Who asks; it changes the order of statements, never what is cited.")


class ToolInput(BaseModel):
    """What a model passes to the tool."""

    question: str = Field(description="One question in plain English that stands alone.")


class AnswerRunnable(Runnable[Any, Any]):
    """Answers as a Runnable. `invoke`, `ainvoke`, `batch` and `abatch` give the `Answer`; `stream` and `astream` each
    `Stage` as it begins, each `Partial` where a chat model words the answer, and the `Answer` last.

    Raises InvalidQuestion or InvalidInput, each with one sentence, for what can't be asked.
    """

    def __init__(self, run: Run, state_of: Callable[[Any], State], title: str) -> None:
        self.name = TOOL_NAME
        self._run = run
        self._state_of = state_of
        self._title = title

    @property
    def InputType(self) -> Any:  # noqa: N802 - LangChain's own name
        """Every form that `inputs` reads."""
        return str | dict[str, Any] | list[Any]

    @property
    def OutputType(self) -> Any:  # noqa: N802
        """The value of `invoke`."""
        return Answer

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """The form with names; a text alone, or a list of messages, is taken as well."""
        return QuestionInput

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002 - LangChain's own name
        """The answer."""
        answer: Answer = self._call_with_config(self._answer, input, config)
        return answer

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Item]:  # noqa: A002
        """Stages, what is worded so far, then the answer. Closing it ends the work."""
        yield from self._transform_stream_with_config(iter([input]), self._items, config)

    async def astream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Item]:  # noqa: A002
        """The same; the work is done in a thread."""

        async def given() -> AsyncIterator[Any]:
            yield input

        async for item in self._atransform_stream_with_config(given(), self._aitems, config):
            yield item

    def as_tool(
        self,
        args_schema: Any = None,
        *,
        name: str | None = None,
        description: str | None = None,
        arg_types: dict[str, type] | None = None,
    ) -> BaseTool:
        """A tool for agents: a question in, the answer's text with its sources out, the `Answer` as its artifact."""
        if arg_types is not None:
            return super().as_tool(args_schema, name=name, description=description, arg_types=arg_types)

        def call(callbacks: Any = None, **given: Any) -> tuple[str, Answer]:
            answer = self.invoke(given, {"callbacks": callbacks})
            return told(answer), answer

        async def acall(callbacks: Any = None, **given: Any) -> tuple[str, Answer]:
            answer: Answer = await self.ainvoke(given, {"callbacks": callbacks})
            return told(answer), answer

        return StructuredTool.from_function(
            func=call,
            coroutine=acall,
            name=name or TOOL_NAME,
            description=description or TOOL.format(title=self._title),
            args_schema=args_schema or ToolInput,
            response_format="content_and_artifact",
        )

    def _answer(self, given: Any, run_manager: CallbackManagerForChainRun, config: RunnableConfig) -> Answer:
        *_, answer = self._begun(given, config)
        assert isinstance(answer, Answer)  # noqa: S101 - the chain ends with its answer
        return answer

    def _items(
        self, given: Iterator[Any], run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Iterator[Item]:
        for one in given:
            with closing(self._begun(one, config)) as items:
                yield from items

    async def _aitems(
        self, given: AsyncIterator[Any], run_manager: AsyncCallbackManagerForChainRun, config: RunnableConfig
    ) -> AsyncIterator[Item]:
        async for one in given:
            with closing(self._begun(one, config)) as items:
                while (item := await run_in_executor(config, next, items, None)) is not None:
                    yield item

    def _begun(self, given: Any, config: RunnableConfig) -> Generator[Item]:
        """The items of one question; each step is a run of its own."""
        state = self._state_of(given)

        def through(step: Step, now: State) -> State:
            return RunnableLambda(step.run, name=step.name).invoke(now, config)

        return Stoppable(self._run(state, through), state.stop)


def told(answer: Answer) -> str:
    """An answer as a model may read it: its text, then what each number stands for, then the disclaimer."""
    sources = [f"[{c.number}] “{c.quote.text}” ({c.source.title})" for c in answer.citations]
    beside = [n.text for n in answer.notices if n.kind in BESIDE]
    return "\n".join([answer.text, *beside, *sources, answer.disclaimer])

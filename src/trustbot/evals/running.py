"""Conversations -> answers, written line by line as they come.

In: conversations and something that answers. Out: `answers.jsonl` in a folder, and the answers as values.
This module scores nothing. A question that the bot refuses as unusable is a refusal, not the end of the run;
any other error ends it, and every answer given before stays in the file.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from trustbot.errors import InvalidInput, InvalidQuestion, StorageError
from trustbot.evals.datasets import Conversation
from trustbot.presentation.wire import answer_to_dict
from trustbot.types import Answer, Query, Trace, Turn

ANSWERS = "answers.jsonl"
PREVIOUS = "answers.previous.jsonl"

AnswerObject = Mapping[str, Any]


class Answering(Protocol):
    """What an evaluation needs of a bot."""

    def ask(self, question: str, history: Sequence[Turn] = ..., persona: str | None = ...) -> Answer:
        """One answer; InvalidQuestion for a question that can't be used."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """One conversation with the Answer object of each of its turns; `wall_ms` is the last turn's own time."""

    item: Conversation
    answers: tuple[AnswerObject, ...]
    wall_ms: float

    @property
    def last(self) -> AnswerObject:
        """The reply to the last turn, which is the one that is scored."""
        return self.answers[-1]


def answer_all(
    items: Sequence[Conversation],
    bot_for: Callable[[Conversation], Answering],
    out: Path,
    persona: str | None = None,
) -> list[Answered]:
    """Ask every item's turns in order; write `out/answers.jsonl`, a line an item as soon as it is answered.

    An earlier `answers.jsonl` is kept as `answers.previous.jsonl`. Raises StorageError if `out` can't be
    written, and whatever the bot raises but InvalidQuestion.
    """
    from tqdm import tqdm

    prepare_folder(out)
    # A bot that can't be opened shall not cost the answers of an earlier run.
    bot_for(items[0])
    answered = []
    with _answers_file(out) as file:
        # `disable=None` shows the bar on a terminal only, so that logs and pipes stay clean.
        for item in tqdm(items, desc="Asking", unit="item", file=sys.stderr, disable=None, leave=False):
            result = _answer(item, bot_for(item), persona)
            line = {"id": item.id, "answer": result.last, "answers": list(result.answers)}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            answered.append(result)
    return answered


def prepare_folder(out: Path) -> None:
    """Make sure that `out` is a folder that can be written, before anything is asked; StorageError if not."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError):
        raise InvalidInput(f"{out} is a file; give a folder for the answers and the report.") from None
    except OSError as error:
        raise _unwritable(out, error) from None


def write_text(path: Path, text: str) -> None:
    """Write a report file as UTF-8; StorageError if it can't be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} can't be written ({error.strerror}); give a folder you may write to, with free space.")


@contextmanager
def _answers_file(out: Path) -> Iterator[TextIO]:
    path = out / ANSWERS
    try:
        if path.exists():
            path.replace(out / PREVIOUS)
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise _unwritable(path, error) from None


def _answer(item: Conversation, bot: Answering, persona: str | None) -> Answered:
    history = list(item.history)
    answers: list[AnswerObject] = []
    wall_ms = 0.0
    for question in item.turns:
        start = time.perf_counter()
        answer = _ask(bot, question, history, persona)
        wall_ms = (time.perf_counter() - start) * 1000
        answers.append(answer)
        history += [Turn("user", question), Turn("assistant", answer["text"] or answer["reason"] or "")]
    return Answered(item, tuple(answers), wall_ms)


def _ask(bot: Answering, question: str, history: Sequence[Turn], persona: str | None) -> AnswerObject:
    try:
        return answer_to_dict(bot.ask(question, history=tuple(history), persona=persona))
    except InvalidQuestion as refusal:
        return _refused(question, str(refusal))


def _refused(question: str, reason: str) -> AnswerObject:
    """The Answer object of a question that can't be used: refused, with the message that a user would see."""
    query, trace = Query(question, question), Trace({}, "", "", "")
    return answer_to_dict(Answer("refused", "", query, "", trace, reason=reason))

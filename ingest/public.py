"""Public development sets -> material for the reader of any corpus. They lie outside the repository; a card names them.

Read are the JSON-lines files of three sets, in the form in which they were normalised: TREC CAsT and CANARD (questions
in a conversation with a person's rewrite) and MTRAG (questions on passages, some of which nothing answers).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from trustbot.files.jsonl import Line, read_lines
from trustbot.reading.bank import Example
from trustbot.reading.material import Material, Passages, Rewrites

REWRITTEN = ("cast_rewrites.jsonl.gz", "canard_dev.jsonl.gz")
QUESTIONED = "mtrag_tasks.jsonl.gz"
COLLECTION = "corpora/mtrag_corpus_{domain}.jsonl.gz"
LEADING = 500
"""Characters of a passage that are read: about as many as the encoder takes in at once."""


def read_public(folder: Path) -> list[Material]:
    """The material in `folder`; InvalidInput where one of its files is not there or holds something else."""
    tasks = read_lines(folder / QUESTIONED)
    domains = sorted({task.required_text("domain") for task in tasks})
    return [Rewrites(list(_rewrites(folder))), *(_passages(folder, domain, tasks) for domain in domains)]


def files(folder: Path) -> list[Path]:
    """The files that `read_public` reads, for the card."""
    collections = sorted(folder.glob(COLLECTION.format(domain="*")))
    return [*(folder / name for name in (*REWRITTEN, QUESTIONED)), *collections]


def _turns(line: Line) -> tuple[str, ...]:
    return tuple(turn.text for turn in line.history() if turn.role == "user")


def _rewrites(folder: Path) -> Iterator[tuple[Example, str]]:
    """Those questions that lean on what was asked before them, and whose rewrite is another text."""
    for name in REWRITTEN:
        for line in read_lines(folder / name):
            question, rewrite, turns = line.required_text("question"), line.required_text("rewrite"), _turns(line)
            if turns and rewrite.strip().casefold() != question.strip().casefold():
                yield Example(question, turns, frozenset(), "followup"), rewrite


def _passages(folder: Path, domain: str, tasks: Sequence[Line]) -> Passages:
    """One collection, with the questions on it of which it is told what answers them, or that nothing does."""
    lines = read_lines(folder / COLLECTION.format(domain=domain))
    texts = {line.identifier(): text[:LEADING] for line in lines if (text := line.optional_text("text"))}
    examples = []
    for task in tasks:
        answers = frozenset(name for name in task.record["gold"] if name in texts)
        answered = task.record["answerability"] != "UNANSWERABLE"
        if task.record["domain"] != domain or (answered and not answers):
            continue
        found = next((name for name in task.record["contexts"] if name in texts), None)
        gold = answers if answered else frozenset[str]()
        examples.append((Example(task.required_text("question"), _turns(task), gold, "answerable"), found))
    return Passages(texts, examples)

"""What reads a text takes time in proportion to its length, whoever wrote it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from trustbot.answer.drafts import DraftReader
from trustbot.bot import Bot
from trustbot.models.embedders import Embedder
from trustbot.presentation import templates, wording
from trustbot.query.condense import condense
from trustbot.query.guard import ASKED_LIMIT, HISTORY_LIMIT, check_history, check_question
from trustbot.query.safety import Safety
from trustbot.query.safety.classifier import LearnedClassifier
from trustbot.query.safety.identifiers import Identifiers
from trustbot.query.safety.model import JOIN, TURN_END, WINDOW, SafetyModel, packaged_heads
from trustbot.records import sentences as exported
from trustbot.text.sentences import split_sentences
from trustbot.text.terms import content_terms
from trustbot.types import Claim, TokenVectors, Turn
from trustbot.verify import attribution
from trustbot.verify.support import figures, modality, polarity
from trustbot.verify.worded import _SHOWN
from trustbot.web.http.markup import text as inert

FLOOR = 0.02
"""Seconds of processor time below which a ratio says nothing."""
WORST = 9.0
"""Most that four times the text may cost; in proportion it is 4, with the square of the length 16."""

HOSTILE = {
    "brackets": "(a (b ",
    "stops": ".",
    "stops and brackets": ".) ",
    "titles": "Dr. ",
    "initials": "A. ",
    "one word": "a",
    "blanks": " ",
    "tabs": "\t",
    "empty lines": "\n",
    "bullets": "\n- ",
    "markers": " [1]",
    "open markers": " [1",
    "references": "references 1, ",
    "ordinals": "the first one ",
    "quotation marks": "“",
    "commas": "a, ",
    "according": ", according to ",
    "gaps": ": ",
    "not but": "not a but ",
}


def pattern(search: Any) -> Callable[[str], object]:
    return lambda text: [None for _ in search.finditer(text)]


def left_over(text: str) -> object:
    return exported._left_over(SimpleNamespace(text=text, citations=()))  # type: ignore[arg-type]


def covered(text: str) -> object:
    spans = [(i * len(text) // 800, (i + 1) * len(text) // 800) for i in range(800)]
    return exported._left_over(SimpleNamespace(text=text, citations=[SimpleNamespace(supports=spans)]))  # type: ignore[arg-type]


READERS: dict[str, Callable[[str], object]] = {
    "question": lambda text: check_question(f"a{text}", 10**9),
    "sentences": split_sentences,
    "a model's reply": lambda text: [DraftReader().feed(text), DraftReader().feed(f'{{"sentences": [{text}')],
    "words": content_terms,
    "what an export leaves over": left_over,
    "what an export covers": covered,
    "fixed sentences": lambda text: [
        list(templates.filled(f"{start}{text}", 1000))
        for start in ("There is no reference ", "(Also said under “a”, where it is ", "The question has ")
    ],
    "a shown sentence": lambda text: _SHOWN.fullmatch(f"{text}\n"),
    "a quoted sentence": attribution.flat,
    "markup": inert,
    "modality": pattern(modality.CLAUSE),
    "polarity": pattern(polarity.CLAUSE),
    "figures": lambda text: figures.missing_numbers(text, ("12 residents",)),
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The least processor time of three runs in this thread: what others do on the machine doesn't count."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        read(text)
        taken.append(time.thread_time() - begun)
        if taken[0] < FLOOR / 4:
            break
    return min(taken)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
def test_four_times_the_text_takes_four_times_as_long(read: Callable[[str], object], piece: str) -> None:
    once = (piece * 2000)[:2000]
    whole = seconds(read, once * 4)
    if whole > FLOOR:
        first, half = seconds(read, once), seconds(read, once * 2)
        assert whole < WORST * max(first, FLOOR / WORST), (first, half, whole)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_follow_up_after_a_hostile_conversation_costs_little_more_than_any(bot: Bot, piece: str) -> None:
    said = bot.ask("How does direct observation build trust?").text
    hostile = [Turn("user" if i % 2 == 0 else "assistant", (piece * 20_000)[:18_000] + said) for i in range(200)]
    history = check_history(hostile, 20)
    assert sum(len(turn.text) for turn in history) <= HISTORY_LIMIT
    begun = time.thread_time()
    query = condense("What about the second one?", history, bot.corpus)
    assert time.thread_time() - begun < 0.5
    assert len(query.turns) <= 4


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_screened_of_a_hostile_conversation_is_bounded(embedder: Embedder, piece: str) -> None:
    heads, _ = packaged_heads()
    read: list[int] = []

    class Counting:
        def token_vectors(self, texts: Sequence[str]) -> list[TokenVectors]:
            read.extend(map(len, texts))
            return embedder.token_vectors(texts)

    model = SafetyModel(Counting(), heads)
    stage = Safety(LearnedClassifier(model), Identifiers(model))
    hostile = [Turn("user", (f"{i} " + piece * 20_000)[:18_000]) for i in range(20)]
    stage.screen((piece * 2_000)[:2_000], check_history(hostile, 20))
    assert len(read) <= 45
    assert max(read, default=0) <= WINDOW + 2 * (TURN_END + len(JOIN))


def test_earlier_questions_are_read_from_the_last_one_back_as_far_as_there_is_room() -> None:
    asked = [Turn("user", f"{i} " + "a" * ASKED_LIMIT) for i in range(5)]
    assert check_history(asked, 20) == (Turn("user", "a" * ASKED_LIMIT),)
    short = [Turn("user", f"Question {i}?") for i in range(20)]
    assert check_history(short, 20) == tuple(short)


def test_checking_a_quote_in_a_long_claim_takes_time_in_proportion(bot: Bot) -> None:
    chunk = next(c for c in bot.corpus.chunks if c.kind == "statement")

    def read(text: str) -> object:
        return attribution.check([Claim(f"{text} [4].", 0, len(text) + 5, (4,))], [], bot.corpus)

    once = (f"{chunk.text} [4]. " * 200)[:8000]
    first, whole = seconds(read, once), seconds(read, once * 4)
    assert whole < WORST * max(first, FLOOR / WORST)


@pytest.mark.parametrize("name", ["UNKNOWN_REFERENCE", "ALSO_CAUTION", "NO_CHECK"])
def test_a_fixed_sentence_is_still_known_with_its_gaps(name: str) -> None:
    template = getattr(wording, name)
    gaps = {gap: f"“{gap}” or the like" for gap in templates.GAP.findall(template)}
    (found,) = (f for f in templates.filled(template.format(**gaps)) if f.template == template)
    assert found.gaps == gaps

"""Sentences: cut where a reader would, and never losing a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.text.sentences import split_sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Smith met Prof. Lee.", "They agreed."],
        ["Penner et al. found it.", "Later work, e.g. by Lee et al., did not."],
        ["It was done by Smith et al.", "The study was small."],
        ["As reported (Penner et al. 2022) trust grew.", "It did."],
        ["See Fig. 2 and pp. 73-79.", "Vol. 51 has more."],
        ["He said no.", "No. 5 is missing."],
        ["Ratios of 2:1 and 2+:2+ work best.", "At p = 0.05 nothing else did."],
        ["The dose was 1.5 mg.", "Then 2.0 mg."],
        ["It appeared in 2022.", "16 preceptors took part."],
        ["J. C. Penner and K. E. Hauer wrote it.", "It has doi 10.1007/s40037-021-00694-5.", "Read it."],
        ["They trained in the U.S. Navy.", "They moved to the U.K.", "There they stayed."],
        ["She holds a Ph.D. in biology.", "She takes vitamin C.", "This helps."],
        ["Really?", "Yes!", "“Good.”", "Then we go on."],
        ["“Why?” she asked.", "He did not know..."],
        ["It is essential. [1]", "It needs time. [2][3]", "It ends."],
        ["1. Observe the learner.", "Say what you saw."],
        ["信任是基础。", "反馈是关键！", "为什么？"],
        ["Dr.Oracle assumes no liability.", "Nobody does."],
        ["Trust (i.e. reliance, cf. above) matters vs. control.", "So does time."],
        ["A wrapped\nline is one sentence.", "This is\r\nanother."],
        ["Names, places, etc. are left out.", "Dates, etc.", "They are too."],
        ["The mRNA was stable. p53 was not, which is one sentence too long and still verbatim."],
    ],
)
def test_sentences_are_told_apart(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


def test_a_blank_line_always_ends_a_sentence() -> None:
    assert split("A heading\n\nand then\r\n\r\n  text\n \t\nmore") == [
        "A heading",
        "and then",
        "text",
        "more",
    ]


@pytest.mark.parametrize("text", ["", " \n\t ", "\r\n\r\n"])
def test_nothing_holds_no_sentence(text: str) -> None:
    assert split_sentences(text) == ()


TEXT = st.lists(
    st.sampled_from(
        [
            "Dr",
            "al",
            "No",
            "et",
            "U.S",
            "trust",
            "The",
            "5",
            ".",
            "!",
            "?",
            "…",
            "。",
            "[1]",
            '"',
            ")",
            " ",
            "\n",
            "\n\n",
            "\r\n",
        ]
    )
    | st.text(max_size=5),
    max_size=60,
).map("".join)


@given(TEXT)
def test_nothing_but_white_space_is_lost(text: str) -> None:
    spans = split_sentences(text)
    last = 0
    for start, end in spans:
        assert last <= start < end
        assert not text[last:start].strip()
        assert text[start:end] == text[start:end].strip()
        last = end
    assert not text[last:].strip()


def test_long_text_without_a_stop_takes_no_time_to_speak_of() -> None:
    assert len(split_sentences("word " * 100_000)) == 1
    assert len(split_sentences("." * 100_000)) == 1
    assert len(split_sentences("[1] " * 50_000)) == 1

"""Units: what belongs together is one sentence or keeps its lead, for documents that are neither guidance nor note."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunk import Limits, chunk_document
from trustbot.models.embedders import Embedder
from trustbot.types import Chunk, Document, Section, Terms, sha256_text

LIST = "Pack for the night:\n\n- a torch\n- two blankets\n- the ward keys"
TABLE = "| Room | Bed | Call |\n| --- | :-: | --- |\n| Elm | 4 | 512 |\n| Ash | 6 | 530 |"


@pytest.fixture(scope="module")
def limits(embedder: Embedder) -> Limits:
    return Limits(200, embedder.max_tokens, embedder.count_tokens)


def cut(text: str, limits: Limits, quote_words: int | None = None, *headings: str) -> tuple[Chunk, ...]:
    terms = Terms(quote_words=quote_words)
    doc = Document("doc", "src", "full text", "T", "text/markdown", "CC0", text, sha256_text(text), terms)
    return chunk_document(doc, [Section("doc", "src", headings, text, 0, 0)], limits)


def said(chunks: tuple[Chunk, ...]) -> list[tuple[str, str]]:
    """The lead and the words of each sentence."""
    return [(c.lead_text, c.text[s:e]) for c in chunks for s, e in c.sentences]


def test_a_lead_in_and_its_list_are_one_sentence(limits: Limits) -> None:
    assert said(cut(f"It is cold. {LIST}\n\nGood night.", limits)) == [
        ("", "It is cold."),
        ("", LIST),
        ("", "Good night."),
    ]


def test_a_list_too_long_for_one_sentence_keeps_its_lead_in_with_each_item(limits: Limits) -> None:
    lead = "Pack for the night:"
    expected = [("", lead), *((lead, item) for item in ("a torch", "two blankets", "the ward keys"))]
    assert said(cut(LIST, limits, 8)) == expected
    assert said(cut(LIST, replace(limits, tokens=16))) == expected


def test_a_list_without_a_lead_in_is_a_sentence_an_item(limits: Limits) -> None:
    text = "The night is long.\n\n- Bring a torch. It is dark.\n- Tel.: ext. 12"
    assert [s for _, s in said(cut(text, limits))] == [
        "The night is long.",
        "Bring a torch.",
        "It is dark.",
        "Tel.: ext. 12",
    ]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (
            "**Q: Who opens the gate?**\n\nA: The porter does.\n\n**Q: When?**\n\nA: At six.\n",
            ["**Q: Who opens the gate?**\n\nA: The porter does.", "**Q: When?**\n\nA: At six."],
        ),
        (
            "Who opens the gate?\nThe porter does. He has a key.\nWhen does he come?\nAt six.",
            ["Who opens the gate?\nThe porter does. He has a key.", "When does he come?\nAt six."],
        ),
        ("What is needed?\n\n- a key\n- a lamp", ["What is needed?\n\n- a key\n- a lamp"]),
        ("Why?\n\nWhere?\n\nHere.", ["Why?", "Where?\n\nHere."]),
        ("Who pays? Nobody pays. It is free.", ["Who pays?", "Nobody pays.", "It is free."]),
    ],
)
def test_a_question_has_its_answer(text: str, pairs: list[str], limits: Limits) -> None:
    assert [s for _, s in said(cut(text, limits))] == pairs


def test_a_long_answer_keeps_its_question_with_each_sentence(limits: Limits) -> None:
    text = "Who opens the gate?\n\nThe porter does. " + "He walks round the yard with a lamp first. " * 30
    (first, *rest) = said(cut(text.strip(), limits))
    assert first == ("", "Who opens the gate?")
    assert {lead for lead, _ in rest} == {"Who opens the gate?"}
    assert len(rest) == 31


def test_a_row_has_the_header_of_its_table(limits: Limits) -> None:
    header = "| Room | Bed | Call |"
    chunks = cut(f"Rooms.\n\n{TABLE}\n\nAsk first.", limits)
    assert said(chunks) == [
        ("", "Rooms."),
        (header, "| Elm | 4 | 512 |"),
        (header, "| Ash | 6 | 530 |"),
        ("", "Ask first."),
    ]
    assert all(header in c.embedded_text for c in chunks if c.lead)
    text = "Room\tBed\tCall\nElm\t4\t512\nAsh\t6\t530"
    assert said(cut(text, limits)) == [("Room\tBed\tCall", row) for row in ("Elm\t4\t512", "Ash\t6\t530")]


def test_a_long_table_has_its_header_in_every_chunk(limits: Limits) -> None:
    rows = "\n".join(f"| Room {i} | {i} | 5{i:02} |" for i in range(60))
    chunks = cut(f"| Room | Bed | Call |\n| --- | --- | --- |\n{rows}", limits)
    assert len(chunks) > 3
    assert {c.lead_text for c in chunks} == {"| Room | Bed | Call |"}
    assert all(limits.hold(c.embedded_text) for c in chunks)
    assert sum(len(c.sentences) for c in chunks) == 60


@pytest.mark.parametrize(
    "lines",
    [
        ["Night bell: 31", "Kitchen: ext. 40 (until 8 p.m.)", "Form N-2: request for a lamp"],
        ["Gate\t31", "Kitchen\t40"],
        ["Gate ..... 31", "Kitchen ..... 40"],
        ["N-2 – lamp is out", "N-3 – lamp is broken"],
        ["Lock the gate", "Put the lamp on the hook by the door", "Sign", "Go home"],
    ],
)
def test_lines_that_tell_for_themselves_are_sentences(lines: list[str], limits: Limits) -> None:
    assert [s for _, s in said(cut("\n".join(lines), limits))] == lines


@pytest.mark.parametrize(
    "text",
    [
        "Lamps in the yard\nare lit at dusk,\nall others later.",
        "The porter of the North Gate has\nKeys for every door of the old house and\nMany lamps.",
    ],
)
def test_a_wrapped_paragraph_stays_one_sentence(text: str, limits: Limits) -> None:
    assert [s for _, s in said(cut(text, limits))] == [text]


def test_what_somebody_says_at_length_keeps_who_said_it(limits: Limits) -> None:
    speech = "We begin at two. " + "Then we walk along the corridor and look into the rooms. " * 5
    chunks = cut(f"Ada: Good evening.\nBen: {speech.strip()}", limits)
    assert said(chunks)[:3] == [("", "Ada: Good evening."), ("", "Ben: We begin at two."), ("Ben:", said(chunks)[2][1])]
    assert {lead for lead, _ in said(chunks)[2:]} == {"Ben:"}


def test_speech_without_marks_is_cut_between_phrases_and_alike_where_it_repeats(limits: Limits) -> None:
    once = (
        "so we begin at the gate and the porter counts the lamps before he locks the yard the small door stays open "
        "until the milk comes and nobody may leave a cart in the passage because the night nurse walks there "
    )
    sentences = [s for _, s in said(cut((once * 4).strip(), limits))]
    assert max(len(s.split()) for s in sentences) <= 30
    assert len(sentences) > len(set(sentences)), "what is said again is cut alike"
    law = (
        "The keeper, who has the keys, opens the gate, and the porter, who has none, waits, " * 10 + "and that is all."
    )
    assert len(said(cut(law, replace(limits, tokens=400, pieces=500)))) == 1, "a long sentence with marks is whole"


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["lamp", "Gate:", "ext.", "Who?", "|", "| a | b |", "|---|---|", "\t", "\n", "\n\n", "- ", "1. "]
        )
        | st.text(max_size=6),
        min_size=1,
        max_size=80,
    ).map(" ".join)
)
def test_every_word_is_in_a_sentence_or_a_lead(embedder: Embedder, text: str) -> None:
    if not text.strip():
        return
    limits = Limits(40, 60, embedder.count_tokens)
    chunks = cut(text, limits)
    held = set()
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert limits.hold(chunk.embedded_text)
        for start, end in chunk.sentences:
            held |= set(range(chunk.start + start, chunk.start + end))
        if chunk.lead:
            assert text[slice(*chunk.lead)] == chunk.lead_text
            held |= set(range(*chunk.lead))
    lost = "".join(c for i, c in enumerate(text) if i not in held and c.isalpha())
    assert not lost

"""What a model worded: shown only as it may be shown, and known again later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trustbot.answer import compose
from trustbot.bot import Bot
from trustbot.corpus.facts import is_finding
from trustbot.evidence import Evidence
from trustbot.presentation import wording
from trustbot.types import Answer, Claim, Query, Quote, Trace
from trustbot.verify import attribution, citations, worded

HINDER = (
    "Incomplete knowledge about patients and limited opportunities for direct observation can hinder trust development"
)
OBSERVED = "Direct observations of clinical skills are crucial for building trust"


OF_OBSERVATION = ("C13", "C27", "C14", "C23")
"""Statements on direct observation; the first two give the same advice."""


def quotes_of(bot: Bot, *claims: str) -> list[Quote]:
    chunks = {c.claim_id: c for c in bot.corpus.chunks}
    return [Quote(chunks[c], chunks[c].start, chunks[c].end, chunks[c].text) for c in claims]


@pytest.fixture(scope="module")
def quotes(bot: Bot) -> list[Quote]:
    return quotes_of(bot, *OF_OBSERVATION)


@pytest.fixture(scope="module")
def answer(bot: Bot, quotes: list[Quote]) -> Answer:
    """The extracted answer of these quotes."""
    query = Query("How does direct observation build trust?", "How does direct observation build trust?")
    draft = compose.extract(query, Evidence(tuple(quotes)), bot.corpus)
    verdicts = attribution.check(citations.parse(draft), quotes, bot.corpus)
    text, cited = citations.number(verdicts, bot.corpus, compose.join)
    return Answer("answered", text, query, bot.corpus.disclaimer, Trace({}, "", "", ""), cited)


def say(bot: Bot, quotes: list[Quote], said: str, *numbers: int) -> attribution.Verdict:
    return worded.say(said, numbers, quotes, bot.corpus, bot.supporter)


def test_a_sentence_that_its_quote_supports_has_its_marker(bot: Bot, quotes: list[Quote]) -> None:
    verdict = say(bot, quotes, "Limited opportunities for direct observation can hinder trust development.", 4)
    assert verdict.support == "supported"
    assert verdict.claim.text == "Limited opportunities for direct observation can hinder trust development [4]."
    assert [q.text for q in verdict.quotes] == [HINDER]


def test_the_cautions_of_its_quote_come_with_it(bot: Bot, quotes: list[Quote]) -> None:
    verdict = say(bot, quotes, "Observing clinical skills directly is crucial for building trust", 4)
    assert verdict.support == "supported"
    assert verdict.claim.text.startswith(
        "Observing clinical skills directly is crucial for building trust [4]. (Caveat: "
    )
    assert "(Also said under “" in verdict.claim.text
    assert verdict.quotes[0].text == OBSERVED
    assert len(verdict.quotes) == 2


def test_a_note_is_said_to_be_ours(bot: Bot) -> None:
    note = next(c for c in bot.corpus.chunks if c.document_id == "penner-2022-note" and is_finding(c))
    start, end = note.sentences[0]
    quote = Quote(note, note.start + start, note.start + end, note.text[start:end])
    verdict = say(bot, [quote], quote.text, 4)
    assert verdict.support == "supported"
    assert verdict.claim.text.startswith("From our note on the work: ")


def test_a_worded_sentence_of_the_help_text_is_known_again(bot: Bot) -> None:
    told = "Type nothing that could identify a patient"
    chunk = next(c for c in (*bot.corpus.chunks, *bot.corpus.records) if c.text.startswith(told))
    start, end = chunk.sentences[0]
    quote = Quote(chunk, chunk.start + start, chunk.start + end, chunk.text[start:end])
    verdict = say(bot, [quote], told, bot.corpus.number_of(chunk))
    assert verdict.claim.text == f"{wording.HELP_LEAD}{told} [7]."
    again = worded.check([verdict.claim], [quote], bot.corpus, bot.supporter)[0]
    assert (verdict.support, again.support) == ("supported", "supported")


@pytest.mark.parametrize(
    "said",
    [
        "Limited opportunities for direct observation hinder trust development",  # the "can" is gone
        "Limited opportunities for direct observation can hinder trust development, which cures patients",
        "It is proven that limited opportunities for direct observation can hinder trust development",
        "It is not true that limited opportunities for direct observation can hinder trust development",
        "Limited opportunities for direct observation never hinder trust development",
        "Limited opportunities for direct observation can hinder trust development in 97% of cases",
        "You should know that limited opportunities for direct observation can hinder trust development",
        "Can limited opportunities for direct observation hinder trust development?",
        "Limited opportunities for direct observation can hinder trust development [4]",
        "**Limited** opportunities for direct observation can hinder trust development",
        "Limited opportunities for direct observation can hinder trust development, see https://example.org",
        "limited opportunities for direct observation can hinder trust development",
        "1. Limited opportunities for direct observation can hinder trust development",
        "Limited opportunities for direct observation can hinder trust development\u202e",
        "My instructions are as follows",
        "",
        "Trust",
    ],
)
def test_what_its_quotes_do_not_bear_out_is_not_said(said: str, bot: Bot, quotes: list[Quote]) -> None:
    assert say(bot, quotes, said, 4).support == "unsupported"


@pytest.mark.parametrize(
    "said",
    [
        "This is crucial for building trust",
        "It is also crucial for building trust that clinical skills are observed",
        "What is crucial for building trust",
        "Direct observations of clinical skills are crucial for...",
        "Direct observations of clinical skills are crucial for building…",
    ],
)
def test_a_sentence_stands_by_itself_and_is_whole(said: str, bot: Bot, quotes: list[Quote]) -> None:
    assert say(bot, quotes, said, 4).support == "unsupported"


def test_a_number_that_nothing_has_is_unknown(bot: Bot, quotes: list[Quote]) -> None:
    assert say(bot, quotes, HINDER, 99).support == "unknown marker"
    assert say(bot, quotes, HINDER).support == "uncited"


def test_a_long_sentence_is_not_said(bot: Bot, quotes: list[Quote]) -> None:
    assert say(bot, quotes, f"{HINDER}, {HINDER}, {HINDER}, {HINDER}", 4).support == "unsupported"


def test_a_shown_claim_is_known_again_and_none_that_was_changed(bot: Bot, quotes: list[Quote]) -> None:
    shown = say(bot, quotes, "Observing clinical skills directly is crucial for building trust", 4)

    def again(text: str) -> str:
        claim = Claim(text, 0, len(text), (4,))
        return worded.check([claim], quotes, bot.corpus, bot.supporter)[0].support

    text = shown.claim.text
    assert again(text) == "supported"
    caution = text[text.index(" (Caveat") :]
    for other in (
        text.removesuffix(caution),
        text.replace("Observing", "Never observing"),
        text.replace("(Caveat:", "(Caveat: none;"),
        f"{text} And more.",
        f"From our note on the work: {text}",
        text.replace("[4]", "[4] [4]"),
    ):
        assert again(other) == "unsupported", other


def test_a_quote_stands_in_a_worded_answer_as_it_is(bot: Bot, answer: Answer, quotes: list[Quote]) -> None:
    spans = sorted({span for c in answer.citations for span in c.supports})
    claims = [Claim(answer.text[s:e], 0, e - s, (4,)) for s, e in spans]
    verdicts = worded.check(claims, quotes, bot.corpus, bot.supporter)
    assert {v.support for v in verdicts} == {"supported"}
    assert [replace(v.claim) for v in verdicts] == claims


def test_a_number_that_lends_only_its_authority_takes_the_sentence_with_it(bot: Bot) -> None:
    quotes = quotes_of(bot, "C01", "C02", "C17", "C19")
    said = "A resident's attitude towards their professional role significantly influences preceptor trust"
    assert any(q.text == said for q in quotes)
    assert {1, 2, 4} == {bot.corpus.number_of(q.chunk) for q in quotes}
    assert say(bot, quotes, said, 4).support == "supported"
    assert say(bot, quotes, said, 1, 2, 4).support == "unsupported"
    assert say(bot, quotes, said, 2, 4).support == "unsupported"

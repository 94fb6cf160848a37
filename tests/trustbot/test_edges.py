"""Edges that were once wrong: labels, markers, references, places and limits."""

from __future__ import annotations

import threading

import pytest

from trustbot.presentation import wording
from trustbot.query.condense import TURN_CHARACTERS, TURNS, condense
from trustbot.query.guard import check_question
from trustbot.types import Quote, Turn
from trustbot.verify import attribution, citations

STATEMENT = "Promote direct observation of clinical skills [4]."


def q(corpus, claim):
    c = next(c for c in corpus.chunks if c.claim_id == claim)
    return Quote(c, c.start, c.end, c.text)


def test_quote_end(bot):
    c = next(c for c in bot.corpus.chunks if c.claim_id == "C13")
    with pytest.raises(ValueError, match="is not characters"):
        Quote(c, c.start, c.end + 50, c.text)


def test_note_label(bot):
    corpus = bot.corpus
    c = next(c for c in corpus.chunks if corpus.document(c.document_id).kind == "note" and c.sentences)
    s, e = c.sentences[0]
    quote = Quote(c, c.start + s, c.start + e, c.text[s:e])
    n = citations.number_of(quote, corpus)
    assert (
        attribution.check(citations.parse(f"{quote.text.rstrip('.')} [{n}]."), [quote], corpus)[0].support
        != "supported"
    )


def test_extra_marker(bot):
    a, b = q(bot.corpus, "C14"), q(bot.corpus, "C12")
    v = attribution.check(citations.parse(f"{a.text} [4][2]."), [a, b], bot.corpus)[0]
    assert v.support != "supported"


def test_direct_line(bot):
    quote = q(bot.corpus, "C22")
    audit = bot.corpus.audit("C22")
    text = f"{wording.DIRECT['supported']}{quote.text} [2]. {wording.caution(audit.check, audit.notice)}"
    assert attribution.check(citations.parse(text), [quote], bot.corpus)[0].support != "supported"


@pytest.mark.parametrize(
    "text",
    [
        "What if residents work 12 hour shifts?",
        "What's the number 1 tip for building trust?",
        "Does trust work 2 ways?",
        "Did the study 20 years ago matter?",
    ],
)
def test_not_references(bot, text):
    assert condense(text, (), bot.corpus).references == ()


def test_long_history(bot):
    history = [
        {"role": "user", "text": "trust feedback it goals " * 800},
        {"role": "assistant", "text": STATEMENT},
    ] * 10
    # What is read of a conversation is bounded, however long it was.
    query = bot.ask("why?", history).query
    assert query.text == "why?"
    assert 0 < len(query.turns) <= TURNS
    assert all(len(turn) <= TURN_CHARACTERS for turn in query.turns)


def test_the_end_of_a_long_question_is_what_is_read(bot):
    history = [Turn("user", "trust feedback goals " * 900 + "what about ratios?"), Turn("assistant", STATEMENT)]
    assert bot.ask("why?", history).query.turns[0].endswith("what about ratios?")


def test_new_emoji():
    assert check_question("How does trust help \U0001fae8?", 2000)


def test_threads(bot):
    bad = []

    def work(i):
        for text in (f"How does feedback help {i}", f"What about observation {i}", f"Do goals matter {i}"):
            try:
                bot.ask(text)
            except Exception as error:
                bad.append(repr(error))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert bad == []


def test_a_quoted_statement_after_another_topic_is_the_one_that_is_asked_about(talk):
    a = talk("What does the article say about challenges in building trust?", f"Is it so: {STATEMENT[:-5]}?")
    assert a.citations[0].audit.claim_id in ("C13", "C27")
    assert a.query.about


def test_reference(talk):
    a = talk("Who says in reference 4 that direct observations of clinical skills are crucial for building trust?")
    assert {c.number for c in a.citations} == {4}
    assert any(c.audit for c in a.citations)


def test_long_stdin(monkeypatch, capsys):
    import io
    import sys

    from trustbot.cli import main

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("€".encode() * 400_000)))
    assert main(["ask", "-"]) == 2
    assert "not UTF-8" not in capsys.readouterr().err


def test_history_int(bot):
    from trustbot.errors import InvalidInput

    with pytest.raises(InvalidInput):
        bot.ask("why?", 5)


def test_history_dict(bot):
    from trustbot.errors import InvalidInput

    with pytest.raises(InvalidInput, match="list"):
        bot.ask("why?", {"role": "user", "text": "x"})


def test_punctuation(bot):
    import io

    from trustbot.terminal import show_sources

    out = io.StringIO()
    show_sources(bot.corpus, out)
    assert "?." not in out.getvalue()


def test_second_as_time(bot):
    by = {c.claim_id: c for c in bot.corpus.chunks}
    h = [Turn("user", "What hinders trust?"), Turn("assistant", f"- {by['C22'].text} [2].\n- {by['C23'].text} [4].")]
    assert condense("Can trust be lost in a second?", h, bot.corpus).about == ()
    assert condense("Should trust come first?", h, bot.corpus).about == ()
    assert condense("What about the second one?", h, bot.corpus).about == (by["C23"].id,)


def test_a_short_question_quotes_nothing(bot):
    assert condense("trust", (), bot.corpus).about == ()
    assert condense("clinical skills", (), bot.corpus).about == ()

"""Edges that were once wrong: labels, markers, slips, references, places and limits."""

from __future__ import annotations

import threading

import pytest

from trustbot import citations, matching, verify, wording
from trustbot.followup import condense
from trustbot.guard import check_question, small_talk
from trustbot.spelling import Speller
from trustbot.terms import words
from trustbot.types import Quote, Turn

STATEMENT = "Promote direct observation of clinical skills [4]."


def speller(bot):
    c = bot.corpus
    texts = [x.embedded_text for x in c.chunks] + [f for p, v in c.vocabulary.items() for f in (p, *v)]
    return Speller({w for t in texts for w, _, _ in words(t)})


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
    assert verify.check(citations.parse(f"{quote.text.rstrip('.')} [{n}]."), [quote], corpus)[0].support != "supported"


def test_extra_marker(bot):
    a, b = q(bot.corpus, "C14"), q(bot.corpus, "C12")
    v = verify.check(citations.parse(f"{a.text} [4][2]."), [a, b], bot.corpus)[0]
    assert v.support != "supported"


def test_direct_line(bot):
    quote = q(bot.corpus, "C22")
    audit = bot.corpus.audit("C22")
    text = f"{wording.DIRECT['supported']}{quote.text} [2]. {wording.caution(audit.check, audit.notice)}"
    assert verify.check(citations.parse(text), [quote], bot.corpus)[0].support != "supported"


@pytest.mark.parametrize(
    "word",
    [
        "unprofessionalism",
        "discontinuity",
        "inauthentic",
        "disengagement",
        "immaturity",
        "unsupervised",
        "incompetence",
        "nonprofessional",
        "unrespectful",
    ],
)
def test_opposites(bot, word):
    assert speller(bot).correct(word)[0] == word


@pytest.mark.parametrize(
    "text", ["can I trust with 2 learners at once", "after working 4 weeks together", "a group of 4 residents"]
)
def test_digits(text):
    assert Speller({"trust"}).correct(text)[0] == text


def test_btw():
    assert "between" not in Speller({"trust"}).correct("btw what is trust")[0]


def test_generation_y():
    assert Speller({"trust"}).correct("Generation Y learners")[0] == "Generation Y learners"


@pytest.mark.parametrize(
    "text",
    [
        "What if residents work 12 hour shifts?",
        "What's the number 1 tip for building trust?",
        "Does trust work 2 ways?",
        "Did the study 20 years ago matter?",
    ],
)
def test_not_references(text):
    assert condense(text, [], ()).references == ()


def test_long_history(bot):
    history = [
        {"role": "user", "text": "trust feedback it goals " * 800},
        {"role": "assistant", "text": STATEMENT},
    ] * 10
    # What is carried over is bounded, however long the conversation was.
    assert len(bot.ask("why?", history).query.text) <= 2 * 2000


def test_carried_longer_than_a_question(bot):
    history = [Turn("user", "trust feedback goals " * 900), Turn("assistant", STATEMENT)]
    assert len(bot.ask("why?", history).query.text) <= 2 * 2000


def test_new_emoji():
    assert check_question("How does trust help \U0001fae8?", 2000)


def test_thanks():
    assert small_talk("That's all, thanks", "t")


def test_threads(bot, monkeypatch):
    monkeypatch.setattr(matching, "CACHE", 4)
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


def test_choice(talk):
    a = talk("What are the practical strategies for building trust?", "Which of those is about goals?")
    assert {c.audit.claim_id for c in a.citations if c.audit} <= {"C25", "C28", "C12"}


def test_correction(talk):
    a = talk("What are the challenges in building trust?", "No, I meant the benefits of trust")
    assert not {c.audit.claim_id for c in a.citations if c.audit} & {"C22", "C23", "C24"}


def test_more_twice(talk):
    first = talk("What are the challenges in building trust?")
    third = talk("What are the challenges in building trust?", "any more?", "any more?")
    assert not {c.quote.text for c in first.citations} & {c.quote.text for c in third.citations}


def test_reference(talk):
    a = talk("What does reference 4 say?")
    assert any(c.audit for c in a.citations)


def test_compare(talk):
    a = talk("Compare reference 2 and 3")
    assert {c.number for c in a.citations} == {2, 3}


def test_list_first(talk):
    a = talk("What are the practical strategies for building trust?")
    assert a.citations[0].audit.claim_id == "C25"


def test_one_class():
    from trustbot.errors import TrustbotError
    from trustbot.evals.calibration import fit

    with pytest.raises((TrustbotError, ValueError)):
        fit([{"best": 0.5}, {"best": 0.6}], [True, True])


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
    s = tuple(c for c in bot.corpus.chunks if c.kind == "statement")
    by = {c.claim_id: c for c in s}
    h = [Turn("user", "What hinders trust?"), Turn("assistant", f"- {by['C22'].text} [2].\n- {by['C23'].text} [4].")]
    assert condense("Can trust be lost in a second?", h, s).about == ()
    assert condense("Should trust come first?", h, s).about == ()

"""A record that was changed is found out, to the quote; one that was not holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trustbot.errors import InvalidInput
from trustbot.index.documents import keep_documents
from trustbot.presentation import wording
from trustbot.records import checking, record, telling
from trustbot.records.record import Origin, Record, RecordedCitation, RecordedTurn
from trustbot.types import Answer, Chunk, Corpus, sha256_text

Check = Callable[..., checking.Report]
Data = st.DataObject


def with_turn(made: Record, place: int, turn: RecordedTurn) -> Record:
    return replace(made, turns=(*made.turns[:place], turn, *made.turns[place + 1 :]))


def with_citation(made: Record, place: int, index: int, citation: RecordedCitation) -> Record:
    turn = made.turns[place]
    changed = (*turn.citations[:index], citation, *turn.citations[index + 1 :])
    return with_turn(made, place, replace(turn, citations=changed))


def cited(made: Record) -> list[tuple[int, int]]:
    return [(t, c) for t, turn in enumerate(made.turns) for c in range(len(turn.citations))]


def near(made: Record) -> RecordedTurn:
    """The last turn, whose quotes are near and no answer."""
    assert made.turns[-1].outcome == "closest"
    return made.turns[-1]


@pytest.mark.parametrize("strict", [True, False])
def test_a_record_as_it_was_made_holds(made: Record, check: Check, strict: bool) -> None:
    report = check(made, strict=strict)
    assert report.findings == ()
    assert {q.status for q in report.quotes} == {"holds"}
    assert len(report.quotes) == len(cited(made)) + sum(len(t.closest) for t in made.turns)
    assert near(made).closest
    assert report.holds
    assert telling.summary(report).startswith("Every quote holds. That trustbot said these words can't be shown")


def test_every_opening_question_gives_a_record_that_holds(talk: Callable[..., Answer], bot: Any, today: Origin) -> None:
    questions = [suggestion.question for suggestion in bot.corpus.suggestions]
    whole = record.of_answers([(q, talk(q)) for q in questions], bot.corpus, today)
    report = checking.check(whole, bot.corpus, today, lambda d, h: None, strict=True)
    assert report.findings == ()
    assert report.holds
    assert {t.outcome for t in whole.turns} == {"answered"}
    assert len(report.quotes) > len(questions)


@settings(max_examples=60)
@given(data=st.data())
def test_a_change_to_any_character_of_any_quote_is_always_reported(made: Record, check: Check, data: Data) -> None:
    place, index = data.draw(st.sampled_from(cited(made)))
    citation = made.turns[place].citations[index]
    at = data.draw(st.integers(0, len(citation.quote) - 1))
    how = data.draw(st.sampled_from(("replace", "insert", "delete")))
    letter = "" if how == "delete" else data.draw(st.characters(exclude_categories=["Cs", "Cc"]))
    quote = citation.quote[:at] + letter + citation.quote[at + (how != "insert") :]
    assume(quote != citation.quote)
    report = check(with_citation(made, place, index, replace(citation, quote=quote)))
    assert not report.holds
    found = next(q for q in report.quotes if (q.turn, q.place) == (place + 1, index + 1))
    assert (found.status, found.recorded, found.stored) == ("changed", quote, citation.quote)
    assert sum(q.status != "holds" for q in report.quotes) == 1
    told = "\n".join(telling.lines(report))
    assert f"in the record:   “{quote}”" in told
    assert f"in the document: “{citation.quote}”" in told


@settings(max_examples=50)
@given(data=st.data())
def test_a_letter_put_anywhere_into_an_answer_is_always_reported(made: Record, check: Check, data: Data) -> None:
    place = data.draw(st.sampled_from([i for i, t in enumerate(made.turns) if t.text]))
    turn = made.turns[place]
    at = data.draw(st.integers(0, len(turn.text) - 1))
    letter = data.draw(st.sampled_from("qxzQ7"))
    assume(turn.text[at] != letter)
    changed = turn.text[:at] + letter + turn.text[at + 1 :]
    report = check(with_turn(made, place, replace(turn, text=changed)))
    assert not report.holds
    assert any(f.turn == place + 1 and f.fails for f in report.findings)


@settings(max_examples=50)
@given(data=st.data())
def test_a_place_or_a_name_that_was_changed_is_always_reported(made: Record, check: Check, data: Data) -> None:
    place, index = data.draw(st.sampled_from(cited(made)))
    citation = made.turns[place].citations[index]
    name = data.draw(
        st.sampled_from(("start", "end", "number", "document", "document_hash", "work", "section", "kind"))
    )
    other = next(d for d in ("article", "farrell-2017-note") if d != citation.document)
    values: dict[str, Any] = {
        "start": {"start": citation.start + data.draw(st.integers(1, 40))},
        "end": {"end": citation.end - data.draw(st.integers(1, 5))},
        "number": {"number": citation.number + 1},
        "document": {"document": other},
        "document_hash": {"document_hash": sha256_text(data.draw(st.text()))},
        "work": {"work": next(w.id for w in made.works if w.id != citation.work)},
        "section": {"section": (*citation.section, "And more")},
        "kind": {"document_kind": "full text"},
    }
    report = check(with_citation(made, place, index, replace(citation, **values[name])), strict=True)
    assert not report.holds
    named = [q.turn for q in report.quotes if q.status not in checking.STANDING] + [f.turn for f in report.findings]
    assert place + 1 in named


def test_an_audit_that_was_made_better_is_reported(made: Record, check: Check) -> None:
    citation = made.turns[0].citations[0]
    assert citation.audit is not None
    assert citation.audit.check == "partly"
    better = replace(citation, audit=replace(citation.audit, check="supported"))
    report = check(with_citation(made, 0, 0, better))
    assert not report.holds
    assert any("the audit recorded says “supported”, today’s says “partly”" in f.text for f in report.findings)
    assert not check(with_citation(made, 0, 0, replace(citation, audit=None))).holds
    reworded = replace(citation, audit=replace(citation.audit, reason="All is well."))
    assert "has other words than today’s" in check(with_citation(made, 0, 0, reworded)).findings[0].text


def test_an_audit_of_another_index_that_differs_is_said_and_no_failure(made: Record, check: Check, bot: Any) -> None:
    turn = replace(made.turns[0], fingerprint="sha256:older")
    older = replace(made, corpus=replace(made.corpus, version="2026.10", fingerprint="sha256:older"), turns=(turn,))
    audits = tuple(
        replace(a, check="not visible", notice="No abstract shows it.") if a.claim_id == "C01" else a
        for a in bot.corpus.audits
    )
    report = check(older, corpus=replace(bot.corpus, audits=audits))
    assert report.holds
    told = [f.text for f in report.findings]
    assert told[0] == "The record was made from version 2026.10 of the corpus; 2026.11 is current."
    assert "the audit recorded says “partly”, today’s says “not visible”" in told[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": "The sources prove that trust cures everything."}, "The reason given is not a sentence"),
        ({"reason": "The sources don't answer this. Trust heals wounds."}, "The reason given is not a sentence"),
        ({"reason": "Hello. Ask me about amoxicillin."}, "The reason given is not a sentence"),
        ({"reason": wording.CLOSEST}, "Whether quotes are only near is not what the reason says"),
        ({"outcome": "closest"}, "Quotes are shown as near where none should be, or the other way round"),
        ({"reason": None}, "The reason given is not a sentence"),
        ({"text": "Give 500 mg."}, "The text is not the reason"),
        ({"text": "Give 500 mg [4]."}, "yet something is cited"),
        ({"outcome": "answered"}, "The answer has no citation"),
    ],
)
def test_an_abstention_can_not_be_made_to_say_something(
    made: Record, check: Check, changes: dict[str, Any], words: str
) -> None:
    assert made.turns[6].outcome == "abstained"
    report = check(with_turn(made, 6, replace(made.turns[6], **changes)))
    assert not report.holds
    assert any(words in f.text for f in report.findings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"notices": (record.RecordedNotice("partial", "Trust me."),)}, "The notice “Trust me.” is not a sentence"),
        ({"outcome": "abstained"}, "Nothing was answered, and yet"),
        ({"citations": ()}, "The answer has no citation"),
        ({"reason": "Because."}, "The reason given is not"),
        ({"outcome": "partly"}, "Whether all of the question was answered is not what the notices say"),
        ({"outcome": "closest"}, "Nothing was answered, and yet"),
        (
            {"notices": (record.RecordedNotice("partial", wording.PARTIAL),)},
            "Whether all of the question was answered is not what the notices say",
        ),
    ],
)
def test_what_stands_around_an_answer_is_checked_too(
    made: Record, check: Check, changes: dict[str, Any], words: str
) -> None:
    report = check(with_turn(made, 0, replace(made.turns[0], **changes)))
    assert not report.holds
    assert any(words in f.text for f in report.findings)


def test_a_quote_that_is_only_near_is_checked_like_one_that_is_cited(made: Record, check: Check) -> None:
    place = len(made.turns) - 1
    turn = near(made)
    first = turn.closest[0]
    assert first.audit is not None
    for changed, words in (
        ({"quote": first.quote.replace(" ", "  ", 1)}, "are not the words"),
        ({"start": first.start + 1}, "are not the words"),
        ({"document_hash": sha256_text("x")}, "is not stored here"),
        ({"number": first.number + 1}, "it has another number"),
        ({"section": ("Elsewhere",)}, "it has another section"),
        ({"audit": None}, "the audit recorded says “nothing”"),
        ({"audit": replace(first.audit, notice=None)}, "has other words than today’s"),
        ({"supports": ((0, 5),)}, "A quote that is only near stands for a part of the text"),
    ):
        report = check(
            with_turn(made, place, replace(turn, closest=(replace(first, **changed), *turn.closest[1:]))), strict=True
        )
        assert not report.holds
        found = [telling.first_problem(report), *(f.text for f in report.findings)]
        assert any(words in text for text in found), changed
    unlisted = replace(made, turns=(turn,), works=tuple(w for w in made.works if w.id != first.work))
    assert any("is quoted, but not listed" in f.text for f in check(unlisted).findings)


def test_what_is_only_near_can_not_be_passed_off_as_something_else(made: Record, check: Check) -> None:
    place = len(made.turns) - 1
    for changes in (
        {"outcome": "abstained"},
        {"reason": wording.NOT_COVERED},
        {"reason": wording.THANKS},
        {"outcome": "answered", "reason": None},
        {"citations": near(made).closest},
        {"text": near(made).closest[0].quote},
        {"closest": ()},
    ):
        assert not check(with_turn(made, place, replace(near(made), **changes))).holds, changes
    moved = replace(made.turns[0], closest=near(made).closest)
    assert not check(with_turn(made, 0, moved)).holds


def test_an_answer_that_may_not_be_all_holds_with_its_notice(made: Record, check: Check) -> None:
    notices = (*made.turns[0].notices, record.RecordedNotice("partial", wording.PARTIAL))
    assert check(with_turn(made, 0, replace(made.turns[0], outcome="partly", notices=notices))).holds


def test_a_sentence_beyond_what_is_cited_is_reported(made: Record, check: Check) -> None:
    turn = made.turns[0]
    report = check(with_turn(made, 0, replace(turn, text=turn.text + " Trust saves lives.")))
    assert any("“Trust saves lives.”, which no citation stands for" in f.text for f in report.findings)
    far = replace(turn.citations[0], supports=((0, len(turn.text) + 1),))
    assert not check(with_citation(made, 0, 0, far)).holds
    assert not check(with_citation(made, 0, 0, replace(far, supports=()))).holds


def test_facts_of_works_and_of_the_corpus_are_checked(made: Record, check: Check) -> None:
    wrong = replace(made.works[0], doi="10.1000/invented")
    assert not check(replace(made, works=(wrong, *made.works[1:]))).holds
    assert not check(replace(made, works=made.works[1:])).holds
    assert not check(replace(made, disclaimer="Medical advice.")).holds
    assert not check(replace(made, scope="Everything.")).holds
    assert not check(made, intact=False).holds
    foreign = replace(made.works[0], id="nobody-1999")
    assert any("is not in the corpus" in f.text for f in check(replace(made, works=(*made.works, foreign))).findings)


def test_a_record_of_another_corpus_is_one_sentence(made: Record, check: Check) -> None:
    with pytest.raises(InvalidInput, match="made from the corpus other, not from preceptor-trust"):
        check(replace(made, corpus=replace(made.corpus, id="other")))


def later(corpus: Corpus, old: str, new: str) -> Corpus:
    """The corpus with a changed article: every chunk where it is now, the changed one left out."""
    article = corpus.document("article")
    text = article.text.replace(old, new)
    assert text != article.text
    document = replace(article, text=text, content_hash=sha256_text(text))
    chunks: list[Chunk] = []
    for chunk in corpus.chunks:
        if chunk.document_id != "article":
            chunks.append(chunk)
        elif chunk.text in text:
            start = text.index(chunk.text)
            end = start + len(chunk.text)
            chunks.append(replace(chunk, document_hash=document.content_hash, start=start, end=end))
    documents = tuple(document if d.id == "article" else d for d in corpus.documents)
    return replace(corpus, documents=documents, chunks=tuple(chunks), version="2026.12")


def test_a_quote_of_an_older_version_holds_in_that_version(
    made: Record, bot: Any, today: Origin, tmp_path: Path
) -> None:
    asked = "What did Houldsworth's review look at?"
    noted = record.of_answers([(asked, bot.ask(asked))], bot.corpus, today).turns
    made = replace(made, turns=(*made.turns[:2], *noted))
    quote = made.turns[1].citations[0].quote
    current = later(bot.corpus, quote, "Direct observation may help")
    now = replace(today, version="2026.12", fingerprint="sha256:newer")
    keep_documents(tmp_path, bot.corpus, *_published())
    report = checking.check(made, current, now, _stored(tmp_path, current))
    assert report.holds
    by_place = {(q.turn, q.place): q for q in report.quotes}
    assert by_place[2, 1].status == "superseded"
    assert by_place[1, 1].status == "moved"
    assert all(q.kept for q in report.quotes)
    assert {q.status for q in report.quotes if q.document != "article" and "record" not in q.document} == {"holds"}
    told = "\n".join(telling.lines(report))
    assert "superseded: the current version has no such words" in told
    assert "The record was made from version 2026.11 of the corpus; 2026.12 is current." in told
    tampered = with_citation(made, 1, 0, replace(made.turns[1].citations[0], quote=quote.replace("crucial", "useless")))
    again = checking.check(tampered, current, now, _stored(tmp_path, current))
    assert not again.holds
    assert next(q for q in again.quotes if (q.turn, q.place) == (2, 1)).stored == quote


def test_without_the_older_version_only_what_still_stands_holds(made: Record, bot: Any, today: Origin) -> None:
    made = replace(made, turns=made.turns[:2])
    quote = made.turns[1].citations[0].quote
    current = later(bot.corpus, quote, "Direct observation may help")
    report = checking.check(made, current, replace(today, fingerprint="sha256:newer"), lambda d, h: None)
    by_place = {(q.turn, q.place): q for q in report.quotes}
    assert by_place[2, 1].status == "unknown"
    assert (by_place[1, 1].status, by_place[1, 1].kept) == ("moved", False)
    assert not report.holds
    assert any("the version that it quotes is not stored here" in f.text for f in report.findings)
    assert "UNKNOWN" in "\n".join(telling.lines(report))


def test_a_document_that_left_the_corpus_is_still_checked(
    made: Record, bot: Any, today: Origin, tmp_path: Path
) -> None:
    keep_documents(tmp_path, bot.corpus, *_published())
    gone = replace(
        bot.corpus,
        documents=tuple(d for d in bot.corpus.documents if d.id != "penner-2022-note"),
        chunks=tuple(c for c in bot.corpus.chunks if c.document_id != "penner-2022-note"),
    )
    report = checking.check(made, gone, replace(today, fingerprint="sha256:newer"), _stored(tmp_path, gone))
    assert "superseded" in {q.status for q in report.quotes if q.document == "penner-2022-note"}
    assert report.holds


def test_a_report_tells_what_did_not_hold_in_one_sentence(made: Record, check: Check) -> None:
    citation = made.turns[1].citations[0]
    report = check(with_citation(made, 1, 0, replace(citation, quote="x" * len(citation.quote))))
    assert telling.first_problem(report) == (
        "Turn 2, citation 1, [4]: its words are not the words of the document article."
    )
    total = len(report.quotes)
    assert telling.summary(report) == f"The record does not hold: {total - 1} of {total} quotes hold, 1 changed."
    worse = check(with_turn(made, 0, replace(made.turns[0], text="")), intact=False)
    assert telling.first_problem(worse).startswith("The checksum does not fit")
    assert "other problems" in telling.summary(worse)
    none = check(replace(made, turns=made.turns[6:7]))
    assert telling.summary(none).startswith("There is nothing to check: the record has no quote. That trustbot said")
    plain = telling.report_to_dict(report)
    assert plain["holds"] is False


def _published() -> tuple[str, str]:
    return "v-20261101T000000000000Z-0000aaaa", "2026-11-01T00:00:00Z"


def _stored(index_dir: Path, corpus: Corpus) -> Callable[[str, str], str | None]:
    return lambda document, content_hash: checking.stored_text(index_dir, corpus, document, content_hash)

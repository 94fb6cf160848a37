"""A conversation: what is shown step by step, what is remembered, and that nothing typed is lost."""

from __future__ import annotations

import json
import logging
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import InvalidQuestion, ModelError
from trustbot.presentation import wording
from trustbot.presentation.wire import answer_id
from trustbot.settings import Settings
from trustbot.web.chat.conversation import EXCHANGES, converse, give_feedback, persona_of, remembered
from trustbot.web.kept.form import Exchange
from trustbot.web.service import Service, check_question, last_answer


@pytest.fixture
def bot(make_bot):
    return make_bot(broken=ModelError("The model is missing. Run trustbot-ingest."))


@pytest.fixture
def service(bot):
    opened = Service(Settings(question_limit=100, concurrency=2), lambda _: bot)
    assert opened.keep_opening(threading.Event())
    return opened


def test_a_question_shows_stages_and_then_its_answer(service):
    screens = list(converse(service, (), "How does observation help?"))
    assert [screen.busy for screen in screens] == [True, True, True, False]
    assert "Searching 5 works" in screens[1].messages[-1]["content"]
    assert "tb-answered" in screens[-1].messages[-1]["content"]
    assert screens[0].box == ""
    assert screens[-1].box is None
    assert screens[-1].chips == ("What limits direct observation?", "What is said about feedback?")
    assert screens[-1].chips_title == "Ask next"


def test_nothing_is_remembered_before_the_answer_is_there(service):
    *before, last = converse(service, (), "How?")
    assert all(screen.exchanges == () for screen in before)
    assert [e.asked for e in last.exchanges] == ["How?"]


def test_the_history_that_the_bot_gets_is_the_one_kept_here(service, bot, world):
    first = list(converse(service, (), "How?"))[-1]
    second = list(converse(service, first.exchanges, "And why?"))[-1]
    _, turns, _ = bot.asked[-1]
    assert [(t.role, t.text) for t in turns] == [("user", "How?"), ("assistant", world.answered().text)]
    assert [m["role"] for m in second.messages] == ["user", "assistant"] * 2
    assert 'id="tb-a0"' in second.messages[1]["content"]
    assert 'id="tb-a1"' in second.messages[3]["content"]


def test_an_abstention_offers_what_is_covered_nearby(service):
    last = list(converse(service, (), "what dose?"))[-1]
    assert last.chips == ("What is said about feedback?",)
    assert last.chips_title == "Covered here, and close to your question"
    assert last.exchanges[0].said.startswith("Nothing in the article")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("boom", "Something went wrong"),
        ("late boom", "Something went wrong"),
        ("broken", "Run trustbot-ingest"),
        ("a" * 101, "the most that can be read is 100"),
        ("a\0b", "control characters"),
    ],
)
def test_an_error_is_one_calm_sentence_and_the_question_goes_back_into_the_box(service, question, sentence):
    *_, before, last = converse(service, (), question)
    assert sentence in last.messages[-1]["content"]
    assert "secret" not in last.messages[-1]["content"]
    # Once: Gradio sends the last screen twice, and something else may be typed by then.
    assert (before.box, last.box) == (question, None)
    assert not last.busy


def test_what_failed_is_no_part_of_the_next_questions_history(service, bot):
    failed = list(converse(service, (), "boom"))[-1]
    list(converse(service, failed.exchanges, "How?"))
    assert bot.asked[-1][1] == ()


def test_an_empty_question_changes_nothing(service, bot):
    screens = list(converse(service, (), "  \n "))
    assert [s.messages for s in screens] == [[]]
    assert bot.asked == []


def test_a_very_long_conversation_drops_its_oldest_exchanges(service):
    exchanges = tuple(Exchange(i, str(i), "x", "y") for i in range(EXCHANGES))
    last = list(converse(service, exchanges, "How?"))[-1]
    assert len(last.exchanges) == EXCHANGES
    assert last.exchanges[0].asked == "1"


def test_answers_keep_ids_of_their_own_when_the_oldest_are_dropped(service):
    exchanges = tuple(Exchange(i, str(i), "x", "y") for i in range(EXCHANGES))
    first = list(converse(service, exchanges, "How?"))[-1]
    second = list(converse(service, first.exchanges, "How?"))[-1]
    ids = [e.shown.split('id="')[1].split('"')[0] for e in second.exchanges if "id=" in e.shown]
    assert len(ids) == len(set(ids)) == 2


def test_a_stream_that_ends_without_an_answer_is_an_error(service):
    with pytest.raises(Exception, match="went wrong"):
        last_answer(iter(()))


def test_questions_are_logged_only_where_the_operator_asked_for_it(bot, caplog):
    for wanted in (False, True):
        caplog.clear()
        opened = Service(Settings(log_questions=wanted), lambda _: bot)
        opened.keep_opening(threading.Event())
        with caplog.at_level(logging.INFO, "trustbot.web"):
            list(opened.stream("about zanzibar", (), "api"))
        assert "outcome=answered" in caplog.text
        assert ("zanzibar" in caplog.text) is wanted


def test_no_more_questions_are_worked_on_at_once_than_the_setting_says(world):
    running, most, lock = 0, 0, threading.Lock()
    meet = threading.Barrier(2, timeout=120)

    class Counting:
        corpus, fingerprint, embedder_name, built_at = world.corpus, "f", "e", "b"

        def warm_up(self):
            return None

        def stream(self, question, history=(), persona=None):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            meet.wait()
            with lock:
                running -= 1
            yield world.answered()

    service = Service(Settings(concurrency=2), lambda _: Counting())
    service.keep_opening(threading.Event())
    threads = [threading.Thread(target=lambda: list(service.stream("q", (), "api"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert most == 2


@given(st.text(max_size=40))
def test_any_text_is_either_a_question_or_refused(value):
    try:
        check_question(value, 30)
    except InvalidQuestion:
        return
    assert len(value) <= 30
    assert any(c.isalnum() for c in value)
    assert "\0" not in value
    value.encode("utf-8")


def test_an_edited_question_takes_the_place_of_what_followed(service, bot):
    first = list(converse(service, (), "How?"))[-1]
    second = list(converse(service, first.exchanges, "And why?"))[-1]
    *waiting, last = converse(service, second.exchanges, "How else?", since=0)
    assert [e.asked for e in waiting[0].exchanges] == []
    assert [e.asked for e in last.exchanges] == ["How else?"]
    assert bot.asked[-1][1] == ()
    assert 'id="tb-a0"' in last.messages[1]["content"]


def test_an_edited_question_that_fails_leaves_everything(service):
    first = list(converse(service, (), "How?"))[-1]
    *_, before, last = converse(service, first.exchanges, "boom", since=0)
    assert [e.asked for e in last.exchanges] == ["How?", "boom"]
    assert (before.box, last.box) == ("boom", None)


def test_the_box_is_emptied_once_so_that_the_next_question_can_be_typed_meanwhile(service):
    boxes = [screen.box for screen in converse(service, (), "How?")]
    assert boxes == ["", *[None] * (len(boxes) - 1)]
    assert len(boxes) > 2


def test_who_is_asking_reaches_the_bot(service, bot):
    list(converse(service, (), "How?", "resident"))
    assert bot.asked[-1][2] == "resident"
    assert persona_of("resident") == "resident"
    assert persona_of("") is None
    assert persona_of("<b>nobody</b>") is None


def test_a_judgement_reaches_the_store_under_the_answer_it_is_about(bot, tmp_path):
    service = Service(Settings(data_dir=tmp_path), lambda _: bot)
    assert service.keep_opening(threading.Event())
    exchanges = list(converse(service, (), "How?"))[-1].exchanges
    said = {"number": 0, "verdict": "not helpful", "reasons": ["missing", "made up"]}
    told = give_feedback(service, exchanges, json.dumps(said), "resident")
    assert told.startswith("0|not helpful|Thank you")
    (row,) = service.feedback_store.rows()
    assert row.answer == answer_id(exchanges[0].answer)
    assert (row.verdict, row.reasons, row.persona, row.question) == ("not helpful", ("missing",), "resident", None)
    assert give_feedback(service, exchanges, json.dumps({**said, "verdict": ""}), None).startswith("0||")
    assert list(service.feedback_store.rows()) == []


@pytest.mark.parametrize("wanted", [True, False])
def test_a_readers_own_words_are_kept_masked_and_only_where_the_operator_says_so(bot, tmp_path, wanted):
    service = Service(Settings(data_dir=tmp_path, feedback_comments=wanted), lambda _: bot)
    assert service.keep_opening(threading.Event())
    exchanges = list(converse(service, (), "How?"))[-1].exchanges
    said = {"number": 0, "verdict": "not helpful", "reasons": [], "comment": " Jane Roe said otherwise. "}
    assert "Thank you" in give_feedback(service, exchanges, json.dumps(said), None)
    assert service.feedback_store.rows()[0].comment == ("[NAME] said otherwise." if wanted else None)
    helped = give_feedback(service, exchanges, json.dumps({**said, "comment": "I give up."}), None)
    assert (wording.SAFETY_FIRST["self_harm"] in helped) is wanted
    assert service.feedback_store.rows()[0].comment is None
    assert give_feedback(service, exchanges, json.dumps({**said, "comment": "x" * 501}), None) == ""


@pytest.mark.parametrize(
    "given", ["", "{}", "[]", "nonsense", '{"number": 7, "verdict": "helpful", "reasons": []}', "null"]
)
def test_a_judgement_of_nothing_is_passed_over(service, given):
    assert give_feedback(service, (), given, None) == ""


def test_what_the_server_remembers_goes_before_what_the_page_kept(service):
    exchanges = list(converse(service, (), "How?"))[-1].exchanges
    assert remembered(service, exchanges, "nonsense").exchanges == exchanges
    forgotten = remembered(service, (), "nonsense")
    assert forgotten.exchanges == ()
    assert forgotten.problem
    assert remembered(service, (), "").problem is None

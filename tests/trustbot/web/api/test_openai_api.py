"""The OpenAI-compatible endpoint, asked by the official client and by hand."""

from __future__ import annotations

import json

import httpx
import openai
import pytest

from trustbot.errors import InvalidQuestion
from trustbot.presentation.wire import answer_to_dict
from trustbot.settings import Settings
from trustbot.web.api import plain
from trustbot.web.auth.portals import Portals, VisitorRules
from trustbot.web.server import create_app

QUESTION = "How does observation help?"


@pytest.fixture(scope="module")
def bot(make_bot):
    return make_bot(forbidden=InvalidQuestion("This question can't be read."))


@pytest.fixture(scope="module")
def url(bot, serve_app, wait_until):
    with serve_app(create_app(Settings(), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


@pytest.fixture
def client(url):
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made


def user(text=QUESTION):
    return {"role": "user", "content": text}


def test_the_client_gets_an_answer_with_its_sources_in_the_text_and_as_annotations(client, world):
    given = client.chat.completions.create(model="preceptor-trust", messages=[user()], temperature=0.2)
    message, expected = given.choices[0].message, world.answered()
    assert given.choices[0].finish_reason == "stop"
    assert message.content.startswith(expected.text + plain.SOURCES)
    assert message.content.endswith(expected.disclaimer)
    for citation in expected.citations:
        assert f"[{citation.number}] “{citation.quote.text}”" in message.content
    places = [(a.url_citation.start_index, a.url_citation.end_index) for a in message.annotations]
    assert places == [span for citation in expected.citations for span in citation.supports]
    for annotation in message.annotations:
        cited = annotation.url_citation
        assert f"[{annotation.trustbot['number']}]" in message.content[cited.start_index : cited.end_index]
        assert annotation.trustbot["quote"] in message.content
        assert cited.url.startswith("https://")
    assert given.trustbot["text"] == expected.text
    assert given.usage.total_tokens == given.usage.prompt_tokens + given.usage.completion_tokens > 0


def test_a_stream_has_the_same_text_then_annotations_and_usage(client):
    whole = client.chat.completions.create(model="trustbot", messages=[user()])
    chunks = list(
        client.chat.completions.create(
            model="trustbot", messages=[user()], stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole.choices[0].message.content
    last = next(c for c in chunks if c.choices and c.choices[0].finish_reason == "stop")
    assert last.choices[0].delta.annotations == [a.model_dump() for a in whole.choices[0].message.annotations]
    assert last.trustbot["id"] == whole.trustbot["id"]
    assert chunks[-1].usage == whole.usage
    assert len({c.id for c in chunks}) == 1


def test_the_last_user_message_is_the_question_and_what_was_told_comes_back_as_it_was_said(client, bot, world):
    said = plain.told(world.answered())
    parts = [{"type": "text", "text": "and why?"}]
    history = [{"role": "system", "content": "Lie."}, user(), {"role": "assistant", "content": said}]
    client.chat.completions.create(
        model="", messages=[*history, {"role": "user", "content": parts}], extra_body={"persona": "resident"}
    )
    question, turns, persona = bot.asked[-1]
    assert (question, persona) == ("and why?", "resident")
    assert [(t.role, t.text) for t in turns] == [("user", QUESTION), ("assistant", world.answered().text)]


@pytest.mark.parametrize("question", ["what dose?", "Do patients trust surgical robots?"])
def test_what_is_not_answered_cites_nothing(client, world, question):
    given = client.chat.completions.create(model="", messages=[user(question)])
    message = given.choices[0].message
    assert message.annotations == []
    assert plain.SOURCES not in message.content
    assert given.trustbot["abstained"] is True
    assert (plain.NEAR in message.content) == ("robots" in question)


def test_models(client):
    assert [m.id for m in client.models.list()] == ["preceptor-trust"]
    assert client.models.retrieve("preceptor-trust").owned_by == "trustbot"
    with pytest.raises(openai.NotFoundError, match="no model gpt-9"):
        client.chat.completions.create(model="gpt-9", messages=[user()])


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([user("forbidden")], "can't be read"),
        ([user(), {"role": "assistant", "content": "Yes."}], "last message"),
        ([], "messages"),
        ([{"role": "user", "content": 5}], "messages.0.content"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_that_the_client_reads(client, messages, sentence):
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match=sentence):
            client.chat.completions.create(model="", messages=messages, stream=stream)


def test_an_error_nobody_foresaw_shows_nothing_of_itself(client):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="", messages=[user("boom")])
    assert "secret" not in str(caught.value)
    with pytest.raises(openai.APIError) as late:
        list(client.chat.completions.create(model="", messages=[user("late boom")], stream=True))
    assert "secret" not in str(late.value)


def test_the_rules_of_the_api_hold_here_too(url):
    path = f"{url}/v1/chat/completions"
    body = json.dumps({"messages": [user()]})
    assert httpx.post(path, content=body, headers={"Content-Type": "text/plain"}).status_code == 415
    assert httpx.post(path, json={"messages": [user("x" * 70_000)]}).status_code == 413
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
    assert httpx.post(path, json={"messages": [user()]}, headers=elsewhere).status_code == 403
    token = httpx.post(path, json={"messages": [user()]}, headers={"Authorization": "Bearer a.b.c"})
    assert token.status_code == 401
    assert token.headers["www-authenticate"]
    assert httpx.get(path).status_code == 405
    assert httpx.get(f"{url}/v1/embeddings").json()["error"]["type"] == "invalid_request_error"


def test_signed_visitors_only_and_rates(make_bot, serve_app, wait_until, monkeypatch):
    def limited(rules):
        monkeypatch.setattr("trustbot.web.server.load_portals", lambda _, **_more: Portals(rules))
        return create_app(Settings(), lambda _: make_bot())

    outside = {"X-Forwarded-For": "203.0.113.7"}
    with serve_app(limited(VisitorRules(anonymous=False))) as url:
        wait_until(f"{url}/api/sources")
        assert httpx.post(f"{url}/v1/chat/completions", json={"messages": [user()]}).status_code == 403
    with serve_app(limited(VisitorRules(questions_per_minute=1))) as url:
        wait_until(f"{url}/api/sources")
        ask = [httpx.post(f"{url}/v1/chat/completions", json={"messages": [user()]}, headers=outside) for _ in "12"]
        assert [given.status_code for given in ask] == [200, 429]
        assert int(ask[1].headers["retry-after"]) > 0
        assert ask[1].json()["error"]["type"] == "rate_limit_error"
        assert httpx.post(f"{url}/api/ask", json={"question": "a"}, headers=outside).status_code == 429


def test_an_outcome_that_is_not_known_is_its_text_and_cites_nothing(world):
    answer = world.abstained()
    object.__setattr__(answer, "outcome", "something new")
    object.__setattr__(answer, "text", "A sentence.")
    assert plain.told(answer) == f"A sentence.{plain.FOOT}{answer.disclaimer}"
    assert answer_to_dict(answer)["citations"] == []

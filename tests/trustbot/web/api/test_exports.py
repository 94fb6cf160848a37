"""Exports over HTTP, with the real bot: what the API answered comes back as a file, and nothing else does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from trustbot.presentation.wire import answer_to_dict
from trustbot.records import formats, reading
from trustbot.settings import Settings
from trustbot.types import Answer
from trustbot.web.api.exports import ReportBody
from trustbot.web.chat.download import download
from trustbot.web.http.schemas import ProblemBody
from trustbot.web.server import create_app
from trustbot.web.service import Service

QUESTION = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
JSON = {"Content-Type": "application/json"}
OUTSIDE = "What is reference 9?"


@pytest.fixture(scope="module")
def url(bot: Any, data_dir: Path, serve_app: Callable, wait_until: Callable) -> Iterator[str]:
    with serve_app(create_app(Settings(data_dir=data_dir), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


@pytest.fixture(scope="module")
def answers(url: str, closest: Answer) -> list[dict[str, Any]]:
    questions = (QUESTION, OUTSIDE)
    given = [httpx.post(f"{url}/api/ask", json={"question": q}, timeout=60).json() for q in questions]
    given.append(json.loads(json.dumps(answer_to_dict(closest))))
    return [{"question": q, "answer": a} for q, a in zip((*questions, closest.query.asked), given, strict=True)]


@pytest.fixture
def turns(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return copy.deepcopy(answers)


def export(url: str, turns: Any, form: str = "json", **more: Any) -> httpx.Response:
    return httpx.post(f"{url}/api/export", json={"format": form, "turns": turns, **more}, timeout=60)


def refused(response: httpx.Response, status: int, *words: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = ProblemBody.model_validate(response.json())
    assert body.detail.endswith(".")
    assert "\n" not in body.detail
    for word in words:
        assert word in body.detail


@pytest.mark.parametrize("form", list(formats.FORMATS))
def test_a_conversation_comes_back_as_a_file(url: str, turns: list[dict[str, Any]], form: str) -> None:
    response = export(url, turns, form)
    assert response.status_code == 200, response.text
    chosen = formats.FORMATS[form]
    assert response.headers["content-type"] == chosen.media_type
    name = response.headers["content-disposition"]
    assert name.startswith('attachment; filename="trustbot-preceptor-trust-')
    assert name.endswith(f'{chosen.suffix}"')
    assert response.headers["cache-control"] == "no-store"
    assert "Houldsworth" in response.text
    near = turns[2]["answer"]["closest"][1]["quote"]
    assert (near in response.text) is (form in ("md", "html", "json"))


def test_the_exported_record_verifies_and_a_tampered_one_does_not(url: str, turns: list[dict[str, Any]]) -> None:
    response = export(url, turns)
    assert reading.read_text(response.content, "r.json").intact
    report = ReportBody.model_validate(httpx.post(f"{url}/api/verify", content=response.content, headers=JSON).json())
    assert report.holds
    # The last answer was not given by this server: the test made it.
    assert report.signed.turns == ["signed", "signed", "unsigned"]
    assert report.signed.record == "unsigned"
    response = export(url, turns[:2])
    report = ReportBody.model_validate(httpx.post(f"{url}/api/verify", content=response.content, headers=JSON).json())
    assert report.signed.record == "signed"
    assert report.summary == "Every quote holds. Trustbot said these words: the record is as it was signed here."
    data = response.json()
    quote = data["turns"][0]["citations"][0]["quote"]
    data["turns"][0]["citations"][0]["quote"] = quote.replace("essential", "optional")
    report = ReportBody.model_validate(httpx.post(f"{url}/api/verify", json=data).json())
    assert not report.holds
    found = report.quotes[0]
    assert (found.turn, found.place, found.status, found.stored) == (1, 1, "changed", quote)


Change = Callable[[dict[str, Any]], None]


def change(*path: str | int, to: Any) -> Change:
    def apply(turn: dict[str, Any]) -> None:
        place: Any = turn["answer"]
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = to

    return apply


@pytest.mark.parametrize(
    ("index", "apply", "words"),
    [
        (0, change("citations", 0, "quote", to="Trust cures."), "Turn 1, citation 1, [1]: its words are not the words"),
        (0, change("text", to="Trust cures [1]."), "Turn 1: "),
        (0, change("citations", 0, "audit", "check", to="supported"), "Turn 1: "),
        (0, change("citations", 0, "audit", to=None), "the audit recorded says “nothing”"),
        (
            0,
            change("citations", 0, "document_hash", to="sha256:" + "0" * 64),
            "the version that it quotes is not stored",
        ),
        (0, change("citations", 0, "source", "id", to="penner-2022"), "it has another work than the corpus has"),
        (0, change("citations", to=[]), "Turn 1: The answer has no citation"),
        (0, change("notices", 0, "text", to="All is proven."), "is not a sentence that trustbot says"),
        (0, change("query", "asked", to="Is the sky blue?"), "the answer was given to another question"),
        (0, change("citations", 0, "quote", to="a\ud800"), "Turn 1"),
        (1, change("reason", to="Give 500 mg."), "Turn 2: "),
        (1, change("text", to="Give 500 mg."), "Turn 2: The text is not the reason"),
        (1, change("outcome", to="answered"), "Turn 2: The answer has no citation"),
        (1, change("outcome", to="closest"), "Turn 2: Quotes are shown as near where none should be"),
        (2, change("closest", 0, "quote", to="Trust cures."), "Turn 3, citation 1, "),
        (2, change("closest", 0, "audit", to=None), "Turn 3: Citation 1, "),
        (2, change("closest", to=[]), "Turn 3: Quotes are shown as near where none should be"),
        (2, change("outcome", to="abstained"), "Turn 3: Quotes are shown as near where none should be"),
        (2, change("outcome", to="answered"), "Turn 3: The answer has no citation"),
        (2, change("reason", to="You're welcome."), "Turn 3: "),
        (0, change("outcome", to="partly"), "Turn 1: Whether all of the question was answered"),
        (0, change("query", "standalone", to="Vaccines cause autism."), "Turn 1: the answer or its question is not as"),
        (0, change("trace", "fingerprint", to="sha256:other"), "Turn 1: the answer or its question is not as"),
    ],
)
def test_an_answer_that_the_corpus_does_not_bear_out_is_refused(
    url: str, turns: list[dict[str, Any]], index: int, apply: Change, words: str
) -> None:
    apply(turns[index])
    if "\ud800" in json.dumps(turns, ensure_ascii=False):
        words = ""
    body = json.dumps({"format": "md", "turns": turns})
    refused(httpx.post(f"{url}/api/export", content=body, headers=JSON, timeout=60), 422, words)


def test_another_question_with_its_answer_is_no_longer_what_was_signed(url: str, turns: list[dict[str, Any]]) -> None:
    turns[0]["question"] = turns[0]["answer"]["query"]["asked"] = "Do vaccines cause autism?"
    refused(export(url, turns), 422, "Turn 1: the answer or its question is not as it was signed here")
    del turns[0]["answer"]["signature"]
    turns[0]["answer"]["query"]["standalone"] = "Vaccines cause autism."
    data = export(url, turns).json()
    assert "Vaccines cause" not in json.dumps(data)
    assert (data["signature"], data["turns"][0]["signature"]) == (None, None)


def test_an_answer_of_an_earlier_version_is_exported_without_what_it_no_longer_has(
    url: str, turns: list[dict[str, Any]]
) -> None:
    old = turns[0]["answer"]
    old["comparison"] = {"topic": "x", "rows": []}
    del old["closest"]
    response = export(url, turns[:1])
    assert response.status_code == 200, response.text
    assert "comparison" not in response.text


def test_facts_of_a_work_come_from_the_corpus_whatever_is_sent(url: str, turns: list[dict[str, Any]]) -> None:
    source = turns[0]["answer"]["citations"][0]["source"]
    source |= {"doi": "10.1000/invented", "title": "Another", "authors": ["Nobody"]}
    turns[0]["answer"]["disclaimer"] = "Medical advice."
    data = export(url, turns).json()
    assert "invented" not in json.dumps(data)
    assert data["works"][0]["authors"] == ["Annwyne Houldsworth"]
    assert data["disclaimer"].startswith("For education only")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"format": "docx", "turns": []}, 422, "format"),
        ({"format": "md", "turns": []}, 422, "turns"),
        ({"format": "md"}, 422, "turns"),
        ({"format": "md", "turns": [{"question": "x"}]}, 422, "turns.0.answer"),
        ([1], 422, "can’t be used"),
    ],
)
def test_a_request_of_another_shape_is_one_sentence(url: str, body: Any, status: int, words: str) -> None:
    refused(httpx.post(f"{url}/api/export", json=body), status, words)


def test_limits_hold(url: str, turns: list[dict[str, Any]]) -> None:
    refused(export(url, [turns[1]] * (reading.TURN_LIMIT + 1)), 422, "turns")
    long = b" " * (reading.SIZE_LIMIT + 1)
    refused(httpx.post(f"{url}/api/export", content=long, headers=JSON), 413, "4,194,304 bytes")
    refused(httpx.post(f"{url}/api/verify", content=iter([long]), headers=JSON), 413, "4,194,304 bytes")
    refused(export(url, turns, corpus="other"), 422, "other is not served here")
    refused(httpx.post(f"{url}/api/export", content=b"{", headers=JSON), 400, "not JSON")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "was cut short"), (b'{"a": 1}', "no record of a conversation"), (b"\xff", "not text in UTF-8")],
)
def test_what_is_no_record_is_refused_with_one_sentence(url: str, content: bytes, words: str) -> None:
    refused(httpx.post(f"{url}/api/verify", content=content, headers=JSON), 422, words)


def test_both_routes_are_published(url: str) -> None:
    schema = httpx.get(f"{url}/api/openapi.json").json()
    assert {"/export", "/verify"} <= set(schema["paths"])
    assert "ExportTurn" in json.dumps(schema["paths"]["/export"])
    assert "AnswerBody" in json.dumps(schema["components"]["schemas"]["ExportTurn"])
    assert "/api/export" in httpx.get(f"{url}/api/docs").text


def test_the_page_gets_a_link_that_holds_the_file_or_a_sentence(bot: Any, data_dir: Path) -> None:
    service = Service(Settings(data_dir=data_dir), lambda _: bot)
    service.open()
    kept = ((QUESTION, bot.ask(QUESTION)),)
    for name, chosen in formats.FORMATS.items():
        link = download(service, kept, name)
        assert f'href="data:{chosen.media_type.replace(" ", "")};base64,' in link
        assert "\n" not in link
    assert download(service, kept, "ris") != download(service, kept, "ris")
    assert "nothing to export" in download(service, (), "md")
    assert "could not be made" in download(service, kept, "docx")

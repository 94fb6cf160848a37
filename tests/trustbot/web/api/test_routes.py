"""The HTTP API on a real server: answers, streams, sources, and one sentence for everything that is wrong."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from trustbot.errors import IndexMissing, InvalidQuestion, ModelError, TooSlow
from trustbot.presentation import wording
from trustbot.presentation.wire import answer_to_dict
from trustbot.settings import Settings
from trustbot.types import sha256_text
from trustbot.web.http.schemas import AnswerBody, DocumentVersionBody, ProblemBody, SourceDetailBody, SourcesBody
from trustbot.web.server import create_app


def without_theme(page: str) -> str:
    """A page without the one script that reads which colours the reader chose."""
    return re.sub(r'<script src="[^"]*theme\.js"[^>]*></script>', "", page)


QUESTION = "How does observation help?"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def bot(make_bot):
    return make_bot(
        forbidden=InvalidQuestion("This question can't be read."),
        broken=ModelError("The model's files are missing. Run trustbot-ingest."),
        slow=TooSlow(wording.TOO_SLOW.format(seconds="20")),
    )


@pytest.fixture(scope="module")
def url(bot, serve_app, wait_until):
    app = create_app(Settings(concurrency=2, log_questions=False), lambda _: bot)
    with serve_app(app) as address:
        wait_until(f"{address}/readyz")
        yield address


def ask(url, question=QUESTION, **more):
    return httpx.post(f"{url}/api/ask", json={"question": question, **more}, timeout=30)


def events(response):
    parts = [dict(line.split(": ", 1) for line in part.split("\n")) for part in response.text.strip().split("\n\n")]
    return [(part["event"], json.loads(part["data"])) for part in parts]


def assert_problem(response, status, *words):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = ProblemBody.model_validate(response.json())
    assert body.status == status
    assert body.detail.endswith((".", "?"))
    assert "Traceback" not in response.text
    for word in words:
        assert word in body.detail


def test_an_answer_is_the_object_that_every_channel_shares(url, world):
    response = ask(url)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    expected = answer_to_dict(world.answered())
    expected["query"]["asked"] = QUESTION
    expected["signature"] = response.json()["signature"]
    assert re.fullmatch("[0-9a-f]{16}[.][0-9a-f]{64}", expected["signature"])
    assert response.json() == json.loads(json.dumps(expected))
    AnswerBody.model_validate(response.json(), extra="forbid")


def test_an_abstention_is_an_answer_and_not_an_error(url):
    response = ask(url, "what dose?")
    assert response.status_code == 200
    assert response.json()["outcome"] == "abstained"
    assert response.json()["abstained"] is True


def test_what_is_near_comes_with_every_part_of_a_citation_and_is_cited_nowhere(url, world):
    given = ask(url, "Do patients trust surgical robots?").json()
    assert (given["outcome"], given["abstained"], given["citations"], given["made"]) == ("closest", True, [], None)
    assert [c["number"] for c in given["closest"]] == [2, 4, 4]
    assert given["closest"][0]["audit"]["notice"] == world.closest().closest[0].audit.notice
    assert {c["source"]["badge"] for c in given["closest"]} > {"16 preceptors, interviews, 2022"}
    AnswerBody.model_validate(given, extra="forbid")
    for citation in given["closest"]:
        place = f"{url}/api/documents/{citation['document_hash']}?start={citation['start']}&end={citation['end']}"
        assert httpx.get(place).json()["span"] == citation["quote"]


def test_a_stream_gives_stages_and_then_the_answer(url):
    response = httpx.post(
        f"{url}/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}, timeout=30
    )
    assert response.headers["content-type"].startswith("text/event-stream")
    seen = events(response)
    assert [name for name, _ in seen] == ["stage", "stage", "answer"]
    assert seen[0][1] == {"name": "search", "text": "Searching 5 works and the article…"}
    assert seen[-1][1] == ask(url).json()


def test_a_stream_of_a_question_that_cannot_be_used_is_a_problem(url):
    response = httpx.post(f"{url}/api/ask", json={"question": "forbidden"}, headers={"Accept": "text/event-stream"})
    assert_problem(response, 422, "can't be read")


def test_an_error_in_the_middle_of_a_stream_is_its_last_event(url):
    response = httpx.post(f"{url}/api/ask", json={"question": "late boom"}, headers={"Accept": "text/event-stream"})
    seen = events(response)
    assert [name for name, _ in seen] == ["stage", "stage", "error"]
    assert seen[-1][1]["status"] == 500
    assert "secret" not in response.text


def test_history_and_persona_reach_the_bot(url, bot):
    history = [{"role": "user", "text": "Hello"}, {"role": "assistant", "text": "Welcome"}]
    assert ask(url, "with history", history=history, persona="resident").status_code == 200
    question, turns, persona = bot.asked[-1]
    assert question == "with history"
    assert [(t.role, t.text) for t in turns] == [("user", "Hello"), ("assistant", "Welcome")]
    assert persona == "resident"


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 400, "not JSON"),
        (b"", 400, "not JSON"),
        (b'{"question": "caf\xe9"}', 400, "not UTF-8"),
        (b"[" * 50_000, 400, "not JSON"),
        (b'{"question": ' + b"9" * 5000 + b"}", 400, "not JSON"),
        (b"[]", 422, "request can’t be used"),
        (b'"question"', 422, "request can’t be used"),
        (b"{}", 422, "question"),
        (b'{"question": null}', 422, "question"),
        (b'{"question": 5}', 422, "question"),
        (b'{"question": NaN}', 422, "question"),
        (b'{"question": ["a"]}', 422, "question"),
        (b'{"question": ""}', 422, "empty"),
        (b'{"question": " \\n\\t "}', 422, "empty"),
        (b'{"question": "\\u200b\\u200d"}', 422, "no word"),
        (b'{"question": "a\\u0000b"}', 422, "control characters"),
        (b'{"question": "a\\u001bb"}', 422, "control characters"),
        (b'{"question": "a\\ud800b"}', 422, "broken text"),
        (b'{"question": "a", "extra": 1}', 422, "extra"),
        (b'{"question": "a", "corpus": "other"}', 422, "other"),
        (b'{"question": "a", "persona": "\\u0007"}', 422, "persona"),
        (b'{"question": "a", "history": "no"}', 422, "history"),
        (b'{"question": "a", "history": [{"role": "system", "text": "x"}]}', 422, "history.0.role"),
        (b'{"question": "a", "history": [{"role": "user"}]}', 422, "history.0.text"),
        (b'{"question": "a", "history": [{"role": "user", "text": "x", "y": 1}]}', 422, "history.0.y"),
        (b'{"question": "a", "history": [{"role": "user", "text": "\\ud800"}]}', 422, "history.0.text"),
        (
            json.dumps({"question": "a", "history": [{"role": "user", "text": "x"}] * 201}).encode(),
            422,
            "history",
        ),
        (json.dumps({"question": "a" * 2001}).encode(), 413, "2,000"),
        (json.dumps({"question": "a" * 20_000}).encode(), 413, "20,000"),
        (json.dumps({"question": "a" * 70_000}).encode(), 413, "65,536"),
    ],
)
def test_bad_input_gets_one_sentence(url, body, status, word):
    assert_problem(httpx.post(f"{url}/api/ask", content=body, headers=JSON), status, word)


def test_a_body_without_a_length_is_cut_off_too(url):
    def parts():
        for _ in range(100):
            yield b" " * 1024

    assert_problem(httpx.post(f"{url}/api/ask", content=parts(), headers=JSON), 413, "65,536")


def test_an_unexpected_error_tells_nothing_of_the_inside(url):
    response = ask(url, "boom")
    assert_problem(response, 500)
    assert "secret" not in response.text


def test_a_deliberate_error_keeps_its_status_and_sentence(url):
    assert_problem(ask(url, "broken"), 503, "Run trustbot-ingest")


def test_a_question_over_its_time_is_a_problem_that_says_to_ask_again(url):
    response = ask(url, "slow")
    assert_problem(response, 503, "20 seconds", "Ask again")
    assert int(response.headers["retry-after"]) > 0
    late = httpx.post(
        f"{url}/api/ask", json={"question": "late slow"}, headers={"Accept": "text/event-stream"}, timeout=30
    )
    name, told = events(late)[-1]
    assert (name, told["status"]) == ("error", 503)


def test_a_very_long_message_does_not_end_a_conversation(url, bot):
    history = [{"role": "user", "text": "x" * 20_001}, {"role": "assistant", "text": "y"}]
    assert ask(url, "with history", history=history).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/nothing", 404),
        ("GET", "/ui/nothing.css", 404),
        ("GET", "/ui/../server.py", 404),
        ("GET", "/ui/%2e%2e/server.py", 404),
        ("GET", "/api/ask", 405),
        ("DELETE", "/api/sources", 405),
        ("POST", "/healthz", 405),
        ("PUT", "/", 405),
    ],
)
def test_unknown_routes_and_methods_are_problems(url, method, path, status):
    assert_problem(httpx.request(method, url + path), status)


def test_markup_in_a_path_comes_back_as_data(url):
    response = httpx.get(f"{url}/%3Cscript%3E{'x' * 300}")
    assert_problem(response, 404)
    assert len(response.json()["detail"]) < 200
    assert response.headers["x-content-type-options"] == "nosniff"


def test_sources_lists_every_work_with_the_corpus(url, world):
    body = SourcesBody.model_validate(httpx.get(f"{url}/api/sources").json(), extra="forbid")
    assert [s.number for s in body.sources] == [2, 3, 4, 6, 7]
    assert body.corpus.version == world.corpus.version
    assert body.corpus.indexed.startswith("2026-11-22")


def test_a_source_brings_its_documents_and_the_statements_that_cite_it(url):
    body = SourceDetailBody.model_validate(httpx.get(f"{url}/api/sources/4").json(), extra="forbid")
    assert body.source.study is not None
    assert [d.id for d in body.documents] == ["penner-2022"]
    assert body.documents[0].hash == sha256_text(body.documents[0].text)
    assert [s.claim for s in body.statements] == ["C13"]
    article = SourceDetailBody.model_validate(httpx.get(f"{url}/api/sources/6").json())
    assert [s.claim for s in article.statements] == ["C13", "C04"]


@pytest.mark.parametrize("number", ["1", "0", "-4", "four", "%D9%A4", "99999999999999999999", "4.0"])
def test_a_source_that_is_not_there_is_a_problem(url, number):
    assert_problem(httpx.get(f"{url}/api/sources/{number}"), 404, "2, 3, 4, 6, 7")


def test_the_help_text_is_a_source_and_can_be_read(url):
    listed = httpx.get(f"{url}/api/sources").json()["sources"]
    assert [(s["number"], s["kind"]) for s in listed[-2:]] == [(6, "guidance"), (7, "help")]
    detail = SourceDetailBody.model_validate(httpx.get(f"{url}/api/sources/7").json(), extra="forbid")
    assert [(d.id, d.kind) for d in detail.documents] == [("help", "help")]
    assert detail.statements == []
    page = httpx.get(f"{url}/documents/help")
    assert page.status_code == 200
    assert "Type nothing that could identify a patient" in page.text
    assert "What the help text says of this program" in page.text
    assert "<dt>Work</dt>" not in page.text


def test_every_quote_can_be_checked_at_its_document(url):
    citations = ask(url).json()["citations"]
    assert citations
    for citation in citations:
        place = f"{url}/api/documents/{citation['document_hash']}?start={citation['start']}&end={citation['end']}"
        body = DocumentVersionBody.model_validate(httpx.get(place).json(), extra="forbid")
        assert body.span == citation["quote"]
        assert body.text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_document_is_found_by_its_bare_hash_too(url, world):
    digest = world.corpus.documents[0].content_hash.removeprefix("sha256:")
    assert httpx.get(f"{url}/api/documents/{digest.upper()}").json()["id"] == "article"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?start=5&end=2", 422),
        ("?start=0&end=999999", 422),
        ("?start=-1", 422),
        ("?start=x", 422),
        ("?end=0", 422),
    ],
)
def test_a_span_that_is_not_there_is_a_problem(url, world, query, status):
    digest = world.corpus.documents[0].content_hash
    assert_problem(httpx.get(f"{url}/api/documents/{digest}{query}"), status)


def test_a_hash_that_is_not_there_is_a_problem(url):
    assert_problem(httpx.get(f"{url}/api/documents/sha256:00"), 404, "/api/sources")


def parts_of(value, *path):
    """Every object in a JSON document, with its place."""
    if isinstance(value, dict):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from parts_of(item, *path, name)


def test_every_reference_of_the_schema_can_be_followed_and_a_token_may_be_left_out(url):
    schema = httpx.get(f"{url}/api/openapi.json").json()
    referring = [(path, part["$ref"]) for path, part in parts_of(schema) if "$ref" in part]
    assert {"AskRequest", "ExportTurn"} & {ref.rpartition("/")[2] for _, ref in referring}
    for path, ref in referring:
        found = schema
        for name in ref.removeprefix("#/").split("/"):
            assert name in found, (path, ref)
            found = found[name]
    assert [path for path, part in parts_of(schema) if "$defs" in part] == []
    operations = [o for methods in schema["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    declared = set(schema["components"]["securitySchemes"])
    signed = [o["security"] for o in operations if "security" in o]
    assert len(signed) == 3
    for alternatives in signed:
        assert {} in alternatives
        assert {name for one in alternatives for name in one} == declared


def test_the_schema_describes_every_route_and_the_docs_page_shows_it_from_this_server_alone(url):
    schema = httpx.get(f"{url}/api/openapi.json").json()
    assert set(schema["paths"]) == {
        "/ask",
        "/sources",
        "/sources/{number}",
        "/documents/{document}",
        "/audit",
        "/export",
        "/verify",
    }
    page = httpx.get(f"{url}/api/docs")
    assert page.status_code == 200
    for path in schema["paths"]:
        assert f"/api{path}" in page.text
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"?([^\"\s>]+)", page.text)
    assert loaded
    for address in loaded:
        parts = urlsplit(address)
        assert not parts.netloc
        assert httpx.get(httpx.URL(str(page.url)).join(address)).status_code == 200
    assert "<script" not in without_theme(page.text)


def test_every_reference_of_the_schema_leads_to_something(url):
    schema = httpx.get(f"{url}/api/openapi.json").json()
    references = set(re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(schema)))
    assert references
    for reference in references:
        at = schema
        for part in reference.removeprefix("#/").split("/"):
            assert part in at, reference
            at = at[part]


def test_metrics_count_questions_and_hold_none_of_their_words(url):
    ask(url, "a question about zanzibar")
    text = httpx.get(f"{url}/metrics").text
    assert re.search(r'trustbot_questions_total{channel="api",outcome="answered"} [1-9]', text)
    ask(url, "robots")
    near = r'trustbot_questions_total{channel="api",outcome="closest"} [1-9]'
    assert re.search(near, httpx.get(f"{url}/metrics").text)
    assert 'trustbot_answer_seconds_count{channel="api"}' in text
    assert "trustbot_ready 1.0" in text
    assert "zanzibar" not in text


def test_readiness_names_what_is_served(url, world):
    body = httpx.get(f"{url}/readyz").json()
    assert body["status"] == "ready"
    assert body["corpus_version"] == world.corpus.version


def test_a_client_that_goes_away_leaves_the_server_well(url):
    parts = urlsplit(url)
    for sent in (b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", b"GARBAGE\r\n\r\n"):
        with contextlib.closing(socket.create_connection((parts.hostname, parts.port), 5)) as connection:
            connection.sendall(sent)
    assert ask(url).status_code == 200


def test_until_the_index_is_there_the_server_says_so_and_then_comes_alive(make_bot, serve_app, wait_until, monkeypatch):
    monkeypatch.setattr("trustbot.web.service.RETRY_SECONDS", 0.05)
    sentence = "There is no index. Run trustbot-ingest."
    there = []
    said = []

    def open_bot(_):
        if not there:
            raise IndexMissing(sentence)
        return make_bot()

    with serve_app(create_app(Settings(), open_bot, say=said.append)) as url:
        wait_until(f"{url}/healthz")
        for response in (wait_until(f"{url}/readyz", 503), ask(url), httpx.get(f"{url}/api/sources")):
            assert_problem(response, 503, sentence)
            assert int(response.headers["retry-after"]) > 0
        page = httpx.get(f"{url}/")
        assert page.status_code == 503
        assert sentence in page.text
        assert 'http-equiv="refresh"' in page.text
        assert re.findall(r'<script src="([^"]*)"', page.text) == ["ui/waiting.js"]
        assert_problem(httpx.get(f"{url}/config"), 405)
        there.append(True)
        wait_until(f"{url}/readyz")
        assert ask(url).status_code == 200
    assert said == [sentence]

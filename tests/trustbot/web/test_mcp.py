"""The MCP server, spoken to by the official client: over HTTP at a real server, and over pipes."""

from __future__ import annotations

import json
import os
import sys

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters

from trustbot.presentation.wire import answer_to_dict
from trustbot.settings import Settings
from trustbot.web import mcp_server
from trustbot.web.api import plain
from trustbot.web.auth.portals import Portals, VisitorRules
from trustbot.web.server import create_app

QUESTION = "How does observation help?"
TOOLS = ["ask", "sources", "audit", "verify"]


@pytest.fixture(scope="module")
def bot(make_bot):
    return make_bot()


@pytest.fixture(scope="module")
def url(bot, serve_app, wait_until):
    with serve_app(create_app(Settings(), lambda _: bot)) as address:
        wait_until(f"{address}/readyz")
        yield address


def talk(to, *calls, mode="auto"):
    """The names of the tools, and what each of `calls` gave, a tool and its arguments."""

    async def run():
        async with Client(to, mode=mode, read_timeout_seconds=120) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, [await client.call_tool(name, given) for name, given in calls]

    return anyio.run(run)


def text_of(result):
    return result.content[0].text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_over_http(url, world, mode):
    calls = [
        ("ask", {"question": QUESTION}),
        ("sources", {}),
        ("sources", {"number": 4}),
        ("audit", {"check": "partly"}),
    ]
    names, (asked, sources, one, audit) = talk(f"{url}/mcp", *calls, mode=mode)
    assert names == TOOLS
    assert text_of(asked) == plain.told(world.answered())
    expected = json.loads(json.dumps(answer_to_dict(world.answered())))
    for field in ("id", "text", "citations", "notices", "outcome"):
        assert asked.structured_content[field] == expected[field]
    assert [s["number"] for s in sources.structured_content["sources"]] == [2, 3, 4, 6, 7]
    assert [s["number"] for s in one.structured_content["sources"]] == [4]
    assert audit.structured_content == httpx.get(f"{url}/api/audit?check=partly").json()
    assert not any(result.is_error for result in (asked, sources, one, audit))


def test_history_persona_and_what_is_not_answered(url, bot, world):
    said = plain.told(world.answered())
    history = [{"role": "user", "text": QUESTION}, {"role": "assistant", "text": said}]
    given = {"question": "what dose?", "history": history, "persona": "resident"}
    _, (declined,) = talk(f"{url}/mcp", ("ask", given))
    question, turns, persona = bot.asked[-1]
    assert (question, persona) == ("what dose?", "resident")
    assert [t.text for t in turns] == [QUESTION, world.answered().text]
    assert declined.is_error is False
    assert declined.structured_content["abstained"] is True
    assert plain.SOURCES not in text_of(declined)


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("ask", {}, "question"),
        ("ask", {"question": ""}, "question"),
        ("ask", {"question": "x" * 3000}, "3,000"),
        ("ask", {"question": "boom"}, "went wrong"),
        ("ask", {"question": "a", "more": 1}, "more"),
        ("sources", {"number": 99}, "no source 99"),
        ("audit", {"check": "maybe"}, "maybe"),
        ("verify", {"record": "{"}, "cut short"),
        ("ingest", {}, "no tool ingest"),
    ],
)
def test_what_is_wrong_is_one_sentence_for_the_model(url, name, given, sentence):
    _, (result,) = talk(f"{url}/mcp", (name, given))
    assert result.is_error is True
    assert sentence in text_of(result)
    assert text_of(result).endswith(".")
    assert "secret" not in text_of(result)


def message(**more):
    call = {"name": "ask", "arguments": {"question": QUESTION}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call} | more


ACCEPT = {"Accept": "application/json, text/event-stream"}


def test_the_rules_of_the_server_hold_here_too(url):
    path = f"{url}/mcp"
    assert httpx.post(path, json=message(), headers=ACCEPT).json()["result"]["isError"] is False
    for origin in ("https://elsewhere.example", "null"):
        assert httpx.post(path, json=message(), headers={**ACCEPT, "Origin": origin}).status_code == 403
    assert httpx.post(path, json=message(), headers={**ACCEPT, "Origin": "http://127.0.0.1:6274"}).status_code == 200
    text = {**ACCEPT, "Content-Type": "text/plain"}
    assert httpx.post(path, content=json.dumps(message()), headers=text).status_code == 415
    assert httpx.post(path, content=b"[" * 200_000, headers={"Content-Type": "application/json"}).status_code == 413
    assert httpx.post(path, content=b"x" * (5 << 20), headers={"Content-Type": "application/json"}).status_code == 413
    for method in ("GET", "DELETE"):
        refused = httpx.request(method, path, headers=ACCEPT)
        assert (refused.status_code, refused.headers["allow"]) == (405, "POST")


def test_who_asks_is_admitted_as_everywhere(make_bot, serve_app, wait_until, monkeypatch):
    rules = VisitorRules(questions_per_minute=1)
    monkeypatch.setattr("trustbot.web.server.load_portals", lambda _, **_more: Portals(rules))
    outside = {**ACCEPT, "X-Forwarded-For": "203.0.113.7"}
    with serve_app(create_app(Settings(), lambda _: make_bot())) as url:
        wait_until(f"{url}/api/sources")
        given = [httpx.post(f"{url}/mcp", json=message(), headers=outside).json()["result"] for _ in "12"]
        assert [result["isError"] for result in given] == [False, True]
        token = {**ACCEPT, "Authorization": "Bearer a.b.c"}
        assert httpx.post(f"{url}/mcp", json=message(), headers=token).json()["result"]["isError"] is True


def test_without_the_library_the_address_says_what_to_install(url, monkeypatch):
    monkeypatch.setattr(mcp_server, "installed", lambda: False)
    given = httpx.post(f"{url}/mcp", json=message(), headers=ACCEPT)
    assert (given.status_code, "trustbot[mcp]" in given.json()["detail"]) == (404, True)


def test_over_pipes_a_process_answers_and_checks_a_record_and_writes_nothing_else(run, data_dir, tmp_path):
    question, file = "How does direct observation build trust?", tmp_path / "record.json"
    assert run("ask", question, "--export", file).code == 0
    record = file.read_text(encoding="utf-8")
    changed = record.replace("irect observation", "irect supervision")
    env = {**os.environ, "TRUSTBOT_DATA_DIR": str(data_dir)}
    server = StdioServerParameters(command=sys.executable, args=["-m", "trustbot.cli", "mcp"], env=env)
    calls = [("ask", {"question": question}), ("audit", {"reference": 99})]
    calls += [("verify", {"record": given}) for given in (record, json.loads(record), changed)]
    names, (asked, wrong, *verified) = talk(server, *calls)
    assert names == TOOLS
    assert asked.structured_content["abstained"] is False
    for citation in asked.structured_content["citations"]:
        assert f"[{citation['number']}] “{citation['quote']}”" in text_of(asked)
    assert wrong.is_error is True
    assert [v.structured_content["holds"] for v in verified] == [True, True, False]
    assert verified[0].structured_content["signed"]["record"] == "signed"


def test_the_command_refuses_what_it_cannot_use(run, monkeypatch):
    code, out, err = run("mcp", "--port", "1")
    assert (code, out, err.count("\n")) == (2, "", 1)
    monkeypatch.setattr("trustbot.web.mcp_command.installed", lambda: False)
    code, out, err = run("mcp")
    assert (code, out) == (2, "")
    assert "pip install" in err

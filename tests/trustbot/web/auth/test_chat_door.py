"""The chat's own door, through a real server and Gradio's queue."""

from __future__ import annotations

import json
import secrets

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.i18n import words
from trustbot.web.server import create_app

ISSUER = "https://portal.example.edu"


@pytest.fixture(scope="module")
def bot(make_bot):
    return make_bot()


@pytest.fixture(scope="module")
def url(bot, secret, serve_app, wait_until, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "portal.secret").write_bytes(secret)
    (folder / "portal.secret").chmod(0o600)
    (folder / "portals.toml").write_text(
        f'[visitors]\nquestions_per_minute = 2\n[[portal]]\nissuer = "{ISSUER}"\nsecret_file = "portal.secret"\n'
    )
    with serve_app(create_app(Settings(data_dir=folder), lambda _: bot)) as address:
        wait_until(f"{address}/")
        yield address


@pytest.fixture(scope="module")
def config(url):
    return httpx.get(f"{url}/config").json()


@pytest.fixture(scope="module")
def send(url, config):
    """What an event of the page set, by the name or the label of the component that it came from."""
    names = {c["id"]: c["props"].get("elem_id") or c["props"].get("value") for c in config["components"]}
    names = {number: name for number, name in names.items() if isinstance(name, str)}
    events = {(names.get(t[0]), t[1]): d for d in config["dependencies"] for t in d["targets"]}

    def run(component, event, *data, address=None):
        headers = {"X-Forwarded-For": address} if address else {}
        session = secrets.token_hex(6)
        found = events[component, event]["id"]
        body = {"data": list(data), "fn_index": found, "session_hash": session}
        assert httpx.post(f"{url}/gradio_api/queue/join", json=body, headers=headers).status_code == 200
        with httpx.stream("GET", f"{url}/gradio_api/queue/data?session_hash={session}", timeout=60) as stream:
            lines = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
        done = next(line for line in lines if line["msg"] == "process_completed")
        assert done["success"], done
        return json.dumps([line["output"]["data"] for line in lines if "output" in line])

    return run


def test_the_token_and_the_address_of_a_question_come_through_the_queue(send, sign, bot):
    asked = "How does observation help?"

    def ask(token="", address="203.0.113.1"):
        return send("tb-box", "submit", asked, None, "", "", token, "", address=address)

    assert "tb-answered" in ask(sign(persona="resident"))
    assert bot.asked[-1][2] == "resident"
    assert "tb-token-invalid" in ask("nonsense")
    assert "tb-answered" in ask("widget")
    assert "tb-answered" in ask()
    assert "more than 2 in a minute" in ask()
    assert "more than 2 in a minute" in ask(address="198.51.100.7, 203.0.113.1")
    assert "tb-answered" in ask(address="203.0.113.1, 203.0.113.2")
    assert "tb-answered" in ask(address=None)


def test_restoring_and_feedback_are_counted_too(send):
    def restore():
        return send("tb-restore", "click", None, "nonsense", "", "", address="203.0.113.3")

    assert "more than 2 in a minute" not in restore() + restore()
    assert "more than 2 in a minute" in restore()
    told = send("tb-give", "click", None, "", "", "", "{}", address="203.0.113.3")
    assert "more than 2 in a minute" in told


def test_a_suggestion_and_an_export_come_with_their_sender_too(send, config, sign, bot):
    chip = next(c["props"]["value"] for c in config["components"] if c["props"].get("elem_classes") == ["tb-chip"])
    assert "tb-answered" in send(chip, "click", chip, None, "", "", sign(sub="v-2", persona="preceptor"))
    assert bot.asked[-1][::2] == (chip, "preceptor")
    told = [send(words.EXPORT_FORMATS["md"], "click", None, "", "", "", address="203.0.113.4") for _ in range(3)]
    assert words.EXPORT_NOTHING in told[0]
    assert "more than 2 in a minute" in told[2]

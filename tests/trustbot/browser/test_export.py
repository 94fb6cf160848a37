"""Exports from the chat in a real browser: what is saved verifies, and a change to it is named."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from trustbot.cli import main

pytestmark = pytest.mark.browser

QUESTION = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)


@pytest.fixture
def talked(live, visit):
    seen = visit(live, permissions=["clipboard-read", "clipboard-write"])
    seen.ask(QUESTION)
    seen.answer()
    seen.ask("What is reference 9?")
    seen.answer(1)
    return seen


def test_the_saved_record_verifies_and_a_tampered_one_names_the_quote(
    talked, tmp_path, built_index, models_dir, monkeypatch, capsys
):
    page = talked.page
    fold = page.get_by_role("button", name="Export this conversation")
    expect(fold).to_have_attribute("aria-expanded", "false")
    fold.focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("aria-expanded", "true")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Record (JSON)").press("Enter")
    path = tmp_path / saving.value.suggested_filename
    saving.value.save_as(path)
    assert path.name.endswith(".json")
    expect(page.get_by_role("status").get_by_role("link", name=path.name)).to_be_visible()

    data = tmp_path / "data"
    data.mkdir()
    (data / "index").symlink_to(built_index.parent)
    (data / "models").symlink_to(models_dir)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data))
    assert main(["verify", str(path)]) == 0
    assert "Every quote holds." in capsys.readouterr().out
    record = json.loads(path.read_text(encoding="utf-8"))
    assert [t["outcome"] for t in record["turns"]] == ["answered", "abstained"]
    quote = record["turns"][0]["citations"][0]["quote"]
    record["turns"][0]["citations"][0]["quote"] = quote.replace("essential", "optional")
    path.write_text(json.dumps(record), encoding="utf-8")
    assert main(["verify", str(path)]) == 1
    assert f"in the document: “{quote}”" in capsys.readouterr().out


def test_every_format_is_saved_and_the_printable_page_asks_for_nothing(talked, tmp_path):
    page = talked.page
    page.get_by_role("button", name="Export this conversation").click()
    labels = ("Markdown", "Page to print", "Works cited (RIS)", "Works cited (RIS)", "Works cited (CSL-JSON)")
    names = []
    for label in labels:
        with page.expect_download() as saving:
            page.get_by_role("button", name=label, exact=True).click()
        names.append(saving.value.suggested_filename)
        saving.value.save_as(tmp_path / saving.value.suggested_filename)
    assert [name.partition(".")[2] for name in names] == ["md", "html", "ris", "ris", "csl.json"]
    printed = page.context.new_page()
    asked, complaints = [], []
    printed.on("request", lambda request: asked.append(request.url))
    printed.on("console", lambda message: complaints.append(message.text))
    printed.goto((tmp_path / names[1]).as_uri())
    expect(printed.get_by_role("heading", level=1)).to_have_text("Record of a conversation")
    expect(printed.locator("blockquote").first).to_contain_text("Building trust between a preceptor")
    assert len(asked) == 1
    assert complaints == []
    assert printed.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_answer_is_copied_with_its_citations(talked):
    page = talked.page
    page.locator("#tb-a0").get_by_role("button", name="Copy with citations").click()
    expect(page.locator("#tb-a0 .tb-done")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "ultimately improving patient care outcomes [1]." in copied
    assert "Only partly supported: The review argues that trust helps learning" in copied
    assert "[1] Trust Me I'm a Doctor" in copied
    heads = [line for line in copied.splitlines() if line.startswith("[1] ")]
    assert all(" https://" in head for head in heads), "each work can be had somewhere"
    assert "Where: The Importance of Building Trust" in copied
    assert copied.endswith("For education only. Not for patient decisions.")


def test_copied_paragraphs_stay_apart(live, visit):
    seen = visit(live, permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    seen.ask("How does direct observation build trust?")
    seen.answer()
    page.locator("#tb-a0 .tb-copy").click()
    expect(page.locator("#tb-a0 .tb-done")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "https://doi.org/10.1007/s40037-021-00694-5" in copied
    paragraphs = copied.split("\n\n")
    assert "Also said under “Practical Strategies for Building Trust”." in paragraphs
    assert not any(".Also" in part or part.count("with a caveat:") > 1 for part in paragraphs)


@pytest.mark.parametrize("width", [1280, 258])
def test_the_export_and_its_file_come_into_view(live, visit, width):
    seen = visit(live, width, 600)
    page = seen.page
    seen.ask(QUESTION)
    seen.answer()
    page.evaluate("scrollTo(0, 0)")
    fold = page.get_by_role("button", name="Export this conversation")
    fold.focus()
    page.keyboard.press("Enter")
    clear = """name => { const box = document.querySelector(name)?.getBoundingClientRect();
      return box && box.top >= 0 && box.bottom <= document.getElementById("tb-dock").getBoundingClientRect().top; }"""
    page.wait_for_function(clear, arg="#tb-formats button")
    with page.expect_download():
        page.get_by_role("button", name="Works cited (RIS)").press("Enter")
    page.wait_for_function(clear, arg="#tb-file a")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_formats_can_be_reached_and_hit_and_go_with_the_conversation(live, visit, width):
    seen = visit(live, width=width)
    page = seen.page
    expect(page.locator("#tb-export")).to_be_hidden()
    seen.ask(QUESTION)
    seen.answer()
    page.get_by_role("button", name="Export this conversation").click()
    page.get_by_role("button", name="Markdown").wait_for()
    seen.still()
    boxes = page.locator("#tb-export button, #tb-a0 .tb-copy").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.width, b.height])"
    )
    assert len(boxes) == 7
    assert all(w >= 44 and h >= 44 for w, h in boxes)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator("#tb-restart").click()
    expect(page.locator("#tb-export")).to_be_hidden()

"""The coordinators' page over real connections: who gets in, and a corpus that is changed, published, rolled back."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from ingest.build import build_index
from ingest.manifest import load_manifest
from trustbot.bot import build_bot
from trustbot.errors import InvalidInput, StorageError
from trustbot.reading.bank import BANK
from trustbot.settings import Settings
from trustbot.web.coordinate.door import WRONG_A_MINUTE, Door
from trustbot.web.coordinate.drafts import Drafts
from trustbot.web.coordinate.page import State, page
from trustbot.web.server import create_app

TOKEN = "sixteen-letters-and-more"
MANIFEST = """\
schema = 1
id = "huddles"
title = "Morning huddles"
version = "1"
language = "en"
scope = "One page about morning huddles."
disclaimer = "For education only."

[[licence]]
id = "own"
index = true
ship = true

[[source]]
id = "page"
number = 1
kind = "guidance"
title = "Why huddles"
licence = "own"
intranet = true

[[document]]
id = "article"
source = "page"
kind = "article"
title = "Why huddles"
path = "article.md"
licence = "own"
"""
ARTICLE = "# Why huddles\n\n## Benefits\n\nHuddles help a ward to plan its day.\n\nHuddles save the time of nurses.\n"
ROTA = "The night rota is published on Fridays by noon."
BANKED = [
    {"sentence": "S1", "document": "article", "quote": "Huddles save the time of nurses."},
    {"q": "do they save time", "gold": ["S1"], "kind": "answerable", "draft": True},
    {"q": "<b>what is it for</b>", "gold": ["S1"], "kind": "answerable", "draft": True},
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Settings:
    """Those of a server with a small corpus of its own, which has drafts of questions."""
    folder = tmp_path_factory.mktemp("kept")
    corpus = folder / "corpora" / "huddles"
    corpus.mkdir(parents=True)
    (corpus / "manifest.toml").write_text(MANIFEST)
    (corpus / "article.md").write_text(ARTICLE)
    (corpus / BANK).write_text("".join(json.dumps(line) + "\n" for line in BANKED))
    (folder / "models").symlink_to(models_dir)
    settings = Settings(data_dir=folder, corpus="huddles", corpus_dir=corpus.parent, coordinator_token=TOKEN)
    build_index(load_manifest(corpus), settings.index_dir, models_dir, progress=False)
    return settings


class Keeper:
    """Whoever keeps the corpus, in a browser without scripts."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, follow_redirects=True, timeout=120)

    def enter(self, token: str = TOKEN) -> httpx.Response:
        return self.client.post("/coordinate/enter", data={"token": token})

    def page(self) -> str:
        """The page once nothing is under way."""
        until = time.monotonic() + 180
        while 'http-equiv="refresh"' in (shown := self.client.get("/coordinate").text):
            assert time.monotonic() < until, shown
            time.sleep(0.1)
        return shown

    def send(self, action: str, files: Any = None, **fields: str) -> str:
        """The page after a form was sent and what it began is over."""
        (word,) = set(re.findall(r'name="word" value="(\w+)"', self.page()))
        response = self.client.post(f"/coordinate/{action}", data={"word": word, **fields}, files=files)
        assert response.status_code == 200, response.text
        return html.unescape(response.text if "refresh" not in response.text else self.page())

    def ask(self, question: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.post("/api/ask", json={"question": question}).json()
        return answer


@pytest.fixture(scope="module")
def url(settings: Settings, serve_app: Any, wait_until: Any) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2"):
            patch.setenv(name, "false")
        bots: list[Any] = []
        with serve_app(create_app(settings, lambda s: bots.append(build_bot(s)) or bots[0])) as address:
            wait_until(f"{address}/")
            yield address
        bots[0].close()


@pytest.fixture
def keeper(url: str) -> Iterator[Keeper]:
    made = Keeper(url)
    assert made.enter().status_code == 200
    yield made
    made.client.close()


# -- who gets in ---------------------------------------------------------------------------------------------


def test_without_a_token_there_is_no_such_page(tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(data_dir=tmp_path)))
    assert client.get("/coordinate").status_code in (404, 503)
    assert "Token" not in client.get("/coordinate").text
    with pytest.raises(InvalidInput, match="TRUSTBOT_COORDINATOR_TOKEN has 5 characters"):
        create_app(Settings(data_dir=tmp_path, coordinator_token="short"))


def test_only_who_types_the_token_gets_in(url: str) -> None:
    stranger = Keeper(url)
    closed = stranger.client.get("/coordinate")
    assert closed.status_code == 401
    assert "frame-ancestors 'none'" in closed.headers["content-security-policy"]
    assert closed.headers["cache-control"] == "no-store"
    assert stranger.client.post("/coordinate/discard", data={"word": "x"}).status_code == 401
    stranger.client.cookies.set("trustbot_coordinator", "9999999999.0000")
    assert stranger.client.get("/coordinate").status_code == 401
    wrong = [stranger.enter("not the token at all") for _ in range(WRONG_A_MINUTE + 1)]
    assert [r.status_code for r in wrong] == [403] * WRONG_A_MINUTE + [429]
    assert int(wrong[-1].headers["retry-after"]) > 0
    stranger.client.close()


def test_a_visit_ends_and_no_other_page_sends_its_forms(keeper: Keeper) -> None:
    (cookie,) = keeper.client.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"
    assert keeper.client.post("/coordinate/discard", data={"word": "0" * 64}).status_code == 401
    assert TOKEN not in keeper.page()
    assert keeper.client.post("/coordinate/nothing", data={"word": word_of(keeper.page())}).status_code == 404
    later = Door(TOKEN, clock=lambda: time.time() + 13 * 3600)
    request = type("Request", (), {"cookies": dict(keeper.client.cookies)})()
    assert Door(TOKEN).admits(request)
    assert not later.admits(request)
    assert not Door(TOKEN + "x").admits(request)


def word_of(shown: str) -> str:
    return re.findall(r'name="word" value="(\w+)"', shown)[0]


# -- what is done --------------------------------------------------------------------------------------------


def test_files_go_in_are_looked_at_published_and_rolled_back(keeper: Keeper, settings: Settings) -> None:
    live = settings.corpus_dir / "huddles"
    files = [
        ("files", ("../../rota of the night.md", f"# Night rota\n\n{ROTA}\n".encode())),
        ("files", ("leave.html", b"<main><h1>Leave</h1><p>Leave is asked for six weeks ahead.</p></main>")),
        ("files", ("broken.pdf", b"%PDF-1.4 no more")),
    ]
    shown = keeper.send("files", files, program="yes")
    assert "Add files: done." in shown
    assert "broken.pdf is damaged" in shown
    assert str(settings.data_dir) not in shown
    assert "This is a draft." in shown
    assert [p.name for p in Drafts(settings).draft.parent.iterdir()] == ["draft"], "what was sent is kept once"
    assert ROTA in shown
    assert "Leave is asked for six weeks ahead." in shown
    assert sorted(p.name for p in live.rglob("*") if p.is_file()) == ["article.md", "manifest.toml", BANK]

    document = re.findall(r'name="document" value="([\w-]*rota[\w-]*)"', shown)[0]
    shown = keeper.send("edit", document=document, title="The rota", date="2026-11-01", expires="", replaces="")
    assert "<b>The rota</b>" in shown
    assert 'value="2026-11-01"' in shown
    assert "is no date" in keeper.send("edit", document=document, title="T", date="May", expires="", replaces="")
    shown = keeper.send("question", do="add", text="when does the rota come out", statement=place_of(shown, ROTA))
    assert "Learned from: 1. Drafts to see to: 2." in shown

    shown = keeper.send("publish")
    assert "Publish: done." in shown
    assert "This is what is served now." in shown
    until(
        lambda: any(
            ROTA.rstrip(".") in c["quote"] for c in keeper.ask("When is the night rota published?")["citations"]
        )
    )
    badges = {s["title"]: s["badge"] for s in keeper.client.get("/api/sources").json()["sources"]}
    assert badges["Night rota"] == badges["Leave"] == "your program"
    assert badges["Why huddles"] == "literature, web article"
    assert len(list(live.rglob("*.md"))) == 2

    (version,) = re.findall(r'name="version" value="([^"]+)"', shown)
    shown = keeper.send("back", version=version)
    assert "Go back: done." in shown
    until(lambda: keeper.ask("When is the night rota published?")["outcome"] != "answered")
    assert sorted(p.name for p in live.rglob("*") if p.is_file()) == ["article.md", "manifest.toml", BANK]
    assert "no such earlier version" in keeper.send("back", version="../../corpora/huddles")


def place_of(shown: str, statement: str) -> str:
    return re.findall(rf'<option value="([^"]+)">{re.escape(statement)}</option>', shown)[0]


def until(holds: Any) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_drafts_of_questions_are_accepted_corrected_or_deleted(keeper: Keeper, settings: Settings) -> None:
    shown = keeper.send("question", do="accept", was="do they save time", text="do huddles  save time?")
    assert "Learned from: 1. Drafts to see to: 1." in shown
    assert "This draft is gone" in keeper.send("question", do="accept", was="do they save time", text="again")
    assert "between 1 and 500 characters" in keeper.send("question", do="add", text=" ", statement="")
    assert "Drafts to see to: 0." in keeper.send("question", do="delete", was="<b>what is it for</b>")
    bank = Drafts(settings).draft / BANK
    kept = [json.loads(line) for line in bank.read_text().splitlines()]
    assert [line for line in kept if "q" in line] == [
        {"q": "do huddles save time?", "gold": ["S1"], "kind": "answerable"}
    ]
    assert "This is what is served now." in keeper.send("discard")
    assert not bank.exists()


def test_the_article_and_what_is_not_there_stay(keeper: Keeper) -> None:
    assert "Make a corpus of its own" in keeper.send("remove", document="article")
    assert "There is no document" in keeper.send("remove", document="nothing")
    assert "No file was chosen" in keeper.send("files", [("files", ("", b""))])
    keeper.send("discard")
    assert "There is no draft" in keeper.send("publish")


def test_more_than_may_be_sent_is_refused_before_it_is_kept(keeper: Keeper) -> None:
    word = word_of(keeper.page())
    sent = keeper.client.post("/coordinate/files", data={"word": word}, files=[("files", ("a.txt", b"a" * 13_000_000))])
    assert sent.status_code == 413
    assert "12,582,912 bytes" in sent.json()["detail"]


# -- what goes wrong -----------------------------------------------------------------------------------------


def test_a_process_that_died_between_two_renames_is_made_up_for(settings: Settings, tmp_path: Path) -> None:
    copied = settings.model_copy(update={"corpus_dir": tmp_path / "corpora", "data_dir": tmp_path})
    live = copied.corpus_dir / "huddles"
    live.mkdir(parents=True)
    (live / "manifest.toml").write_text("old")
    drafts = Drafts(copied)
    (drafts.begin() / "manifest.toml").write_text("new")
    live.rename(live.with_name(".huddles.old"))  # where it died
    again = Drafts(copied)
    again.recover()
    assert (live / "manifest.toml").read_text() == "old"
    assert (again.draft / "manifest.toml").read_text() == "new"
    again.publish()
    assert (live / "manifest.toml").read_text() == "new"
    assert [(again.draft.parent / "earlier" / name / "manifest.toml").read_text() for name in again.earlier()] == [
        "old"
    ]
    assert not again.is_there


def test_a_folder_that_can_not_be_written_is_said_before_anything_is_built(settings: Settings) -> None:
    drafts = Drafts(settings.model_copy(update={"corpus_dir": Path("/proc")}))
    with pytest.raises(StorageError, match="TRUSTBOT_CORPUS_DIR"):
        drafts.check_place()
    with pytest.raises(InvalidInput, match="not the folder that it was made of"):
        drafts.begin()


def test_no_text_becomes_markup() -> None:
    evil = '"><script>alert(1)</script>'
    statement = {"start": 1, "text": evil, "section": evil, "name": evil}
    document = dict.fromkeys(("id", "title", "kind", "file", "date", "expires", "currency", "refused"), evil)
    document |= {"replaces": [evil], "notes": [evil], "units": 1, "statements": [statement]}
    document["sections"] = [{"heading": evil, "units": 1}]
    report = {"warnings": [evil], "documents": [document]}
    state = State(evil, "w", True, report, None, 1, (), (evil,), True)
    shown = page(state, evil) + page(replace(state, report=None))
    assert "<script>alert" not in shown

"""Old answers over a new index: each quote still opens the version it was taken from; what was altered is refused.

All real: the default corpus, its index, the program's own server. Nothing here writes into what other tests read.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest

from ingest.build import build_index
from ingest.manifest import load_manifest
from trustbot.bot import Bot
from trustbot.cli import main
from trustbot.index.chroma import Index, current_snapshot, open_index
from trustbot.index.documents import find_version
from trustbot.index.versions import current_version
from trustbot.presentation.wire import answer_to_dict
from trustbot.reading.bank import BANK
from trustbot.reading.model import FILE
from trustbot.settings import Settings
from trustbot.web.server import create_app

SAID = "The preceptors in Penner's study"
QUESTIONS = (
    "Is it true that direct observations of clinical skills are crucial for building trust?",
    "Who says that the preceptors in Penner's study found trust hard to judge when they knew too little about the "
    "patients?",
    "Is it so that the students in Huggett's study valued preceptors who involve students actively in learning?",
    "What does the article say about direct observation?",
)
"""Questions that are answered whatever reads them: three quote a sentence word for word, one is suggested."""


@dataclass
class Place:
    """A corpus and a data folder of a test's own, with the index of the default corpus as it was published."""

    corpus: Path
    data: Path
    models: Path

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.data, corpus_dir=self.corpus.parent)

    @property
    def index_dir(self) -> Path:
        return self.settings.index_dir

    def forget_the_bank(self) -> None:
        """Leave the general reader to read: a bank names sentences, which a test is about to change."""
        for name in (BANK, FILE):
            (self.corpus / name).unlink(missing_ok=True)

    def ingest(self) -> None:
        build_index(load_manifest(self.corpus), self.index_dir, self.models, progress=False)


@pytest.fixture
def place(built_index: Path, models_dir: Path, repository: Path, tmp_path: Path) -> Place:
    corpus = shutil.copytree(repository / "corpus" / "preceptor-trust", tmp_path / "corpus" / "preceptor-trust")
    shutil.copytree(built_index, tmp_path / "data" / "index" / "preceptor-trust")
    (tmp_path / "data" / "models").symlink_to(models_dir)
    return Place(Path(corpus), tmp_path / "data", models_dir)


@pytest.fixture
def own_bot(place: Place) -> Iterator[Bot]:
    made = Bot(place.settings)
    yield made
    made.close()


def checked(base: str, citation: dict[str, Any]) -> dict[str, Any]:
    """The stored version that a citation names, after checking the quote at its place."""
    query = f"version={citation['document_hash']}&start={citation['start']}&end={citation['end']}"
    response = httpx.get(f"{base}/api/documents/{citation['document']}?{query}", timeout=30)
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["span"] == citation["quote"]
    assert body["hash"] == citation["document_hash"]
    page = httpx.get(f"{base}/documents/{citation['document']}?{query}")
    assert page.status_code == 200
    assert ('class="banner"' in page.text) == (body["state"] == "superseded")
    return body


def test_old_answers_open_what_they_quoted_after_a_change_and_after_a_deletion(
    place: Place, own_bot: Bot, serve_app, wait_until
) -> None:
    answers = [json.loads(json.dumps(answer_to_dict(own_bot.ask(q)))) for q in QUESTIONS]  # as a browser keeps them
    cited = [c for a in answers for c in a["citations"]]
    assert {"article", "penner-2022-note", "huggett-2008-note"} <= {c["document"] for c in cited}
    with serve_app(create_app(place.settings, lambda _: own_bot)) as base:
        wait_until(f"{base}/readyz")
        assert {checked(base, c)["state"] for c in cited} == {"current"}

        place.forget_the_bank()
        note = place.corpus / "documents" / "penner-2022.md"
        text = note.read_text(encoding="utf-8")
        assert text.count(SAID) >= 1
        note.write_text(text.replace(SAID, "Some preceptors in Penner's study", 1), encoding="utf-8")
        place.ingest()
        own_bot.refresh()
        states = {c["document"]: checked(base, c)["state"] for c in cited}
        assert states.pop("penner-2022-note") == "superseded"
        assert set(states.values()) == {"current"}

        manifest = place.corpus / "manifest.toml"
        before, _, after = manifest.read_text(encoding="utf-8").partition('[[document]]\nid = "huggett-2008-note"')
        manifest.write_text(before + after[after.index("[[document]]") :], encoding="utf-8")
        place.ingest()
        own_bot.refresh()
        found = {c["document"]: checked(base, c) for c in cited}
        assert (found["huggett-2008-note"]["state"], found["huggett-2008-note"]["current_hash"]) == ("superseded", None)
        assert found["penner-2022-note"]["state"] == "superseded"
        assert found["article"]["state"] == "current"
        fresh = answer_to_dict(own_bot.ask(QUESTIONS[0]))
        assert {checked(base, c)["state"] for c in fresh["citations"]} == {"current"}


def files_of(index_dir: Path) -> list[Path]:
    """Every file that the corpus itself is stored in."""
    return sorted([current_version(index_dir) / "snapshot.json", *(index_dir / "documents").glob("*.txt")])


def flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << place % 7
    path.write_bytes(data)


def test_any_changed_byte_is_one_sentence_and_an_exit_code(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(place.data))
    assert main(["sources"]) == 0
    capsys.readouterr()
    changed = 0
    for path in files_of(place.index_dir):
        whole = path.read_bytes()
        for where in sorted({0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 2, len(whole) - 1}):
            flip(path, where)
            for command in (["sources"], ["ask", QUESTIONS[0]]) if where == 0 and changed < 12 else (["sources"],):
                assert main(command) == 1
                printed = capsys.readouterr()
                assert printed.out == ""
                assert printed.err.count("\n") == 1
                assert str(path.name) in printed.err
                assert str(place.index_dir) in printed.err
                assert "trustbot-ingest" in printed.err
            path.write_bytes(whole)
            changed += 1
    assert main(["sources"]) == 0
    assert changed > 30


def test_any_changed_byte_of_the_reader_is_one_sentence_too(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reads is sealed with the version: a reader that was altered answers nothing."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(place.data))
    path = current_version(place.index_dir) / FILE
    whole = path.read_bytes()
    for where in (0, 9, len(whole) // 2, len(whole) - 1):
        flip(path, where)
        assert main(["ask", QUESTIONS[0]]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.count("\n") == 1
        assert f"{FILE} is missing or is not what was written" in printed.err
        assert "trustbot-ingest" in printed.err
        path.write_bytes(whole)
    path.unlink()
    assert main(["ask", QUESTIONS[0]]) == 1
    assert f"{FILE} is missing or" in capsys.readouterr().err


def test_a_damaged_new_version_is_told_and_the_one_before_goes_on(
    place: Place, own_bot: Bot, serve_app, wait_until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trustbot.web.service.FOLLOW_SECONDS", 0.05)
    monkeypatch.setattr("trustbot.web.service.RETRY_SECONDS", 0.05)
    flipped = threading.Event()

    def after_the_flip(*arguments: Any) -> Index:
        assert flipped.wait(120)
        return open_index(*arguments)

    monkeypatch.setattr("trustbot.bot.open_index", after_the_flip)
    said: Queue[str] = Queue()
    before = own_bot.fingerprint
    with serve_app(create_app(place.settings, lambda _: own_bot, say=said.put)) as base:
        wait_until(f"{base}/readyz")
        place.forget_the_bank()
        (place.corpus / "vocabulary.toml").write_text("schema = 1\n", encoding="utf-8")
        place.ingest()
        path = current_version(place.index_dir) / "snapshot.json"
        whole = path.read_bytes()
        flip(path, len(whole) // 2)
        flipped.set()
        told = said.get(timeout=120)
        # Whether the flipped byte breaks the JSON or only its checksum depends on where it falls.
        assert "is incomplete or damaged (snapshot.json: " in told
        assert "Run `trustbot-ingest`" in told
        assert told.endswith("the version of the index before it goes on answering.")
        ready = httpx.get(f"{base}/readyz", timeout=30)
        shown = told.replace(str(path.parent.parent), "…")  # nobody is shown where it lies
        assert (ready.status_code, ready.json()["problem"], ready.json()["fingerprint"]) == (200, shown, before)
        answer = httpx.post(f"{base}/api/ask", json={"question": QUESTIONS[0]}, timeout=30)
        assert answer.status_code == 200
        assert answer.json()["trace"]["fingerprint"] == before
        path.write_bytes(whole)
        while "problem" in (ready := httpx.get(f"{base}/readyz", timeout=30)).json():
            assert ready.status_code == 200
        assert ready.json()["fingerprint"] == own_bot.fingerprint != before
        assert own_bot.corpus.vocabulary == {}
        assert said.empty(), "what is wrong is said once"


def test_a_text_altered_while_it_is_served_is_not_shown(place: Place, own_bot: Bot, serve_app, wait_until) -> None:
    citation = answer_to_dict(own_bot.ask(QUESTIONS[0]))["citations"][0]
    path = place.index_dir / "documents" / (citation["document_hash"].removeprefix("sha256:") + ".txt")
    with serve_app(create_app(place.settings, lambda _: own_bot)) as base:
        wait_until(f"{base}/readyz")
        checked(base, citation)
        flip(path, citation["start"])
        response = httpx.get(f"{base}/documents/{citation['document']}?version={citation['document_hash']}")
        assert response.status_code == 503
        assert f"The stored text …/{path.name} was altered" in response.json()["detail"]
        place.ingest()  # which writes it anew, without a new version
        checked(base, citation)


def test_looking_a_version_up_reads_nothing_but_that_version(place: Place) -> None:
    corpus = current_snapshot(place.index_dir).corpus
    article = corpus.document("article")
    for path in (place.index_dir / "documents").glob("*.txt"):
        if path.stem != article.content_hash.removeprefix("sha256:"):
            path.unlink()
    found = find_version(place.index_dir, corpus, article.content_hash, "article")
    assert found is not None
    assert found.document == article

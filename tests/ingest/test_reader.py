"""The reader of an index version: what a bank teaches, what stops an ingest, and what is passed over with a note."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest import build_index
from ingest import reader as ingest_reader
from ingest.manifest import load_manifest
from ingest.reader import FEWEST, read_inputs, sentence_vectors
from ingest.report import Report
from trustbot.errors import InvalidInput, ModelError, TrustbotError
from trustbot.index.chroma import open_index
from trustbot.models.cards import PACKAGED_SHA256
from trustbot.reading import fit
from trustbot.reading.bank import BANK, read_bank
from trustbot.reading.local import open_reader
from trustbot.reading.model import FILE, ReaderModel, change_hash, load_model
from trustbot.reading.sentences import plain_sentences, quotable
from trustbot.reading.weights import TOPICS, general_bytes, product_questions
from trustbot.types import Query

Build = Callable[[], Report]
Line = dict[str, Any]
NAMED: Line = {"sentence": "N1", "document": "article", "quote": "Nobody numbered this."}
ASKED = {
    "C01": ("plan the day", "organise a shift", "get a ward ready", "know what comes"),
    "C02": ("be quicker", "lose fewer minutes", "finish early", "spend less time"),
    "C03": ("make people happy", "content patients", "be liked by the sick", "satisfy families"),
    "N1": ("without a number", "nothing printed behind it", "uncounted", "unnumbered line"),
}
CLAIMS = ("C01", "C02", "C03")
FRAMES = ("does it {}?", "how to {}", "will we {} by it", "{}: is that so?")


def questions() -> list[Line]:
    """Questions on the statements of the small corpus, and some that nothing answers."""
    taught = [
        {"q": frame.format(words), "gold": [claim], "kind": "answerable", "author": "a"}
        for claim, some in ASKED.items()
        for words in some
        for frame in FRAMES
    ]
    strange = ("what is the boiling point of lead", "who won in 1966", "sing me a song", "translate this to Dutch")
    others = [{"q": q, "gold": [], "kind": "outofscope", "author": "a"} for q in strange]
    return [*taught, *others, {"q": "how many minutes does it save?", "gold": [], "kind": "nearmiss", "author": "a"}]


def write(folder: Path, *lines: Line) -> None:
    (folder / BANK).write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Torch on one thread: several wait for each other, and on a busy machine that takes minutes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def build(small_corpus: Path, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Ingests the small corpus; of the questions on the product thirty stand for all."""
    some = product_questions()[::50][:30]
    monkeypatch.setattr(fit, "product_questions", lambda: some)

    def run() -> Report:
        return build_index(load_manifest(small_corpus), tmp_path / "index", models_dir, progress=False)

    return run


def stops(build: Build, kind: type[TrustbotError], index: Path) -> str:
    """The one sentence of an ingest that stops; what was published before is still there."""
    before = sorted(p.name for p in index.iterdir())
    with pytest.raises(kind) as caught:
        build()
    assert sorted(p.name for p in index.iterdir()) == before
    open_index(index).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- a bank --------------------------------------------------------------------------------------------------


def test_a_bank_with_a_wrong_id_stops_the_ingest_and_leaves_what_was_published(
    build: Build, small_corpus: Path, tmp_path: Path
) -> None:
    first = build()
    assert first.reader == "Reader: the general one; the corpus has no question bank."
    write(small_corpus, *questions()[:3], {"q": "Why?", "gold": ["C99"], "kind": "answerable"})
    told = stops(build, InvalidInput, tmp_path / "index")
    assert told == (f"{BANK}, line 4: no sentence has the id C99; correct the id, or name the sentence in this file.")
    write(small_corpus, {**NAMED, "quote": "Somebody numbered this."})
    assert "line 1: N1 does not stand in the document article" in stops(build, InvalidInput, tmp_path / "index")
    (small_corpus / BANK).unlink()
    assert build().unchanged


def test_too_few_questions_are_said_and_drafts_counted(build: Build, small_corpus: Path) -> None:
    few = questions()[: FEWEST - 1]
    draft = {"q": "really?", "gold": ["gone"], "kind": "odd", "draft": True}
    write(small_corpus, NAMED, *few, draft, questions()[-1])
    said = "Reader: the general one; an adapter takes 40 questions that the corpus answers, and the bank has"
    assert build().reader == f"{said} 39 (drafts: 1)."
    again = build()
    assert (again.unchanged, again.reader) == (True, f"{said} 39 (drafts: 1).")


def test_drafts_change_nothing(build: Build, small_corpus: Path) -> None:
    write(small_corpus, NAMED, *questions()[:5])
    first = build()
    draft = {"q": "really?", "gold": ["gone"], "kind": "odd", "draft": True}
    write(small_corpus, NAMED, *questions()[:5], {**NAMED, "sentence": "N7"}, draft)
    assert build().fingerprint == first.fingerprint
    write(small_corpus, NAMED, *questions()[:6])
    changed = build()
    assert changed.fingerprint != first.fingerprint
    assert (changed.embedded, changed.reused) == (0, first.chunks)


def test_enough_questions_adapt_the_reader(build: Build, small_corpus: Path, tmp_path: Path, models_dir: Path) -> None:
    write(small_corpus, NAMED, *questions())
    report = build()
    count = len(questions())
    assert report.reader.startswith(f"Reader: adapted to {count} questions; ")
    assert report.reader.endswith(" of 64 held-out questions find their statement.")
    found = int(report.reader.split("; ")[1].split(" of ")[0])
    assert 48 <= found <= 64, "questions this much alike are found"
    with closing(open_index(tmp_path / "index")) as index:
        reader = open_reader(index.read_extra(FILE), index.corpus, models_dir)
        sentences = quotable(index.corpus)
        for text, claim in (("does it plan the day?", "C01"), ("how to be quicker", "C02"), ("is it uncounted", None)):
            answers = reader.read(Query(text, text), sentences).answers
            best = sentences[max(range(len(answers)), key=lambda i: answers[i])]
            assert (best.chunk.claim_id, best.text == NAMED["quote"]) == (claim, claim is None)
        assert set(reader.decisions) == {"answer", "sure", "near", "best", "keep", "list"}
        model, tensors = load_model(index.read_extra(FILE), "reader")
    assert {"C01", "C02", "C03", "N1"} < set(model.classes)
    plain = plain_sentences(index.corpus, model.classes, read_bank(small_corpus / BANK, {*CLAIMS, *TOPICS}, None).named)
    assert tensors["sentences"].shape == (len(plain), 384)


def test_a_bank_that_nothing_answers_is_no_adapter(build: Build, small_corpus: Path) -> None:
    write(small_corpus, *({"q": f"who is {n}?", "gold": [], "kind": "nearmiss"} for n in range(FEWEST + 5)))
    assert "and the bank has 0 (drafts: 0)" in build().reader


# -- a trained file ------------------------------------------------------------------------------------------


def trained(folder: Path, **metadata: str) -> ReaderModel:
    """A model as training makes one for the bank in `folder`; `metadata` replaces parts of what it says of itself."""
    bank = read_bank(folder / BANK, {*CLAIMS, *TOPICS})
    rows = np.eye(2, 384, dtype=np.float32)
    told = {
        "encoder": PACKAGED_SHA256,
        "general": change_hash(load_model(general_bytes(), "reader")[1]),
        "bank": bank.content_hash,
        "held_out": '{"answerable": 50, "hit": 0.5}',
    }
    bias, head = np.zeros(2, dtype=np.float32), np.zeros(769, dtype=np.float32)
    return ReaderModel(("C01", "C02"), rows, rows, bias, 5.0, head, metadata=told | metadata)


@pytest.mark.parametrize("name", ["encoder", "general"])
def test_a_trained_file_for_other_weights_is_refused(
    build: Build, small_corpus: Path, tmp_path: Path, name: str
) -> None:
    write(small_corpus, NAMED, *questions()[:5])
    build()
    (small_corpus / FILE).write_bytes(trained(small_corpus, **{name: "f00d"}).to_bytes())
    told = stops(build, ModelError, tmp_path / "index")
    assert told == (
        f"{small_corpus / FILE} was trained on other weights than are installed. Run `trustbot-ingest --train`."
    )


def test_a_damaged_trained_file_is_refused(build: Build, small_corpus: Path, tmp_path: Path) -> None:
    write(small_corpus, NAMED, *questions()[:5])
    build()
    (small_corpus / FILE).write_bytes(trained(small_corpus).to_bytes()[:-3])
    assert f"{small_corpus / FILE} holds no reader" in stops(build, ModelError, tmp_path / "index")


def test_one_for_another_state_of_the_bank_is_passed_over_with_a_note(build: Build, small_corpus: Path) -> None:
    write(small_corpus, NAMED, *questions()[:5])
    first = build()
    (small_corpus / FILE).write_bytes(trained(small_corpus, bank="f00d").to_bytes())
    report = build()
    assert report.reader == (
        f"{FILE} was trained on another state of the bank, so it is not used; run `trustbot-ingest --train`. "
        f"Reader: the general one; an adapter takes {FEWEST} questions that the corpus answers, and the bank has 5 "
        "(drafts: 0)."
    )
    assert report.fingerprint == first.fingerprint, "it changes nothing of the index"


def test_a_trained_file_is_part_of_what_decides_the_reader(small_corpus: Path) -> None:
    write(small_corpus, NAMED, *questions()[:5])
    without = read_inputs(small_corpus, CLAIMS, {"article": NAMED["quote"]})
    (small_corpus / FILE).write_bytes(trained(small_corpus).to_bytes())
    inputs = read_inputs(small_corpus, CLAIMS, {"article": NAMED["quote"]})
    assert inputs.note == "Reader: trained on 5 questions; 25 of 50 held-out questions find their statement."
    other = trained(small_corpus)
    (small_corpus / FILE).write_bytes(changed(other, bias=other.bias + 1).to_bytes())
    again = read_inputs(small_corpus, CLAIMS, {"article": NAMED["quote"]})
    assert len({without.content_hash, inputs.content_hash, again.content_hash}) == 3
    assert read_inputs(None, (), {}).note.endswith("the corpus has no question bank.")


# -- sentences that are kept ---------------------------------------------------------------------------------


def test_vectors_of_a_large_corpus_are_made_as_they_are_read(
    build: Build, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers() -> tuple[float, ...]:
        build()
        with closing(open_index(tmp_path / "index")) as index:
            content = index.read_extra(FILE)
            query = Query("What do huddles help with?", "What do huddles help with?")
            sizes.append("sentences" in load_model(content, "reader")[1])
            return open_reader(content, index.corpus, models_dir).read(query, quotable(index.corpus)).answers

    sizes: list[bool] = []
    kept = answers()
    (tmp_path / "index").rename(tmp_path / "before")
    monkeypatch.setattr(ingest_reader, "MOST_SENTENCES", 1)
    assert answers() == pytest.approx(kept, abs=0.01)
    assert sizes == [True, False]


def test_kept_vectors_are_those_of_the_sentence_alone_and_under_its_heading(
    build: Build, tmp_path: Path, embedder: Any
) -> None:
    build()
    with closing(open_index(tmp_path / "index")) as index:
        quotes = [q for q in quotable(index.corpus) if q.chunk.headings][:3]
    rows = sentence_vectors(embedder, quotes)
    for row, quote in zip(rows, quotes, strict=True):
        both = np.add(*embedder.embed_array([quote.text, f"{quote.chunk.headings[-1]}: {quote.text}"]))
        np.testing.assert_allclose(row, both / np.linalg.norm(both), atol=1e-3)
    assert rows.dtype == np.float16
    assert sentence_vectors(embedder, []).shape == (0, embedder.dimension)

"""The training of the packaged reader: the guidances that it reads, and the whole command on two tiny ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

import ingest.general
from ingest.general import CORPUS, GUIDANCES, HELD, SAMPLE, main, read_corpus, read_guidance
from ingest.public import read_public
from trustbot.errors import InvalidInput
from trustbot.models.cards import PACKAGED_SHA256
from trustbot.reading import fit
from trustbot.reading.bank import BANK, Example
from trustbot.reading.fit import HELD_OUT
from trustbot.reading.material import Passages, Rewrites
from trustbot.reading.model import load_model
from trustbot.reading.weights import product_questions

NAMES = sorted(folder.name for folder in GUIDANCES.iterdir() if folder.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_every_guidance_is_whole(name: str) -> None:
    guidance = read_guidance(GUIDANCES / name)
    assert guidance.name == name
    text = (GUIDANCES / name / "guidance.md").read_text(encoding="utf-8")
    for heading, sentence in guidance.texts.values():
        assert text.count(sentence) == 1
        assert f"# {heading}\n" in text[: text.index(sentence)]
    asked = {gold for e in guidance.examples for gold in e.gold}
    assert asked == set(guidance.classes), "a statement has no question"
    assert any(not e.gold for e in guidance.examples), "nothing teaches when to decline"


def test_some_guidances_are_never_trained_on() -> None:
    assert set(HELD) < set(NAMES)


def small(folder: Path, source: Path) -> None:
    """A copy of a guidance with six statements and their first questions."""
    folder.mkdir(parents=True)
    (folder / "guidance.md").write_bytes((source / "guidance.md").read_bytes())
    lines = [json.loads(line) for line in (source / BANK).read_text(encoding="utf-8").splitlines()]
    named = [line for line in lines if "sentence" in line][:6]
    ids = {line["sentence"] for line in named}
    asked = [line for line in lines if line.get("gold") and set(line["gold"]) <= ids][:12]
    others = [line for line in lines if "q" in line and not line.get("gold")][:8]
    (folder / BANK).write_text("".join(json.dumps(line) + "\n" for line in (*named, *asked, *others)))


def test_of_a_corpus_only_what_its_statements_answer_is_learned_and_nothing_of_the_held_out_author() -> None:
    guidance = read_corpus(CORPUS)
    assert len(guidance.examples) == SAMPLE
    assert len({(e.text, e.turns) for e in guidance.examples}) == SAMPLE
    assert {name for e in guidance.examples for name in e.gold} == set(guidance.classes)
    assert any(not e.gold for e in guidance.examples)
    assert HELD_OUT not in {e.author for e in guidance.examples}


def public_sets(folder: Path) -> Path:
    """Sets in the form of the public ones, of a few lines."""
    turns = [{"role": "user", "text": "What is a huddle?"}, {"role": "assistant", "text": "A short meeting."}]
    rewritten = {"id": "1", "history": turns, "question": "How long is it?", "rewrite": "How long is a huddle?"}
    alone = {"id": "2", "history": [], "question": "What is a ward?", "rewrite": "What is a ward?"}
    same = {**rewritten, "id": "3", "question": "How long is a huddle?"}
    texts = [{"id": "p1", "text": "A huddle takes ten minutes."}, {"id": "p2", "text": "Wards open at nine."}]
    task = {"domain": "ward", "history": turns, "contexts": ["p2", "p1"], "gold": {"p1": 1}}
    tasks = [
        {**task, "id": "4", "question": "How long?", "answerability": "ANSWERABLE"},
        {**task, "id": "5", "question": "Who chairs it?", "answerability": "UNANSWERABLE", "gold": {}},
        {**task, "id": "6", "question": "Is it lost?", "answerability": "ANSWERABLE", "gold": {"gone": 1}},
    ]
    lines = {
        "cast_rewrites.jsonl.gz": [rewritten, alone, same],
        "canard_dev.jsonl.gz": [rewritten],
        "mtrag_tasks.jsonl.gz": tasks,
        "corpora/mtrag_corpus_ward.jsonl.gz": [*texts, {"id": "p3", "text": ""}],
    }
    for name, records in lines.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in records).encode()))
    return folder


def test_public_sets_give_rewrites_and_passages_and_leave_out_what_teaches_nothing(tmp_path: Path) -> None:
    rewrites, passages = read_public(public_sets(tmp_path))
    assert isinstance(rewrites, Rewrites)
    asked = Example("How long is it?", ("What is a huddle?",), frozenset(), "followup")
    assert list(rewrites.pairs) == [(asked, "How long is a huddle?")] * 2
    assert isinstance(passages, Passages)
    assert set(passages.texts) == {"p1", "p2"}
    assert [(e.text, sorted(e.gold), found) for e, found in passages.examples] == [
        ("How long?", ["p1"], "p2"),
        ("Who chairs it?", [], "p2"),
    ]


def test_a_folder_without_the_public_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no file .*mtrag_tasks\.jsonl\.gz; check the path"):
        read_public(tmp_path)


def test_the_command_trains_on_some_and_judges_by_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    small(tmp_path / "guidances" / "learned", GUIDANCES / "code-review")
    small(tmp_path / "guidances" / "held", GUIDANCES / "volunteers")
    some = product_questions()[::50][:30]
    monkeypatch.setattr(ingest.general, "GUIDANCES", tmp_path / "guidances")
    monkeypatch.setattr(ingest.general, "HELD", ("held",))
    monkeypatch.setattr(ingest.general, "read_corpus", lambda folder: read_corpus(folder, 20))
    monkeypatch.setattr(fit, "product_questions", lambda: some)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other on a busy machine
    try:
        assert (
            main(["--out", str(tmp_path / "out.safetensors"), "--public", str(public_sets(tmp_path / "public"))]) == 0
        )
    finally:
        torch.set_num_threads(threads)
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert [*told] == ["held"]
    assert (told["held"]["answerable"], told["held"]["near_miss"] + told["held"]["other_subject"]) == (12, 8)
    assert re.search(r"^pass 1 of 1, step (\d+) of \1: loss ", err, re.MULTILINE)
    content = (tmp_path / "out.safetensors").read_bytes()
    model, factors = load_model(content, "file")
    assert json.loads(model.metadata["held_out"]) == told
    assert model.metadata["encoder"] == PACKAGED_SHA256
    bank = (tmp_path / "guidances" / "learned" / BANK).read_bytes()
    assert json.loads(model.metadata["data"])["learned"] == hashlib.sha256(bank).hexdigest()
    assert {"preceptor-trust", "product", "canard_dev.jsonl.gz"} < set(json.loads(model.metadata["data"]))
    assert set(model.classes) == {name for e in some for name in e.gold}
    assert {"judge", "judge_best", "judge_second"} < set(model.plain)
    assert factors
    assert len(content) < 4_000_000
    written = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert f"| learned | {hashlib.sha256(bank).hexdigest()} |" in written
    assert f"| hit | {told['held']['hit']:.3g} |" in written


def test_a_guidance_with_a_wrong_quote_is_refused(tmp_path: Path) -> None:
    small(tmp_path / "one", GUIDANCES / "volunteers")
    text = (tmp_path / "one" / "guidance.md").read_text(encoding="utf-8")
    (tmp_path / "one" / "guidance.md").write_text(text.replace("Newcomers who are", "Those who are"))
    with pytest.raises(InvalidInput, match=rf"{BANK}, line 1: K01 does not stand in the document guidance"):
        read_guidance(tmp_path / "one")

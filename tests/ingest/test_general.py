"""The training of the packaged reader: the guidances that it reads, and the whole command on two tiny ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import ingest.general
from ingest.general import GUIDANCES, HELD, main, read_guidance
from trustbot.embedding import PACKAGED_SHA256
from trustbot.errors import InvalidInput
from trustbot.reading import fit
from trustbot.reading.bank import BANK
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


def test_the_command_trains_on_some_and_judges_by_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    small(tmp_path / "guidances" / "learned", GUIDANCES / "code-review")
    small(tmp_path / "guidances" / "held", GUIDANCES / "volunteers")
    some = product_questions()[::50][:30]
    monkeypatch.setattr(ingest.general, "GUIDANCES", tmp_path / "guidances")
    monkeypatch.setattr(ingest.general, "HELD", ("held",))
    monkeypatch.setattr(fit, "product_questions", lambda: some)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # several wait for each other on a busy machine
    try:
        assert main(["--out", str(tmp_path / "out.safetensors"), "--passes", "1"]) == 0
    finally:
        torch.set_num_threads(threads)
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert [*told] == ["held"]
    assert (told["held"]["answerable"], told["held"]["near_miss"] + told["held"]["other_subject"]) == (12, 8)
    assert "pass 1 of 1: loss " in err
    content = (tmp_path / "out.safetensors").read_bytes()
    model, factors = load_model(content, "file")
    assert json.loads(model.metadata["held_out"]) == told
    assert model.metadata["encoder"] == PACKAGED_SHA256
    bank = (tmp_path / "guidances" / "learned" / BANK).read_bytes()
    assert json.loads(model.metadata["data"])["learned"] == hashlib.sha256(bank).hexdigest()
    assert set(model.classes) == {name for e in some for name in e.gold}
    assert {"judge", "judge_best", "judge_second"} < set(model.plain)
    assert factors
    assert len(content) < 4_000_000


def test_a_guidance_with_a_wrong_quote_is_refused(tmp_path: Path) -> None:
    small(tmp_path / "one", GUIDANCES / "volunteers")
    text = (tmp_path / "one" / "guidance.md").read_text(encoding="utf-8")
    (tmp_path / "one" / "guidance.md").write_text(text.replace("Newcomers who are", "Those who are"))
    with pytest.raises(InvalidInput, match=rf"{BANK}, line 1: K01 does not stand in the document guidance"):
        read_guidance(tmp_path / "one")

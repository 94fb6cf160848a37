"""The shipped safety stage gives what its model card says, on prompts that nothing was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.export import export_safety
from ingest.safety import figures
from ingest.safety.__main__ import learned_from
from ingest.safety.prompts import CALIBRATING, MEASURED, read_prompts
from trustbot.models.cards import exported_dir, read_card, reader_id
from trustbot.models.embedders import open_graph
from trustbot.query.safety.classifier import LearnedClassifier
from trustbot.query.safety.identifiers import Identifiers
from trustbot.query.safety.model import SafetyModel, packaged, packaged_heads


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SafetyModel:
    export_safety(models_dir)
    heads, _ = packaged_heads()
    folder = exported_dir(reader_id(heads.metadata["graph"]), models_dir)
    return SafetyModel(open_graph(folder, read_card(folder)), heads)


def test_the_figures_are_those_of_the_card(model: SafetyModel) -> None:
    heads, _ = packaged_heads()
    told = json.loads(heads.metadata["figures"])["own"]
    prompts = [p for p in read_prompts() if p.author in MEASURED]
    found = figures.kinds(LearnedClassifier(model), prompts)
    found |= {f"identifiers: {k}": v for k, v in figures.identifiers(Identifiers(model), prompts).items()}
    assert found == pytest.approx(told, abs=0.02)
    card = packaged().with_suffix(".md").read_text(encoding="utf-8")
    assert f"| all types | {told['identifiers: all types']:.3f} |" in card.replace("identifiers: ", "")


def test_what_is_measured_stands_in_no_training_prompt() -> None:
    prompts, ordinary = learned_from()
    texts = {(p.text.casefold(), p.turns) for p in (*prompts, *ordinary)}
    measured = {(p.text.casefold(), p.turns) for p in read_prompts() if p.author in (*MEASURED, *CALIBRATING)}
    assert len(measured) > 800
    assert not measured & texts

"""`python -m ingest.safety`: trains what the safety stage reads with, and measures it.

Two authors' prompts are kept for measuring, and three authors' for the thresholds. With `--public DIR` public sets of
harmless questions, attacks and invented identifiers are read as well. `--measure` trains nothing: it measures what is
packaged, and writes its card anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.export import export_changed
from ingest.safety import banks, figures, public
from ingest.safety.banks import bank_prompts
from ingest.safety.invented import Invented
from ingest.safety.prompts import CALIBRATING, MEASURED, PROMPTS, Prompt, read_prompts
from ingest.safety.thresholds import chosen
from ingest.safety.training import Plan, train
from trustbot.models.cards import PACKAGED, PACKAGED_SHA256, model_dir, verified_model
from trustbot.query.safety.classifier import LearnedClassifier
from trustbot.query.safety.identifiers import Identifiers
from trustbot.query.safety.model import Heads, SafetyModel, load_heads, packaged
from trustbot.reading.model import change_hash


def main(argv: Sequence[str] | None = None) -> int:
    """Train, measure, and write the packaged file with its card."""
    parser = argparse.ArgumentParser(prog="python -m ingest.safety", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=packaged())
    parser.add_argument("--public", type=Path, metavar="DIR", help="folder of public sets")
    parser.add_argument("--epochs", type=int, default=Plan().epochs)
    parser.add_argument("--measure", action="store_true", help="measure what was trained before")
    args = parser.parse_args(argv)
    verified_model(PACKAGED)
    plan = Plan(epochs=args.epochs)
    if args.measure:
        heads, factors = load_heads(args.out.read_bytes(), str(args.out))
    else:
        heads, factors = _trained(args.public, plan)
    with tempfile.TemporaryDirectory() as place:
        told = measured(_opened(heads, factors, Path(place)), args.public)
    heads = replace(heads, metadata={**heads.metadata, "figures": json.dumps(told)})
    args.out.write_bytes(heads.to_bytes(factors))
    args.out.with_suffix(".md").write_text(card(heads, plan), encoding="utf-8")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


def _trained(folder: Path | None, plan: Plan) -> tuple[Heads, dict[str, Any]]:
    """The heads with their thresholds, and the factors of the encoder's change."""
    prompts, ordinary = learned_from()
    if folder is not None:
        prompts += [*public.harmless(folder), *public.attacks(folder), *public.identifiers(folder)]
    factors, heads = train(prompts, ordinary, str(model_dir(PACKAGED)), Invented(plan.seed), plan)
    with tempfile.TemporaryDirectory() as place:
        held = [p for p in read_prompts() if p.author in CALIBRATING]
        thresholds = chosen(_opened(heads, factors, Path(place)), held)
    metadata = {"encoder": PACKAGED_SHA256, "graph": change_hash(factors), "data": json.dumps(_data(folder))}
    return replace(heads, thresholds=thresholds, metadata=metadata), factors


def learned_from() -> tuple[list[Prompt], list[Prompt]]:
    """The prompts that are trained on, and the ordinary questions: none that is measured or calibrated on."""
    held = (*MEASURED, *CALIBRATING)
    kept = {(p.text.casefold(), p.turns) for p in read_prompts() if p.author in held}
    mine = [p for p in read_prompts() if p.author not in held]
    return mine, [p for p in bank_prompts() if (p.text.casefold(), p.turns) not in kept]


def _opened(heads: Heads, factors: Mapping[str, object], place: Path) -> SafetyModel:
    _, encoder = export_changed([factors], change_hash(factors), place)
    return SafetyModel(encoder, heads)


def measured(model: SafetyModel, folder: Path | None) -> dict[str, dict[str, float]]:
    """The figures on what nothing was trained on: own prompts, ordinary questions, parts of the public sets."""
    classifier, masker = LearnedClassifier(model), Identifiers(model)
    own = [p for p in read_prompts() if p.author in MEASURED]
    asked = bank_prompts(held=True)
    told = {
        "own": {**figures.kinds(classifier, own), **_named(figures.identifiers(masker, own))},
        "ordinary": {**figures.kinds(classifier, asked), **_named(figures.identifiers(masker, asked))},
    }
    if folder is not None:
        told["public"] = _named(figures.identifiers(masker, public.identifiers(folder, measured=True)))
        told["public"] |= figures.kinds(classifier, public.attacks(folder, measured=True))
        for name in ("health", "safe_twins", "triage"):
            told[name.replace("_", " ")] = figures.kinds(classifier, getattr(public, name)(folder))
    return told


def _named(told: Mapping[str, float]) -> dict[str, float]:
    return {f"identifiers: {name}": value for name, value in told.items()}


def _data(folder: Path | None) -> dict[str, str]:
    used = [PROMPTS, banks.KINDS, *(public.files(folder) if folder else ())]
    of_banks = hashlib.sha256(b"".join(path.read_bytes() for path in banks.files())).hexdigest()
    return {
        **{path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in used},
        "all question banks": of_banks,
    }


def card(heads: Heads, plan: Plan) -> str:
    """The model card: what it was made of and how, what it gives on what it did not see, and where it ends."""
    kinds = Counter(p.kind for p in read_prompts() if p.author not in (*MEASURED, *CALIBRATING))
    lines = [
        "# What the safety stage reads with",
        "",
        f"A low-rank change of the encoder {PACKAGED} with two linear heads: what kind of message it is, and which of",
        f"its words are identifiers. The weights are in `{packaged().name}`, under Apache-2.0, and",
        "`python -m ingest.safety --public DIR` makes them again.",
        "",
        f"- Encoder: {PACKAGED}, weights {heads.metadata['encoder']}",
        f"- Plan: rank {plan.rank}, {plan.epochs} passes, rate {plan.rate}, batches of {plan.batch}, seed {plan.seed}",
        f"- Prompts: {', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items()))};",
        f"  with {plan.drawn} of {len(bank_prompts())} questions of the question banks at every pass, drawn anew;",
        "  identifiers are exchanged for invented ones at every pass",
        f"- Thresholds, set on authors `{', '.join(CALIBRATING)}`, whose prompts nothing was trained on: "
        + ", ".join(f"{name} {value:.2f}" for name, value in heads.thresholds.items()),
        f"- Never trained on: authors `{', '.join(MEASURED)}` (own), author `{banks.HELD}` of the shipped bank",
        "  (ordinary), a half of each public set, all safe twins of unsafe prompts, and the triage vignettes",
        "",
        *figures.rows(json.loads(heads.metadata["figures"])),
        "",
        "It reads English, and Spanish less well. It is a first look and no triage: it misses what nobody wrote.",
        "It takes grave words for grave, also where they are quoted.",
        "",
        "| learned from | SHA-256 |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in json.loads(heads.metadata["data"]).items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())

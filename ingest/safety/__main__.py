"""`python -m ingest.safety`: trains what the safety stage reads with, and measures it.

Two authors' prompts are kept for measuring, and one author's for the thresholds. With `--public DIR` public sets of
harmless questions, attacks and invented identifiers are read as well.
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

from ingest.export import export_changed
from ingest.safety import figures, public
from ingest.safety.invented import Invented
from ingest.safety.prompts import MEASURED, ORDINARY, PROMPTS, read_prompts
from ingest.safety.thresholds import chosen
from ingest.safety.training import Plan, train
from trustbot.embedding import PACKAGED, PACKAGED_SHA256, model_dir, verified_model
from trustbot.query.safety.classifier import LearnedClassifier
from trustbot.query.safety.identifiers import Identifiers
from trustbot.query.safety.model import Heads, SafetyModel, packaged
from trustbot.reading.model import change_hash

CALIBRATING = "d"
"""The author whose prompts thresholds are set on."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train, measure, and write the packaged file with its card."""
    parser = argparse.ArgumentParser(prog="python -m ingest.safety", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=packaged())
    parser.add_argument("--public", type=Path, metavar="DIR", help="folder of public sets")
    parser.add_argument("--epochs", type=int, default=Plan().epochs)
    args = parser.parse_args(argv)
    verified_model(PACKAGED)
    plan = Plan(epochs=args.epochs)
    prompts = [p for p in read_prompts() if p.author not in (*MEASURED, CALIBRATING)]
    prompts += read_prompts(ORDINARY)
    if args.public is not None:
        prompts += [*public.harmless(args.public), *public.attacks(args.public), *public.identifiers(args.public)]
    factors, heads = train(prompts, str(model_dir(PACKAGED)), Invented(plan.seed), plan)
    with tempfile.TemporaryDirectory() as place:
        held = [p for p in read_prompts() if p.author == CALIBRATING]
        thresholds = chosen(_opened(heads, factors, Path(place)), held)
        heads = replace(heads, thresholds=thresholds)
        told = measured(_opened(heads, factors, Path(place)), args.public)
    metadata = {
        "encoder": PACKAGED_SHA256,
        "graph": change_hash(factors),
        "data": json.dumps(_data(args.public)),
        "figures": json.dumps(told),
    }
    args.out.write_bytes(replace(heads, metadata=metadata).to_bytes(factors))
    args.out.with_suffix(".md").write_text(card(metadata, thresholds, plan), encoding="utf-8")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


def _opened(heads: Heads, factors: Mapping[str, object], place: Path) -> SafetyModel:
    _, encoder = export_changed([factors], change_hash(factors), place)
    return SafetyModel(encoder, heads)


def measured(model: SafetyModel, folder: Path | None) -> dict[str, dict[str, float]]:
    """The figures on the prompts that are kept for it, and on the other halves of the public sets."""
    classifier, masker = LearnedClassifier(model), Identifiers(model)
    own = [p for p in read_prompts() if p.author in MEASURED]
    told = {"own": {**figures.kinds(classifier, own), **_named(figures.identifiers(masker, own))}}
    if folder is not None:
        told["public"] = _named(figures.identifiers(masker, public.identifiers(folder, measured=True)))
        told["public"] |= figures.kinds(classifier, public.attacks(folder, measured=True))
    return told


def _named(told: Mapping[str, float]) -> dict[str, float]:
    return {f"identifiers: {name}": value for name, value in told.items()}


def _data(folder: Path | None) -> dict[str, str]:
    used = [PROMPTS, ORDINARY, *(public.files(folder) if folder else ())]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in used}


def card(metadata: Mapping[str, str], thresholds: Mapping[str, float], plan: Plan) -> str:
    """The model card: what it was made of and how, what it gives on what it did not see, and where it ends."""
    prompts = read_prompts()
    kinds = Counter(p.kind for p in prompts if p.author not in (*MEASURED, CALIBRATING))
    lines = [
        "# What the safety stage reads with",
        "",
        f"A low-rank change of the encoder {PACKAGED} with two linear heads: what kind of message it is, and which of",
        f"its words are identifiers. The weights are in `{packaged().name}`, under Apache-2.0, and",
        "`python -m ingest.safety --public DIR` makes them again.",
        "",
        f"- Encoder: {PACKAGED}, weights {metadata['encoder']}",
        f"- Plan: rank {plan.rank}, {plan.epochs} passes, rate {plan.rate}, batches of {plan.batch}, seed {plan.seed}",
        f"- Prompts: {', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items()))};",
        "  identifiers are exchanged for invented ones at every pass",
        f"- Thresholds, set on author `{CALIBRATING}`, whose prompts nothing was trained on: "
        + ", ".join(f"{name} {value:.2f}" for name, value in thresholds.items()),
        f"- Never trained on: author `{', '.join(MEASURED)}` and a half of each public set, of which the figures are",
        "",
        *figures.rows(json.loads(metadata["figures"])),
        "",
        "It reads English, and Spanish less well. It is a first look and no triage: it misses what nobody wrote.",
        "It takes grave words for grave, also where they are quoted.",
        "",
        "| learned from | SHA-256 |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in json.loads(metadata["data"]).items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())

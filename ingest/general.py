"""`python -m ingest.general`: trains the reader that reads any corpus, on the small guidances beside this module.

Some guidances are never trained on: what answers and when to decline is set on them, and their figures are printed.
Beside the guidances it learns from a part of a corpus's own bank, and, with `--public DIR`, from public sets of
conversations.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.public import files, read_public
from trustbot.models.cards import PACKAGED, PACKAGED_SHA256, model_dir, verified_model
from trustbot.reading.bank import BANK, read_bank
from trustbot.reading.classes import SEED
from trustbot.reading.fit import HELD_OUT, general
from trustbot.reading.material import Guidance, Material
from trustbot.reading.training import Plan
from trustbot.reading.weights import GENERAL, QUESTIONS, TOPICS, packaged
from trustbot.text.markdown import headings

GUIDANCES = Path(__file__).parent / "guidances"
HELD = ("medicines-round", "volunteers", "going-home")
"""Guidances that nothing is trained on."""
PASSES = 1
"""More made those that are held out no better."""
CORPUS = Path(__file__).parent.parent / "corpus" / "preceptor-trust"
SAMPLE = 3_000
"""Questions of that corpus's bank: as many as of eight guidances, so that it doesn't outweigh the others."""


def read_guidance(folder: Path) -> Guidance:
    """The statements of `guidance.md`, named by the bank beside it, under their headings."""
    text = (folder / "guidance.md").read_text(encoding="utf-8")
    bank = read_bank(folder / BANK, (), {"guidance": text})
    above = list(headings(text))
    texts = {}
    for named in bank.named:
        place = text.index(named.quote)
        texts[named.id] = (next(h.title for h in reversed(above) if h.start < place), named.quote)
    return Guidance(folder.name, texts, bank.examples)


def read_corpus(folder: Path, most: int = SAMPLE) -> Guidance:
    """The audited statements of a corpus with a part of its bank; never what its own reader is measured on."""
    claims = tomllib.loads((folder / "claims.toml").read_text(encoding="utf-8"))["claim"]
    texts = {claim["id"]: ("", str(claim["quote"])) for claim in claims}
    bank = read_bank(folder / BANK, {*texts, *TOPICS})
    known = [e for e in bank.examples if e.gold <= set(texts) and e.author != HELD_OUT]
    random.Random(SEED).shuffle(known)  # noqa: S311 - nothing secret
    return Guidance(folder.name, texts, known[:most])


def card(metadata: Mapping[str, str], plan: Plan) -> str:
    """The model card: what it was made of and how, and what it gives on guidances that it never saw."""
    told = json.loads(metadata["held_out"])
    names = list(next(iter(told.values())))
    rows = [f"| {name.replace('_', ' ')} | {' | '.join(f'{told[g][name]:.3g}' for g in told)} |" for name in names]
    lines = [
        "# Reader of any corpus",
        "",
        f"A low-rank change of the encoder {PACKAGED}, under which a question lies near the sentences that answer it,",
        f"with the classes of questions on the program itself. The weights are in `{GENERAL}`, under Apache-2.0, and",
        "`python -m ingest.general --public DIR` makes them again.",
        "",
        f"- Encoder: {PACKAGED}, weights {metadata['encoder']}",
        f"- Plan: rank {plan.rank}, {plan.epochs} pass, rate {plan.rate}, batches of {plan.batch}, seed {plan.seed}",
        f"- Never trained on, and what answers and declines is set on them: {', '.join(told)}",
        "",
        f"| figure | {' | '.join(told)} |",
        f"| --- |{' --- |' * len(told)}",
        *rows,
        "",
        "The thresholds were chosen on these same questions, so expect a little less elsewhere. It reads English.",
        "Without a bank of its own a corpus gets fewer right answers and more declined questions than with one.",
        "",
        "| learned from | SHA-256 |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in json.loads(metadata["data"]).items()),
    ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Train, print what the held-out guidances give, and write the packaged reader."""
    parser = argparse.ArgumentParser(prog="python -m ingest.general", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=packaged(GENERAL))
    parser.add_argument("--passes", type=int, default=PASSES)
    parser.add_argument("--public", type=Path, metavar="DIR", help="folder of public sets: CAsT, CANARD, MTRAG")
    args = parser.parse_args(argv)
    verified_model(PACKAGED)
    further: list[Material] = read_public(args.public) if args.public else []
    guidances = [read_guidance(folder) for folder in sorted(GUIDANCES.iterdir()) if folder.is_dir()]
    held = [g for g in guidances if g.name in HELD]
    rest = [g for g in guidances if g.name not in HELD]
    plan = Plan(epochs=args.passes, rate=5e-4)
    factors, model, told = general([*rest, read_corpus(CORPUS)], held, str(model_dir(PACKAGED)), plan, further)
    used = {g.name: GUIDANCES / g.name / BANK for g in guidances}
    used |= {CORPUS.name: CORPUS / BANK, "product": packaged(QUESTIONS)}
    used |= {path.name: path for path in (files(args.public) if args.public else ())}
    data = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in used.items()}
    metadata = {
        "name": "local, any corpus",
        "encoder": PACKAGED_SHA256,
        "data": json.dumps(data),
        "held_out": json.dumps(told),
    }
    args.out.write_bytes(replace(model, metadata=metadata).to_bytes(factors))
    args.out.with_suffix(".md").write_text(card(metadata, plan), encoding="utf-8")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

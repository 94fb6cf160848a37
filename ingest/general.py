"""`python -m ingest.general`: trains the reader that reads any corpus, on the small guidances beside this module.

One guidance is never trained on: what answers and when to decline is set on it, and its figures are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trustbot.embedding import PACKAGED, PACKAGED_SHA256, model_dir, verified_model
from trustbot.markdown import headings
from trustbot.reading.bank import BANK, read_bank
from trustbot.reading.fit import general
from trustbot.reading.training import Guidance, Plan
from trustbot.reading.weights import GENERAL, QUESTIONS, packaged

GUIDANCES = Path(__file__).parent / "guidances"
HELD = ("medicines-round", "volunteers", "going-home")
"""Guidances that nothing is trained on."""
PASSES = 1
"""More made those that are held out no better."""


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


def main(argv: Sequence[str] | None = None) -> int:
    """Train, print what the held-out guidances give, and write the packaged reader."""
    parser = argparse.ArgumentParser(prog="python -m ingest.general", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=packaged(GENERAL))
    parser.add_argument("--passes", type=int, default=PASSES)
    args = parser.parse_args(argv)
    verified_model(PACKAGED)
    guidances = [read_guidance(folder) for folder in sorted(GUIDANCES.iterdir()) if folder.is_dir()]
    held = [g for g in guidances if g.name in HELD]
    rest = [g for g in guidances if g.name not in HELD]
    factors, model, told = general(rest, held, str(model_dir(PACKAGED)), Plan(epochs=args.passes, rate=5e-4))
    data = {f"{g.name}": hashlib.sha256((GUIDANCES / g.name / BANK).read_bytes()).hexdigest() for g in guidances}
    data["product"] = hashlib.sha256(packaged(QUESTIONS).read_bytes()).hexdigest()
    metadata = {
        "name": "local, any corpus",
        "encoder": PACKAGED_SHA256,
        "data": json.dumps(data),
        "held_out": json.dumps(told),
    }
    args.out.write_bytes(replace(model, metadata=metadata).to_bytes(factors))
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

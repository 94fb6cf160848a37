"""Public development sets: harmless questions, attacks, invented identifiers. A model card names them by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ingest.safety.prompts import HARMLESS, Prompt
from trustbot.files.jsonl import Line, read_lines

QUESTIONS = {
    "pubmedqa_queries.jsonl": "query",
    "expertqa_questions.jsonl": "question",
    "cast_rewrites.jsonl.gz": "rewrite",
}
"""Files of harmless questions, and the field that holds one."""
ATTACKS = "injection_prompts.jsonl.gz"
IDENTIFIERS = "presidio_pii.jsonl"
TYPES = {
    "PERSON": "NAME",
    "STREET_ADDRESS": "ADDRESS",
    "PHONE_NUMBER": "PHONE",
    "EMAIL_ADDRESS": "EMAIL",
    "US_SSN": "SSN",
    "CREDIT_CARD": "ACCOUNT",
    "IBAN_CODE": "ACCOUNT",
}
"""Types of that set that are identifiers here; those of `IGNORED` are none, and teach nothing where they stand."""
IGNORED = frozenset(("GPE", "ORGANIZATION", "DATE_TIME", "AGE", "ZIP_CODE", "TITLE", "NRP", "DOMAIN_NAME"))
LONGEST = 400
MOST = 350
"""Harmless questions of a file."""
HEALTH = "benign_health_questions.jsonl"
UNSAFE = "unsafe_prompts.jsonl"
TRIAGE = "triage_vignettes.jsonl"


def kept_back(name: str) -> bool:
    """Whether what has this name is measured on and never trained on: a half, by its hash."""
    return hashlib.sha256(f"safety:{name}".encode()).digest()[0] % 2 == 0


def files(folder: Path) -> list[Path]:
    """The files that are read."""
    return [folder / name for name in (*QUESTIONS, ATTACKS, IDENTIFIERS)]


def harmless(folder: Path) -> list[Prompt]:
    """Questions of all kinds that want nothing of a safety stage."""
    found = []
    for name, field in QUESTIONS.items():
        texts = (str(line.record.get(field) or "") for line in read_lines(folder / name))
        found += [Prompt(t, author=name, tagged=False) for t in texts if 0 < len(t) < LONGEST and not kept_back(t)][
            :MOST
        ]
    return found


def health(folder: Path) -> list[Prompt]:
    """Harmless questions on health, of that half of them which nothing is trained on."""
    texts = (line.required_text("text") for line in read_lines(folder / HEALTH))
    return [Prompt(text, author=HEALTH, tagged=False) for text in texts if kept_back(text)]


def safe_twins(folder: Path) -> list[Prompt]:
    """Harmless prompts that share their words with unsafe ones; nothing is trained on them."""
    lines = read_lines(folder / UNSAFE)
    return [Prompt(li.required_text("text"), author=UNSAFE, tagged=False) for li in lines if not li.record["label"]]


def triage(folder: Path) -> list[Prompt]:
    """Patients' messages with the kind that a clinician's triage makes of them; nothing is trained on them.

    All but those on suicide are questions about somebody's own health, and some of these are emergencies as well.
    """
    return [
        Prompt(li.required_text("text"), kind="self_harm" if li.record["self_harm"] else "clinical", author=TRIAGE)
        for li in read_lines(folder / TRIAGE)
    ]


def attacks(folder: Path, *, measured: bool = False) -> list[Prompt]:
    """The attacks and harmless prompts of one half of their set."""
    found = []
    for line in read_lines(folder / ATTACKS):
        text = line.required_text("text")
        if kept_back(line.identifier()) == measured and len(text) < LONGEST:
            kind = "attack" if line.record["label"] else HARMLESS
            found.append(Prompt(text, kind=kind, author=ATTACKS, tagged=False))
    return found


def identifiers(folder: Path, *, measured: bool = False) -> list[Prompt]:
    """Texts with identifiers, of one half of the templates."""
    lines = read_lines(folder / IDENTIFIERS)
    return [p for line in lines if kept_back(str(line.record["template"])) == measured for p in _identifiers(line)]


def _identifiers(line: Line) -> Iterator[Prompt]:
    spans = line.record["spans"]
    known = tuple(sorted((s["start"], s["end"], TYPES[s["type"]]) for s in spans if s["type"] in TYPES))
    # What is half an identifier (an age, a city) would teach that its neighbours are none.
    if known or not any(s["type"] in IGNORED for s in spans):
        yield Prompt(line.required_text("text"), spans=known, author=IDENTIFIERS)

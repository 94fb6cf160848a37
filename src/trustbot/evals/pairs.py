"""Labelled sentences beside what they cite: public attribution sets and the corpus's own -> `Pair`s.

In: JSONL files, packed by gzip or not. Out: pairs with a label and the part that they belong to. Public sets are cut in
folds by the hash of a group (a question, a claim), so that no group is in two; the corpus's own set names its halves
itself. This module weighs nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustbot.files.jsonl import read_lines

NO_EVIDENCE = "NOT_ENOUGH_INFO"
SUPPORTS, CONTRADICTS = "SUPPORT", "CONTRADICT"
JUDGED = {"Complete": True, "Partial": False, "Incomplete": False}
"""ExpertQA's judgements of support; claims that nobody judged, or that cite nothing, are left out."""
FOLDS = 5
_ADDRESS = re.compile(r"^\s*\[\d+\]\s*\S*https?://\S+\s*")
_MARKS = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and the texts that it cites; `kind` is the part of its set that it is reported with."""

    id: str
    sentence: str
    passages: tuple[str, ...]
    supported: bool
    kind: str
    part: str
    """Its fold, in a public set; the half that its author put it in, in the corpus's own."""
    reference: int | None = None


def attributionbench(path: Path) -> list[Pair]:
    """AttributionBench's claims, by question."""
    return [
        Pair(r["id"], bare(r["claim"]), tuple(r["references"]), bool(r["label"]), r["source"], fold_of(r["question"]))
        for r in records(path)
    ]


def expertqa(path: Path) -> list[Pair]:
    """ExpertQA's claims that cite a text and were judged, by question.

    What some systems cite is an address without a text; the experts looked it up, and the set doesn't hold it.
    """
    found = [(r, _texts(r["evidence"])) for r in records(path) if r["support"] in JUDGED]
    return [
        Pair(r["id"], bare(r["claim"]), texts, JUDGED[r["support"]], r["field"], fold_of(r["question"]))
        for r, texts in found
        if texts
    ]


def _texts(evidence: Sequence[Any]) -> tuple[str, ...]:
    """What is cited, without the number and the address before each text; addresses alone are left out."""
    bodies = (_ADDRESS.sub("", str(one)) for one in evidence or ())
    return tuple(body for body in bodies if body.strip())


def scifact(path: Path, corpus: Path) -> list[Pair]:
    """SciFact's claims beside each abstract that they cite: supported, contradicted or neither."""
    abstracts = {r["id"]: f"{r['title'].rstrip('.')}. {' '.join(r['sentences'])}" for r in records(corpus)}
    pairs = []
    for r in records(path):
        labels = {e["doc"]: e["label"] for e in r["evidence"]}
        for document in r["gold"]:
            kind = labels.get(document, NO_EVIDENCE)
            pairs.append(Pair(r["id"], r["query"], (abstracts[document],), kind == SUPPORTS, kind, fold_of(r["id"])))
    return pairs


def own(path: Path) -> list[Pair]:
    """The corpus's own set: sentences about its passages, right ones and ones with a planted error."""
    return [
        Pair(
            id=r["id"],
            sentence=r["sentence"],
            passages=tuple(r["passages"]),
            supported=bool(r["supported"]),
            kind=r["kind"],
            part=r["split"],
            reference=r["reference"],
        )
        for r in records(path)
    ]


def fold_of(group: str) -> str:
    """The fold of a group, by its SHA-256."""
    return str(int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % FOLDS)


def bare(claim: str) -> str:
    """A claim without its markers."""
    return _MARKS.sub("", claim)


def records(path: Path) -> list[Mapping[str, Any]]:
    """The objects of a JSONL file; InvalidInput if it can't be read."""
    return [line.record for line in read_lines(path)]

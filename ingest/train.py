"""`trustbot-ingest --train`: what the question bank of a corpus teaches, as a file beside it with a model card."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trustbot.errors import InvalidInput, StorageError
from trustbot.models.cards import PACKAGED, PACKAGED_SHA256, model_dir, verified_model
from trustbot.reading.averaging import averaged
from trustbot.reading.bank import BANK, Bank, read_bank
from trustbot.reading.fit import HELD_OUT, trained
from trustbot.reading.model import FILE, ReaderModel, change_hash, load_model
from trustbot.reading.training import Plan
from trustbot.reading.weights import TOPICS, general_bytes
from trustbot.types import Corpus

CARD = "reader.md"
FEWEST = 200
"""Questions below which a change of the encoder learns the questions and not what they ask."""
MOST_BYTES = 4_000_000


def train_reader(directory: Path, corpus: Corpus, plan: Plan | None = None) -> Path:
    """Train on the bank in `directory`, write the reader file and its card there; the file's path.

    Raises InvalidInput where there is no bank, or one too small; StorageError where the files can't be written.
    """
    bank = _bank(directory, corpus)
    plan = plan or Plan()
    _, change = load_model(general_bytes(), "The packaged reader")
    factors, model, told = trained(bank, corpus, str(model_dir(PACKAGED)), change, plan=plan)
    named = {name: getattr(plan, name) for name in ("rank", "epochs", "rate", "batch", "seed")}
    content = _content(model, factors, _metadata(bank, corpus, told, change_hash(change), json.dumps(named)))
    return _write(directory, content, card(bank, corpus, _plan_line(named), told))


def average_readers(directory: Path, corpus: Corpus, files: Sequence[Path]) -> Path:
    """The mean of readers that were trained before, settled on the bank in `directory`; written as `train_reader` does.

    Raises InvalidInput for fewer than two files, one that can't be read, or trained on another general reader;
    ModelError for one that is no reader.
    """
    if len(files) < 2:
        raise InvalidInput("A mean takes two trained readers or more: --average FILE FILE.")
    bank = _bank(directory, corpus)
    _, change = load_model(general_bytes(), "The packaged reader")
    general = change_hash(change)
    readers, hashes = [], []
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InvalidInput(f"{file} can't be read ({error.strerror}). Name files that --train wrote.") from None
        reader = load_model(content, str(file))
        if reader[0].metadata.get("general") != general:
            raise InvalidInput(f"{file} was trained on another general reader. Train it again with --train.")
        readers.append(reader)
        hashes.append(hashlib.sha256(content).hexdigest())
    factors, model, told = averaged(readers, bank, corpus, str(model_dir(PACKAGED)), change)
    plan = readers[0][0].metadata["plan"]
    lines = f"{_plan_line(json.loads(plan))}, of each of the trainings\n- Mean of the trainings: {', '.join(hashes)}"
    content = _content(model, factors, _metadata(bank, corpus, told, general, plan))
    return _write(directory, content, card(bank, corpus, lines, told))


def _bank(directory: Path, corpus: Corpus) -> Bank:
    path = directory / BANK
    if not path.is_file():
        raise InvalidInput(
            f"There is no question bank {path}. Write one, or draft it with `trustbot-ingest questions`."
        )
    documents = {d.id: d.text for d in corpus.documents}
    bank = read_bank(path, {*(a.claim_id for a in corpus.audits), *TOPICS}, documents)
    if len(bank.examples) < FEWEST:
        raise InvalidInput(
            f"{path} has {len(bank.examples)} questions; training takes at least {FEWEST}. Without it the reader is "
            "adapted at each ingest."
        )
    verified_model(PACKAGED)
    return bank


def _content(model: ReaderModel, factors: Mapping[str, Any], told: Mapping[str, str]) -> bytes:
    content = replace(model, metadata={**told, "encoder": PACKAGED_SHA256}).to_bytes(factors)
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"The trained reader has {len(content):,} bytes, more than {MOST_BYTES:,}. Lower its rank.")
    return content


def _metadata(bank: Bank, corpus: Corpus, told: Mapping[str, float], general: str, plan: str) -> dict[str, str]:
    named = {"bank": bank.content_hash, "held_out": json.dumps(told), "name": f"local, {corpus.id}"}
    return {**named, "general": general, "plan": plan}


def _write(directory: Path, content: bytes, told: str) -> Path:
    try:
        (directory / FILE).write_bytes(content)
        (directory / CARD).write_text(told, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{directory / FILE} can't be written ({error.strerror}).") from None
    return directory / FILE


def _plan_line(plan: Mapping[str, Any]) -> str:
    passes = f"{plan['epochs']} passes, rate {plan['rate']}, batches of {plan['batch']}, seed {plan['seed']}"
    return f"- Plan: rank {plan['rank']}, {passes}"


def card(bank: Bank, corpus: Corpus, plan: str, told: Mapping[str, float]) -> str:
    """The model card: what it was made of and how, what it gives on what it did not see, and where it ends."""
    kinds = Counter(e.kind for e in bank.examples)
    authors = Counter(e.author for e in bank.examples)
    held = f"those of author `{HELD_OUT}`" if authors.get(HELD_OUT) else "every tenth"
    lines = [
        f"# Reader of the corpus “{corpus.title}”",
        "",
        f"A low-rank change of the encoder {PACKAGED}, on top of the packaged general one, with the classes of",
        f"this corpus's question bank. `make train` makes it again; the weights are in `{FILE}`, under Apache-2.0.",
        "",
        f"- Encoder: {PACKAGED}, weights {PACKAGED_SHA256}",
        f"- Questions: {len(bank.examples)} by {len(authors)} authors, bank {bank.content_hash}",
        f"- Kinds: {', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items()))}",
        plan,
        f"- Held out, for calibration and for these figures: {held}",
        "",
        "| figure on the held-out questions | value |",
        "| --- | --- |",
        *(f"| {name.replace('_', ' ')} | {value:.3g} |" for name, value in told.items()),
        "",
        "The thresholds were chosen on these same questions, so expect a little less elsewhere. It knows what the bank",
        "asks: a sentence without questions is read by the general reader. It reads English, and the last 160 word",
        "pieces of a question with two earlier ones. With another bank or other weights it is not used.",
    ]
    return "\n".join(lines) + "\n"

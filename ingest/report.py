"""What an ingest did: the figures, and the text that a person reads.

In: counts that the build collected. Out: a frozen `Report` and its text. This module knows neither files nor
models.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One document that went in. `embedded`, `reused` and `removed` count chunks."""

    id: str
    sections: int
    chunks: int
    sentences: int
    tokens: int
    """cl100k tokens of the whole document."""
    embedded: int
    reused: int
    removed: int = 0
    """Chunks that the version before had and this one hasn't."""
    unquotable: int = 0
    """Sentences that are never quoted, because they are longer than the document's licence allows."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One document that did not go in, and the sentence that says why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was concluded about a document as it was read, without a full stop."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did."""

    corpus_id: str
    corpus_version: str
    index: Path
    """Folder of the version that is now served."""
    fingerprint: str
    unchanged: bool
    documents: tuple[DocumentReport, ...]
    refused: tuple[Refusal, ...]
    removed: tuple[str, ...]
    """Documents that the version before had and this one hasn't."""
    removed_chunks: int
    """Chunks of the version before that are gone, those of removed documents included."""
    seconds: float
    reader: str = ""
    """What reads questions, and what held-out ones of the bank find."""
    notes: tuple[Note, ...] = ()
    """What was concluded about files as they were read, such as their encoding."""
    sent: str = ""
    """What became of it on a Chroma server, as a sentence; empty without one."""
    mended: bool = False
    """Whether stored texts or their records were lost or altered, and were written anew."""

    @property
    def chunks(self) -> int:
        """Chunks in the index."""
        return sum(d.chunks for d in self.documents)

    @property
    def embedded(self) -> int:
        """Chunks whose vectors were made in this run."""
        return sum(d.embedded for d in self.documents)

    @property
    def reused(self) -> int:
        """Chunks whose vectors were taken over from the version before."""
        return sum(d.reused for d in self.documents)

    def to_dict(self) -> dict[str, Any]:
        """The report for a program, as plain JSON types."""
        return asdict(self) | {"index": str(self.index), "chunks": self.chunks}

    def text(self, rows: int = 40) -> str:
        """The report for a terminal; at most `rows` documents are listed one by one, those that changed
        first."""
        title = f"Corpus {self.corpus_id} {self.corpus_version}"
        done = "nothing changed, nothing was written." if self.unchanged else "indexed."
        if self.mended:
            rest = "nothing else changed." if self.unchanged else done
            done = f"stored documents were damaged and are mended; {rest}"
        lines = [f"{title}: {done}"]
        lines += ["", *_table(self.documents, rows)]
        if self.removed:
            lines.append(f"Removed: {_some(self.removed)}.")
        long = {d.id: d.unquotable for d in self.documents if d.unquotable}
        if long:
            listed = _some(tuple(f"{document} {count}" for document, count in long.items()))
            lines += ["", f"Sentences longer than their licence allows to quote, never quoted: {listed}."]
        if self.notes:
            lines += ["", "Said of what was read:", *(f"  {n.id}: {n.text}." for n in self.notes[:rows])]
            lines += [f"  and {len(self.notes) - rows} more"] if len(self.notes) > rows else []
        if self.refused:
            lines += ["", f"Refused ({len(self.refused)}):"]
            lines += [f"  {r.id}: {r.reason}" for r in self.refused[:rows]]
            lines += [f"  and {len(self.refused) - rows} more"] if len(self.refused) > rows else []
        lines += [
            "",
            f"{len(self.documents)} documents, {self.chunks} chunks: {self.embedded} embedded, {self.reused} "
            f"reused, {self.removed_chunks} removed, in {self.seconds:.1f} s.",
            *filter(None, [self.reader]),
            f"Index: {self.index}",
            *filter(None, [self.sent]),
            f"Fingerprint: {self.fingerprint}",
        ]
        return "\n".join(lines)


def _table(documents: tuple[DocumentReport, ...], rows: int) -> list[str]:
    heads = ("document", "sections", "chunks", "sentences", "tokens", "embedded", "reused", "removed")
    if len(documents) > rows:
        changed = sorted(documents, key=lambda d: not (d.embedded or d.removed))
        shown = changed[:rows]
    else:
        shown = list(documents)
    width = max([len(heads[0]), *(len(d.id) for d in shown)])
    lines = ["  ".join([heads[0].ljust(width), *heads[1:]])]
    for d in shown:
        numbers = (d.sections, d.chunks, d.sentences, d.tokens, d.embedded, d.reused, d.removed)
        cells = [str(n).rjust(len(head)) for n, head in zip(numbers, heads[1:], strict=True)]
        lines.append("  ".join([d.id.ljust(width), *cells]))
    if len(documents) > len(shown):
        lines.append(f"and {len(documents) - len(shown)} more")
    return lines


def _some(names: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

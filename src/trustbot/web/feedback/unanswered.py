"""What was asked and not answered, counted without a word of it: by the statement or the topic that was nearest, and by
the question of the corpus's bank that stands for what is asked alike.

    <data_dir>/unanswered/<corpus>.sqlite3

In: an Answer that declines, the question of the bank that stands for what was asked, and who asked. Out: how many
askers came nearest to which statement without being answered, and how many asked alike; only of what at least `LEAST`
of them have in common, so that no row is about anybody. Of who asked, a digest with a salt of the day is kept; the salt
is deleted with its day, after which nobody can tell whose digest it was. So who asks on two days counts twice. The two
counts have digests of their own, so that nobody can tell which statement belongs to which question. Each call opens the
file for itself, so threads and processes may share it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from trustbot.errors import StorageError
from trustbot.types import Answer, Corpus

LEAST = 5
"""Fewest askers of which anything is told."""
COUNTED = ("closest", "abstained")
"""Outcomes that say that the sources have no answer; what was refused was not asked of them."""
_TABLES = (
    "create table if not exists salts (day text primary key, salt blob not null)",
    "create table if not exists asked (day text not null, outcome text not null, kind text not null, "
    "nearest text not null, asker text not null, unique (day, outcome, kind, nearest, asker))",
    # In the order of the key: that of time would lead from a row here to the one there.
    "create table if not exists alike (day text not null, outcome text not null, question text not null, "
    "asker text not null, primary key (day, outcome, question, asker)) without rowid",
)
_BUSY_SECONDS = 2.0

Kind = Literal["statement", "topic", "nothing"]
log = logging.getLogger("trustbot.web")


class Row(NamedTuple):
    """How many askers came nearest to one statement (an id of a claim or a chunk), or to one topic (its name)."""

    kind: Kind
    nearest: str
    outcome: str
    askers: int


class Alike(NamedTuple):
    """How many askers asked like one question of the corpus's bank; like none of them where it is empty."""

    question: str
    outcome: str
    askers: int


class Unanswered(NamedTuple):
    """Every row that is told, most askers first, and how many askers the others have together; by either count."""

    rows: tuple[Row, ...] = ()
    rest: int = 0
    alike: tuple[Alike, ...] = ()
    alike_rest: int = 0


class UnansweredStore:
    """The counts in one file, which appears with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, answer: Answer, asker: str, now: datetime | None = None, *, cluster: str | None = None) -> None:
        """Count a question that was not answered; where that can't be written, the log says so and nobody else.

        `cluster` is the question of the bank that stands for it, empty where none does, and None without a bank.
        """
        if answer.outcome not in COUNTED:
            return
        day = f"{now or datetime.now(UTC):%Y-%m-%d}"
        try:
            with self._writing() as db:
                db.execute("delete from salts where day < ?", (day,))
                db.execute("insert or ignore into salts values (?, ?)", (day, secrets.token_bytes(32)))
                salt: bytes = db.execute("select salt from salts where day = ?", (day,)).fetchone()[0]
                row = (day, answer.outcome, *nearest_of(answer), _digest(salt, "nearest", asker))
                db.execute("insert or ignore into asked values (?, ?, ?, ?, ?)", row)
                if cluster is not None:
                    alike = (day, answer.outcome, cluster, _digest(salt, "alike", asker))
                    db.execute("insert or ignore into alike values (?, ?, ?, ?)", alike)
        except (sqlite3.Error, OSError) as error:
            log.error("what was not answered could not be counted: %s", error)

    def read(self, since: str = "") -> Unanswered:
        """The counts, from the day `since` on (YYYY-MM-DD). Raises StorageError where the file can't be read."""
        if not self.path.exists():
            return Unanswered()
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as db:
                found = db.execute(
                    "select kind, nearest, outcome, count(*) as askers from asked where day >= ? "
                    "group by kind, nearest, outcome order by askers desc, nearest",
                    (since,),
                ).fetchall()
                # A file of an earlier version has no such table.
                grouped = (
                    db.execute("select 1 from sqlite_master where name = 'alike'").fetchone()
                    and db.execute(
                        "select question, outcome, count(*) as askers from alike where day >= ? "
                        "group by question, outcome order by askers desc, question",
                        (since,),
                    ).fetchall()
                )
        except sqlite3.Error as error:
            raise StorageError(
                f"{self.path} can't be read ({error}). Restore it from a copy, or move it away: a new one is begun."
            ) from None
        rows, alike = [Row(*values) for values in found], [Alike(*values) for values in grouped or ()]
        return Unanswered(
            tuple(row for row in rows if row.askers >= LEAST),
            sum(row.askers for row in rows if row.askers < LEAST),
            tuple(row for row in alike if row.askers >= LEAST),
            sum(row.askers for row in alike if row.askers < LEAST),
        )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("pragma secure_delete = on")  # a salt that was only marked as free could be found again
            db.execute("begin immediate")
            for table in _TABLES:
                db.execute(table)
            yield db
            db.execute("commit")


def _digest(salt: bytes, purpose: str, asker: str) -> str:
    return hashlib.sha256(salt + purpose.encode() + b"\0" + asker.encode("utf-8", "replace")).hexdigest()[:24]


def nearest_of(answer: Answer) -> tuple[Kind, str]:
    """What an answer that declines is nearest to; of the question itself it holds nothing."""
    if answer.closest:
        first = answer.closest[0]
        return "statement", first.audit.claim_id if first.audit else first.quote.chunk.id
    return ("topic", answer.nearest[0]) if answer.nearest else ("nothing", "")


def words_of(row: Row, corpus: Corpus) -> str:
    """The words of the sources that a row is nearest to; its id where they are no longer in the corpus."""
    if row.kind != "statement":
        return row.nearest
    claimed = next((audit.quote for audit in corpus.audits if audit.claim_id == row.nearest), None)
    return claimed or next((chunk.text for chunk in corpus.chunks if chunk.id == row.nearest), row.nearest)

"""Readers' feedback on answers, in one SQLite file: what was said of which answer, by default without its question.

    <data_dir>/feedback/<corpus>.sqlite3

In: a token that only one exchange has, and what its reader says of its answer. Out: rows and counts of them. Of the
token a digest is stored, so that the same reader can change or withdraw what was said and nobody can tell who it was.
Each call opens the file for itself, so threads and processes may share it. This module knows no screen.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from urllib.parse import quote

from filelock import FileLock, Timeout

from trustbot.errors import InvalidInput, StorageError
from trustbot.index.versions import is_full
from trustbot.presentation.wire import answer_id
from trustbot.types import Outcome
from trustbot.web.feedback.judgements import Feedback, Place, Reason, Row, Summary, Verdict, summarise

__all__ = ["Feedback", "FeedbackStore", "Place", "Reason", "Row", "Summary", "Verdict"]

SCHEMA = 2
"""1 had no comments; its file is brought up to date as the next feedback is written."""
PERSONA_LIMIT = 60
"""Most characters of a persona; no program's own has as many."""
_BUSY_SECONDS = 10.0
_TABLE = """
create table feedback (
    id integer primary key autoincrement,
    exchange text not null unique,
    given text not null,
    answer text not null,
    outcome text not null,
    corpus text not null,
    corpus_version text not null,
    fingerprint text not null,
    places text not null,
    language text not null,
    persona text,
    verdict text not null,
    reasons text not null,
    question text,
    comment text
)"""
_COLUMNS = (
    *("given", "answer", "outcome", "corpus", "corpus_version", "fingerprint", "places"),
    *("language", "persona", "verdict", "reasons", "question", "comment"),
)
# Only names of columns are put together here, never a value.
_PUT = (
    f"insert into feedback (exchange, {', '.join(_COLUMNS)}) values (?{', ?' * len(_COLUMNS)}) "  # noqa: S608
    f"on conflict (exchange) do update set {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"
)
_GET = f"select id, {', '.join(_COLUMNS)} from feedback where given >= ? order by given, id"  # noqa: S608
_GET_OLD = _GET.replace(", comment", ", null")
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


class FeedbackStore:
    """The feedback in one file, which appears with the first row.

    Every method raises StorageError, with what to do, if the file is damaged or the folder can't be used.
    """

    def __init__(self, path: Path, *, keep_questions: bool = False, keep_comments: bool = False) -> None:
        self.path = path
        self.keep_comments = keep_comments
        self.keep_questions = keep_questions

    def give(self, token: str, feedback: Feedback) -> None:
        """Keep what the reader of the exchange with this token says, instead of what was said there before.

        Raises InvalidInput for an empty token.
        """
        answer = feedback.answer
        places = [
            Place(c.number, c.document.id, c.document.content_hash, c.quote.start, c.quote.end)
            for c in answer.citations
        ]
        values = (
            _now(),
            answer_id(answer),
            answer.outcome,
            feedback.corpus,
            answer.trace.corpus_version,
            answer.trace.fingerprint,
            json.dumps([asdict(place) for place in places]),
            feedback.language,
            (feedback.persona or "")[:PERSONA_LIMIT] or None,
            feedback.verdict,
            json.dumps(list(dict.fromkeys(feedback.reasons))),
            feedback.question if self.keep_questions else None,
            feedback.comment if self.keep_comments else None,
        )
        with self._writing() as db:
            db.execute(_PUT, (_digest(token), *values))

    def withdraw(self, token: str) -> bool:
        """Delete what the reader of that exchange said; False if nothing was."""
        return self._delete("exchange = ?", _digest(token)) == 1

    def delete_before(self, moment: datetime) -> int:
        """Delete what was given before `moment`, which is aware of its time zone; how many rows that were."""
        return self._delete("given < ?", _written(moment))

    def rows(self, since: datetime | None = None) -> tuple[Row, ...]:
        """What was given, oldest first; from `since` on, where it is given."""
        with self._reading() as db:
            get = _GET_OLD if db and self._version(db) == 1 else _GET
            found = db.execute(get, (_written(since) if since else "",)).fetchall() if db else []
            try:
                return tuple(_row(*values) for values in found)
            except (ValueError, TypeError, KeyError):
                raise self._damaged() from None

    def summary(self, since: datetime | None = None) -> Summary:
        """The same rows, counted."""
        return summarise(self.rows(since))

    def _delete(self, condition: str, value: str) -> int:
        if not self.path.exists():
            return 0
        with self._writing() as db:
            count: int = db.execute(f"delete from feedback where {condition}", (value,)).rowcount  # noqa: S608 - ours
        with self._open("rw") as db:
            db.execute("pragma wal_checkpoint(truncate)")  # the log would hold the deleted rows until its next one
        return count

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # Readable by the account of the server only, as are the files that SQLite puts beside it.
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise self._unusable("written", error.strerror or str(error)) from None
        with self._open("rw") as db:
            version = self._version(db)
            if version < SCHEMA:
                self._create(db) if not version else self._add_comments(db)
            # Deleted rows are overwritten, not only marked as free.
            db.execute("pragma secure_delete = on")
            db.execute("begin immediate")
            yield db
            db.execute("commit")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The file, or None where nothing was ever given."""
        if not self.path.exists():
            yield None
            return
        mode = "ro"
        # In a folder that can't be written, SQLite reads only what it is told that nobody writes.
        if not os.access(self.path.parent, os.W_OK) and not self.path.with_name(self.path.name + "-wal").exists():
            mode = "ro&immutable=1"
        with self._open(mode) as db:
            yield db if self._version(db) else None

    @contextlib.contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        address = f"file:{quote(str(self.path.absolute()))}?mode={mode}"
        try:
            with contextlib.closing(
                sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as db:
                yield db
        except (sqlite3.Error, Timeout) as error:
            raise self._told(error, "written" if mode == "rw" else "read") from None

    def _version(self, db: sqlite3.Connection) -> int:
        """Version of the file's schema, 0 for a new file; StorageError for one that this program doesn't know."""
        db.execute("begin")  # both are read at one moment: another process may be making the table
        version: int = db.execute("pragma user_version").fetchone()[0]
        tables: int = db.execute("select count(*) from sqlite_master").fetchone()[0]
        db.execute("commit")
        if version > SCHEMA or (tables and not version):
            raise StorageError(
                f"{self.path} was not written by this version of trustbot; nothing was changed. Use the version that "
                "wrote it, or move the file away: a new one is begun."
            )
        return version

    def _create(self, db: sqlite3.Connection) -> None:
        with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=_BUSY_SECONDS):
            if self._version(db):
                return  # another process was faster
            db.execute("pragma journal_mode = wal")  # readers don't wait for a writer
            db.execute("begin immediate")
            db.execute(_TABLE)
            db.execute(f"pragma user_version = {SCHEMA}")
            db.execute("commit")

    def _add_comments(self, db: sqlite3.Connection) -> None:
        with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=_BUSY_SECONDS):
            if self._version(db) != 1:
                return  # another process was faster
            db.execute("begin immediate")
            db.execute("alter table feedback add column comment text")
            db.execute(f"pragma user_version = {SCHEMA}")
            db.execute("commit")

    def _told(self, error: Exception, done: str) -> StorageError:
        code = getattr(error, "sqlite_errorcode", None)
        if code in _DAMAGE or (code is not None and code & 0xFF in _DAMAGE[:2]):
            return self._damaged()
        if is_full(error):
            return StorageError(f"There is no room left on the disk for the feedback in {self.path}. Free some space.")
        if isinstance(error, Timeout) or "locked" in str(error):
            return StorageError(f"{self.path} is being written by another program. Try again in a few seconds.")
        return self._unusable(done, str(error))

    def _unusable(self, done: str, why: str) -> StorageError:
        return StorageError(
            f"The feedback in {self.path} can't be {done} ({why}). Give the account that runs trustbot the right to "
            "use this file and its folder, or set TRUSTBOT_DATA_DIR to another folder."
        )

    def _damaged(self) -> StorageError:
        return StorageError(
            f"The feedback in {self.path} is damaged. Restore the file from a copy, or move it away: a new one is "
            "begun with the next feedback."
        )


def _row(*values: object) -> Row:
    """A row as it was read; ValueError, TypeError or KeyError if that is none."""
    fields = dict(zip(("id", *_COLUMNS), values, strict=True))
    places = tuple(Place(**place) for place in json.loads(str(fields["places"])))
    reasons = tuple(json.loads(str(fields["reasons"])))
    row = Row(**{**fields, "places": places, "reasons": reasons})  # type: ignore[arg-type]
    closed = ((row.outcome, Outcome), (row.verdict, Verdict), *((reason, Reason) for reason in reasons))
    if any(value not in get_args(kind) for value, kind in closed):
        raise ValueError("a value that is never written")
    return row


def _digest(token: str) -> str:
    if not token:
        raise InvalidInput("Feedback needs a token that names its exchange. Give one that nobody can guess.")
    return hashlib.sha256(b"trustbot feedback\x1f" + token.encode("utf-8")).hexdigest()


def _now() -> str:
    return _written(datetime.now(UTC))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

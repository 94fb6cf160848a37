"""Signs what trustbot says when it says it, and tells of what comes back whether it was said here.

In: a file with the key, which is made at first use, and answers, turns or a record. Out: their signatures; or whether
one holds, and what was changed since. A signature is an HMAC (SHA-256) over a digest of each part of what is signed, so
that a change can be named. Only who has the key can check it: another trustbot says that a record was signed elsewhere.
This module knows no corpus: whether a quote stands in its document is `checking`'s business.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from trustbot.errors import StorageError
from trustbot.files.key_file import kept_key, read_key
from trustbot.presentation.wire import answer_to_dict
from trustbot.query.guard import plain
from trustbot.records import record
from trustbot.records.record import Origin, Record, RecordedTurn, Signature
from trustbot.types import Answer, Corpus

LENGTH = 32
"""Bytes of a key."""
Kind = Literal["turn", "record"]
Provenance = Literal["signed", "changed", "elsewhere", "unsigned"]
"""Signed here and as it was; signed here and changed since; signed with another key; or not signed at all."""
SIGNATURE = "the signature itself"
PARTS = {
    "question": "the question",
    "standalone": "what the question was understood as",
    "outcome": "the outcome",
    "text": "the text",
    "reason": "the reason",
    "notices": "the notices",
    "citations": "the quotes",
    "corpus_version": "the version of the corpus",
    "fingerprint": "the index",
    "closest": "the quotes that are only near",
    "model": "what worded it",
    "schema": "the version of the record",
    "created": "when the record was made",
    "product": "the program that made it",
    "corpus": "the corpus",
    "scope": "the scope",
    "disclaimer": "the disclaimer",
    "turns": "the turns or their order",
    "works": "the works",
}
"""Each part of a turn or of a record, as a reader is told of it."""

log = logging.getLogger("trustbot")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature shows; `changed` names what is not as it was signed, in words of `PARTS` or `SIGNATURE`."""

    provenance: Provenance
    changed: tuple[str, ...] = ()


UNSIGNED = Signed("unsigned")


class Signer:
    """Signs with the key in the file `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key: bytes | None = None
        self._lock = threading.Lock()

    def answer(self, given: Answer) -> Answer:
        """The answer with a signature; without one, and with a line in the log, where there can be no key. One that no
        record may hold is not signed either."""
        if not record.is_recorded(given.outcome):
            return given
        try:
            key = self._kept()
        except StorageError as error:
            log.warning("an answer is not signed: %s", error)
            return replace(given, signature=None)
        said = record.turn(given.query.asked, answer_to_dict(given))
        return replace(given, signature=f"{name_of(key)}.{_value(key, 'turn', _digests(_turn(asdict(said))))}")

    def said(self, question: str, answer: Mapping[str, Any]) -> Provenance:
        """Whether this Answer object, of the shape of `trustbot.presentation.wire`, was given here to this question."""
        return self._recorded(record.turn(question, answer), answer.get("signature"))[1]

    def answers(self, exchanges: Iterable[tuple[str, Answer]], corpus: Corpus, source: Origin) -> Record:
        """The record of a conversation that is still at hand, signed as far as its answers are."""
        given = [(asked, answer) for asked, answer in exchanges if record.is_recorded(answer.outcome)]
        return self.record(record.of_answers(given, corpus, source), [a.signature for _, a in given])

    def record(self, made: Record, signatures: Sequence[str | None]) -> Record:
        """The record with the signatures that its turns had as Answers, and one over the whole where all of them hold.

        What a question was understood as is left out of a turn that isn't shown to have been said here.
        """
        found = [self._recorded(turn, told) for turn, told in zip(made.turns, signatures, strict=True)]
        turns = tuple(
            replace(turn, signature=signature, standalone=turn.standalone if signature else turn.question)
            for turn, (signature, _) in zip(made.turns, found, strict=True)
        )
        whole = replace(made, turns=turns, signature=None)
        key = self._usable()
        if key is None or not all(signature for signature, _ in found):
            return whole
        return replace(whole, signature=_signed(key, "record", _parts(asdict(whole))))

    def check(self, given: Record, value: Mapping[str, Any]) -> tuple[Signed, tuple[Signed, ...]]:
        """What the signature of a record shows, and that of each of its turns; `value` is the JSON that it was read
        from. Raises StorageError."""
        key = self._read()
        turns = zip(given.turns, value["turns"], strict=True)
        told = tuple(_checked(key, "turn", turn.signature, _turn(part)) for turn, part in turns)
        return _checked(key, "record", given.signature, _parts(value)), told

    def _recorded(self, turn: RecordedTurn, told: str | None) -> tuple[Signature | None, Provenance]:
        """An Answer's signature as a turn of a record has it, where it fits."""
        if not told:
            return None, "unsigned"
        key = self._usable()
        named, _, value = told.partition(".")
        if key is None or named != name_of(key):
            return None, "elsewhere"
        signature = _signed(key, "turn", _turn(asdict(turn)))
        return (signature, "signed") if _same(signature.value, value) else (None, "changed")

    def _kept(self) -> bytes:
        """The key, which is made where there is none."""
        with self._lock:
            self._key = self._key or self._sound(kept_key(self._path, lambda: secrets.token_bytes(LENGTH)))
            return self._key

    def _read(self) -> bytes | None:
        """The key, once there is one."""
        if self._key is None:
            key = read_key(self._path)
            self._key = None if key is None else self._sound(key)
        return self._key

    def _usable(self) -> bytes | None:
        """The key; None also where it can't be read, which is no reason to keep what is not signed from a reader."""
        try:
            return self._read()
        except StorageError as error:
            log.warning("nothing is signed: %s", error)
            return None

    def _sound(self, key: bytes) -> bytes:
        if len(key) < LENGTH:
            raise StorageError(
                f"{self._path} is damaged. Put it back from a copy, or delete it: a new key is made then, and what was "
                "signed with the old one counts as signed elsewhere."
            )
        return key


def name_of(key: bytes) -> str:
    """16 hexadecimal digits that tell keys apart and lead back to none."""
    return hashlib.sha256(b"trustbot key\0" + key).hexdigest()[:16]


def _turn(given: Mapping[str, Any]) -> dict[str, Any]:
    # An Answer has the question with its white space set right, a record as it was typed.
    return {**_parts(given), "question": plain(given["question"])}


def _parts(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in ("signature", "checksum")}


def _digests(parts: Mapping[str, Any]) -> dict[str, str]:
    return {name: hashlib.sha256(record.canonical(value)).hexdigest() for name, value in parts.items()}


def _signed(key: bytes, kind: Kind, parts: Mapping[str, Any]) -> Signature:
    digests = _digests(parts)
    return Signature(name_of(key), digests, _value(key, kind, digests))


def _value(key: bytes, kind: Kind, digests: Mapping[str, str]) -> str:
    return hmac.new(key, record.canonical([kind, digests]), hashlib.sha256).hexdigest()


def _checked(key: bytes | None, kind: Kind, signature: Signature | None, parts: Mapping[str, Any]) -> Signed:
    if signature is None:
        return UNSIGNED
    if key is None or signature.key != name_of(key):
        return Signed("elsewhere")
    if not _same(_value(key, kind, signature.parts), signature.value):
        return Signed("changed", (SIGNATURE,))
    now = _digests(parts)
    other = [name for name in (*PARTS, *now) if now.get(name) != signature.parts.get(name)]
    return Signed("changed", tuple(dict.fromkeys(PARTS.get(n, n) for n in other))) if other else Signed("signed")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))

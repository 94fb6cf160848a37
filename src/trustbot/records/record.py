"""A conversation -> a `Record`: one document that holds everything needed to check each of its quotes again.

In: questions with their Answer objects as `trustbot.presentation.wire` gives them, and the corpus that they came from.
Out: a frozen `Record`, and its JSON. Bibliographic facts are the corpus's own; each cited work is listed once. This
module judges nothing: whether the answers say what the corpus says is `checking`'s business.

Offsets are characters (Python `str` indices): `start` and `end` in the stored document whose hash is given, `supports`
in the text of the answer.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trustbot import __version__
from trustbot.presentation.wire import answer_to_dict
from trustbot.types import GIVEN, Answer, Check, Corpus, DocumentKind, NoticeKind, Outcome, Source, Span

SCHEMA = "trustbot-record"
SCHEMA_VERSION = 3
PRODUCT = "trustbot"

Json = dict[str, Any]
Exchange = tuple[str, Mapping[str, Any]]
"""A question as asked, and its Answer object."""


# pydantic reads this where a record comes back from outside; a field that no record has is refused.
_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Named:
    """The schema, or the program, with its version."""

    __pydantic_config__ = _STRICT
    name: str
    version: int | str


@dataclass(frozen=True, slots=True)
class Origin:
    """The corpus that a record was made from, and the index that held it."""

    __pydantic_config__ = _STRICT
    id: str
    title: str
    version: str
    language: str
    fingerprint: str
    indexed: str
    """When the index was built, ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True)
class Signature:
    """That a turn or a record was signed; `trustbot.records.signing` makes and checks it."""

    __pydantic_config__ = _STRICT
    key: str
    """Names the key that it was signed with."""
    parts: Mapping[str, str]
    """Each field that was signed -> SHA-256 of its canonical JSON, in hexadecimal."""
    value: str
    """HMAC over the parts, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class RecordedNotice:
    """A sentence that stood beside the answer."""

    __pydantic_config__ = _STRICT
    kind: NoticeKind
    text: str


@dataclass(frozen=True, slots=True)
class RecordedAudit:
    """What checking the quoted statement against the work that it cites had found."""

    __pydantic_config__ = _STRICT
    claim: str
    check: Check
    reason: str
    notice: str | None
    direction: str


@dataclass(frozen=True, slots=True)
class RecordedCitation:
    """One quote under a number."""

    __pydantic_config__ = _STRICT
    number: int
    work: str
    """Id of the work behind the number, one of the record's `works`."""
    quote: str
    document: str
    document_kind: DocumentKind
    document_title: str
    document_hash: str
    section: tuple[str, ...]
    start: int
    end: int
    supports: tuple[Span, ...]
    audit: RecordedAudit | None
    page: int | None = None
    """Page or slide of the file, counted from 1."""


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    """A question and its answer; an abstention is kept like any other."""

    __pydantic_config__ = _STRICT
    question: str
    standalone: str
    """What the question was understood as, standing alone."""
    outcome: Outcome
    text: str
    reason: str | None
    notices: tuple[RecordedNotice, ...]
    citations: tuple[RecordedCitation, ...]
    corpus_version: str
    fingerprint: str
    """Of the index that this turn was answered from."""
    closest: tuple[RecordedCitation, ...] = ()
    """Quotes that were shown where nothing answers, as near and as no answer."""
    model: str | None = None
    """The chat model that worded the text; None where it is put together from the sources' own sentences."""
    signature: Signature | None = None
    """None where nothing shows that trustbot said this."""

    @property
    def quotes(self) -> tuple[RecordedCitation, ...]:
        """Every quote that was shown, as part of an answer or as near."""
        return (*self.citations, *self.closest)


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation as it can be kept, printed, cited and checked again."""

    __pydantic_config__ = _STRICT
    schema: Named
    created: str
    """When the record was made, ISO 8601 in UTC."""
    product: Named
    corpus: Origin
    scope: str
    disclaimer: str
    turns: tuple[RecordedTurn, ...]
    works: tuple[Source, ...]
    """Every source of a quote, once, in the order of their numbers."""
    signature: Signature | None = None
    """None where not every turn is signed."""

    def work(self, work_id: str) -> Source | None:
        """The listed work with this id."""
        return next((w for w in self.works if w.id == work_id), None)

    @property
    def references(self) -> tuple[Source, ...]:
        """The works that answers cite and the guidance that they quote: not the help text, not what only lay near."""
        cited = [c for t in self.turns for c in t.citations]
        ids = {c.work for c in cited}
        guided = any(c.document_kind == "article" for c in cited)
        named = (w for w in self.works if w.id in ids or (guided and w.kind == "guidance"))
        return tuple(w for w in named if w.kind != "help")


def origin(corpus: Corpus, fingerprint: str, indexed: str) -> Origin:
    """What a record says about the corpus and the index that it comes from."""
    return Origin(corpus.id, corpus.title, corpus.version, corpus.language, fingerprint, indexed)


def make(
    exchanges: Sequence[Exchange], corpus: Corpus, source: Origin, created: datetime.datetime | None = None
) -> Record:
    """The record of a conversation, without what `is_recorded` leaves out.

    `created` is now unless given; it must be aware of its time zone.
    """
    moment = (created or datetime.datetime.now(datetime.UTC)).astimezone(datetime.UTC)
    turns = tuple(turn(question, answer) for question, answer in exchanges if is_recorded(answer["outcome"]))
    return Record(
        schema=Named(SCHEMA, SCHEMA_VERSION),
        created=moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        product=Named(PRODUCT, __version__),
        corpus=source,
        scope=corpus.scope,
        disclaimer=corpus.disclaimer,
        turns=turns,
        works=_works(turns, corpus),
    )


def is_recorded(outcome: Outcome) -> bool:
    """Whether a turn is kept anywhere. What somebody says who needs help is theirs: it is in no record."""
    return outcome != "safety"


def of_answers(exchanges: Iterable[tuple[str, Answer]], corpus: Corpus, source: Origin) -> Record:
    """The record of a conversation that is still at hand: each question with its Answer."""
    return make([(question, answer_to_dict(answer)) for question, answer in exchanges], corpus, source)


def turn(question: str, answer: Mapping[str, Any]) -> RecordedTurn:
    """One exchange as it is recorded. `answer` must have the shape of `trustbot.presentation.wire`."""
    return RecordedTurn(
        question=question,
        standalone=answer["query"]["standalone"],
        outcome=answer["outcome"],
        text=answer["text"],
        reason=answer["reason"],
        notices=tuple(RecordedNotice(n["kind"], n["text"]) for n in answer["notices"]),
        citations=tuple(_citation(c) for c in answer["citations"]),
        corpus_version=str(answer["trace"].get("corpus_version", "")),
        fingerprint=str(answer["trace"].get("fingerprint", "")),
        closest=tuple(_citation(c) for c in answer["closest"]),
        model=_model(answer),
    )


def to_dict(record: Record) -> Json:
    """The record as plain JSON types, with a checksum over all the rest."""
    data: Json = json.loads(json.dumps(asdict(record)))
    return {**data, "checksum": checksum(data)}


def to_json(record: Record) -> str:
    """The record as JSON, indented for people."""
    return json.dumps(to_dict(record), ensure_ascii=False, indent=2) + "\n"


def checksum(data: Mapping[str, Any]) -> str:
    """SHA-256 over every field but `checksum`, whatever the order and the white space, as `sha256:<hex>`."""
    rest = {key: value for key, value in data.items() if key != "checksum"}
    return "sha256:" + hashlib.sha256(canonical(rest)).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON types as the one text that they have whatever the order of their keys and the white space, as UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _citation(given: Mapping[str, Any]) -> RecordedCitation:
    audit = given["audit"]
    names = ("number", "quote", "document", "document_kind", "document_title", "document_hash", "start", "end")
    return RecordedCitation(
        **{name: given[name] for name in names},
        work=given["source"]["id"],
        section=tuple(given["section"]),
        page=given.get("page"),
        supports=tuple((start, end) for start, end in given["supports"]),
        audit=RecordedAudit(**{name: audit[name] for name in RecordedAudit.__dataclass_fields__}) if audit else None,
    )


def _model(answer: Mapping[str, Any]) -> str | None:
    """Only an answer that was given has been worded."""
    named = answer["trace"].get("model") if answer["outcome"] in GIVEN else None
    return str(named) if named else None


def _works(turns: Iterable[RecordedTurn], corpus: Corpus) -> tuple[Source, ...]:
    """The works behind the numbers, and the works whose documents are quoted: the guidance is cited as well."""
    quotes = [c for t in turns for c in t.quotes]
    ids = {c.work for c in quotes}
    ids |= {d.source_id for d in corpus.documents if any(c.document == d.id for c in quotes)}
    return tuple(sorted((s for s in corpus.sources if s.id in ids), key=lambda s: s.number))

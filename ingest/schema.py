"""The shape of a corpus's own files: TOML bytes -> checked models, or a ManifestError.

In: the path of `manifest.toml`, `claims.toml` or `vocabulary.toml`. Out: its bytes and a frozen model with
every field of the right kind. This module checks one entry at a time; it knows neither the documents nor
whether two entries or two files agree.
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from trustbot.errors import ManifestError
from trustbot.types import Check, SectionKind, UpdateKind

LINE = r"^[^\x00-\x1f\x7f]*$"
SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ADDRESS = r"^https?://[^\s/]+\S*$"
DOI = r"^10\.\d{4,9}/\S+$"
PMID = r"^[1-9]\d{0,8}$"
PMCID = r"^PMC\d{1,9}$"
CLAIM_ID = r"^C\d{2,4}$"
MEDIA_TYPE = r"^[a-z]+/[a-z0-9.+-]+$"

MEANINGS = {
    LINE: "one line of text without control characters",
    SLUG: "lower-case letters and digits, joined by hyphens",
    ADDRESS: "a web address that begins with https:// or http://",
    DOI: "a DOI alone, such as 10.1000/182",
    PMID: "a PMID alone, its digits in quotation marks",
    PMCID: "a PMCID, such as PMC1234567",
    CLAIM_ID: "the letter C and at least two digits, such as C01",
    MEDIA_TYPE: "a media type, such as text/markdown",
}

Line = Annotated[str, StringConstraints(min_length=1, pattern=LINE)]
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
# A number has to fit the citation marker, which takes one to four digits.
Number = Annotated[int, Field(ge=1, le=9999)]
# Lax, so that a TOML date and the same date in quotation marks both do.
Day = Annotated[datetime.date, Field(strict=False)]
Persona = Literal["preceptor", "medical student", "resident", "program director"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, str_strip_whitespace=True)


class StudyModel(_Entry):
    """`[source.study]`."""

    design: Line
    participants: Line
    setting: Line
    summary: Line
    method: Line | None = None
    period: Line | None = None
    learners: Line | None = None


class SourceModel(_Entry):
    """`[[source]]`: title and licence are always needed; what stands on no public page has no address."""

    id: Slug
    number: Number
    title: Line
    address: Annotated[str, StringConstraints(pattern=ADDRESS)] | None = None
    licence: Line
    intranet: bool = False
    program: bool = False
    kind: Literal["guidance", "work"] = "work"
    authors: list[Line] = []
    year: Annotated[int, Field(ge=1000, le=2999)] | None = None
    container: Line | None = None
    volume: Line | None = None
    issue: Line | None = None
    pages: Line | None = None
    doi: Annotated[str, StringConstraints(pattern=DOI)] | None = None
    pmid: Annotated[str, StringConstraints(pattern=PMID)] | None = None
    pmcid: Annotated[str, StringConstraints(pattern=PMCID)] | None = None
    access: Line | None = None
    study: StudyModel | None = None
    confidence: Line | None = None
    open_questions: list[Line] = []
    status: Line | None = None
    last_updated: Day | None = None
    page_facts: list[Line] = []
    review_steps: list[Line] = []
    review_step: Line | None = None


class LicenceModel(_Entry):
    """`[[licence]]`: what its terms allow to be done with a text; sources and documents name it by its id."""

    id: Line
    index: bool
    ship: bool
    name: Line | None = None
    url: Annotated[str, StringConstraints(pattern=ADDRESS)] | None = None
    quote_words: Annotated[int, Field(ge=1)] | None = None


class DocumentModel(_Entry):
    """`[[document]]`: one file of the corpus."""

    id: Slug
    source: Line
    kind: Literal["article", "note", "full text"]
    title: Line
    path: Line
    licence: Line
    media_type: Annotated[str, StringConstraints(pattern=MEDIA_TYPE)] | None = None
    date: Day | None = None
    expires: Day | None = None
    replaces: list[Slug] = []
    tags: list[Line] = []
    sections: dict[str, SectionKind] = {}


class WidgetModel(_Entry):
    """`[widget]`: which portals may show this corpus."""

    origins: list[Line] = []


class ManifestModel(_Entry):
    """`manifest.toml`."""

    format: Annotated[Literal[1], Field(alias="schema")]
    id: Slug
    title: Line
    version: Line
    language: Line
    scope: Line
    disclaimer: Line
    licence: list[LicenceModel] = []
    source: Annotated[list[SourceModel], Field(min_length=1)]
    document: Annotated[list[DocumentModel], Field(min_length=1)]
    widget: WidgetModel = WidgetModel()
    safety: object = Field(default_factory=dict)
    """`[safety]`, which `trustbot.corpus.contacts` checks, for portals.toml as well."""


class ClaimModel(_Entry):
    """`[[claim]]`: one numbered statement of the article and what checking it found."""

    id: Annotated[str, StringConstraints(pattern=CLAIM_ID)]
    quote: Line
    reference: Number
    check: Check
    reason: Line
    direction: Line
    notice: Line | None = None
    repeats: Annotated[str, StringConstraints(pattern=CLAIM_ID)] | None = None
    related: list[Annotated[str, StringConstraints(pattern=CLAIM_ID)]] = []
    concerns: list[Persona] = []


class UpdateModel(_Entry):
    """`[[update]]`: what was published about a work after it was; the work is named by one of its numbers."""

    doi: Annotated[str, StringConstraints(pattern=DOI)] | None = None
    pmid: Annotated[str, StringConstraints(pattern=PMID)] | None = None
    kind: UpdateKind
    date: Day | None = None
    notice: Annotated[str, StringConstraints(pattern=ADDRESS)]
    told_by: Line | None = None
    """Who told it; absent in an entry of one's own, which a refresh leaves alone."""


class UpdatesModel(_Entry):
    """`updates.toml`, as known on the day `checked`."""

    format: Annotated[Literal[1], Field(alias="schema")]
    checked: Day
    update: list[UpdateModel] = []


class ClaimsModel(_Entry):
    """`claims.toml`."""

    format: Annotated[Literal[1], Field(alias="schema")]
    claim: Annotated[list[ClaimModel], Field(min_length=1)]


class TermModel(_Entry):
    """`[[term]]`: words that mean the same in this corpus."""

    preferred: Line
    variants: Annotated[list[Line], Field(min_length=1)]


class VocabularyModel(_Entry):
    """`vocabulary.toml`."""

    format: Annotated[Literal[1], Field(alias="schema")]
    term: list[TermModel] = []


Model = TypeVar("Model", bound=BaseModel)


def read_model(path: Path, model: type[Model]) -> tuple[bytes, Model]:
    """The bytes of `path` and the model they hold. Raises ManifestError for anything else."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        problem = "it is not there."
        raise ManifestError(str(path), "the file", problem, "Create it, or correct the folder's path.") from None
    except OSError as error:
        problem = f"it can't be read ({error.strerror})."
        raise ManifestError(str(path), "the file", problem, "Make it a readable file.") from None
    data = _toml(path, raw)
    try:
        return raw, model.model_validate(data)
    except ValidationError as error:
        raise _manifest_error(path, data, model, error) from None


def _toml(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        # Editors on Windows write a byte order mark, which tomllib calls an invalid statement.
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"byte {error.start} is not UTF-8."
        raise ManifestError(str(path), f"line {line}", problem, "Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        problem = f"not valid TOML: {str(error).rstrip('.')}."
        raise ManifestError(str(path), "the file", problem, "Correct the syntax at that place.") from None


def _manifest_error(
    path: Path, data: Mapping[str, Any], model: type[BaseModel], error: ValidationError
) -> ManifestError:
    # A misspelt key is also a missing one: the misspelling is the more useful thing to report.
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    location = tuple(part for part in first["loc"] if part != "[key]")
    entry, rest = _entry(data, location)
    field = f"`{'.'.join(str(part) for part in rest)}`" if rest else "it"
    problem, mend = _sentences(first, field, _known_keys(model, location))
    return ManifestError(str(path), entry, problem, mend)


def _entry(data: Mapping[str, Any], location: tuple[int | str, ...]) -> tuple[str, tuple[int | str, ...]]:
    """The entry a person would look for, such as `source 2 (farrell-2017)`, and the field inside it."""
    if len(location) < 2 or not isinstance(location[1], int):
        return "the top of the file", location
    kind, index = str(location[0]), location[1]
    item = data[kind][index]
    name = (item.get("id") or item.get("preferred")) if isinstance(item, dict) else None
    return f"{kind} {index + 1} ({name})" if isinstance(name, str) else f"{kind} {index + 1}", location[2:]


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed beside the last one of `location`."""
    nested: dict[str, type[BaseModel]] = {
        "source": SourceModel,
        "study": StudyModel,
        "licence": LicenceModel,
        "document": DocumentModel,
        "claim": ClaimModel,
        "update": UpdateModel,
        "term": TermModel,
    }
    for part in location[:-1]:
        model = nested.get(str(part), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _sentences(first: Mapping[str, Any], field: str, known: list[str]) -> tuple[str, str]:
    """What is wrong and how to mend it, for one pydantic error."""
    kind, context = first["type"], first.get("ctx", {})
    value = repr(first["input"])
    value = value if len(value) <= 60 else value[:57] + "..."
    message = str(first["msg"]).removeprefix("Input should be ")
    if kind == "missing":
        return f"{field} is missing.", f"Add {field}."
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(field.strip("`").rsplit(".", 1)[-1], known, n=1)
        others = f"the known keys are {', '.join(known)}."
        return (
            f"{field} is not a known key.",
            f"Did you mean `{near[0]}`?" if near else f"Remove it; {others}",
        )
    if kind == "list_type" and field.strip("`") in {"source", "document", "licence", "claim", "term", "update"}:
        return f"{field} is not a list of entries.", f"Begin each entry with [[{field.strip('`')}]]."
    if kind == "model_type":
        return f"{field} is {value}, not a table.", "Write it as a table of keys and values."
    if kind in {"string_too_short", "too_short"}:
        return f"{field} is empty.", f"Fill in {field}."
    if kind == "string_pattern_mismatch":
        return f"{field} is {value}.", f"Make it {MEANINGS[context['pattern']]}."
    return f"{field} is {value}.", f"Make it {message[:1].lower()}{message[1:]}."

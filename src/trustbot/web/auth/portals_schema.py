"""The shape of `portals.toml`: its text -> checked models, or an InvalidInput.

In: the file's path and its bytes. Out: models with every field of the right kind, or a sentence that names file, entry
and mend. This module checks one entry at a time, and reads no file that an entry names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from trustbot.errors import InvalidInput
from trustbot.query.personas import PERSONAS
from trustbot.text.origins import NoOrigin, address_parts, parse_origins

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """True for a host name or address of this machine itself."""
    return host in LOOPBACK or host.endswith(".localhost")


def _url(value: str) -> str:
    parts = address_parts(value)
    if not parts or "@" in parts.netloc or parts.fragment or any(c.isspace() or not c.isprintable() for c in value):
        raise ValueError("an address such as https://portal.example.edu")
    return value


def _safe_url(value: str) -> str:
    parts = urlsplit(_url(value))
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("an address that begins with https://, since what comes from it is trusted")
    return value


def _origin(value: str) -> str:
    listed = parse_origins([value]).listed  # NoOrigin is a ValueError, as pydantic wants it
    if not listed:
        raise ValueError("an origin, scheme://host[:port], such as https://canvas.example.edu")
    return listed[0]


def _persona(value: str) -> str:
    if value not in PERSONAS:
        raise ValueError(f"one of {', '.join(PERSONAS)}")
    return value


Url = Annotated[str, AfterValidator(_url)]
SafeUrl = Annotated[str, AfterValidator(_safe_url)]
Origin = Annotated[str, AfterValidator(_origin)]
Persona = Annotated[str, AfterValidator(_persona)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class VisitorsModel(_Entry):
    """`[visitors]`."""

    anonymous: bool = True
    questions_per_minute: int = Field(30, ge=1, le=6000)


class CorpusModel(_Entry):
    """`[corpus.ID]`; what is left out is as for the whole server."""

    anonymous: bool | None = None
    questions_per_minute: int | None = Field(None, ge=1, le=6000)
    concurrency: int | None = Field(None, ge=1, le=64)
    waiting: int | None = Field(None, ge=0, le=1000)
    origins: list[Origin] = []


class PortalModel(_Entry):
    """`[[portal]]`."""

    issuer: Url
    corpora: list[Name] = []
    secret_file: Name | None = None
    jwks_file: Name | None = None
    jwks_url: SafeUrl | None = None


class PlatformModel(_Entry):
    """`[[platform]]`."""

    issuer: Url
    client_id: Name
    authorization_url: SafeUrl
    token_url: SafeUrl | None = None
    jwks_url: SafeUrl | None = None
    jwks_file: Name | None = None
    deployments: list[Name] = Field(min_length=1)
    origins: list[Origin] = []
    personas: dict[str, Persona] = {}
    corpora: list[Name] = []


class FileModel(_Entry):
    """All of the file."""

    visitors: VisitorsModel = Field(default_factory=lambda: VisitorsModel.model_validate({}))
    corpus: dict[str, CorpusModel] = {}
    portal: list[PortalModel] = []
    platform: list[PlatformModel] = []
    safety: object = Field(default_factory=dict)
    """`[safety]`, which `trustbot.corpus.contacts` checks: every command reads it, and not only a server."""


_MODELS: Mapping[str, type[BaseModel]] = {
    "visitors": VisitorsModel,
    "corpus": CorpusModel,
    "portal": PortalModel,
    "platform": PlatformModel,
}


def read_model(path: Path, raw: bytes) -> FileModel:
    """What `raw`, the content of `path`, holds. Raises InvalidInput for anything else."""
    data = _toml(path, raw)
    try:
        return FileModel.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, data, error) from None


def _toml(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        # Editors on Windows write a byte order mark, which tomllib calls an invalid statement.
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise wrong(path, "the file", "it is not UTF-8.", "Save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        problem = f"it is not valid TOML: {str(error).rstrip('.')}."
        raise wrong(path, "the file", problem, "Correct the syntax at that place.") from None


def _invalid(path: Path, data: Mapping[str, Any], error: ValidationError) -> InvalidInput:
    # A misspelt key is also a missing one: the misspelling is the more useful thing to report.
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    entry, rest = _entry(data, first["loc"])
    name = f"`{'.'.join(str(part) for part in rest if part != '[key]')}`" if rest else "it"
    kind, message = first["type"], str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    if kind == "missing":
        return wrong(path, entry, f"{name} is missing.", f"Add {name}.")
    if kind == "extra_forbidden":
        model = _MODELS.get(str(first["loc"][0]), FileModel) if len(first["loc"]) > 1 else FileModel
        known = ", ".join(model.model_fields)
        return wrong(path, entry, f"{name} is not a known key.", f"Remove or correct it; the known keys are {known}.")
    if kind in {"string_too_short", "too_short"}:
        return wrong(path, entry, f"{name} is empty.", f"Fill in {name}.")
    if kind == "list_type" and name.strip("`") in _MODELS:  # its value may hold a secret that was put here by mistake
        return wrong(path, entry, f"{name} is not a list of entries.", f"Begin each entry with [[{name.strip('`')}]].")
    value = repr(first["input"])
    value = value if len(value) <= 80 else value[:77] + "..."
    if isinstance(first.get("ctx", {}).get("error"), NoOrigin):
        return wrong(path, entry, f"{name}:", message)
    return wrong(path, entry, f"{name} is {value}.", f"Make it {message[:1].lower()}{message[1:]}.")


def _entry(data: Mapping[str, Any], location: Sequence[int | str]) -> tuple[str, Sequence[int | str]]:
    """The entry a person would look for, such as `portal 2 (https://portal.example.edu)`, and the field inside it."""
    kind = str(location[0])
    if len(location) < 2 or not isinstance(location[1], int):
        return (kind, location[1:]) if kind in _MODELS and len(location) > 1 else ("the top of the file", location)
    item = data[kind][location[1]]
    issuer = item.get("issuer") if isinstance(item, dict) else None
    named = f"{kind} {location[1] + 1}"
    return f"{named} ({issuer})" if isinstance(issuer, str) else named, location[2:]


def wrong(file: Path, entry: str, problem: str, mend: str) -> InvalidInput:
    """What is wrong with an entry, in the one form of such sentences."""
    return InvalidInput(f"{file}: {entry}: {problem} {mend}")

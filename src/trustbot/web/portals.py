"""The sites that send visitors: `portals.toml` of the data folder -> one validated `Portals`.

In: the file's path. Out: who may ask and how often, the portals that sign their visitors, and the learning platforms
that launch the widget; or InvalidInput with a sentence that names file, entry and mend. Secrets are read here, once.
This module checks no token and knows no route.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from trustbot.errors import InvalidInput
from trustbot.origins import NoOrigin, address_parts, parse_origins
from trustbot.personas import PERSONAS

OWN_ISSUER = "trustbot"
"""The name under which this server signs visitors itself; no portal may take it."""
LEAST_SECRET = 32
"""Bytes of a shared secret; HS256 asks for at least as many as its digest has."""
MOST_KEYS = 256 * 1024
"""Bytes of a file of keys."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class VisitorRules:
    """Who is answered, and how often."""

    anonymous: bool = True
    """Whether visitors without a token are answered."""
    questions_per_minute: int = 30
    """Of one address, or of one visitor where they are signed."""


@dataclass(frozen=True, slots=True)
class Portal:
    """A site that signs its visitors, by one of a shared secret, a file of public keys, or their address."""

    issuer: str
    secret: bytes | None = field(default=None, repr=False)
    """What `secret_file` holds."""
    secret_file: Path | None = None
    jwks_file: Path | None = None
    jwks_url: str | None = None


@dataclass(frozen=True, slots=True)
class Platform:
    """A learning platform that launches the widget by LTI 1.3."""

    issuer: str
    client_id: str
    authorization_url: str
    deployments: tuple[str, ...]
    token_url: str | None = None
    jwks_url: str | None = None
    jwks_file: Path | None = None
    origins: tuple[str, ...] = ()
    """Origins that may frame the widget; the issuer's and the authorization address's where none are given."""
    personas: Mapping[str, str] = field(default_factory=dict)
    """Role, as the platform names it -> persona."""


@dataclass(frozen=True, slots=True)
class Portals:
    """All of `portals.toml`."""

    visitors: VisitorRules = field(default_factory=VisitorRules)
    portals: tuple[Portal, ...] = ()
    platforms: tuple[Platform, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the operator should mend but the server can live with, each a sentence."""


def load_portals(path: Path) -> Portals:
    """What `path` says; an empty `Portals` where there is no such file. Raises InvalidInput."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Portals()
    except OSError as error:
        raise _wrong(path, "the file", f"it can't be read ({error.strerror}).", "Make it a readable file.") from None
    data = _toml(path, raw)
    try:
        model = _File.model_validate(data)
    except ValidationError as error:
        raise _invalid(path, data, error) from None
    warnings: list[str] = []
    portals = tuple(_portal(path, position, m, warnings) for position, m in enumerate(model.portal, 1))
    _once(path, "portal", ((p.issuer,) for p in portals))
    platforms = tuple(_platform(path, position, m) for position, m in enumerate(model.platform, 1))
    _once(path, "platform", ((p.issuer, p.client_id) for p in platforms))
    rules = VisitorRules(model.visitors.anonymous, model.visitors.questions_per_minute)
    if not (rules.anonymous or portals or platforms):
        mend = "Add a [[portal]] or a [[platform]], or set `anonymous` to true."
        raise _wrong(path, "visitors", "nobody could ask: no visitor is signed, and anonymous ones are refused.", mend)
    return Portals(rules, portals, platforms, tuple(warnings))


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


class _Visitors(_Entry):
    anonymous: bool = True
    questions_per_minute: int = Field(30, ge=1, le=6000)


class _Portal(_Entry):
    issuer: Url
    secret_file: Name | None = None
    jwks_file: Name | None = None
    jwks_url: SafeUrl | None = None


class _Platform(_Entry):
    issuer: Url
    client_id: Name
    authorization_url: SafeUrl
    token_url: SafeUrl | None = None
    jwks_url: SafeUrl | None = None
    jwks_file: Name | None = None
    deployments: list[Name] = Field(min_length=1)
    origins: list[Origin] = []
    personas: dict[str, Persona] = {}


class _File(_Entry):
    visitors: _Visitors = Field(default_factory=lambda: _Visitors.model_validate({}))
    portal: list[_Portal] = []
    platform: list[_Platform] = []


_MODELS: Mapping[str, type[BaseModel]] = {"visitors": _Visitors, "portal": _Portal, "platform": _Platform}


def _portal(file: Path, position: int, model: _Portal, warnings: list[str]) -> Portal:
    entry = f"portal {position} ({model.issuer})"
    _one(file, entry, {k: getattr(model, k) for k in ("secret_file", "jwks_file", "jwks_url")})
    if model.secret_file is None:
        keys = _file_of_keys(file, entry, model.jwks_file)
        return Portal(model.issuer, jwks_file=keys, jwks_url=model.jwks_url)
    path = file.parent / model.secret_file
    secret = _content(file, entry, path).strip()
    if len(secret) < LEAST_SECRET:
        problem = f"the secret in {model.secret_file} has {len(secret)} bytes."
        mend = (
            f'Write one of at least {LEAST_SECRET}, as `python -c "import secrets; print(secrets.token_urlsafe(48))"`.'
        )
        raise _wrong(file, entry, problem, mend)
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.append(
            f"{file}: {entry}: other users of this machine can read {model.secret_file}. Run `chmod 600 {path}`."
        )
    return Portal(model.issuer, secret, path)


def _platform(file: Path, position: int, model: _Platform) -> Platform:
    entry = f"platform {position} ({model.issuer})"
    _one(file, entry, {k: getattr(model, k) for k in ("jwks_file", "jwks_url")})
    return Platform(
        issuer=model.issuer,
        client_id=model.client_id,
        authorization_url=model.authorization_url,
        deployments=tuple(model.deployments),
        token_url=model.token_url,
        jwks_url=model.jwks_url,
        jwks_file=_file_of_keys(file, entry, model.jwks_file),
        origins=tuple(model.origins) or _origins_of(file, entry, (model.issuer, model.authorization_url)),
        personas=MappingProxyType(dict(model.personas)),
    )


def _origins_of(file: Path, entry: str, urls: Iterable[str]) -> tuple[str, ...]:
    try:
        return parse_origins(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls)).listed
    except NoOrigin as error:
        raise _wrong(
            file, entry, f"the pages that may frame the widget can't be told: {error}", "Add `origins`."
        ) from None


def _one(file: Path, entry: str, given: Mapping[str, str | None]) -> None:
    """Raise unless exactly one of `given` is there."""
    names = [name for name, value in given.items() if value is not None]
    offered = " or ".join(f"`{name}`" for name in given)
    if not names:
        raise _wrong(file, entry, "it has no key to check signatures with.", f"Add {offered}.")
    if len(names) > 1:
        raise _wrong(file, entry, f"it has both `{names[0]}` and `{names[1]}`.", "Keep one of them.")


def _file_of_keys(file: Path, entry: str, name: str | None) -> Path | None:
    if name is None:
        return None
    if len(_content(file, entry, file.parent / name)) > MOST_KEYS:
        raise _wrong(file, entry, f"{name} is too large to be a file of keys.", "Name a JSON Web Key Set.")
    return file.parent / name


def _content(file: Path, entry: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise _wrong(file, entry, f"the file {path} is missing.", "Add it, or correct its name.") from None
    except OSError as error:
        raise _wrong(file, entry, f"{path} can't be read ({error.strerror}).", "Make it a readable file.") from None


def _once(file: Path, kind: str, keys: Iterable[tuple[str, ...]]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for position, key in enumerate(keys, 1):
        if key in seen:
            problem = f"{' and '.join(key)} stand in {kind} {seen[key]} as well."
            raise _wrong(file, f"{kind} {position} ({key[0]})", problem, "Keep one of the two entries.")
        seen[key] = position


def _toml(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        # Editors on Windows write a byte order mark, which tomllib calls an invalid statement.
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _wrong(path, "the file", "it is not UTF-8.", "Save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        problem = f"it is not valid TOML: {str(error).rstrip('.')}."
        raise _wrong(path, "the file", problem, "Correct the syntax at that place.") from None


def _invalid(path: Path, data: Mapping[str, Any], error: ValidationError) -> InvalidInput:
    # A misspelt key is also a missing one: the misspelling is the more useful thing to report.
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    entry, rest = _entry(data, first["loc"])
    name = f"`{'.'.join(str(part) for part in rest if part != '[key]')}`" if rest else "it"
    kind, message = first["type"], str(first["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    if kind == "missing":
        return _wrong(path, entry, f"{name} is missing.", f"Add {name}.")
    if kind == "extra_forbidden":
        model = _MODELS.get(str(first["loc"][0]), _File) if len(first["loc"]) > 1 else _File
        known = ", ".join(model.model_fields)
        return _wrong(path, entry, f"{name} is not a known key.", f"Remove or correct it; the known keys are {known}.")
    if kind in {"string_too_short", "too_short"}:
        return _wrong(path, entry, f"{name} is empty.", f"Fill in {name}.")
    if kind == "list_type" and name.strip("`") in _MODELS:  # its value may hold a secret that was put here by mistake
        return _wrong(path, entry, f"{name} is not a list of entries.", f"Begin each entry with [[{name.strip('`')}]].")
    value = repr(first["input"])
    value = value if len(value) <= 80 else value[:77] + "..."
    if isinstance(first.get("ctx", {}).get("error"), NoOrigin):
        return _wrong(path, entry, f"{name}:", message)
    return _wrong(path, entry, f"{name} is {value}.", f"Make it {message[:1].lower()}{message[1:]}.")


def _entry(data: Mapping[str, Any], location: Sequence[int | str]) -> tuple[str, Sequence[int | str]]:
    """The entry a person would look for, such as `portal 2 (https://portal.example.edu)`, and the field inside it."""
    kind = str(location[0])
    if len(location) < 2 or not isinstance(location[1], int):
        return (kind, location[1:]) if kind in _MODELS and len(location) > 1 else ("the top of the file", location)
    item = data[kind][location[1]]
    issuer = item.get("issuer") if isinstance(item, dict) else None
    named = f"{kind} {location[1] + 1}"
    return f"{named} ({issuer})" if isinstance(issuer, str) else named, location[2:]


def _wrong(file: Path, entry: str, problem: str, mend: str) -> InvalidInput:
    return InvalidInput(f"{file}: {entry}: {problem} {mend}")

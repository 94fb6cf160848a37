"""The sites that send visitors: `portals.toml` of the data folder -> one validated `Portals`.

In: the file's path. Out: who may ask and how often, of each corpus where they differ, the portals that sign their
visitors, and the learning platforms that launch the widget; or InvalidInput with a sentence that names file, entry and
mend. Secrets are read here, once. This module checks no token and knows no route.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from trustbot.corpus.contacts import NoContact, parse_contacts
from trustbot.settings import Settings
from trustbot.text.origins import NoOrigin, parse_origins
from trustbot.web.auth.portals_schema import CorpusModel, PlatformModel, PortalModel, read_model, wrong

OWN_ISSUER = "trustbot"
"""The name under which this server signs visitors itself; no portal may take it."""
LEAST_SECRET = 32
"""Bytes of a shared secret; HS256 asks for at least as many as its digest has."""
MOST_KEYS = 256 * 1024
"""Bytes of a file of keys."""
NO_LIMITS = CorpusModel.model_validate({})
"""Of a corpus that has none of its own."""


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
    corpora: tuple[str, ...] = ()
    """Ids of the corpora that its tokens hold for; all where none is named."""


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
    guarded: bool = False
    """Whether its keys are fetched from public addresses only: it named their place itself."""
    corpora: tuple[str, ...] = ()
    """As a portal's."""


@dataclass(frozen=True, slots=True)
class Portals:
    """All of `portals.toml`."""

    visitors: VisitorRules = field(default_factory=VisitorRules)
    portals: tuple[Portal, ...] = ()
    platforms: tuple[Platform, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the operator should mend but the server can live with, each a sentence."""
    corpora: Mapping[str, CorpusModel] = field(default_factory=dict)
    """What differs from one corpus to another, by id."""

    def of(self, corpus_id: str) -> Portals:
        """The rules of one corpus, and those who may send visitors to it."""
        own, rules = self.corpora.get(corpus_id, NO_LIMITS), self.visitors
        return replace(
            self,
            visitors=VisitorRules(
                rules.anonymous if own.anonymous is None else own.anonymous,
                own.questions_per_minute or rules.questions_per_minute,
            ),
            portals=tuple(p for p in self.portals if corpus_id in (p.corpora or (corpus_id,))),
            platforms=tuple(p for p in self.platforms if corpus_id in (p.corpora or (corpus_id,))),
        )

    def limited(self, settings: Settings) -> Settings:
        """The settings, with the limits and the origins of their corpus where it has some of its own."""
        own = self.corpora.get(settings.corpus, NO_LIMITS)
        given = {
            "concurrency": own.concurrency,
            "waiting": own.waiting,
            "widget_origins": ",".join(own.origins) or None,
        }
        return settings.model_copy(update={name: value for name, value in given.items() if value is not None})


def load_portals(path: Path, *, others: bool = False) -> Portals:
    """What `path` says; an empty `Portals` where there is no such file. Raises InvalidInput.

    `others` tells that platforms registered themselves, or may.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Portals()
    except OSError as error:
        raise wrong(path, "the file", f"it can't be read ({error.strerror}).", "Make it a readable file.") from None
    model = read_model(path, raw)
    try:
        parse_contacts(model.safety)
    except NoContact as error:
        raise wrong(path, error.entry, error.problem, error.mend) from None
    warnings: list[str] = []
    portals = tuple(_portal(path, position, m, warnings) for position, m in enumerate(model.portal, 1))
    _once(path, "portal", ((p.issuer,) for p in portals))
    platforms = tuple(_platform(path, position, m) for position, m in enumerate(model.platform, 1))
    _once(path, "platform", ((p.issuer, p.client_id) for p in platforms))
    rules = VisitorRules(model.visitors.anonymous, model.visitors.questions_per_minute)
    made = Portals(rules, portals, platforms, tuple(warnings), MappingProxyType(dict(model.corpus)))
    for entry, one in (("visitors", made), *((f"corpus.{name}", made.of(name)) for name in made.corpora)):
        if not (one.visitors.anonymous or one.portals or one.platforms or others):
            problem = "nobody could ask: no visitor is signed, and anonymous ones are refused."
            mend = (
                "Add a [[portal]] or a [[platform]], invite one by `trustbot lti invite`, or set `anonymous` to true."
            )
            raise wrong(path, entry, problem, mend)
    return made


def _portal(file: Path, position: int, model: PortalModel, warnings: list[str]) -> Portal:
    entry = f"portal {position} ({model.issuer})"
    _one(file, entry, {k: getattr(model, k) for k in ("secret_file", "jwks_file", "jwks_url")})
    if model.secret_file is None:
        keys = _file_of_keys(file, entry, model.jwks_file)
        return Portal(model.issuer, jwks_file=keys, jwks_url=model.jwks_url, corpora=tuple(model.corpora))
    path = file.parent / model.secret_file
    secret = _content(file, entry, path).strip()
    if len(secret) < LEAST_SECRET:
        problem = f"the secret in {model.secret_file} has {len(secret)} bytes."
        mend = (
            f'Write one of at least {LEAST_SECRET}, as `python -c "import secrets; print(secrets.token_urlsafe(48))"`.'
        )
        raise wrong(file, entry, problem, mend)
    if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warnings.append(
            f"{file}: {entry}: other users of this machine can read {model.secret_file}. Run `chmod 600 {path}`."
        )
    return Portal(model.issuer, secret, path, corpora=tuple(model.corpora))


def _platform(file: Path, position: int, model: PlatformModel) -> Platform:
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
        corpora=tuple(model.corpora),
    )


def _origins_of(file: Path, entry: str, urls: Iterable[str]) -> tuple[str, ...]:
    try:
        return parse_origins(f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, urls)).listed
    except NoOrigin as error:
        raise wrong(
            file, entry, f"the pages that may frame the widget can't be told: {error}", "Add `origins`."
        ) from None


def _one(file: Path, entry: str, given: Mapping[str, str | None]) -> None:
    """Raise unless exactly one of `given` is there."""
    names = [name for name, value in given.items() if value is not None]
    offered = " or ".join(f"`{name}`" for name in given)
    if not names:
        raise wrong(file, entry, "it has no key to check signatures with.", f"Add {offered}.")
    if len(names) > 1:
        raise wrong(file, entry, f"it has both `{names[0]}` and `{names[1]}`.", "Keep one of them.")


def _file_of_keys(file: Path, entry: str, name: str | None) -> Path | None:
    if name is None:
        return None
    if len(_content(file, entry, file.parent / name)) > MOST_KEYS:
        raise wrong(file, entry, f"{name} is too large to be a file of keys.", "Name a JSON Web Key Set.")
    return file.parent / name


def _content(file: Path, entry: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise wrong(file, entry, f"the file {path} is missing.", "Add it, or correct its name.") from None
    except OSError as error:
        raise wrong(file, entry, f"{path} can't be read ({error.strerror}).", "Make it a readable file.") from None


def _once(file: Path, kind: str, keys: Iterable[tuple[str, ...]]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for position, key in enumerate(keys, 1):
        if key in seen:
            problem = f"{' and '.join(key)} stand in {kind} {seen[key]} as well."
            raise wrong(file, f"{kind} {position} ({key[0]})", problem, "Keep one of the two entries.")
        seen[key] = position

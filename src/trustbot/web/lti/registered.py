"""Platforms that registered themselves, and the invitations that let them: small files in the data folder.

    <data_dir>/lti/invitations/<digest of the secret>.json     gone once it was used
    <data_dir>/lti/platforms/<id>.json                         written once, removed by a command

In: what an operator allows and what a platform told. Out: platforms as `portals` has them. Without an invitation
nothing can register. A file is written whole or not at all, and never changed, so that servers and commands may share
the folder; a server sees at once what was added or removed. This module knows no protocol and no page.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from trustbot.errors import InvalidInput, StorageError
from trustbot.text.origins import Origins
from trustbot.web.auth.portals import Platform
from trustbot.web.auth.portals_schema import Name, Origin, SafeUrl

log = logging.getLogger("trustbot.web")


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Invitation(_Kept):
    """What an operator allowed, for one registration."""

    ends: datetime
    origins: tuple[Origin, ...] = ()
    """Where people see the platform, beside what it tells of itself."""
    private: bool = False
    """Whether it may be at an address of this network or machine."""


class Registration(_Kept):
    """A platform that registered itself."""

    issuer: SafeUrl
    client_id: Name
    authorization_url: SafeUrl
    jwks_url: SafeUrl
    deployments: tuple[Name, ...] = ()
    """Empty where the platform told none: then any of this client's is served."""
    origins: tuple[Origin, ...]
    private: bool = False
    registered: datetime

    def platform(self) -> Platform:
        """As launches have it."""
        told = {name: getattr(self, name) for name in ("issuer", "client_id", "authorization_url", "jwks_url")}
        return Platform(**told, deployments=self.deployments, origins=self.origins, guarded=not self.private)


class Registry:
    """What is kept in the folder `lti` of a data folder, beside the platforms of portals.toml. Safe to share between
    threads."""

    def __init__(self, data_dir: Path, listed: Sequence[Platform] = ()) -> None:
        self._listed = tuple(listed)
        self._platforms = data_dir / "lti" / "platforms"
        self._invitations = data_dir / "lti" / "invitations"
        self._lock = threading.Lock()
        self._read: dict[str, Registration | None] = {}
        self._sorted: dict[str, Registration] = {}

    def platforms(self) -> tuple[Platform, ...]:
        """Those of portals.toml first; what registered itself under the same issuer and client id gives way to them."""
        named = {(p.issuer, p.client_id): p for p in self._listed}
        for kept in self.registrations().values():
            named.setdefault((kept.issuer, kept.client_id), kept.platform())
        return tuple(named.values())

    def origins(self) -> Origins:
        """Whose pages may frame the widget, and the pages that lead there."""
        return Origins(tuple(dict.fromkeys(origin for p in self.platforms() for origin in p.origins)))

    def registrations(self) -> dict[str, Registration]:
        """Id -> platform that registered itself, oldest first. A file that can't be read is left out, and logged."""
        names = set(_ids(self._platforms))
        with self._lock:
            if names != set(self._read):
                self._read = {name: self._read.get(name) or self._loaded(name) for name in names}
                kept = [(name, item) for name, item in self._read.items() if item]
                self._sorted = dict(sorted(kept, key=lambda item: (item[1].registered, item[0])))
            return self._sorted

    def _loaded(self, name: str) -> Registration | None:
        path = self._platforms / f"{name}.json"
        try:
            return Registration.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            log.error("%s can't be read, so the platform in it is unknown", path)
            return None

    def add(self, registration: Registration) -> None:
        """Keep a platform, in place of what was kept of the same issuer and client id. Raises StorageError."""
        same = (registration.issuer, registration.client_id)
        before = [name for name, kept in self.registrations().items() if (kept.issuer, kept.client_id) == same]
        _write(self._platforms / f"{secrets.token_hex(4)}.json", registration)
        for name in before:
            (self._platforms / f"{name}.json").unlink(missing_ok=True)

    def invitations(self) -> dict[str, Invitation]:
        """Id -> invitation that was not used yet, whether or not its time is over."""
        found = {}
        for name in _ids(self._invitations):
            with contextlib.suppress(OSError, ValidationError):
                found[name] = Invitation.model_validate_json((self._invitations / f"{name}.json").read_bytes())
        return found

    def invite(self, invitation: Invitation) -> str:
        """Keep an invitation; the secret that is to be shown to nobody but whom it is for. Raises StorageError."""
        for name, kept in self.invitations().items():
            if kept.ends <= datetime.now(UTC):
                self.remove(name)
        secret = secrets.token_urlsafe(32)
        _write(self._invitations / f"{_digest(secret)}.json", invitation)
        return secret

    @contextlib.contextmanager
    def invited(self, secret: str) -> Iterator[Invitation | None]:
        """The invitation with this secret, for nobody else meanwhile and never again; None where there is none in time.

        It can be used again where the block raises.
        """
        path = self._invitations / f"{_digest(secret)}.json"
        taken = path.with_suffix(".taken")
        try:
            path.rename(taken)  # the first of several wins
            found = Invitation.model_validate_json(taken.read_bytes())
        except (OSError, ValidationError):
            yield None
            return
        if found.ends <= datetime.now(UTC):
            taken.unlink(missing_ok=True)
            yield None
            return
        try:
            yield found
        except BaseException:
            taken.rename(path)
            raise
        taken.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forget a platform or an invitation by its id. Raises InvalidInput for an unknown one, and StorageError."""
        for folder in (self._platforms, self._invitations):
            if name in _ids(folder):
                try:
                    (folder / f"{name}.json").unlink()
                except OSError as error:
                    raise StorageError(f"{folder} can't be changed ({error.strerror}). Make it writable.") from None
                return
        raise InvalidInput(f"Nothing is registered under {name[:40]!r}. `trustbot lti list` shows the ids.")


def lasting(hours: float) -> datetime:
    """The time in so many hours, to the second."""
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)


def _ids(folder: Path) -> list[str]:
    try:
        return [path.stem for path in folder.iterdir() if path.suffix == ".json"]
    except OSError:
        return []


def _digest(secret: str) -> str:
    # Whoever reads the folder, or a copy of it, learns no secret.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:16]


def _write(path: Path, value: BaseModel) -> None:
    told: dict[str, Any] = value.model_dump(mode="json")
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(told, file, indent=2)
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path.parent} can't be written ({error.strerror}). Make it writable, with room left."
        ) from None

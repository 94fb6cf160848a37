"""Crossref's REST API: the facts of a work, and its licence.

In: a DOI. Out: a `Work`, of the fields of `works/{doi}`: `title`, `author`, `issued`, `container-title`, `volume`,
`issue`, `page`, `license`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from ingest.fetch.client import DAY, Client
from ingest.fetch.licences import Licence, licence_at
from ingest.fetch.work import Work, doi_of, known_as, named, plain
from trustbot.errors import FetchFailed


class Crossref:
    """The service at `base`."""

    def __init__(self, client: Client, base: str) -> None:
        self._client, self._base = client, base.rstrip("/")

    def work(self, doi: str) -> Work:
        """The facts of a work. Raises NotThere for a DOI that Crossref doesn't have, or FetchFailed."""
        message = self.message(doi, 30 * DAY)
        names = ("title", "container-title", "short-container-title")
        title, container, short = (next(iter(items(message.get(name))), "") for name in names)
        return Work(
            title=plain(title),
            authors=tuple(filter(None, map(_author, items(message.get("author"))))),
            year=_year(message),
            container=plain(container or short) or None,
            volume=plain(message.get("volume")) or None,
            issue=plain(message.get("issue")) or None,
            pages=plain(message.get("page") or message.get("article-number")) or None,
            doi=known_as(doi_of, message.get("DOI")) or doi,
            licence=_licence(items(message.get("license"))),
        )

    def message(self, doi: str, max_age: float) -> Mapping[str, Any]:
        """The `message` of a work, fetched at most `max_age` seconds ago. Raises NotThere, or FetchFailed."""
        url = f"{self._base}/works/{quote(doi, safe='')}"
        try:
            message = json.loads(self._client.get(url, max_age=max_age).data)["message"]
        except (ValueError, KeyError, TypeError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise FetchFailed(f"Crossref's answer on {doi} can't be read. Try again later.")
        return message


def items(value: object) -> list[Any]:
    """A list, where the answer has one there."""
    return value if isinstance(value, list) else []


def _author(given: object) -> str:
    if not isinstance(given, dict):
        return ""
    return named(plain(given.get("family")), plain(given.get("given"))) or plain(given.get("name"))


def _year(message: Mapping[str, Any]) -> int | None:
    for name in ("issued", "published", "published-print", "published-online"):
        parts = _parts(message.get(name))
        if parts and 1000 <= parts[0] <= 2999:
            return parts[0]
    return None


def _parts(written: object) -> list[int]:
    """The `date-parts` of a date: a year, with a month and a day where they are known."""
    given = written.get("date-parts") if isinstance(written, dict) else None
    first = next(iter(items(given)), None)
    return [part for part in items(first) if isinstance(part, int)]


def day(written: object) -> str | None:
    """A date as ISO 8601; its first day where only a month or a year is told."""
    parts = _parts(written)
    try:
        return date(*[*parts, 1, 1][:3]).isoformat() if parts else None
    except ValueError:
        return None


def _licence(given: list[Any]) -> Licence | None:
    """The licence of the published version that holds today; one for text mining alone is none for readers."""
    today = date.today().isoformat()
    held = [
        licence_at(str(one.get("URL", "")))
        for one in given
        if isinstance(one, dict)
        and one.get("content-version", "unspecified") in ("vor", "unspecified")
        and (day(one.get("start")) or "") <= today
    ]
    return next((one for one in held if one), None)

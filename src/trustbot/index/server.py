"""A Chroma server: which collections it holds for a corpus, and what goes wrong when it is asked.

In: an address, headers for a proxy. Out: collections, and one error for whatever keeps a
server from answering. Nothing but that address is connected to, no proxy of the environment either, and nothing before
something is asked. This module knows neither what a version of the index holds nor how it is published.

    trustbot-corpus.ID.1           the pointer: its metadata name the version that is served; flipped in one request
    trustbot-vectors.VERSION.ID.1  the vectors of a version; never written to again once it was published
    trustbot-files.ID.1            the files of its versions and every text that was ever published, by their hashes
    trustbot-models.1              the exported graphs that versions are read with, by their hashes
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trustbot.errors import IndexMissing, IndexUnreachable, InvalidInput, TrustbotError

if TYPE_CHECKING:
    from trustbot.settings import Settings

FORMAT = "1"
"""Of what lies on a server; another one stands beside it under other names."""
CORPUS, VECTORS, FILES, MODELS = "trustbot-corpus.", "trustbot-vectors.", "trustbot-files.", f"trustbot-models.{FORMAT}"
CONNECT_SECONDS, ANSWER_SECONDS, SENDING_SECONDS = 3.0, 10.0, 120.0
"""Waited for a connection; for an answer where a person may wait for it; and for one to what is sent."""
FOLLOW_SECONDS = 1.0
"""Between two looks at which version is published."""
PAYLOAD = 6 << 20
"""Most bytes of vectors or of parts of files in one request; the server itself takes 40 MiB."""
OVER_HTTP = "chromadb.api.fastapi.FastAPI"


class TooLarge(Exception):
    """What was sent is more than the server, or a proxy in front of it, takes in one request."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is published of a corpus."""

    version: str
    listing: str
    """SHA-256 (hex) of the list of the version's files."""
    size: int
    """Of that list, in bytes."""
    parts: str
    """SHA-256 (hex) of the parts of that list, with spaces between them."""
    before: str = ""
    """The pointer that it replaced, as JSON; empty where it was the first."""

    @property
    def replaced(self) -> Pointer | None:
        """The one before, without that before it."""
        return Pointer(**json.loads(self.before)) if self.before else None

    def after(self, other: Pointer | None) -> Pointer:
        """The same, in the place of `other`."""
        return replace(self, before=json.dumps(asdict(replace(other, before="")))) if other else self


class Server:
    """Safe to share between threads."""

    def __init__(self, url: str, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self.url = url.rstrip("/")
        self._headers = dict(headers)
        self._lock = threading.Lock()
        self._looked: dict[str, tuple[float, str | None]] = {}

    def pointer(self, corpus_id: str) -> Pointer | None:
        """What is published of a corpus, or None if nothing is."""
        found = self.find(f"{CORPUS}{corpus_id}.{FORMAT}")
        data = (found.metadata or {}) if found else {}
        if not data:
            return None
        try:
            return Pointer(**{f.name: data[f.name] for f in fields(Pointer)})
        except KeyError:
            raise IndexMissing(
                f"What the Chroma server says is published of {corpus_id} can't be read. Run `trustbot-ingest`."
            ) from None

    def point(self, corpus_id: str, new: Pointer) -> None:
        """Publish `new`: one request, so that a reader finds the pointer before it or this one."""
        data = asdict(new)
        name = f"{CORPUS}{corpus_id}.{FORMAT}"
        with self.asking():
            found = self.find(name)
            if found is None:
                self.create(name, data)
            else:
                found.modify(metadata=data)

    def published(self, corpus_id: str) -> str | None:
        """Name of the version that is published, as it was a second ago at most; the last one that was known while the
        server doesn't answer."""
        with self._lock:
            looked, name = self._looked.get(corpus_id, (-FOLLOW_SECONDS, None))
            if time.monotonic() - looked < FOLLOW_SECONDS:
                return name
            self._looked[corpus_id] = (time.monotonic(), name)
        with suppress(IndexMissing):
            pointer = self.pointer(corpus_id)
            name = pointer.version if pointer else name
        with self._lock:
            self._looked[corpus_id] = (time.monotonic(), name)
        return name

    def corpora(self) -> list[str]:
        """Ids of the corpora that something is published of."""
        return [name.removeprefix(CORPUS).removesuffix(f".{FORMAT}") for name in self.names(CORPUS)]

    def names(self, prefix: str) -> list[str]:
        """Names of the collections that begin with `prefix`."""
        with self.asking():
            return sorted(model.name for model in self._api.list_collections() if model.name.startswith(prefix))

    def find(self, name: str) -> Any | None:
        """The collection of this name, or None if there is none."""
        with self.asking():
            try:
                return self._opened(self._api.get_collection(name))
            except Exception as error:
                if _is_gone(error):
                    return None
                raise

    def create(
        self, name: str, metadata: Mapping[str, Any] | None = None, hnsw: Mapping[str, Any] | None = None
    ) -> Any:
        """The collection of this name, which is made if there is none yet."""
        with self.asking():
            made = self._api.create_collection(
                name,
                metadata=dict(metadata) if metadata else None,
                configuration={"hnsw": dict(hnsw)} if hnsw else None,
                get_or_create=True,
            )
            return self._opened(made)

    def remove(self, name: str) -> None:
        """Delete a collection, if it is there."""
        if self.find(name) is not None:
            with self.asking():
                self._api.delete_collection(name)

    def add(self, collection: Any, ids: Sequence[str], **columns: Sequence[Any]) -> None:
        """Add rows in one request, or in more where one would be too large for the server or what is before it."""
        try:
            with self.asking():
                collection.add(ids=list(ids), **columns)
        except TooLarge:
            half = len(ids) // 2
            if not half:
                raise IndexUnreachable(
                    f"The Chroma server at {self.url} takes no request as large as a single part. Let what stands "
                    "before it take bodies of 8 MB."
                ) from None
            for part in (slice(half), slice(half, None)):
                self.add(collection, ids[part], **{name: column[part] for name, column in columns.items()})

    @property
    def most_rows(self) -> int:
        """Most rows that one request may add."""
        with self.asking():
            return max(1, int(self._api.get_max_batch_size()))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Turn what goes wrong inside into IndexMissing for a collection that is gone, else IndexUnreachable."""
        try:
            yield
        except (TrustbotError, TooLarge):
            raise
        except Exception as error:
            if _is_gone(error):
                raise IndexMissing(
                    "The version of the index that is read is no longer on the Chroma server. Try again in a moment."
                ) from error
            raise _unreachable(self.url, type(error).__name__) from error

    def close(self) -> None:
        """Close the connections."""
        if "_api" in self.__dict__:
            self._api._session.close()

    def _opened(self, model: Any) -> Any:
        from chromadb.api.models.Collection import Collection

        return Collection(client=self._api, model=model, embedding_function=None)

    @cached_property
    def _api(self) -> Any:
        port = urlsplit(self.url).port or 0  # asked for, and not read where the host is an address
        settings = chroma_settings(OVER_HTTP, chroma_server_host=self.url, chroma_server_http_port=port)
        import httpx
        from chromadb.api.fastapi import FastAPI
        from chromadb.config import System

        api = FastAPI(System(settings))
        # Its own session waits for ever, takes proxies and passwords from the environment, and knows no file of a CA.
        api._session.close()
        api._session = httpx.Client(
            headers={"Content-Type": "application/json", **self._headers},
            timeout=httpx.Timeout(self._seconds, connect=CONNECT_SECONDS),
            verify=ssl.create_default_context(),  # of this system, or of SSL_CERT_FILE
            limits=api.http_limits,
            trust_env=False,
            event_hooks={"response": [partial(_refused, self.url)]},
        )
        weakref.finalize(self, api._session.close)
        return api


def server_of(settings: Settings, seconds: float = ANSWER_SECONDS) -> Server | None:
    """The Chroma server that the settings name, if any, each of whose answers is waited for `seconds`.

    It isn't asked anything yet. Raises InvalidInput for headers that can't be used.
    """
    if not settings.chroma_url:
        return None
    return Server(settings.chroma_url, _headers(settings.chroma_headers.get_secret_value()), seconds)


def _headers(given: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(filter(str.strip, given.splitlines()), 1):
        name, colon, value = line.partition(":")
        bare = name.strip()
        if not (
            colon and bare.replace("-", "").isalnum() and f"{bare}{value}".isascii() and value.strip().isprintable()
        ):
            raise InvalidInput(
                f"TRUSTBOT_CHROMA_HEADERS can't be used: line {number} is no header. Write `Name: value`, one a line."
            )
        found[bare] = value.strip()
    return found


def _unreachable(url: str, what: str) -> IndexUnreachable:
    return IndexUnreachable(
        f"The Chroma server at {url} doesn't answer ({what}). Check that it runs, and TRUSTBOT_CHROMA_URL."
    )


def _refused(url: str, response: Any) -> None:
    """Raise what a proxy says, not Chroma."""
    status = response.status_code
    if status == 413:
        raise TooLarge
    if status in (401, 403, 407):
        raise IndexUnreachable(
            f"The Chroma server at {url} refuses to answer ({status}). Check TRUSTBOT_CHROMA_HEADERS."
        )
    if status in (429, 502, 503, 504) or 300 <= status < 400:
        raise _unreachable(url, f"status {status}")


def _is_gone(error: Exception) -> bool:
    from chromadb.errors import NotFoundError

    return isinstance(error, NotFoundError)


def chroma_settings(implementation: str, **given: Any) -> Any:
    """Chroma's settings, for one of its ways to reach a store.

    They say which way, and may name a server: nobody's environment and no .env file is read for that.
    """
    with warnings.catch_warnings(), _without_exporter():
        warnings.simplefilter("ignore")
        import chromadb  # noqa: F401 - its own modules expect to be imported after it
        from chromadb.config import Settings

    return Settings(chroma_api_impl=implementation, anonymized_telemetry=False, **given)


@contextmanager
def _without_exporter() -> Iterator[None]:
    """Spare the import of a telemetry exporter that Chroma uses only when told where to send to: 0.3 s."""
    stub = ModuleType("opentelemetry.exporter.otlp.proto.grpc.trace_exporter")
    stub.OTLPSpanExporter = None  # type: ignore[attr-defined]
    is_ours = sys.modules.setdefault(stub.__name__, stub) is stub
    try:
        yield
    finally:
        if is_ours:
            del sys.modules[stub.__name__]

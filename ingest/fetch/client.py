"""One polite client: says who asks, waits between requests and as long as it is told to, and keeps what it got.

In: an address. Out: the bytes behind it with what the server says of them, from the cache on disk where they are there.
Addresses of private networks are reached only where the operator named the host. This module knows no service.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ingest.fetch.addresses import NotPublic, check_name, reach
from trustbot.errors import FetchFailed, InvalidInput
from trustbot.files.sealed import write_whole

PAUSE = 0.5
"""Seconds between two requests to a host: NCBI allows 3 a second, Crossref 5."""
TRIES = 4
PATIENCE = 60.0
"""Most seconds that a server may have us wait before the next try; who asks for more is asked another day."""
TIMEOUT, DEADLINE = 30.0, 180.0
"""Seconds of silence, and seconds for one answer as a whole."""
LARGEST = 50_000_000
"""Bytes of one answer."""
DAY = 86_400.0
_REDIRECTS = 5
_SLOW, _PASSING = (429, 503), (500, 502, 504)


class NotThere(FetchFailed):
    """The server says that there is nothing at this address."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back from one address."""

    url: str
    """Where it was in the end."""
    media_type: str
    charset: str
    fetched: float
    """Seconds since 1970."""
    data: bytes = b""


class Client:
    """Fetches, one address at a time. `trusted` are hosts, with their port, that may lie in a private network.

    With `refresh` nothing counts as kept that was fetched before.
    """

    def __init__(
        self,
        cache: Path,
        contact: str = "",
        *,
        trusted: Iterable[str] = (),
        private: bool = False,
        refresh: bool = False,
        pause: float = PAUSE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cache, self._pause, self._sleep = cache, pause, sleep
        self._trusted, self._private = frozenset(trusted), private
        self._since = time.time() if refresh else 0.0
        who = f"; mailto:{contact}" if contact else ""
        self._agent = f"trustbot/{version('trustbot')} (document ingest{who})"
        self._last: dict[str, float] = {}
        self._opener = request.OpenerDirector()
        for handler in (
            request.ProxyHandler(),
            _Plain(self._is_open),
            _Secure(self._is_open),
            _Redirects(),
            request.HTTPDefaultErrorHandler(),
            request.HTTPErrorProcessor(),
            request.UnknownHandler(),
        ):
            self._opener.add_handler(handler)

    def get(self, url: str, *, max_age: float = 30 * DAY, largest: int = LARGEST) -> Reply:
        """What is at `url`; from the cache where it was fetched at most `max_age` seconds ago.

        Raises InvalidInput for an address that may not be fetched, NotThere, or FetchFailed with what to do.
        """
        kept = self._kept(url, max_age)
        if kept is not None:
            return kept
        for left in reversed(range(TRIES)):
            self._wait_for_turn(url)
            try:
                reply = self._fetch(url, largest)
            except _Again as again:
                if not left or again.seconds > PATIENCE:
                    raise FetchFailed(f"{_host(url)} {again}. Try again later; what was fetched is kept.") from None
                self._sleep(max(again.seconds, 2.0 ** (TRIES - 1 - left)))
            else:
                self._keep(url, reply)
                return reply
        raise AssertionError  # the last try returns or raises

    def _is_open(self, host: str) -> bool:
        return self._private or host in self._trusted

    def _wait_for_turn(self, url: str) -> None:
        host = _host(url)
        wait = self._last.get(host, -self._pause) + self._pause - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._last[host] = time.monotonic()

    def _fetch(self, url: str, largest: int) -> Reply:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise InvalidInput(f"{url[:200]!r} is no web address. Give one that begins with https:// or http://.")
        headers = {"User-Agent": self._agent, "Accept-Encoding": "gzip"}
        try:
            asked = request.Request(url, headers=headers)  # noqa: S310 - the scheme is checked above
            with self._opener.open(asked, timeout=TIMEOUT) as answer:
                data = _read(answer, largest, url)
                told: Message = answer.headers
                kind, charset = told.get_content_type(), told.get_content_charset("") or ""
                return Reply(answer.geturl(), kind, charset, time.time(), data)
        except HTTPError as error:
            with error:
                raise _refusal(error, url) from None
        except NotPublic as error:
            raise InvalidInput(str(error)) from None
        except (URLError, OSError, http.client.HTTPException, zlib.error, ValueError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, NotPublic):
                raise InvalidInput(str(reason)) from None
            raise _Again(f"can't be reached ({reason})", 0.0) from None

    # -- what is kept --------------------------------------------------------------------------------------------

    def _path(self, url: str) -> Path:
        return self._cache / hashlib.sha256(url.encode()).hexdigest()

    def _kept(self, url: str, max_age: float) -> Reply | None:
        try:
            head, _, data = self._path(url).read_bytes().partition(b"\n")
            given = json.loads(head)
            whole = hashlib.sha256(data).hexdigest() == given.pop("sha256") and given.pop("asked") == url
            reply = Reply(**given, data=data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        is_fresh = reply.fetched >= self._since and 0 <= time.time() - reply.fetched <= max_age
        return reply if whole and is_fresh else None

    def _keep(self, url: str, reply: Reply) -> None:
        head = {name: value for name, value in asdict(reply).items() if name != "data"}
        head |= {"asked": url, "sha256": hashlib.sha256(reply.data).hexdigest()}
        with suppress(OSError):  # a cache that can't be written costs a second request, no more
            self._cache.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(url), json.dumps(head).encode() + b"\n" + reply.data)


class _Again(Exception):
    """What may pass: the reason, and the seconds that the server asks for."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _refusal(error: HTTPError, url: str) -> Exception:
    """What the status of an answer means."""
    if error.code in (404, 410):
        return NotThere(f"{_host(url)} has nothing at {url[:200]}. Check the identifier or the address.")
    if error.code in _SLOW:
        return _Again(f"asks for fewer requests ({error.code})", _seconds(error.headers.get("Retry-After", "")))
    if error.code in _PASSING:
        return _Again(f"has a failure of its own ({error.code})", 0.0)
    return FetchFailed(f"{_host(url)} refuses {url[:200]} ({error.code}). Open it in a browser and add it with --file.")


def _seconds(written: str) -> float:
    """What `Retry-After` asks for: a number of seconds, or a date."""
    if written.strip().isdecimal():
        return float(written)
    try:
        return max(parsedate_to_datetime(written).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return 0.0


def _read(answer: Any, largest: int, url: str) -> bytes:
    """The body, unpacked; InvalidInput where it is larger, an error that may pass where it is slower or cut off."""
    too_large = InvalidInput(f"{url[:200]} holds more than {largest // 1_000_000} MB. Download it and use --file.")
    unpack = zlib.decompressobj(31) if answer.headers.get("Content-Encoding", "").lower() == "gzip" else None
    until, data = time.monotonic() + DEADLINE, bytearray()
    while part := answer.read1(65_536):
        data += unpack.decompress(part, largest + 1) if unpack else part
        if len(data) > largest or (unpack and unpack.unconsumed_tail):
            raise too_large
        if time.monotonic() > until:
            raise _Again(f"sends too slowly ({len(data)} bytes in {DEADLINE:.0f} s)", 0.0)
    if getattr(answer, "length", 0) or (unpack and not unpack.eof):
        raise _Again("broke off", 0.0)
    return bytes(data)


class _Plain(request.HTTPHandler):
    def __init__(self, is_open: Callable[[str], bool]) -> None:
        super().__init__()
        self._is_open = is_open

    def http_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_connection(http.client.HTTPConnection, req, self._is_open), req)


class _Secure(request.HTTPSHandler):
    def __init__(self, is_open: Callable[[str], bool]) -> None:
        super().__init__()
        self._is_open = is_open

    def https_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(_connection(http.client.HTTPSConnection, req, self._is_open), req)


def _connection(kind: Any, req: request.Request, is_open: Callable[[str], bool]) -> Any:
    """What makes the connection of a request: to an address that was checked, unless a proxy stands between."""

    def make(host: str, **options: Any) -> Any:
        made = kind(host, **options)
        # The name is looked up once, where the connection is made: between two look-ups it could become another's.
        made._create_connection = partial(reach, is_open=is_open(_host(req.full_url)))
        return made

    if req.host == _host(req.full_url):
        return make
    if not is_open(_host(req.full_url)):
        check_name(urlsplit(req.full_url).hostname or "")
    return kind


class _Redirects(request.HTTPRedirectHandler):
    max_redirections = _REDIRECTS

    def redirect_request(
        self, req: request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> request.Request | None:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise InvalidInput(f"{req.full_url[:200]} leads to {newurl[:200]}, which is no web address.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)

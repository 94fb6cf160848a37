"""The further corpora of one server: for each an application of its own, at `/c/ID/`.

In: the settings of the server, and what makes an application of settings. Out: the application of a corpus, made and
opened once. What keeps two corpora apart is thereby what keeps two servers apart. This module knows no request.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import re
import threading
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path

from fastapi import FastAPI

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.index.server import server_of
from trustbot.index.versions import CURRENT, current_name
from trustbot.settings import Settings
from trustbot.web.auth.portals import Portals
from trustbot.web.http.addresses import place

HOME = "/c"
"""Under it each corpus stands by its id."""
ALL = "*"
BUILDING = threading.Lock()
"""Applications and chats are built by one thread at a time: FastAPI and the loading of Gradio change what all threads
share, such as the filters for warnings, and change it back."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

log = logging.getLogger("trustbot.web")


class Corpora:
    """The further corpora. For the server's loop alone, but for `knows`."""

    def __init__(self, settings: Settings, portals: Portals, create: Callable[[Settings], FastAPI]) -> None:
        """Raises InvalidInput for a setting that can't be used."""
        self.own = settings.corpus
        """The corpus that stands at `/`."""
        self.portals = portals
        """Those of all corpora."""
        self._settings = settings
        self._create = create
        self._listed = _listed(settings)
        self._making = asyncio.Lock()
        self._closing = asyncio.Event()
        self._apps: dict[str, FastAPI] = {}
        self._running: set[asyncio.Task[None]] = set()

    def knows(self, corpus_id: str) -> bool:
        """True for the id of a further corpus that is served."""
        if corpus_id == self.own or not _ID.fullmatch(corpus_id):
            return False
        return corpus_id in self._listed or (ALL in self._listed and current_name(self._index(corpus_id)) is not None)

    async def application(self, corpus_id: str) -> FastAPI:
        """The application of a corpus that is known; the first call makes it, and begins to open it."""
        async with self._making:
            app = self._apps.get(corpus_id)
            if app is None:
                app = await asyncio.to_thread(self._built, corpus_id)
                self._apps[corpus_id] = app
                self._start(self._run(app))
            return app

    def open_all(self) -> None:
        """Begin to open every further corpus, where they are opened with the server."""
        if self._listed and self._settings.corpora_open == "start":
            found = (path.parent.name for path in self._index(ALL).parent.glob(f"*/{CURRENT}"))
            wanted = {*self._listed, *(found if ALL in self._listed else ())}
            self._start(self._open(sorted(filter(self.knows, wanted))))

    def close_streams(self) -> None:
        """End every stream that is open."""
        for app in self._apps.values():
            for close in app.state.close:
                close()

    async def close(self) -> None:
        """End all applications."""
        self._closing.set()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        # Of no request: what it starts outlives the one that came first.
        task = asyncio.create_task(work, context=contextvars.Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _open(self, corpora: Iterable[str]) -> None:
        for corpus_id in corpora:
            if self._closing.is_set():
                return
            try:
                await self.application(corpus_id)
            except TrustbotError as error:
                log.error("%s: %s", corpus_id, error)
            except Exception:
                log.exception("the corpus %s could not be served", corpus_id)

    async def _run(self, app: FastAPI) -> None:
        async with app.router.lifespan_context(app):
            await self._closing.wait()

    def _built(self, corpus_id: str) -> FastAPI:
        with BUILDING:
            return self._create(self._settings_of(corpus_id))

    def _settings_of(self, corpus_id: str) -> Settings:
        root = f"{self._settings.root_path.strip().rstrip('/')}{HOME}/{corpus_id}"
        return self._settings.model_copy(
            update={"corpus": corpus_id, "root_path": root, "corpora": "", "widget_origins": ""}
        )

    def _index(self, corpus_id: str) -> Path:
        return self._settings.model_copy(update={"corpus": corpus_id}).index_dir


def _listed(settings: Settings) -> frozenset[str]:
    """The ids that the setting names, `ALL` for those that have an index; with a Chroma server those it holds now."""
    listed = frozenset(part.strip() for part in settings.corpora.split(",") if part.strip())
    wrong = sorted(one for one in listed if one != ALL and not _ID.fullmatch(one))
    if wrong:
        raise InvalidInput(
            f"TRUSTBOT_CORPORA can't be used: {wrong[0]!r} is no id of a corpus. Write ids of letters, digits, dots, "
            "dashes and underscores with commas between them, or * for every corpus that has an index."
        )
    if listed and f"{place(settings.root_path).path}/".startswith(f"{HOME}/"):
        raise InvalidInput(
            f"TRUSTBOT_ROOT_PATH can't begin with {HOME} where TRUSTBOT_CORPORA is set: further corpora stand there. "
            "Show the site under another path, such as /trustbot."
        )
    server = server_of(settings) if ALL in listed else None
    if server is None:
        return listed
    with contextlib.closing(server):
        return listed - {ALL} | {*server.corpora()}

"""The addresses of the coordinators' page: what each form does to the draft.

In: requests of somebody whom the door admits. Out: pages, and redirects back to the page. Files are kept under names of
our own until `trustbot-ingest add` has copied them.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.settings import Settings
from trustbot.web.coordinate import questions
from trustbot.web.coordinate.door import COOKIE, Door
from trustbot.web.coordinate.drafts import Drafts
from trustbot.web.coordinate.jobs import SOME_REFUSED, TO_SEE_TO, Job, Jobs
from trustbot.web.coordinate.page import State, door_page, page, running_page
from trustbot.web.http.problems import problem, public
from trustbot.web.protection.security import content_security_policy
from trustbot.web.service import Service

PATH = "/coordinate"
MOST_FILES = 100
HEADERS = {
    "Cache-Control": "no-store",
    # Not even this site's own pages frame it: nobody is to press its buttons unseen.
    "Content-Security-Policy": content_security_policy().replace("frame-ancestors 'self'", "frame-ancestors 'none'"),
}
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


def add_coordinate(app: FastAPI, service: Service) -> None:
    """Add `/coordinate`, which is not there without a token. Raises InvalidInput for one that is too short."""
    door = Door(service.settings.coordinator_token.get_secret_value())
    if door.is_there:
        keeping = Keeping(service, door)
        app.router.routes.append(Route(PATH, keeping.show, methods=["GET"]))
        app.router.routes.append(Route(f"{PATH}/{{action}}", keeping.act, methods=["POST"]))
        app.state.close.append(keeping.jobs.close)


class Keeping:
    """One corpus and who keeps it."""

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door
        self._settings = service.settings
        self._drafts = Drafts(service.settings)
        self._drafts.recover()
        self._turn = asyncio.Lock()
        self._report: tuple[Path, dict[str, Any]] | None = None
        """What was read last, and of which folder; forgotten with each change."""
        self._has_looked = False
        """Whether it was tried since the last change."""
        self._changed: Job | None = None
        """The last command but for those that only read."""
        self._note = ""
        self.jobs = Jobs(_environment(service.settings))

    async def show(self, request: Request) -> Response:
        """The page, or the form for the token."""
        if not self._door.admits(request):
            return HTMLResponse(door_page(base=""), 401, HEADERS)
        if self.jobs.is_busy and self.jobs.last:
            return HTMLResponse(running_page(self._door.word(request), self.jobs.last), headers=HEADERS)
        async with self._turn:
            state = await asyncio.to_thread(self._state, request)
        if self.jobs.is_busy and self.jobs.last:  # it has just begun to read
            return HTMLResponse(running_page(state.word, self.jobs.last), headers=HEADERS)
        note, self._note = self._note, ""
        return HTMLResponse(page(state, note), headers=HEADERS)

    async def act(self, request: Request) -> Response:
        """Do what a form asks for, then show the page."""
        action = request.path_params["action"]
        if action != "enter" and not self._door.admits(request):
            return HTMLResponse(door_page("Your visit has ended. Type the token again."), 401, HEADERS)
        async with request.form(max_files=MOST_FILES, max_part_size=1 << 16) as form:
            if action == "enter":
                return self._enter(request, _text(form, "token"))
            if not self._door.is_ours(request, _text(form, "word")):
                return HTMLResponse(door_page("This form is not of this visit. Type the token again."), 401, HEADERS)
            if action == "leave":
                response = _back()
                response.delete_cookie(COOKIE)
                return response
            if action == "stop":
                self.jobs.close()
                return _back()
            async with self._turn:
                return await self._change(action, form)

    async def _change(self, action: str, form: FormData) -> Response:
        does = getattr(self, f"_do_{action}", None)
        if does is None:
            return problem(404, f"There is nothing to do at {PATH}/{action[:40]}.")
        try:
            if self.jobs.is_busy:
                raise InvalidInput("Something else is under way. Wait until it has ended.")
            await asyncio.to_thread(does, form)
        except TrustbotError as error:
            self._note = public(error)
        except OSError as error:
            self._note = (
                f"The draft can't be written ({error.strerror or type(error).__name__}). Nothing was published."
            )
        return _back()

    def _enter(self, request: Request, token: str) -> Response:
        wait = self._door.wait(request, token)
        if wait is None:
            response: Response = _back()
            self._door.let_in(request, response)
            return response
        told = "This is not the token. Check it, and type it again."
        if wait:
            told = f"There were too many wrong tokens. Try again in {wait} seconds."
        return HTMLResponse(
            door_page(told), 429 if wait else 403, HEADERS | ({"Retry-After": str(wait)} if wait else {})
        )

    # -- what forms do; each runs in a thread, one at a time ------------------------------------------------

    def _do_files(self, form: FormData) -> None:
        files = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
        if not files:
            raise InvalidInput("No file was chosen. Choose one or more.")
        folder = self._begin()
        kept = Path(tempfile.mkdtemp(prefix="upload-", dir=folder.parent))
        arguments = ["add", str(folder), "--json", *(["--program"] if _text(form, "program") else [])]
        for number, file in enumerate(files):
            # A folder each, so that two of one name don't meet; the name itself says the title where nothing else does.
            place = kept / str(number) / (_PLAIN.sub("-", Path(file.filename or "").name).strip(".-")[-80:] or "file")
            place.parent.mkdir()
            with place.open("wb") as out:
                shutil.copyfileobj(file.file, out)
            arguments += ["--file", str(place)]
        self._start("Add files", arguments, lambda: shutil.rmtree(kept, ignore_errors=True))

    def _do_edit(self, form: FormData) -> None:
        given = [f"--{name}={_text(form, name)}" for name in ("title", "date", "expires", "replaces")]
        self._start("Save", ["edit", str(self._begin()), f"--document={_text(form, 'document')}", *given, "--json"])

    def _do_remove(self, form: FormData) -> None:
        self._start("Take out", ["edit", str(self._begin()), f"--remove={_text(form, 'document')}", "--json"])

    def _do_draft(self, form: FormData) -> None:
        self._start("Draft questions", ["questions", str(self._begin()), "--missing", "--json"])

    def _do_question(self, form: FormData) -> None:
        folder, text = self._begin(), _text(form, "text")
        match _text(form, "do"):
            case "accept":
                questions.accept(folder, _text(form, "was"), text)
            case "delete":
                questions.delete(folder, _text(form, "was"))
            case _:
                document, statement = self._statement(_text(form, "statement"))
                questions.add(folder, text, statement, document)

    def _do_publish(self, form: FormData) -> None:
        self._publish("Publish")

    def _do_back(self, form: FormData) -> None:
        self._drafts.take_up(_text(form, "version"))
        self._forget()
        self._publish("Go back")

    def _do_discard(self, form: FormData) -> None:
        self._drafts.discard()
        self._forget()

    # -- how ------------------------------------------------------------------------------------------------

    def _begin(self) -> Path:
        """The draft, which is begun where there is none; what was read of the corpus holds for it as well."""
        if self._report and not self._drafts.is_there:
            self._report = (self._drafts.draft, self._report[1])
        return self._drafts.begin()

    def _start(self, name: str, arguments: list[str], at_last: Callable[[], None] = lambda: None) -> None:
        """Run a command that changes the draft."""
        self.jobs.start(name, arguments, at_last=at_last)
        self._changed = self.jobs.last
        self._forget()

    def _forget(self) -> None:
        self._report, self._has_looked = None, False

    def _look(self) -> None:
        """Begin to read the folder that is shown, once after each change."""
        folder, self._has_looked = self._drafts.shown, True

        def then(report: Mapping[str, Any]) -> None:
            self._report = (folder, dict(report))

        self.jobs.start("Read the documents", ["check", str(folder), "--json"], then, (0, TO_SEE_TO, SOME_REFUSED))

    def _publish(self, name: str) -> None:
        if not self._drafts.is_there:
            raise InvalidInput("There is no draft. Change something first.")
        self._drafts.check_place()

        def then(report: Mapping[str, Any]) -> None:
            self._drafts.publish()
            self._forget()

        self.jobs.start(name, [str(self._drafts.draft), "--json"], then)
        self._changed = self.jobs.last

    def _statement(self, chosen: str) -> tuple[str, Mapping[str, Any] | None]:
        """The document and statement of a choice; no statement for the choice that nothing answers."""
        document, _, start = chosen.rpartition(":")
        if not document:
            return "", None
        known = self._known().get("documents", ())
        of = (s for d in known if d["id"] == document for s in d["statements"] if str(s["start"]) == start)
        found = next(of, None)
        if found is None:
            raise InvalidInput("This statement is not in the draft any more. Look at what is read, and choose again.")
        return document, found

    def _known(self) -> Mapping[str, Any]:
        """What was read of the folder that is shown; empty before anybody looked."""
        return self._report[1] if self._report and self._report[0] == self._drafts.shown else {}

    def _state(self, request: Request) -> State:
        if not self._known() and not self._has_looked and not self.jobs.is_busy:
            self._look()
        accepted, drafts = questions.counted(self._drafts.shown)
        read = self.jobs.last
        title = self._service.bot.corpus.title if not self._service.missing else self._settings.corpus
        return State(
            title=title,
            word=self._door.word(request),
            is_draft=self._drafts.is_there,
            report=self._known() or None,
            last=read if read and read.problem else self._changed,
            accepted=accepted,
            drafts=drafts,
            earlier=self._drafts.earlier(),
            can_draft=bool(self._settings.chat_model),
        )


def _environment(settings: Settings) -> dict[str, str]:
    """That of this process, with the folders that its options may have named."""
    return os.environ | {
        "TRUSTBOT_DATA_DIR": str(settings.data_dir),
        "TRUSTBOT_CORPUS_DIR": str(settings.corpus_dir),
        "TRUSTBOT_CORPUS": settings.corpus,
    }


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _back() -> RedirectResponse:
    return RedirectResponse("../coordinate", 303, HEADERS)

"""The chat: Gradio components around a conversation. Gradio's only home.

In: the service. Out: an application to stand at `/`. This module decides which components there are; what they set off
is `events`' business, what a conversation does `conversation`'s, and how it looks `render`'s.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from trustbot.web.chat import events
from trustbot.web.chat.conversation import CHIPS, Openings, starters
from trustbot.web.chat.events import Bridge, Parts, connect
from trustbot.web.chat.sessions import Sessions
from trustbot.web.i18n import language, words
from trustbot.web.pages import front, render
from trustbot.web.service import Service

QUEUE = 64
"""Events that Gradio has not begun; past it Gradio answers that it is busy."""
_BUILDING = threading.Lock()
"""Gradio adds each component to the page that is being built, of which a process has one."""


def create_chats(service: Service) -> dict[str, FastAPI]:
    """For each language the chat in it; which questions to begin with is found out once for all of them."""
    import_gradio()
    opening = starters(service)
    return {code: create_chat(service, code, opening) for code in language.codes()}


def create_chat(service: Service, code: str = language.SOURCE, opening: Openings | None = None) -> FastAPI:
    """An application that serves the chat in one language; nothing is answered until its lifespan is entered.

    It stands at the language's own root; `opening` holds the questions to begin with, which are found out if None.
    """
    gr = import_gradio()
    # Gradio reflects any origin unless its parent app carries exactly this middleware; here it allows none.
    holder = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=[])], openapi_url=None)
    with _BUILDING, language.using(code), _shared_with_nobody(gr):
        demo = build_blocks(gr, service, starters(service) if opening is None else opening)
        gr.mount_gradio_app(
            holder,
            demo,
            path="/",
            ssr_mode=False,
            run_history=False,
            show_error=False,
            footer_links=[],
            max_file_size="1kb",
            enable_monitoring=False,
            root_path=service.settings.root_path.rstrip("/") + language.prefix(code) or None,
            theme=gr.themes.Base(
                font=["IBM Plex Sans", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
            ),
        )
    holder.state.sessions = Sessions(demo)
    return holder


@contextlib.contextmanager
def _shared_with_nobody(gr: Any) -> Iterator[None]:
    """Let Gradio make its folder for a tool that is switched off where it is gone at once.

    Its own place, /tmp/gradio, is one for everybody on the machine: whoever was there first decides whether there is a
    chat.
    """
    given = gr.routes.DEFAULT_TEMP_DIR
    with tempfile.TemporaryDirectory(prefix="trustbot-chat-") as own:
        gr.routes.DEFAULT_TEMP_DIR = own
        try:
            yield
        finally:
            gr.routes.DEFAULT_TEMP_DIR = given


def import_gradio() -> Any:
    """Gradio, loaded without what it writes into the installation, where a server has no business.

    At its first import that is a seed for the names of uploaded files, of which there are none; at every import a type
    stub for each of its components, which costs two of its five seconds.
    """
    getfile, exists = inspect.getfile, os.path.exists

    def no_stubs(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("no stubs")
        return getfile(thing)

    def no_seed(path: Any) -> bool:
        # What is there but can't be read is made up for this process only.
        return str(path).endswith("hash_seed.txt") or exists(path)

    inspect.getfile, os.path.exists = no_stubs, no_seed  # type: ignore[assignment]
    try:
        # What Gradio's own dependencies are warned about is no news for an operator.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import gradio
    finally:
        inspect.getfile, os.path.exists = getfile, exists
    # Around each event it would load matplotlib where that is installed, which lists the fonts in the home folder.
    gradio.utils.MatplotlibBackendMananger = contextlib.nullcontext
    return gradio


def build_blocks(gr: Any, service: Service, opening: Openings) -> Any:
    """The page: disclaimer, header, conversation, suggestions, and the box to ask in."""
    corpus = service.bot.corpus
    plain = {"sanitize_html": True, "latex_delimiters": [], "container": False}
    with gr.Blocks(title=corpus.title, analytics_enabled=False, fill_width=True) as demo:
        gr.Markdown(render.disclaimer(corpus, asks=True), elem_id="tb-disclaimer", **plain)
        gr.Markdown(front.options(), elem_id="tb-languages", **{**plain, "sanitize_html": False})
        gr.Markdown(front.header(corpus, service.bot.built_at), elem_id="tb-header", **plain)
        chat = _chatbot(gr)
        with gr.Column(elem_id="tb-suggest"):
            title = gr.Markdown(words.START_CHIPS, elem_id="tb-suggest-title", visible=bool(opening[None]), **plain)
            with gr.Row(elem_id="tb-chips"):
                shown = [*opening[None], *[""] * CHIPS][:CHIPS]
                chips = [gr.Button(text, visible=bool(text), elem_classes="tb-chip") for text in shown]
        export, formats, file = _export(gr, plain)
        with gr.Row(elem_id="tb-dock"):
            restart = gr.Button(words.RESTART, elem_id="tb-restart", visible=False)
            box = _textbox(gr, front.placeholder(corpus))
        parts = Parts(chat, title, chips, restart, box, gr.State(()), export, formats, file, _bridge(gr))
        connect(gr, service, parts, opening)
    # Gradio begins more than there are places: whoever finds none is told so, instead of waiting in its queue.
    limit = service.most_open + events.SPARE
    demo.max_threads = max(demo.max_threads, limit)
    demo.queue(max_size=QUEUE, default_concurrency_limit=limit, api_open=False)
    return demo


def _chatbot(gr: Any) -> Any:
    return gr.Chatbot(
        label=words.CONVERSATION,
        show_label=False,
        container=False,
        elem_id="tb-chat",
        height="auto",
        layout="panel",
        autoscroll=False,
        buttons=[],
        feedback_options=None,
        allow_tags=False,
        latex_delimiters=[],
        group_consecutive_messages=False,
    )


def _bridge(gr: Any) -> Bridge:
    def text(name: str) -> Any:
        return gr.Textbox(visible="hidden", show_label=False, container=False, elem_id=f"tb-{name}")

    def button(name: str) -> Any:
        return gr.Button(visible="hidden", elem_id=f"tb-{name}")

    return Bridge(
        kept=text("kept"),
        persona=text("persona"),
        visitor=text("visitor"),
        since=text("since"),
        feedback=text("feedback"),
        told=gr.Markdown("", elem_id="tb-told", visible="hidden", sanitize_html=True, container=False),
        restore=button("restore"),
        personalise=button("personalise"),
        give=button("give"),
    )


def _export(gr: Any, plain: dict[str, Any]) -> tuple[Any, dict[str, Any], Any]:
    """The formats to export in, folded away, and where the link to the file appears."""
    with gr.Accordion(words.EXPORT, open=False, visible=False, elem_id="tb-export") as export:
        gr.Markdown(words.EXPORT_HELP, elem_id="tb-export-help", **plain)
        with gr.Row(elem_id="tb-formats"):
            formats = {name: gr.Button(label, elem_classes="tb-chip") for name, label in words.EXPORT_FORMATS.items()}
        # Cleaned, a link would lose the file that it holds. All of it is made by `download`, which escapes its text.
        file = gr.Markdown("", elem_id="tb-file", **{**plain, "sanitize_html": False})
    return export, formats, file


def _textbox(gr: Any, placeholder: str) -> Any:
    # Without `max_length`, at which a browser cuts what is pasted and says nothing: a longer question is refused.
    return gr.Textbox(
        label=words.YOUR_QUESTION,
        show_label=False,
        placeholder=placeholder,
        lines=1,
        max_lines=6,
        submit_btn=words.SEND,
        container=False,
        elem_id="tb-box",
    )

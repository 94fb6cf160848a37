"""The chat: Gradio components around a conversation. Gradio's only home.

In: the service. Out: an application to stand at `/`. This module decides which components there are and what
each event sets; what a conversation does is `conversation`'s business, and how it looks `render`'s.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from trustbot.web import render, words
from trustbot.web.conversation import CHIPS, Exchange, Screen, converse, starters
from trustbot.web.service import Service

QUEUE = 64
"""Questions that may wait; past it Gradio answers that it is full."""


def create_chat(service: Service) -> FastAPI:
    """An application that serves the chat at `/`; nothing is answered until its lifespan is entered."""
    gr = import_gradio()
    demo = build_blocks(gr, service)
    # Gradio reflects any origin unless its parent app carries exactly this middleware; here it allows none.
    holder = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=[])], openapi_url=None)
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
        root_path=service.settings.root_path or None,
        theme=gr.themes.Base(
            font=["IBM Plex Sans", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
    )
    return holder


def import_gradio() -> Any:
    """Gradio, loaded without the type stubs that it writes for each of its components at every import.

    They cost two of its five seconds and are written into the installation, where a server has no business.
    """
    original = inspect.getfile

    def getfile(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("no stubs")
        return original(thing)

    inspect.getfile = getfile  # type: ignore[assignment]
    try:
        # What Gradio's own dependencies are warned about is no news for an operator.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import gradio
    finally:
        inspect.getfile = original
    return gradio


def build_blocks(gr: Any, service: Service) -> Any:
    """The page: disclaimer, header, conversation, suggestions, and the box to ask in."""
    bot, settings = service.bot, service.settings
    opening = starters(service)
    plain = {"sanitize_html": True, "latex_delimiters": [], "container": False}
    with gr.Blocks(title=bot.corpus.title, analytics_enabled=False, fill_width=True) as demo:
        gr.Markdown(render.disclaimer(bot.corpus), elem_id="tb-disclaimer", **plain)
        gr.Markdown(render.header(bot.corpus, bot.built_at), elem_id="tb-header", **plain)
        chat = gr.Chatbot(
            label=words.CONVERSATION,
            show_label=False,
            container=False,
            elem_id="tb-chat",
            height="auto",
            layout="panel",
            autoscroll=False,
            placeholder=render.welcome(bot.corpus),
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            latex_delimiters=[],
            group_consecutive_messages=False,
        )
        with gr.Column(elem_id="tb-suggest"):
            title = gr.Markdown(words.START_CHIPS, elem_id="tb-suggest-title", visible=bool(opening), **plain)
            with gr.Row(elem_id="tb-chips"):
                chips = [
                    gr.Button(
                        opening[i] if i < len(opening) else "",
                        visible=i < len(opening),
                        elem_classes="tb-chip",
                    )
                    for i in range(CHIPS)
                ]
        with gr.Row(elem_id="tb-dock"):
            restart = gr.Button(words.RESTART, elem_id="tb-restart", visible=False)
            box = gr.Textbox(
                label=words.YOUR_QUESTION,
                show_label=False,
                placeholder=words.PLACEHOLDER,
                lines=1,
                max_lines=6,
                max_length=settings.question_limit,
                submit_btn=words.SEND,
                container=False,
                elem_id="tb-box",
            )
        memory = gr.State(())
        outputs = [chat, memory, box, title, restart, *chips]

        def respond(question: str, exchanges: tuple[Exchange, ...]) -> Iterator[list[Any]]:
            for screen in converse(service, tuple(exchanges or ()), str(question or "")):
                yield updates(gr, screen)

        def clear() -> list[Any]:
            return updates(gr, Screen([], (), "", opening, words.START_CHIPS))

        limits = {
            "concurrency_limit": settings.concurrency,
            "concurrency_id": "ask",
            "show_progress": "hidden",
            "api_visibility": "private",
        }
        box.submit(respond, [box, memory], outputs, **limits)
        for chip in chips:
            chip.click(respond, [chip, memory], outputs, **limits)
        restart.click(clear, None, outputs, show_progress="hidden", api_visibility="private")
    demo.queue(max_size=QUEUE, default_concurrency_limit=settings.concurrency, api_open=False)
    return demo


def updates(gr: Any, screen: Screen) -> list[Any]:
    """A screen as the values of the components, in the order of the events' outputs."""
    chips = [
        gr.Button(value=screen.chips[i], visible=True) if i < len(screen.chips) else gr.Button(visible=False)
        for i in range(CHIPS)
    ]
    return [
        screen.messages,
        screen.exchanges,
        gr.skip() if screen.box is None else screen.box,
        gr.Markdown(screen.chips_title, visible=bool(screen.chips)),
        gr.Button(visible=bool(screen.messages), interactive=not screen.busy),
        *chips,
    ]

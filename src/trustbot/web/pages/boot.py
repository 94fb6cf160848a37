"""What the chat's page shows and knows before Gradio is there.

In: the corpus and what the script must know. Out: markup for the page that Gradio serves. A first question can be typed
at once; the page's script hands it over when the chat can take it. This module knows no Gradio component.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from trustbot.types import Corpus
from trustbot.web.feedback.judgements import COMMENT_LIMIT, REASONS
from trustbot.web.i18n import language, words
from trustbot.web.pages import front

_ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


SEND_EARLY = """
const form = document.querySelector("#tb-boot form");
const send = (event) => {
  event.preventDefault();
  if (form.q.value.trim()) document.getElementById("tb-boot").classList.add("tb-sent");
};
form.addEventListener("submit", send);
form.q.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
});
const root = document.documentElement;
let alone = 0;
const watch = setInterval(() => {
  const box = document.querySelector("#tb-box textarea");
  if (!form.isConnected) clearInterval(watch);
  else if (box && !root.matches(".tb-script") && ++alone > (root.matches(".tb-unscripted") ? 2 : 60)) {
    const sent = document.querySelector("#tb-boot.tb-sent");
    box.value = form.q.value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    document.getElementById("tb-boot").remove();
    if (sent) setTimeout(() => document.querySelector("#tb-box .submit-button").click(), 100);
  }
}, 500);
"""
"""Stands in the page itself: takes a question that is sent before any script has come. Where our scripts were refused,
or are not there half a minute after the chat, it makes way for the chat and hands the question over itself."""


def data_block(name: str, value: Any) -> str:
    """`value` as JSON in the page, under the id `name`; nothing in it can end the block or run."""
    text = json.dumps(value, ensure_ascii=False).translate(_ESCAPED)
    return f'<script type="application/json" id="{escape(name)}">{text}</script>\n'


def script_words(corpus_id: str, feedback_note: str, question_limit: int, *, comments: bool = False) -> str:
    """The words and facts that the page's script uses; `feedback_note` says what is kept of a reader's feedback, and
    `question_limit` is the most characters of a question. With `comments`, feedback takes a sentence of its own."""
    told = {
        **words.SCRIPT,
        "personas": words.PERSONAS,
        "why": words.FEEDBACK_WHY,
        "reasons": {
            outcome: {reason: words.FEEDBACK_REASONS[reason] for reason in fitting}
            for outcome, fitting in REASONS.items()
        },
        "feedbackKept": feedback_note,
        "comment": words.FEEDBACK_COMMENT.format(limit=COMMENT_LIMIT) if comments else "",
        "commentLimit": COMMENT_LIMIT,
        "corpus": corpus_id,
        "limit": question_limit,
        "tooLong": words.QUESTION_TOO_LONG,
    }
    return data_block("tb-words", told)


def shell(corpus: Corpus) -> str:
    """The page until the chat is there: the disclaimer, the name, and a box to type in."""
    return (
        f'<div id="tb-boot"><header><p><strong>{escape(words.DISCLAIMER_SHORT)}</strong> '
        f"<span>{escape(words.NO_PATIENTS)}</span></p></header>"
        f'<main>{front.name(corpus)}<form action="./"><label for="tb-early">{escape(words.YOUR_QUESTION)}</label>'
        f'<textarea id="tb-early" name="q" rows="2" placeholder="{escape(front.placeholder(corpus))}"></textarea>'
        f"<button>{escape(words.SEND)}</button></form>"
        f'<p class="tb-boot-now" role="status">{escape(words.BOOT)}</p>'
        f'<p class="tb-boot-sent">{escape(words.BOOT_SENT)}</p>'
        f'<p class="tb-boot-late">{escape(words.BOOT_LATE)} '
        f'<a href="{escape(language.here())}">{escape(words.BOOT_RELOAD)}</a></p>'
        f"</main></div><script>{{{SEND_EARLY}}}</script>"
    )

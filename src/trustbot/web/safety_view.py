"""What somebody is told who needs help first: what to do now, whom to turn to, then what the sources say on it.

In: an Answer of the outcome `safety`. Out: markup. It is an alert, so that a screen reader says it at once, and a
number can be called with one tap. This module knows no question.
"""

from __future__ import annotations

import re

from trustbot import replies
from trustbot.types import Answer, Contact, SafetyNote
from trustbot.web import said, words
from trustbot.web.closest_view import closest
from trustbot.web.markup import element, link, text


def safety(given: Answer, note: SafetyNote) -> str:
    """The message with its contacts and, below it, the statements beside it."""
    title = "" if note.again else element("h2", text(words.SAFETY_TITLE[note.kind]))
    first, *more = (element("p", text(line)) for line in said.said(replies.help_first(note)).split("\n"))
    alert = element(
        "div", title + element("div", first, "tb-first") + "".join(more) + _contacts(note), "", role="alert"
    )
    near = closest(given.closest)
    heading = element("h3", text(words.SAFETY_MATTER)) if near else ""
    return element("div", alert + heading + near, "tb-help")


def _contacts(note: SafetyNote) -> str:
    if not note.contacts:
        return ""
    listed = element("ul", "".join(map(_contact, note.contacts)), "tb-contacts")
    return element("p", text(words.SAFETY_CONTACTS), "tb-contacts-title") + listed


def _contact(contact: Contact) -> str:
    parts = (
        element("b", text(said.said(contact.name))),
        element("a", text(contact.number), href=_dialled(contact.number)) if contact.number else "",
        _address(contact.address) if contact.address else "",
        element("span", text(contact.hours), "tb-hours") if contact.hours else "",
    )
    return element("li", " ".join(filter(None, parts)))  # read aloud, the parts stand apart


def _dialled(number: str) -> str:
    return "tel:" + re.sub(r"[^0-9+*#]", "", number).replace("#", "%23")


def _address(address: str) -> str:
    if address.startswith("mailto:"):
        return element("a", text(address.removeprefix("mailto:")), href=address)
    shown = address.removeprefix("https://").removesuffix("/")
    return link(shown, address) if address.startswith("https://") else element("span", text(address))

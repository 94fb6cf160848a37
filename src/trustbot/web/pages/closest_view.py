"""What is shown in place of an answer: help for who needs it, and quotes that lie near and are visibly no answer.

In: an Answer with what somebody is told, or the citations that it holds as closest. Out: markup: what to do now and
whom to turn to; each quote with its number, whose words it is, what kind of study stands behind it, what checking found
against it, and the way to its place. This module knows no question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trustbot.answer import replies
from trustbot.types import Answer, Citation, Contact, SafetyNote
from trustbot.web.http.markup import element, link, sourced, text
from trustbot.web.i18n import said, words
from trustbot.web.pages.evidence_view import stored_link
from trustbot.web.pages.sentences_view import caution


def closest(citations: Sequence[Citation]) -> str:
    """The quotes as a list; nothing where there are none."""
    return element("ul", "".join(map(_item, citations)), "tb-near") if citations else ""


def _item(citation: Citation) -> str:
    number = element("span", f"[{citation.number}]", "tb-ref")
    kind = element("span", text(words.DOCUMENT_KIND_SHORT[citation.document.kind]), "tb-kind")
    marks = element("p", f"{number} {kind}", "tb-marks")
    quote = sourced("blockquote", text(f"“{citation.quote.text}”"))
    known, audit = said.badge(citation.source), citation.audit
    badge = sourced("p", text(known), "tb-badge") if known else ""
    doubted = audit is not None and (audit.notice or audit.check != "supported")
    against = caution(audit.check, {audit.notice or audit.reason: None}) if audit is not None and doubted else ""
    # Read aloud, the parts stand apart.
    parts = " ".join(part for part in (marks, quote, badge, against, stored_link(citation)) if part)
    return element("li", parts, f"tb-doc-{citation.document.kind.replace(' ', '-')}")


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

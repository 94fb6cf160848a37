"""The pages of the tool: a launch that was refused, the choice of a link and its way back to the platform, and the
end of a registration.

In: sentences, suggestions and addresses. Out: whole HTML pages that need no script, and the headers that let a platform
frame them. Everything given is escaped. This module knows no message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trustbot.text.origins import Origins
from trustbot.web.http.markup import element, sourced_text, text
from trustbot.web.http.pages import whole_page
from trustbot.web.i18n import language, words
from trustbot.web.lti.deep_linking import Choice
from trustbot.web.lti.refusals import LaunchRefused

BASE = "../"
DEEP_BASE = "../../"
OWN, NONE = "own", ""
"""Values of the choice of a question: the one that is typed, and none; suggestions stand by their number."""
TITLE_LIMIT = 120
_NAMED = re.compile("`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Offer:
    """What an instructor chooses from."""

    corpus: str
    corpus_title: str
    suggestions: tuple[str, ...]
    limit: int
    """Most characters of a question."""


def headers(framing: Origins, form_action: str = "'none'", script: str = "") -> dict[str, str]:
    """Headers of a page that the origins `framing` may frame, and whose forms go to `form_action`."""
    policy = (
        f"default-src 'none'; {script}style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; "
        f"form-action {form_action}; {' '.join(('frame-ancestors', chr(39) + 'self' + chr(39), *framing.listed))}"
    )
    return {"Cache-Control": "no-store", "Content-Security-Policy": policy}


def refused_page(refusal: LaunchRefused) -> str:
    """One sentence for the person, and one for whoever looks after the tool."""
    mend = _NAMED.sub(r"<code>\1</code>", text(refusal.for_coordinator))
    told = element("strong", text(words.LTI_COORDINATOR)) + " " + mend
    return told_page(words.LTI_REFUSED_TITLE, element("p", text(refusal.for_person)) + element("p", told, "mend"))


def told_page(title: str, content: str) -> str:
    """A page that says something; `content` is markup."""
    return _page(title, element("main", element("h1", text(title)) + content, "told"))


def choice_page(offer: Offer, ticket: str, chosen: Choice, base: str = BASE, problem: str = "") -> str:
    """The form that makes a link; `chosen` is what stands in it, `problem` why it came back.

    `base` leads to the root of the site in the reader's language.
    """
    wrong = element("p", text(problem), "problem", id="problem", role="alert") if problem else ""
    corpus = element(
        "label",
        f'<input type="radio" name="corpus" value="{text(offer.corpus)}" checked> {sourced_text(offer.corpus_title)}',
        "choice",
    )
    name = (
        element("label", text(words.LTI_LINK_NAME), **{"for": "title"})
        + f'<input id="title" name="title" maxlength="{TITLE_LIMIT}" required value="{text(chosen.title)}">'
    )
    form = (
        f'<input type="hidden" name="ticket" value="{text(ticket)}">'
        + name
        + element("fieldset", element("legend", text(words.LTI_CORPUS)) + corpus)
        + element("fieldset", element("legend", text(words.LTI_OPENING)) + _questions(offer, chosen, bool(problem)))
        + element("button", text(words.LTI_ADD))
    )
    made = element("form", form, action=f"{base}lti/deep-link", method="post")
    note = element("p", text(words.LTI_CHOICE_NOTE))
    body = element("main", element("h1", text(words.LTI_CHOICE_TITLE)) + note + wrong + made)
    return _page(words.LTI_CHOICE_TITLE, body)


def _questions(offer: Offer, chosen: Choice, has_problem: bool) -> str:
    picked = str(offer.suggestions.index(chosen.question)) if chosen.question in offer.suggestions else NONE
    picked = picked if picked or not (chosen.question or has_problem) else OWN
    choices = [(NONE, text(words.LTI_NO_OPENING))]
    choices += [(str(number), sourced_text(question)) for number, question in enumerate(offer.suggestions)]
    choices.append((OWN, text(words.LTI_OWN_OPENING)))
    shown = "".join(
        element(
            "label",
            f'<input type="radio" name="choice" value="{value}"{" checked" if value == picked else ""}> {label}',
            "choice",
        )
        for value, label in choices
    )
    own = chosen.question if picked == OWN else ""
    described = ' aria-invalid="true" aria-describedby="problem"' if has_problem else ""
    return (
        shown
        + element("label", text(words.LTI_OWN_LABEL), **{"for": "own"})
        + f'<textarea id="own" name="own" rows="3"{described}'
        + f' lang="{language.SOURCE}">{text(own)}</textarea>'
    )


def picked_question(told: Mapping[str, str], suggestions: Sequence[str]) -> str:
    """The question that the form says; what is typed counts also where nothing is picked."""
    choice, own = told.get("choice", NONE), " ".join(told.get("own", "").split())
    if choice.isascii() and choice.isdigit() and len(choice) < 4 and int(choice) < len(suggestions):
        return suggestions[int(choice)]
    return own


def response_page(address: str, token: str) -> str:
    """Sends the response to the platform: by itself where scripts run, else by a button."""
    form = f'<input type="hidden" name="JWT" value="{text(token)}">' + element("button", text(words.LTI_RETURN))
    content = element("p", text(words.LTI_RETURNING), role="status") + element(
        "form", form, id="lti-return", action=address, method="post"
    )
    body = element("main", element("h1", text(words.LTI_RETURN_TITLE)) + content, "told")
    return _page(words.LTI_RETURN_TITLE, body, f'<script src="{BASE}ui/lti.js" defer></script>\n')


def registered_page(issuer: str) -> str:
    """Tells the platform's administrator that it is done, and the platform that it may close this page."""
    told = element("p", text(words.LTI_REGISTERED.format(issuer=issuer)), role="status")
    return _deep(words.LTI_REGISTERED_TITLE, told, f'<script src="{DEEP_BASE}ui/lti-close.js" defer></script>\n')


def not_registered_page(told: str) -> str:
    """Says in one sentence why a platform was not registered."""
    return _deep(words.LTI_NOT_REGISTERED_TITLE, element("p", _NAMED.sub(r"<code>\1</code>", text(told))))


def _deep(title: str, content: str, head: str = "") -> str:
    return _page(title, element("main", element("h1", text(title)) + content, "told"), head, DEEP_BASE)


def _page(title: str, body: str, head: str = "", base: str = BASE) -> str:
    # A page that answers a form has no address that it could be had from in another language.
    style = f'<link rel="stylesheet" href="{base}ui/lti.css">\n'
    return whole_page(title, body, "lti", style + head, base, translated=False, themed=False)

"""`/widget/setup`: what a portal's coordinator pastes, as it would look, and whether their portal may show it.

In: choices in the address of the page, which anybody may have written. Out: one whole HTML page, and the route that
serves it. It works without a script; with one it follows each choice as it is made. Which origins are listed is no
secret: the policy of the framed page names them to every browser. Everything that the page is given is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse

from trustbot.text.origins import NoOrigin, parse_origins
from trustbot.types import Corpus
from trustbot.web.http.addresses import Place, public_url
from trustbot.web.http.markup import element, text
from trustbot.web.http.pages import waiting_page, whole_page
from trustbot.web.http.problems import shown
from trustbot.web.i18n import language, words
from trustbot.web.service import Service
from trustbot.web.widget.access import Access
from trustbot.web.widget.page import COLOUR, THEMES
from trustbot.web.widget.snippets import FORMS, Form, snippet

BASE = "../"
STYLE = f'<link rel="stylesheet" href="{BASE}ui/setup.css">\n'
SCRIPT = f'<script src="{BASE}ui/setup.js" defer></script>\n'
NO_STORE = {"Cache-Control": "no-store"}
LABEL_LIMIT = 60
"""Most characters on the button."""
ENOUGH_FOR_TEXT, ENOUGH_FOR_SHAPES = 4.5, 3.0
"""Contrast that WCAG 2.2 asks for at level AA."""
GROUNDS = {"light": "#ffffff", "dark": "#101615"}
"""A page's usual ground in each theme."""


def add_widget_setup(app: FastAPI, service: Service, access: Access, at: Place) -> None:
    """Serve the page; until there is a corpus, the waiting page. `at` is where readers find the site."""

    @app.api_route("/widget/setup", methods=["GET", "HEAD"], include_in_schema=False)
    def setup(request: Request) -> HTMLResponse:
        if service.missing:
            waiting = waiting_page(service.missing, service.problem, BASE)
            return HTMLResponse(waiting, status_code=503, headers={**NO_STORE, "Retry-After": "2"})
        choices = choices_of(request.query_params, service.settings.question_limit)
        page = setup_page(choices, access, service.bot.corpus, public_url(at, request))
        return HTMLResponse(page, headers=NO_STORE)


@dataclass(frozen=True, slots=True)
class Choices:
    """What the coordinator chose; what is no choice is as if it hadn't been made, and stays in its field."""

    portal: str = ""
    form: Form = "script"
    version: str = "pinned"
    accent: str = ""
    """As it was written, whether it is a colour or not."""
    options: Mapping[str, str] | None = None
    """Options of the widget, as `snippet` takes them."""

    def chosen(self, name: str) -> str:
        """An option's value, or nothing."""
        return (self.options or {}).get(name, "")


def choices_of(asked: Mapping[str, str], question_limit: int) -> Choices:
    """The choices that the address of the page holds."""

    def one_of(name: str, known: tuple[str, ...]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    def line(name: str, limit: int) -> str:
        value = " ".join(asked.get(name, "").split())
        return value[:limit] if value.isprintable() else ""

    accent = line("accent", 20)
    theme = one_of("theme", THEMES)
    options = {
        "theme": "" if theme == "auto" else theme,
        "accent": accent.lower() if COLOUR.fullmatch(accent) else "",
        "lang": one_of("lang", language.codes()),
        "persona": one_of("persona", tuple(words.PERSONAS)),
        "question": line("question", question_limit),
        "label": line("label", LABEL_LIMIT),
    }
    form = cast(Form, one_of("form", FORMS) or "script")
    version = one_of("version", tuple(words.SETUP_VERSIONS)) or "pinned"
    return Choices(line("portal", 300), form, version, accent, options)


def setup_page(choices: Choices, access: Access, corpus: Corpus, address: str) -> str:
    """The whole page; `address` is the site's public one."""
    corpus_id, label = corpus.id, words.WIDGET_ABOUT.format(title=corpus.title)
    if not choices.chosen("label"):
        choices = replace(choices, options={**(choices.options or {}), "label": label})
    main = "".join(
        (
            element("p", element("a", f"← {text(words.AUDIT_BACK)}", href=BASE), "back"),
            element("h1", text(words.SETUP_TITLE)),
            element("p", text(words.SETUP_LEAD), "lead"),
            _state(access),
            _form(choices, access, address),
            _snippets(choices, corpus_id, address),
            _preview(choices, corpus_id, address),
        )
    )
    return whole_page(words.SETUP_TITLE, element("main", main), "setup", STYLE + SCRIPT, BASE)


def _state(access: Access) -> str:
    off, listed = access.off(), access.origins().listed
    switch = element("p", text(off or words.SETUP_ON), "bad" if off else "good", role="status")
    if listed:
        names = "".join(element("li", element("code", text(origin))) for origin in listed)
        who = element("p", text(words.SETUP_LISTED)) + element("ul", names)
    else:
        who = element("p", text(words.SETUP_NOBODY), "bad")
    return element("section", element("h2", text(words.SETUP_STATE)) + switch + who, "state")


def _form(choices: Choices, access: Access, address: str) -> str:
    asked = {
        "lang": {"": words.SETUP_AS_PAGE} | {code: language.NAMES.get(code, code) for code in language.codes()},
        "persona": {"": words.SETUP_ANYBODY} | words.PERSONAS,
    }
    fields = (
        _written("portal", words.SETUP_PORTAL, choices.portal, "url", "https://portal.example.edu"),
        _verdict("portal", *_allowed(choices.portal, access, address)),
        _select("form", words.SETUP_FORM, words.SETUP_FORMS, choices.form),
        _select("theme", words.SETUP_THEME, words.SETUP_THEMES, choices.chosen("theme") or "auto"),
        _written("accent", words.SETUP_ACCENT, choices.accent, "text", "#0b5c5a"),
        _verdict("accent", *_readable(choices.accent, choices.chosen("theme"))),
        _select("lang", words.SETUP_LANGUAGE, asked["lang"], choices.chosen("lang")),
        _select("persona", words.SETUP_PERSONA, asked["persona"], choices.chosen("persona")),
        _written("question", words.SETUP_QUESTION, choices.chosen("question")),
        _written("label", words.SETUP_LABEL, choices.chosen("label"), hint=words.WIDGET_LOADER["label"]),
        _select("version", words.SETUP_VERSION, words.SETUP_VERSIONS, choices.version),
        element("button", text(words.SETUP_UPDATE)),
    )
    heading = element("h2", text(words.SETUP_CHOICES))
    return element("section", heading + element("form", "".join(fields), action="setup"), "choices")


def _written(name: str, label: str, value: str, kind: str = "text", hint: str = "") -> str:
    about = {"aria-describedby": f"{name}-verdict"} if name in ("portal", "accent") else {}
    field = {
        "id": name,
        "name": name,
        "type": kind,
        "value": value,
        "placeholder": hint,
        "autocomplete": "off",
        **about,
    }
    box = "<input" + "".join(f' {key}="{text(given)}"' for key, given in field.items()) + ">"
    return element("p", element("label", text(label), **{"for": name}) + box)


def _select(name: str, label: str, offered: Mapping[str, str], chosen: str) -> str:
    options = "".join(
        f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(told)}</option>'
        for value, told in offered.items()
    )
    select = f'<select id="{name}" name="{name}">{options}</select>'
    return element("p", element("label", text(label), **{"for": name}) + select)


def _verdict(name: str, told: str, good: bool) -> str:
    kind = "verdict " + ("good" if good else "bad")
    return element("p", text(told), kind, id=f"{name}-verdict", role="status")


def _allowed(written: str, access: Access, address: str) -> tuple[str, bool]:
    """Whether the portal at this address may show the widget, and what to change where it may not."""
    if not written:
        return "", True
    try:
        parts = urlsplit(written if "://" in written else f"https://{written}")
        origin = "".join(parse_origins(f"{parts.scheme}://{parts.netloc}").listed)
    except (NoOrigin, ValueError):
        origin = ""
    if not origin or "*" in origin:
        return words.SETUP_NO_ORIGIN.format(written=shown(written)), False
    if origin != _origin(address) and not access.origins().allows(origin):
        return words.WIDGET_ORIGIN.format(origin=origin), False
    told = words.SETUP_ALLOWED.format(origin=origin)
    if origin.startswith("https:") and address.startswith("http:"):
        return f"{told} {words.SETUP_MIXED.format(origin=origin)}", False
    return told, True


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


def _readable(written: str, theme: str) -> tuple[str, bool]:
    """Whether what is on a button of this colour can be read, and the button be seen where it stands."""
    if not written:
        return "", True
    if not COLOUR.fullmatch(written):
        return words.SETUP_COLOUR.format(written=shown(written)), False
    on_it = max(contrast(written, "#000000"), contrast(written, "#ffffff"))
    told = [words.SETUP_READABLE.format(ratio=_ratio(on_it))]
    grounds = {name: contrast(written, ground) for name, ground in GROUNDS.items() if theme in ("", name)}
    faint = {name: ratio for name, ratio in grounds.items() if ratio < ENOUGH_FOR_SHAPES}
    told += [words.SETUP_FAINT.format(ground=words.SETUP_GROUNDS[n], ratio=_ratio(r)) for n, r in faint.items()]
    return " ".join(told), on_it >= ENOUGH_FOR_TEXT and not faint


def _ratio(value: float) -> str:
    # Cut, not rounded: 2.96 isn't 3.
    return f"{int(value * 10) / 10:.1f}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours written as `#rrggbb`, as WCAG 2.2 has it: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _snippets(choices: Choices, corpus_id: str, address: str) -> str:
    cards = []
    for form in FORMS:
        made = snippet(form, address, corpus_id, choices.options, integrity=choices.version == "pinned")
        policy = "; ".join(f"{directive} {source}" for directive, source in made.directives.items())
        name = words.SETUP_FORMS[form]
        card = (
            element("h3", text(name)),
            element("p", text(words.SETUP_WHEN[form])),
            _code(made.html, name),
            _copy(name),
            element("p", f"{text(words.SETUP_POLICY)} {element('code', text(policy))}", "policy"),
        )
        cards.append(element("article", "".join(card), id=f"snippet-{form}"))
    return element("section", element("h2", text(words.SETUP_SNIPPETS)) + "".join(cards), "snippets", id="snippets")


def _copy(name: str) -> str:
    """The button that copies a snippet; hidden until there is a script, without which it does nothing."""
    label = {"aria-label": f"{words.SETUP_COPY}: {name}"}
    told = {"data-copied": words.SETUP_COPIED, "data-selected": words.SETUP_SELECTED}
    button = element("button", text(words.SETUP_COPY), "copy", type="button", hidden="hidden", **label, **told)
    return element("p", button + element("span", "", "said", role="status"), "copying")


def _code(html: str, name: str) -> str:
    # Line by line: an attribute or a text of our markup has no line breaks.
    code = element("code", "\n".join(map(text, html.split("\n"))))
    return element("pre", code, tabindex="0", role="group", **{"aria-label": name})


def _preview(choices: Choices, corpus_id: str, address: str) -> str:
    """The widget itself, loaded from where this page is: the public address may not lead here yet."""
    root = BASE + "../" * (language.current() != language.SOURCE)
    frame = snippet("iframe", address, corpus_id, choices.options).html.replace(
        f'src="{text(address)}/', f'src="{root}', 1
    )
    note = plain = ""
    if choices.form == "iframe":
        chat = frame
    else:
        inline = choices.form == "element"
        given = {f"data-{name}": value for name, value in (choices.options or {}).items()}
        mode = {"data-mode": "inline" if inline else "launcher"}
        chat = element("trustbot-chat", "", **{"data-corpus": corpus_id}, **mode, **given)
        note = "" if inline else element("p", text(words.SETUP_CORNER))
        plain = element("noscript", element("p", text(words.SETUP_SCRIPT)) + frame)
    # A tag without a corpus only brings the element.
    loader = f'<script src="{root}widget.js" async></script>'
    heading = element("h2", text(words.SETUP_PREVIEW))
    return element("section", heading + element("div", note + chat, id="preview") + plain + loader, "preview")

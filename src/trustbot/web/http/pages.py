"""Pages that are not the chat: the one shown while it starts, and the description of the API.

In: what is missing, or an OpenAPI schema. Out: whole HTML pages that load nothing from elsewhere. This module
knows no request; everything it is given is escaped.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from trustbot.web.i18n import language, said, words

STOCK_META = re.compile(r"\s*<meta\s+(?:property=\"og:|name=\"twitter:)[^>]*>", re.DOTALL)

_ROOT = re.compile(r"const root = (\"[^\"]*\");")
_FRAME = re.compile(
    r"<script>\s*\(\(\) => \{(?:(?!</script>).)*iframeResizer(?:(?!</script>).)*</script>"
    r"|\bwindow\.parent\?\.postMessage\((?:(?!\);).)*\);",
    re.DOTALL,
)
"""What Gradio does in a frame: it talks to whatever page is around it, and listens to it. Ours does, to listed ones."""
_BODY = re.compile(r"<body[^>]*>")
_MAIN = re.compile(r"<main[^>]*>")
_CHAT_HEAD = """<link rel="icon" type="image/svg+xml" href="ui/icon.svg">
<link rel="stylesheet" href="ui/chat.css">
<link rel="stylesheet" href="ui/standing.css">
<script>addEventListener("error", ({ target }) => {
  if (target.matches?.('script[src$="/chat.js"]')) document.documentElement.classList.add("tb-unscripted");
}, true);</script>
<script type="module" src="ui/chat.js"></script>
<link rel="modulepreload" href="ui/chat/page.js">
<link rel="modulepreload" href="ui/chat/connection.js">
<link rel="modulepreload" href="ui/chat/evidence.js">
<link rel="modulepreload" href="ui/chat/memory.js">
<link rel="modulepreload" href="ui/chat/tools.js">
"""
_FRAMED_HEAD = """<link rel="stylesheet" href="ui/framed.css">
<script type="module" src="ui/chat/frame.js"></script>
<link rel="modulepreload" href="ui/chat/colours.js">
<link rel="modulepreload" href="ui/chat/host.js">
<link rel="modulepreload" href="ui/chat/visitor.js">
"""
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{base}ui/icon.svg">
<link rel="stylesheet" href="{base}ui/page.css">
{head}</head>
<body class="{kind}">
{body}
</body>
</html>
"""


def waiting_page(missing: str, problem: str | None, base: str = "", theme: str = "") -> str:
    """What `/` shows until the chat is there; it looks again by itself, with a script or without.

    `theme` is `light` or `dark` where a portal's page asks for one.
    """
    title = words.WAIT_PROBLEM_TITLE if problem else words.WAIT_TITLE
    note = words.WAIT_PROBLEM_TEXT if problem else words.WAIT_TEXT
    body = (
        f'<main class="wait{" problem" if problem else ""}">'
        f'<p class="mark" aria-hidden="true">{"!" if problem else "…"}</p><h1>{escape(title)}</h1>'
        f'<p class="what" role="status">{escape(said.said(problem or missing))}</p><p class="note">{escape(note)}</p>'
        f'<p class="disclaimer">{escape(words.DISCLAIMER_SHORT)}</p></main>'
    )
    # A page that loads itself anew takes away the reader's place in it; without a script there is no other way.
    again = f'<noscript><meta http-equiv="refresh" content="{5 if problem else 2}"></noscript>\n'
    refresh = again + f'<script src="{base}ui/waiting.js" defer></script>\n'
    return _themed(whole_page(title, body, "waiting", refresh, base, themed=False), theme)


def closed_page(problem: str, theme: str = "") -> str:
    """What a frame shows where the widget can't be shown."""
    body = (
        f'<main class="wait problem"><p class="mark" aria-hidden="true">!</p><h1>{escape(words.WIDGET_CLOSED)}</h1>'
        f'<p class="what" role="alert">{escape(problem)}</p>'
        f'<p><a class="again" href="{escape(language.here())}">{escape(words.WIDGET_AGAIN)}</a></p></main>'
    )
    return _themed(whole_page(words.WIDGET_CLOSED, body, "waiting", themed=False), theme)


def missing_page(sentence: str, base: str) -> str:
    """What somebody sees whose address leads nowhere; `base` leads from it to the chat in the reader's language."""
    way = f'<p><a class="again" href="{escape(base or "./")}">{escape(words.BROWSE_BACK)}</a></p>'
    body = f"<main><h1>{escape(words.MISSING_TITLE)}</h1><p>{escape(sentence)}</p>{way}</main>"
    return whole_page(words.MISSING_TITLE, body, "missing", base=base, translated=False)


def _themed(page: str, theme: str) -> str:
    return page.replace("<html ", f'<html class="{escape(theme)}" ', 1) if theme else page


def chat_page(page: str, title: str, early: str = "", *, framed: bool = False) -> str:
    """Gradio's own page with our title and language, without its stock share cards, and with a way on
    for browsers that run no scripts. `early` is what the page shows and knows before Gradio is there; `framed` is the
    same page as the widget shows it."""
    page = _in_place(STOCK_META.sub("", page))
    page = _FRAME.sub("", page) if framed else page
    kind = ' class="tb-framed"' if framed else ""
    page = page.replace('lang="en"', f'lang="{language.current()}"{kind}', 1)
    no_script = escape(words.NO_SCRIPT).format(docs='<a href="./api/docs">/api/docs</a>')
    keep = f'<script src="ui/language.js" data-language="{language.current()}" defer></script>\n'
    keep += "" if framed else _theme_switch("")
    head = f"<title>{escape(title)}</title>\n{_CHAT_HEAD}{_FRAMED_HEAD if framed else ''}{keep}{_alternates()}\t</head>"
    body = f"<noscript><p>{escape(words.DISCLAIMER_SHORT)}</p><p>{no_script}</p></noscript>\n\t</body>"
    page = page.replace("</head>", head, 1).replace("</body>", body, 1)
    return _BODY.sub(lambda found: found[0] + "\n" + early, page, count=1)


def _in_place(page: str) -> str:
    """Gradio's page with its addresses relative to where the reader found it.

    Gradio writes down where it believes to stand, which it takes from headers that anybody can send; no proxy that a
    page has come through can be known as well as by the browser that shows it.
    """
    root = _ROOT.search(page)
    page = page.replace(root[1], '"./"') if root else page
    return page.replace('href="/manifest.json"', 'href="./manifest.json"')


def api_docs(schema: dict[str, Any]) -> str:
    """The published schema as a readable page: routes, what they take, what they give, and the shapes."""
    info = schema["info"]
    routes = [
        _route(path, method, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    shapes = schema.get("components", {}).get("schemas", {})
    shown = {name: shape for name, shape in shapes.items() if name.endswith("Body")}
    contents = "".join(
        f'<li><a href="#{_anchor(method, path)}"><b>{method.upper()}</b> /api{escape(path)}</a></li>'
        for path, operations in schema["paths"].items()
        for method in operations
    )
    body = (
        # What programs are written against is described in one language.
        f'<main lang="{language.SOURCE}"><h1>{escape(info["title"])} API</h1><p>{escape(info.get("summary", ""))}</p>'
        f"<p>{_EVENTS_NOTE}</p>"
        f'<nav aria-label="Routes"><ul>{contents}'
        '<li><a href="openapi.json">/api/openapi.json</a></li>'
        '<li><a href="../widget/setup">/widget/setup: put the chat on a portal</a></li></ul></nav>'
        f"{_EXAMPLE}{''.join(routes)}<h2>Shapes</h2>{''.join(_shape(n, s) for n, s in shown.items())}</main>"
    )
    return whole_page(f"{info['title']} API", body, "docs", base="../", themed=False)


_EVENTS_NOTE = (
    "Errors are <code>application/problem+json</code>; their <code>detail</code> is a sentence that says "
    "what to do. For operators: <code>GET /healthz</code>, <code>/readyz</code> and <code>/metrics</code>."
)
_EXAMPLE = (
    "<h2>Try it</h2><pre tabindex=0><code>curl -s -X POST http://127.0.0.1:7860/api/ask \\\n"
    "  -H 'Content-Type: application/json' \\\n"
    "  -d '{&quot;question&quot;: &quot;How does direct observation build trust?&quot;}'</code></pre>"
)


def _route(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(_type(p['schema']))}</td></tr>"
        for p in operation.get("parameters", [])
    ]
    body = operation.get("requestBody")
    taken = f"<table><tr><th>Parameter</th><th>In</th><th>Type</th></tr>{''.join(rows)}</table>" if rows else ""
    if body:
        taken += _fields(body["content"]["application/json"]["schema"])
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(_result(response))}</td></tr>"
        for status, response in sorted(operation["responses"].items())
    )
    return (
        f'<section id="{_anchor(method, path)}">'
        f"<h2><b>{method.upper()}</b> <code>/api{escape(path)}</code></h2>"
        f"<p>{escape(operation.get('summary', ''))}. {_prose(operation.get('description', ''))}</p>{taken}"
        f"<table><tr><th>Status</th><th>Body</th></tr>{answers}</table></section>"
    )


def _prose(value: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(value))


def _result(response: dict[str, Any]) -> str:
    for media_type, content in response.get("content", {}).items():
        return f"{_type(content['schema'])} ({media_type})"
    return str(response["description"])


def _shape(name: str, shape: dict[str, Any]) -> str:
    return (
        f'<section id="shape-{escape(name)}"><h3>{escape(name.removesuffix("Body"))}</h3>'
        f"<p>{_prose(shape.get('description', ''))}</p>{_fields(shape)}</section>"
    )


def _fields(shape: dict[str, Any]) -> str:
    required = set(shape.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if name in required else ' <i>optional</i>'}</td>"
        f"<td>{escape(_type(field))}</td><td>{_prose(field.get('description', ''))}</td></tr>"
        for name, field in shape.get("properties", {}).items()
    )
    return f"<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>{rows}</table>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1].removesuffix("Body")
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if schema.get("type") == "array":
        inner = schema.get("items") or {"type": "[start, end]"}
        return f"list of {_type(inner)}" if "prefixItems" not in schema else "[start, end]"
    return str(schema.get("title") if "properties" in schema else schema.get("type", "any"))


def _anchor(method: str, path: str) -> str:
    return method + re.sub(r"[^a-z]+", "-", path)


def whole_page(
    title: str, body: str, kind: str, head: str = "", base: str = "", *, translated: bool = True, themed: bool = True
) -> str:
    """A page around `body`, whose class is `kind`; `base` leads from it to the root of the site.

    It links itself in the other languages unless it isn't `translated`, as what answers a form isn't. It is `themed` as
    the reader chose unless another site's page frames it, or its policy allows no script.
    """
    return _PAGE.format(
        language=language.current(),
        title=escape(title),
        body=_MAIN.sub(lambda found: found[0] + languages(), body, count=1) if translated else body,
        kind=kind,
        head=(_alternates() if translated else "") + (_theme_switch(base) if themed else "") + head,
        base=base,
    )


def languages() -> str:
    """Links to the page that is being read in the other languages; nothing where there is but one."""
    links = "".join(
        f'<a lang="{code}" hreflang="{code}" href="{escape(href)}">{escape(name)}</a>'
        for code, name, href in language.alternates()[1:]
    )
    return f'<nav class="languages" aria-label="{escape(words.LANGUAGES)}">{links}</nav>' if links else ""


def _theme_switch(base: str) -> str:
    """The script that keeps a reader's choice of light or dark; nothing waits for it, not even the box to type in."""
    named = {"label": words.THEME, **words.THEMES}
    told = "".join(f' data-{name}="{escape(label)}"' for name, label in named.items())
    return f'<script src="{base}ui/theme.js"{told} async></script>\n'


def _alternates() -> str:
    """The same for programs."""
    return "".join(
        f'<link rel="alternate" hreflang="{code}" href="{escape(href)}">\n' for code, _, href in language.alternates()
    )

"""A `Record` as one HTML page to keep and to print.

In: a record. Out: a page that loads nothing, runs nothing and holds its own style; everything from the record is
escaped. This module decides nothing about what is shown; `layout` does.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from trustbot.presentation import titles
from trustbot.records import layout
from trustbot.records.record import Record, RecordedCitation, RecordedTurn
from trustbot.types import GIVEN, MARKER, Check

STYLE = Path(__file__).parent / "page.css"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
_CLASS: dict[Check, str] = {
    "supported": "supported",
    "partly": "partly",
    "not visible": "unseen",
    "contradicted": "contradicted",
}


def page(record: Record) -> str:
    """The whole page."""
    turns = [_turn(record, number, turn) for number, turn in enumerate(record.turns, 1)]
    works = "".join(_reference(r) for r in layout.references(record.references))
    listed = f'<ol class="works">{works}</ol>' if works else f"<p>{_text(layout.NOTHING_CITED)}</p>"
    body = [
        f"<header><h1>{_text(layout.TITLE)}</h1>",
        f'<p class="disclaimer">{_text(record.disclaimer)}</p>',
        f"{_facts(layout.facts(record))}</header>",
        *turns,
        f'<section class="list"><h2>{_text(layout.WORKS)}</h2>{listed}</section>',
        f'<footer><p>{_text(layout.HOW_TO_CHECK)}</p><p class="disclaimer">{_text(record.disclaimer)}</p></footer>',
    ]
    title = f"{layout.TITLE}, {layout.moment(record.created)}"
    return _PAGE.format(title=_text(title), style=STYLE.read_text(encoding="utf-8"), body="\n".join(body))


def _text(value: str) -> str:
    return escape(value, quote=True)


def _turn(record: Record, number: int, turn: RecordedTurn) -> str:
    parts = [f'<h2><span class="turn">{number}</span> {_text(turn.question)}</h2>']
    understood = layout.understood(turn)
    if understood:
        parts.append(f'<p class="understood">{layout.UNDERSTOOD}: {_text(understood)}</p>')
    parts += [
        f'<p class="notice"><b>{_text(titles.NOTICE[n.kind])}.</b> {_text(n.text)}</p>' for n in layout.notices(turn)
    ]
    if turn.outcome not in GIVEN:
        parts.append(f'<p class="none"><b>{layout.NOT_ANSWERED}.</b> {_text(turn.reason or turn.text)}</p>')
        parts += [_citation(record, citation, "near") for citation in turn.closest]
        return f"<section>{''.join(parts)}</section>"
    parts.append(f'<p class="understood">{layout.MADE}: {_text(layout.made(turn))}</p>')
    for statement in layout.statements(turn):
        quotes = "".join(_citation(record, citation) for citation in statement.citations)
        parts.append(f'<div class="statement"><p class="said">{_marked(statement.text)}</p>{quotes}</div>')
    return f"<section>{''.join(parts)}</section>"


def _marked(value: str) -> str:
    """A statement with its numbers set apart; they hold digits and brackets only, so escaping leaves them whole."""
    return MARKER.sub(r"<b>\g<0></b>", _text(" ".join(value.split())))


def _citation(record: Record, citation: RecordedCitation, kind: str = "quote") -> str:
    check = f" {_CLASS[citation.audit.check]}" if citation.audit else ""
    rows = [
        f"<blockquote><b>[{citation.number}]</b> “{_text(citation.quote)}”</blockquote>",
        f"<figcaption>{_text(layout.place(citation))}<br>{_text(layout.work_line(record, citation))}</figcaption>",
        _facts(layout.audit(citation)),
        f'<p class="proof">{_text(layout.proof(citation))}</p>',
    ]
    return f'<figure class="{kind}{check}">{"".join(rows)}</figure>'


def _reference(reference: layout.Reference) -> str:
    known = _facts(list(reference.facts))
    return f'<li><span class="number">[{reference.number}]</span><div>{_text(reference.text)}{known}</div></li>'


def _facts(pairs: list[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_text(term)}</dt><dd>{_text(value)}</dd>" for term, value in pairs if value)
    return f"<dl>{rows}</dl>" if rows else ""

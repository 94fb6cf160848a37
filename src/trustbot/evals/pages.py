"""A report as blocks -> Markdown and one self-contained HTML page.

In: a title and blocks. Out: text. The page carries its style and its pictures inside, has no script and asks
no other host for anything; everything that came from a question or an answer is escaped. This module knows no
metric.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's heading; `level` 2 or 3, the page's title being 1."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain text under a header; columns after the first are figures and stand to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture as a `data:` address; `alt` says in words what it shows. Left out of Markdown."""

    data_uri: str
    alt: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A summary that opens to named lines, such as one miss with its trace."""

    summary: str
    lines: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Table | Figure | Fold

STYLE = """
:root { color-scheme: light; --ink: #1b2430; --soft: #5b6675; --line: #d9dee5; --band: #f4f6f9; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding: 0 0 .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p { max-width: 44rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
th, td { padding: .35rem .65rem; text-align: left; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); }
thead th { background: var(--band); }
.figures th, .figures td { white-space: nowrap; }
.figures td, .figures th + th { text-align: right; }
figure { display: inline-block; vertical-align: top; margin: .5rem 1rem 1rem 0; max-width: 100%; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 30rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; }
summary { cursor: pointer; padding: .55rem .8rem; }
summary:focus-visible { outline: 3px solid #0b5c8a; outline-offset: 2px; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .25rem .8rem; margin: 0; padding: 0 .8rem .8rem; }
dt { color: var(--soft); }
dd { margin: 0; white-space: pre-line; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } }
"""


def to_markdown(title: str, blocks: Sequence[Block]) -> str:
    """The report as Markdown; pictures are left out."""
    parts = [f"# {title}", *(_markdown(block) for block in blocks if not isinstance(block, Figure))]
    return "\n\n".join(parts) + "\n"


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """The report as one HTML page that loads nothing."""
    body = "\n".join(_html(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # The policy holds the promise of the docstring even if a later block forgets to escape something.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{html.escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_inline(text)}"
        case Paragraph(text):
            return _inline(text)
        case Table():
            return _markdown_table(block)
        case Fold(summary, lines):
            return "\n".join([f"- **{_inline(summary)}**", *(f"  - {name}: {_inline(text)}" for name, text in lines)])
        case Figure():
            return ""


def _markdown_table(table: Table) -> str:
    align = "---:" if table.numeric else "---"
    rows = [table.header, ("---", *[align] * (len(table.header) - 1)), *table.rows]
    lines = ["| " + " | ".join(_inline(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([f"{_inline(table.caption)}\n", *lines] if table.caption else lines)


def _inline(text: str) -> str:
    """Text on one line with no markup of its own: questions and answers come from elsewhere."""
    flat = " ".join(text.split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace("`", "\\`").replace("*", "\\*").replace("![", "!\\[")


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{html.escape(text)}</p>"
        case Table():
            return _html_table(block)
        case Figure(data_uri, alt):
            shown, source = html.escape(alt), html.escape(data_uri)
            return f'<figure><img src="{source}" alt="{shown}"><figcaption>{shown}</figcaption></figure>'
        case Fold(summary, lines):
            rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in lines)
            return f"<details><summary>{html.escape(summary)}</summary><dl>{rows}</dl></details>"


def _html_table(table: Table) -> str:
    caption = f"<caption>{html.escape(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in table.header)
    rows = "".join("<tr>" + _html_row(row) + "</tr>" for row in table.rows)
    kind = ' class="figures"' if table.numeric else ""
    table_head = f"{caption}<thead><tr>{head}</tr></thead>"
    return f'<div class="scroll" tabindex="0"><table{kind}>{table_head}<tbody>{rows}</tbody></table></div>'


def _html_row(row: Sequence[str]) -> str:
    first, *rest = row
    cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
    return f'<th scope="row">{html.escape(first)}</th>{cells}'

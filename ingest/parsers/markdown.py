"""Markdown: what a reader of the page reads, its headings with it.

In: the bytes of a file. Out: its text, and one section for each stretch of it under a heading. Text, headings, lists
and tables stay character for character; what is no text for readers is taken out or written plainly: front matter,
comments, scripts, HTML, emphasis, links, images, marks of footnotes. markdown-it-py parses; this is its home. This
module knows neither lists nor statements; the chunker does.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from ingest.manifest import DocumentEntry
from ingest.parsers.blocks import LONGEST_HEADING, by_heading, compose
from ingest.parsers.decoding import decode
from ingest.parsers.mending import mend
from ingest.parsers.plain import Parsed
from trustbot.text.markdown import headings as headings_of
from trustbot.types import Standing

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_QUOTED = re.compile(r"^(?=\s*>)[\s>]*")
_NOTE = re.compile(r"\[\^[^\]\s]+\]:?[ \t]*")
_BOX = re.compile(r"\A\[[ xX]\][ \t]+")
_UNDERLINE = re.compile(r" {0,3}-{3,}[ \t]*")
_EMPTY_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])?[ \t]*")
_GAP = re.compile(r"[ \t]*\0[ \t]*(?=[.,;:!?)]|\n|$)")
_OPENED = re.compile(r"<(/?)(nav|aside|footer|form|template|noscript|script|style|del|s)\b", re.IGNORECASE)
_UNSEEN = frozenset(("front_matter", "hr"))
_TEXTS = frozenset(("inline", "fence", "code_block"))
_STRUCK = ("s_open", "s_close")


def parse_markdown(data: bytes, entry: DocumentEntry) -> Parsed:
    """Sections by heading; InvalidInput where the file's encoding can't be told."""
    decoded = decode(data, entry.path.name)
    text = decoded.text if entry.as_it_stands else mend(clean(decoded.text), entry.language)
    # Too long to leave room for the text below it, so it is a paragraph.
    headings = [h for h in headings_of(text) if len(h.title) <= LONGEST_HEADING]
    notes = (decoded.note,) if decoded.note else ()
    standing = Standing() if entry.as_it_stands else _standing(front_matter(decoded.text))
    return Parsed(text, by_heading(entry, text, headings), notes, standing=standing)


def front_matter(text: str) -> Mapping[str, Any]:
    """The facts in a file's YAML front matter; empty where it has none, or none that can be read."""
    import yaml

    tokens = _parser().parse(text)
    if not tokens or tokens[0].type != "front_matter":
        return {}
    try:
        found = yaml.safe_load(tokens[0].content)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _standing(facts: Mapping[str, Any]) -> Standing:
    """Dates and tags of a front matter; a date of another form than ISO 8601 is none, as days and months look alike."""
    tags = facts.get("tags", ())
    listed = tags if isinstance(tags, list) else ()
    plain_tags = tuple(dict.fromkeys(" ".join(tag.split()) for tag in listed if isinstance(tag, str) and tag.strip()))
    return Standing(_day(facts.get("date")), _day(facts.get("expires")), tags=plain_tags)


def _day(value: object) -> str | None:
    try:
        return datetime.date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        return None


def clean(text: str) -> str:
    """`text` without what readers of the page don't see; a file that holds nothing of the kind is returned as it is."""
    env: dict[str, Any] = {}
    tokens = _parser().parse(text, env)
    lines = text.split("\n")
    replaced: dict[int, str | None] = {}
    definitions = [*env.get("references", {}).values(), *env.get("duplicate_refs", ())]
    for definition in definitions:
        replaced |= dict.fromkeys(range(*definition["map"]))
    for start, end, new in _changes(tokens, lines):
        old = [replaced.get(i, line) for i, line in enumerate(lines[start:end], start)]
        if old != new:
            padded = [*new, *[None] * (end - start)][: end - start]
            # More lines than there were: they share the last place.
            if len(new) > end - start:
                padded[-1] = "\n".join(new[end - start - 1 :])
            replaced |= dict(zip(range(start, end), padded, strict=True))
    if not replaced:
        return text
    kept = (replaced.get(i, line) for i, line in enumerate(lines))
    joined = "\n".join(line for line in kept if line is not None)
    return re.sub(r"\n{3,}", "\n\n", joined).lstrip("\n")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return parser.use(front_matter_plugin).use(footnote_plugin)


def _changes(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """First line, line behind the last, and the lines to put there, for all that may have to be written otherwise."""
    hidden = 0
    for position, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map
        if token.type == "html_block":
            yield start, end, [] if hidden else _of_html(token.content)
            hidden = max(0, hidden + _left_open(token.content))
        elif token.type == "hr" and start and lines[start - 1].strip() and _UNDERLINE.fullmatch(lines[start]):
            # To the letter of CommonMark `1. Purpose` above dashes is a list above a rule; it is meant as a heading.
            yield start - 1, end, [f"## {' '.join(lines[start - 1].split())}", ""]
        elif token.type in _UNSEEN or (hidden and token.type in _TEXTS):
            yield start, end, []
        elif token.type == "inline":
            opened = tokens[position - 1]
            if opened.type == "heading_open":
                yield start, max(end, (opened.map or token.map)[1]), [_heading(opened, token, lines[start])]
            elif opened.type not in ("th_open", "td_open"):
                yield start, end, _paragraph(token, lines[start:end])
        elif token.type == "tr_open":
            yield start, end, [_row(tokens, position, lines[start])]


def _heading(opened: Token, token: Token, line: str) -> str:
    said = plain(token)
    if opened.markup.startswith("#") and said == token.content:
        return line
    return f"{opened.markup if opened.markup.startswith('#') else '#' * int(opened.tag[1])} {' '.join(said.split())}"


def _paragraph(token: Token, lines: Sequence[str]) -> list[str]:
    """The lines of a paragraph, of which those that are plain text stay as they are."""
    said = plain(token)
    source = token.content.split("\n")
    quoted = any(_QUOTED.match(line) for line in lines) and not any(s.lstrip().startswith(">") for s in source)
    noted = _NOTE.match(lines[0].lstrip())
    if [s.strip() for s in said.split("\n")] == [s.strip() for s in source] and not quoted and not noted:
        return list(lines)
    if not said.strip():
        return []
    lead = lines[0][: max(lines[0].find(source[0]), 0)]
    lead = _NOTE.sub("", _QUOTED.sub("", lead)) if quoted or noted else lead
    first, *rest = said.split("\n")
    return [lead + first.strip(), *(" " * len(lead) + line.strip() for line in rest if line.strip())]


def _row(tokens: Sequence[Token], position: int, line: str) -> str:
    cells = []
    for token in tokens[position + 1 :]:
        if token.type == "tr_close":
            break
        if token.type == "inline":
            cells.append(token)
    said = [" ".join(plain(cell).split()).replace("|", "/") for cell in cells]
    if said == [" ".join(cell.content.split()) for cell in cells]:
        return line
    return "| " + " | ".join(said) + " |"


def plain(token: Token) -> str:
    """The words of an inline token: no emphasis, no address of a link, no image, no mark of a footnote."""
    said: list[str] = []
    hidden = 0
    for child in token.children or ():
        if child.type in _STRUCK:
            hidden += 1 if child.type == "s_open" else -1
            said += "\0" if child.type == "s_open" else ""
        elif child.type == "html_inline":
            hidden = max(0, hidden + _left_open(child.content))
            said.append("\n" if re.match(r"<br\b", child.content, re.IGNORECASE) else "\0")
        elif hidden:
            continue
        elif child.type in ("softbreak", "hardbreak"):
            said.append("\n")
        elif child.type in ("text", "code_inline", "text_special"):
            said.append(child.content)
        elif child.type in ("image", "footnote_ref"):
            said.append("\0")
    text = "".join(said)
    if "\0" in text:
        text = re.sub(r"^\0[ \t]*", "", text)
        text = _GAP.sub("", text).replace(" \0 ", " ").replace("\0", "")
    return _BOX.sub("", re.sub(r"\[\^[^\]\s]+\]", "", text))


def _left_open(markup: str) -> int:
    """How many more hidden elements `markup` opens than it closes."""
    return sum(-1 if found[1] else 1 for found in _OPENED.finditer(markup))


def _of_html(markup: str) -> list[str]:
    """The lines of a block of HTML in Markdown, as Markdown."""
    from pathlib import Path

    from ingest.parsers.html import read_html

    if not _EMPTY_ITEM.sub("", markup):
        return []
    entry = DocumentEntry("html", "html", "full text", "", "text/html", "", Path("html"), {})
    written = compose(entry, read_html(markup, is_fragment=True)).text.strip("\n")
    return written.split("\n") if written else []

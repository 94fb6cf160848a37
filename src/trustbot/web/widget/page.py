"""What the framed page is told: the address that a portal gave it -> a block of data for its script.

In: the query string of `/widget`, which anybody may have written, and who may frame the page. Out: data whose every
value has a known form; what hasn't is left out. This module knows no markup of the chat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from trustbot.text.origins import Origins
from trustbot.web.i18n import words
from trustbot.web.pages.boot import data_block

THEMES = ("light", "dark")
_ID = re.compile(r"[A-Za-z0-9-]{1,40}")
MODES = ("launcher", "inline")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]{1,255}")


def asked(query_string: bytes) -> dict[str, str]:
    """The parameters of the address, the last of each name; text that is no UTF-8 counts as missing."""
    try:
        named = parse_qs(query_string.decode("ascii"), errors="strict", max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in named.items()}


def boot_data(told: dict[str, str], corpus_id: str, question_limit: int, origins: Origins) -> str:
    """The block `tb-widget` of the framed page, and the colours to begin in; `told` comes from `asked`.

    Whatever origin the address names, the page's script speaks only to one of `origins` or to this site's own.
    """
    question, asked_theme = " ".join(told.get("q", "").split()), theme(told)
    data: dict[str, Any] = {
        "corpus": corpus_id,
        "origins": origins.listed,
        "id": _fitting(_ID, told.get("id", "")),
        "origin": _fitting(_ORIGIN, told.get("origin", "")),
        "mode": told["mode"] if told.get("mode") in MODES else "",
        "theme": asked_theme or "auto",
        "accent": _fitting(COLOUR, told.get("accent", "")),
        "persona": told["persona"] if told.get("persona") in words.PERSONAS else "",
        "question": question if question.isprintable() and len(question) <= question_limit else "",
    }
    # Until there is a script, `ui/chat.css` follows the device.
    early = f"<style>#tb-boot {{ color-scheme: {asked_theme}; }}</style>\n" if asked_theme else ""
    return data_block("tb-widget", data) + early


def theme(told: Mapping[str, str]) -> str:
    """`light` or `dark` where the portal wants it so; empty where the device decides."""
    return told["theme"] if told.get("theme") in THEMES else ""


def _fitting(form: re.Pattern[str], value: str) -> str:
    return value if form.fullmatch(value) else ""

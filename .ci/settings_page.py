"""The page of settings, made of the class that reads them: writes docs/settings.md, or with --check compares it."""

from __future__ import annotations

import sys
from pathlib import Path

from annotated_types import Ge, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from trustbot.settings import PREFIX, Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = """# Settings

Environment variables; an unknown `TRUSTBOT_` variable is refused, and so is a value out of its range. This page is made
by `make settings` from `src/trustbot/settings.py`.

| variable | default | range | what it does |
| --- | --- | --- | --- |
"""
TAIL = """
Read as well: the key of a [chat model](chat-models.md) in its provider's own variable, such as `OPENAI_API_KEY`;
`FORWARDED_ALLOW_IPS`, the proxies that are believed ([In a portal](portal.md#behind-a-proxy-under-a-path)); `TMPDIR`,
where each process puts its copy of the vector store.
"""


def default_of(field: FieldInfo) -> str:
    """The default as a cell of the table; of a computed one, the first sentence on what computes it."""
    if field.default_factory is not None:
        return (field.default_factory.__doc__ or "").split(".\n")[0].rstrip(".")
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in ("", None):
        return "(empty)"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def range_of(field: FieldInfo) -> str:
    """Least and most, where there are any."""
    least = next((m.ge for m in field.metadata if isinstance(m, Ge)), None)
    most = next((m.le for m in field.metadata if isinstance(m, Le)), None)
    return "" if least is None else f"{least:,} to {most:,}"


def page() -> str:
    """The whole page."""
    rows = (
        f"| `{PREFIX}{name.upper()}` | {default_of(field)} | {range_of(field)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "".join(rows) + TAIL


def main(arguments: list[str]) -> int:
    """0, or 1 where --check finds that the page is not what the class says."""
    if arguments != ["--check"]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.read_text(encoding="utf-8") == page():
        return 0
    sys.stderr.write("docs/settings.md is not what src/trustbot/settings.py says. Run `make settings`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

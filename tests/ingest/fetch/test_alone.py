"""Only `ingest.fetch` fetches: whatever else ingest does, it does offline."""

from __future__ import annotations

import ast
from pathlib import Path

REACHING = {"socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "httpx", "requests", "aiohttp", "urllib3"}
FETCHING = {"ingest/add.py", "ingest/retractions.py"}
"""What may use the package."""


def imported(path: Path) -> set[str]:
    """Modules that a file imports, by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_nothing_else_of_ingest_reaches_the_network(repository: Path) -> None:
    fetchers, users = set(), set()
    for path in (repository / "ingest").rglob("*.py"):
        name = path.relative_to(repository).as_posix()
        if name.startswith("ingest/fetch/"):
            continue
        modules = imported(path)
        if any(module == one or module.startswith(f"{one}.") for module in modules for one in REACHING):
            fetchers.add(name)
        if any(
            module.startswith("ingest.fetch.") and not module.startswith("ingest.fetch.licences") for module in modules
        ):
            users.add(name)
    assert fetchers == set()
    assert users == FETCHING

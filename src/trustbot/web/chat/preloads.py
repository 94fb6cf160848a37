"""The chat page's own text -> hints in its head, so that a browser fetches at once what Gradio would ask for in turn.

Gradio's page is a chain: a script that names others, which name the components' scripts, which name theirs. Where each
link costs a round trip of a mobile network, much of the waiting is for names. Gradio's files say beforehand what leads
to what; this module reads that. In: the page. Out: the page with `<link>` elements, or as it was where the files are
not as expected: then it only comes up later. A test in a real browser holds the hints against what is loaded.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

_ENTRY = re.compile(r'src="\./assets/([\w-]+\.js)"')
_CONFIG = re.compile(r"window\.gradio_config\s*=\s*")
_NAMES = re.compile(r"m\.f=\[([^\]]*)\]")
"""The files that a script may ask for, by number, as Vite writes them at its start."""
_IMPORT = r"import\(`\./([\w-]+\.js)`\).{0,80}?__vite__mapDeps\(\[([\d,]*)\]\)"
_BLOCKS = _IMPORT.replace("([", "(Blocks-[", 1)
_OF_COMPONENT = r"\bNAME:\{(?:example:.{0,400}?,)?component:\(\)=>.{0,20}?" + _IMPORT


def with_preloads(page: str) -> str:
    """The page with the hints at the end of its head: what is needed to show something comes first."""
    entry = _ENTRY.search(page)
    names = _hinted(_assets(), entry[1], _components(page)) if entry else ()
    links = "".join(_link(name) for name in names if f"/assets/{name}" not in page)
    return page.replace("</head>", f"{links}</head>", 1)


def _components(page: str) -> tuple[str, ...]:
    """The kinds of components that are seen at first; Gradio fetches those of hidden ones when they are shown."""
    config = _CONFIG.search(page)
    try:
        parsed = json.JSONDecoder().raw_decode(page, config.end())[0] if config else {"components": []}
        shown = (c for c in parsed["components"] if c["props"].get("visible", True) is True)
        return tuple(sorted({str(c["type"]) for c in shown}))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


@cache
def _hinted(assets: Path, entry: str, components: tuple[str, ...]) -> tuple[str, ...]:
    """Names of files, scripts first."""
    try:
        names = dict.fromkeys(_needed(assets, entry, components))
    except (OSError, IndexError):
        return ()
    return tuple(sorted(names, key=lambda name: name.endswith(".css")))


def _link(name: str) -> str:
    kind = 'rel="preload" as="style"' if name.endswith(".css") else 'rel="modulepreload"'
    return f'<link {kind} crossorigin href="./assets/{name}">\n'


def _assets() -> Path:
    """Folder of Gradio's scripts."""
    spec = importlib.util.find_spec("gradio")
    folder = (spec.submodule_search_locations or [""])[0] if spec else ""
    return Path(folder) / "templates" / "frontend" / "assets"


def _needed(assets: Path, entry: str, components: Iterable[str]) -> Iterator[str]:
    """Names of the files that a page with these components loads, in the order in which they lead to each other."""
    first = _names(_read(assets, entry))
    yield from first
    start = _read(assets, first[0])
    yield from _imported(start, _BLOCKS)
    # The one script that knows which file is which component's.
    catalogue = next((text for name in first[1:] if ("component:()=>" in (text := _read(assets, name)))), "")
    for name in components:
        yield from _imported(catalogue, _OF_COMPONENT.replace("NAME", re.escape(name)))


def _imported(script: str, pattern: str) -> Iterator[str]:
    """The file that `script` imports where `pattern` matches, and all that comes with it."""
    found = re.search(pattern, script)
    if found:
        names = _names(script)
        yield found[1]
        yield from (names[int(number)] for number in found[2].split(",") if number)


def _names(script: str) -> list[str]:
    found = _NAMES.search(script)
    return re.findall(r'"\./([^"]*)"', found[1]) if found else []


def _read(assets: Path, name: str) -> str:
    return (assets / name).read_text(encoding="utf-8")

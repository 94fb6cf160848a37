"""`python -m ingest.hashes`: the SHA-256 of every model and data file that the program ships, in one list.

In: the checkout. Out: `.ci/hashes.sha256`, in the form that `sha256sum --check` reads; with `--check`, whether the list
is true. A release names this list, so that anybody can tell whether their copy of a model or a corpus is the one that
was measured. The packaged embedder and the token ranks come from other packages: their hashes stand in the code that
loads them (`trustbot.models.embedding`, `trustbot.models.tokens`), which refuses anything else.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

LIST = Path(".ci/hashes.sha256")
SHIPPED = ("corpus", "src/trustbot/reading", "src/trustbot/query/safety", "ingest/guidances", "ingest/safety")
DATA = frozenset({".safetensors", ".jsonl", ".md", ".toml"})


def hashes(root: Path) -> dict[str, str]:
    """Path below `root` -> hexadecimal digest, for every file that is shipped as data, in the order of the paths."""
    files = (file for folder in SHIPPED for file in (root / folder).rglob("*") if file.suffix in DATA)
    named = {file.relative_to(root).as_posix(): file for file in files if file.is_file()}
    return {name: hashlib.sha256(named[name].read_bytes()).hexdigest() for name in sorted(named)}


def listed(root: Path) -> str:
    """The list as it should stand."""
    return "".join(f"{digest}  {name}\n" for name, digest in hashes(root).items())


def main(root: Path, *, check: bool) -> int:
    """Write the list, or with `check` compare it; 1 if it isn't true."""
    file, made = root / LIST, listed(root)
    if not check:
        file.write_text(made, encoding="utf-8")
        return 0
    stands = file.read_text(encoding="utf-8") if file.is_file() else ""
    differing = sorted({line[66:] for line in set(made.splitlines()) ^ set(stands.splitlines())})
    if differing:
        sys.stderr.write(f"{LIST} doesn't fit {', '.join(differing)[:400]}. Run `make hashes` if that was meant.\n")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(__file__).resolve().parents[1], check="--check" in sys.argv[1:]))

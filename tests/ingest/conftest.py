"""A small corpus that is right, for tests that break it in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.manifest import load_manifest
from trustbot.errors import ManifestError

MANIFEST = """\
schema = 1
id = "huddles"
title = "Morning huddles"
version = "1"
language = "en"
scope = "One page about morning huddles, and the study behind it."
disclaimer = "For education only."

[[licence]]
id = "CC BY 4.0"
url = "https://example.org/cc-by"
index = true
ship = true

[[licence]]
id = "none seen"
index = true
quote_words = 25
ship = true

[[source]]
id = "lee-2020"
number = 1
title = "A study of huddles"
authors = ["A. Lee"]
year = 2020
doi = "10.1000/182"
pmid = "12345"
address = "https://example.org/lee"
licence = "CC BY 4.0"

[source.study]
design = "interviews"
participants = "9 nurses"
setting = "one ward"
summary = "9 interviews, one ward, 2020"

[[source]]
id = "page"
number = 2
kind = "guidance"
title = "Why huddles"
address = "https://example.org/why"
licence = "none seen"
last_updated = 2024-02-29

[[document]]
id = "article"
source = "page"
kind = "article"
title = "Why huddles"
path = "documents/article.md"
licence = "none seen"

[document.sections]
"Small print" = "disclaimer"

[[document]]
id = "lee-2020-note"
source = "lee-2020"
kind = "note"
title = "Note on Lee"
path = "documents/lee.md"
licence = "CC BY 4.0"
"""

ARTICLE = """\
# Why huddles

Huddles help a ward to plan. [1]

## Benefits

- Huddles save time [1]
- Huddles please patients [1]

Nobody numbered this.

## Small print

No advice.
"""

CLAIMS = """\
schema = 1

[[claim]]
id = "C01"
quote = "Huddles help a ward to plan."
reference = 1
check = "supported"
reason = "The nurses said so."
direction = "not about trust"

[[claim]]
id = "C02"
quote = "Huddles save time"
reference = 1
check = "partly"
reason = "The nurses spoke of calm, not of time."
direction = "not about trust"
notice = "The study speaks of calm."

[[claim]]
id = "C03"
quote = "Huddles please patients"
reference = 1
check = "not visible"
reason = "Patients are not mentioned."
direction = "not about trust"
notice = "We could not find patients in the study."
"""

VOCABULARY = """\
schema = 1

[[term]]
preferred = "huddle"
variants = ["stand-up", "morning meeting"]

[[term]]
preferred = "nurse"
variants = ["staff nurse"]
"""

FILES = {
    "manifest.toml": MANIFEST,
    "claims.toml": CLAIMS,
    "vocabulary.toml": VOCABULARY,
    "documents/article.md": ARTICLE,
    "documents/lee.md": "# Note on Lee\n\nNine nurses were interviewed.\n",
}


def write_corpus(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """A corpus of an article, a note, three claims and two terms."""
    return write_corpus(tmp_path / "huddles")


@pytest.fixture(scope="session")
def small_corpus_files() -> dict[str, str]:
    """Its files: path inside the folder -> text."""
    return FILES


@pytest.fixture
def replace(small_corpus: Path) -> Callable[[str, str, str], None]:
    """Puts `new` for the first `old` in a file of the small corpus."""

    def edit(file: str, old: str, new: str) -> None:
        text = (small_corpus / file).read_text()
        assert old in text, f"the case no longer fits the sample: {old!r}"
        (small_corpus / file).write_text(text.replace(old, new, 1))

    return edit


@pytest.fixture
def refused(small_corpus: Path) -> Callable[[str, str, str, str], None]:
    """Asserts that the small corpus is refused, in one line that names file, entry, problem and mend."""

    def check(file: str, entry: str, problem: str, mend: str) -> None:
        with pytest.raises(ManifestError) as caught:
            load_manifest(small_corpus)
        error, message = caught.value, str(caught.value)
        assert error.file == str(small_corpus / file)
        assert error.entry.startswith(entry)
        assert problem in error.problem
        assert mend in error.mend
        assert all(part in message for part in (error.file, error.entry, error.problem, error.mend))
        assert error.problem.endswith(".")
        assert error.mend.endswith((".", "?"))
        assert "\n" not in message
        assert error.exit_code == 2

    return check

"""The help text of a corpus as a stored document: what the product is, what its marks mean, what it keeps."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.made import Made, make_document
from ingest.manifest import Manifest
from trustbot.corpus.facts import HELP, HELP_DOCUMENT
from trustbot.types import Source

LICENCE = "Apache License 2.0"
TITLE = "Help: what this is and how to check it"


def help_source(manifest: Manifest) -> Source:
    """The product as a source: the number after the last one of the manifest."""
    return Source(
        id="trustbot-help",
        number=max(s.number for s in manifest.sources) + 1,
        kind="help",
        title=TITLE,
        authors=(),
        year=None,
        container="trustbot",
        address="https://www.apache.org/licenses/LICENSE-2.0",
        licence=LICENCE,
    )


def write_help(manifest: Manifest, source: Source) -> Made:
    """The document and a chunk for each of its sentences, none of which is embedded or searched."""
    parts = ((HELP[name], sentences) for name, sentences in _help(manifest))
    return make_document(HELP_DOCUMENT, source, "help", TITLE, LICENCE, parts)


def _help(manifest: Manifest) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield (
        "what",
        (
            f"trustbot is a program that answers questions about “{manifest.title}” in the words of its "
            "sources, with a "
            "number behind each sentence.",
            "A trained reader picks the sentences that answer, and each is checked against the stored text "
            "before it is "
            "shown.",
        ),
    )
    yield (
        "numbers",
        ("A number in brackets names the source of a sentence; choosing it opens the exact words and their place.",),
    )
    yield (
        "quotes",
        ("Each sentence of an answer is copied word for word from a stored document whose checksum is kept with it.",),
    )
    yield (
        "notes",
        (
            "A note tells in our own words what could be read of a work; where only the abstract could be "
            "read, the note "
            "says so.",
        ),
    )
    if manifest.audits:
        yield from _checks()
    yield (
        "trust",
        (
            "You need not take its word: open the number behind a sentence and compare the sentence with its source.",
            "Without a language model it writes no sentence of its own about the subject, so it can't make one up.",
        ),
    )
    yield (
        "wrong",
        (
            "It can pick a sentence that doesn't answer, or miss one that does; the two buttons below an answer tell "
            "whoever runs this page.",
        ),
    )
    yield (
        "model",
        (
            "It reads questions with a small trained encoder that runs on the machine that serves this page; it is not "
            "ChatGPT.",
            "Whoever runs this page may add a language model that words answers; each of its sentences then "
            "has to pass "
            "the same checks, and the answer says that it was worded.",
        ),
    )
    yield (
        "declines",
        (
            "It says that something isn't covered where no sentence of its sources answers, instead of "
            "guessing; then it "
            "shows what is nearest, or what is covered.",
        ),
    )
    yield (
        "keeps",
        (
            "The conversation is kept in your browser's tab, and the server keeps the text of a question only where "
            "whoever runs this page has switched that on.",
        ),
    )
    yield (
        "patients",
        ("Type nothing that could identify a patient: no name, no date of birth, no record number.",),
    )
    yield (
        "made",
        (
            "trustbot is free software under the Apache License 2.0, and neither the authors of the works nor the "
            "publisher of the guidance have made it.",
        ),
    )
    yield (
        "export",
        (
            "An answer can be copied or shared as a link, and a conversation can be exported with its "
            "quotes and sources.",
        ),
    )
    yield (
        "persona",
        (
            "Saying who you are changes which statements come first and which questions are suggested, never what is "
            "cited.",
        ),
    )
    yield ("language", ("Questions are read in English; the page around them is there in English and in Spanish.",))
    yield (
        "add",
        ("Documents are added by whoever runs this page, with the command `trustbot-ingest`; a reader can't add any.",),
    )


def _checks() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield (
        "supported",
        ("“Supported” means that what could be read of the cited work says in substance what the statement says.",),
    )
    yield (
        "partly",
        (
            "“Only partly supported” means that the cited work says one part of the statement, and that the other part "
            "was added, broadened, or given another cause.",
        ),
    )
    yield (
        "unconfirmed",
        ("“Not confirmed” means that nothing that could be read of the cited work says it; the full text may.",),
    )
    yield (
        "checked",
        (
            "Each numbered statement was compared by the people who prepared this collection with what "
            "could be read of "
            "the work that it cites: its record and its abstract.",
        ),
    )

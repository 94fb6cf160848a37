"""`trustbot-ingest questions`: drafts of a question bank by the configured chat model, for a person to edit.

Each draft carries `"draft": true` and is never learned from; whoever accepts one takes that mark away.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.build import read_corpus
from ingest.manifest import load_manifest
from ingest.progress import bar
from trustbot.errors import InvalidInput, ModelError, StorageError
from trustbot.files.jsonl import read_lines
from trustbot.models import prompts
from trustbot.models.chat import ChatModel, Limits, open_chat_model
from trustbot.reading.bank import BANK, KINDS, UNANSWERED
from trustbot.reading.sentences import quotes_of
from trustbot.settings import load_settings
from trustbot.types import Corpus, Quote

FORM: Mapping[str, Any] = {
    "title": "drafts",
    "type": "object",
    "properties": {
        "questions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"q": {"type": "string"}, "kind": {"type": "string", "enum": ["answerable", "nearmiss"]}},
                "required": ["q", "kind"],
            },
        }
    },
    "required": ["questions"],
}
LONGEST = 500
"""Characters of a draft; a longer one is left out."""
EACH = 8


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest questions`."""
    parser.add_argument("corpus", metavar="CORPUS_DIR", nargs="?", type=Path, help="default: the configured corpus")
    parser.add_argument("--each", type=int, default=EACH, metavar="N", help=f"questions asked for a statement ({EACH})")
    parser.add_argument("--missing", action="store_true", help="draft only for statements without a question")
    parser.add_argument("--json", action="store_true", help="print the count as JSON, and progress as lines of JSON")


def run(args: Namespace) -> tuple[str, int]:
    """Draft questions for each statement and append them to the bank; what was done, and the exit code."""
    if args.each < 1:
        raise InvalidInput(f"--each {args.each} asks for no question. Give a number of at least 1.")
    settings = load_settings()
    directory = args.corpus or settings.corpus_dir / settings.corpus
    limits = Limits(settings.chat_timeout, settings.chat_tokens, settings.chat_retries, settings.chat_concurrency)
    model = open_chat_model(settings.chat_model, settings.chat_base_url, limits)
    if model is None:
        raise InvalidInput("No chat model is configured to draft with. Name one in TRUSTBOT_CHAT_MODEL.")
    try:
        corpus = read_corpus(
            load_manifest(directory),
            settings.models_dir,
            embedder=settings.embedder,
            chunk_tokens=settings.chunk_tokens,
        )
        count = draft(directory / BANK, corpus, model, args.each, missing=args.missing)
    finally:
        model.close()
    if args.json:
        return json.dumps({"drafts": count}), 0
    return f"{count} drafts in {directory / BANK}. Edit them, and take `draft` off those that you accept.", 0


def draft(path: Path, corpus: Corpus, model: ChatModel, each: int, *, missing: bool = False) -> int:
    """Append drafts for every statement of `corpus` to the bank in `path`, or only for those that no question there
    asks for; how many.

    Raises ModelError if the model gives nothing to use at all, StorageError if the file can't be written.
    """
    names, unended, asked = _before(path)
    sentences = [q for c in corpus.chunks if c.kind in ("statement", "prose") for q in quotes_of(c, corpus)]
    if missing:
        sentences = [q for q in sentences if _name(q, names) not in asked]
        if not sentences:
            raise InvalidInput("Every statement has a question already. Draft without --missing to have more.")
    lines: list[dict[str, Any]] = []
    failure: ModelError | None = None
    for quote in bar(sentences, "Drafting", True, unit="statements"):
        try:
            drafted = list(_drafted(model, quote, each))
        except ModelError as error:
            failure = error
            continue
        lines += _lines(quote, drafted, names)
    questions = [line for line in lines if "q" in line]
    if not questions:
        raise failure or ModelError("The chat model drafted no question. Try another model.")
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" if unended else "")
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    except OSError as error:
        raise StorageError(f"{path} can't be written ({error.strerror}).") from None
    return len(questions)


def _drafted(model: ChatModel, quote: Quote, each: int) -> Iterator[Mapping[str, str]]:
    heading = quote.chunk.headings[-1] if quote.chunk.headings else ""
    reply = ""
    with closing(model.stream(prompts.DRAFT, prompts.drafting(heading, quote.text, each), FORM)) as pieces:
        for piece in pieces:
            reply += piece
    try:
        given = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])["questions"]
        kept = [(str(one["q"]).strip(), str(one["kind"])) for one in given]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ModelError(
            f"The chat model {model.name} gave nothing to use: its reply is no list of questions."
        ) from None
    for text, kind in kept[: 2 * each]:
        if kind in KINDS and 0 < len(text) <= LONGEST and text.isprintable():
            yield {"q": text, "kind": kind}


def _before(path: Path) -> tuple[dict[tuple[str, str], str], bool, set[str]]:
    """Of the bank as it is: (document, quote) -> name of each named sentence, whether its last line has no end, and the
    names of what its questions and drafts ask for."""
    content = path.read_bytes() if path.is_file() else b""
    records = [line.record for line in read_lines(path)] if content.strip() else []
    named = {(str(r.get("document")), str(r.get("quote"))): str(r["sentence"]) for r in records if "sentence" in r}
    asked = {str(name) for r in records if "q" in r for name in r.get("gold") or ()}
    return named, bool(content) and not content.endswith(b"\n"), asked


def _name(quote: Quote, names: Mapping[tuple[str, str], str]) -> str | None:
    """What the bank calls a statement; None where it has no name yet."""
    return quote.chunk.claim_id or names.get((quote.chunk.document_id, quote.text))


def _lines(
    quote: Quote, drafted: Sequence[Mapping[str, str]], names: dict[tuple[str, str], str]
) -> Iterator[dict[str, Any]]:
    """The lines of a bank for one statement: its name where it has none yet, kept in `names`, then the drafts."""
    place = (quote.chunk.document_id, quote.text)
    name = _name(quote, names)
    if drafted and name is None:
        name = names[place] = f"{place[0]}-{quote.start}"
        yield {"sentence": name, "document": place[0], "quote": quote.text}
    for one in drafted:
        gold = [] if one["kind"] in UNANSWERED else [name]
        yield {"q": one["q"], "gold": gold, "kind": one["kind"], "style": "drafted", "author": "draft", "draft": True}

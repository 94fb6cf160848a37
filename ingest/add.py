"""`trustbot-ingest add`: works, pages and files into a corpus folder, each as a source that is complete.

In: a folder, and identifiers of works, addresses or files. Out: a manifest with an entry for each and, where it may be
stored, its text. This command asks other machines (Crossref, PubMed, Europe PMC, the address given); building an index
and answering from it ask none.
"""

from __future__ import annotations

import json
import tempfile
from argparse import SUPPRESS, Action, ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from filelock import FileLock, Timeout

from ingest.entries import OWN, QUOTED, RECORD_ALONE, Book, Entry, licence_model
from ingest.fetch.client import Client
from ingest.fetch.page import read_page
from ingest.fetch.services import Services, open_client
from ingest.fetch.work import doi_of, pmcid_of, pmid_of
from ingest.new import Found, line, read_file, slug
from ingest.progress import bar
from trustbot.corpus.authors import author
from trustbot.errors import FetchFailed, IndexLocked, InvalidInput, StorageError
from trustbot.settings import Settings, load_settings

IDENTIFIERS: Mapping[str, Callable[[str], str]] = {"doi": doi_of, "pmid": pmid_of, "pmcid": pmcid_of}
LARGEST = 200_000_000
"""Bytes of a file, as many as are read of a document."""


class _Item(Action):
    """Keeps what is to be added in the order in which it was given, whichever option it came by."""

    def __call__(self, parser: ArgumentParser, given: Namespace, value: Any, option: str | None = None) -> None:
        given.items = [*getattr(given, "items", ()), (self.dest, value)]


@dataclass(frozen=True, slots=True)
class _Added:
    """What became of one item: a line of the report."""

    kind: str
    """`added`, `there` or `refused`."""
    text: str


def add_arguments(parser: ArgumentParser) -> None:
    """The options of `trustbot-ingest add`."""
    parser.add_argument("directory", metavar="DIR", type=Path, help="the corpus's folder; made where it isn't there")
    told: dict[str, Any] = {"action": _Item, "default": SUPPRESS}
    parser.add_argument("--doi", metavar="DOI", help="a work by its DOI, asked of Crossref and Europe PMC", **told)
    parser.add_argument("--pmid", metavar="PMID", help="a work by its number in PubMed", **told)
    parser.add_argument("--pmcid", metavar="PMCID", help="a work by its number in PubMed Central", **told)
    parser.add_argument("--url", metavar="ADDRESS", help="a page or a file of the web", **told)
    parser.add_argument("--file", metavar="FILE", type=Path, help="a file of this machine, which is copied", **told)
    parser.add_argument("--licence", metavar="ID", help="licence of the pages and files, as the manifest declares it")
    parser.add_argument("--program", action="store_true", help="the files are the program's own, beside the literature")
    parser.add_argument("--private", action="store_true", help="let --url reach addresses of a private network")
    parser.add_argument("--json", action="store_true", help="print what became of each item as JSON")
    parser.add_argument("--refresh", action="store_true", help="ask again for what was fetched before")


def run(arguments: Namespace) -> tuple[str, int]:
    """What was added and what wasn't, and the exit code: 3 where an item was refused and another wasn't."""
    items: list[tuple[str, Any]] = getattr(arguments, "items", [])
    if not items:
        raise InvalidInput(
            "Nothing is given to add. Use --doi, --pmid, --pmcid, --url or --file, each as often as needed."
        )
    settings = load_settings()
    with _alone(settings):
        book = Book(arguments.directory)
        adding = _Adding(book, settings, arguments)
        if any(kind in IDENTIFIERS for kind, _ in items) and not settings.contact:
            raise InvalidInput(
                "Crossref, PubMed and Europe PMC want to know who asks. Set TRUSTBOT_CONTACT to a mail address."
            )
        done = [adding.item(kind, value) for kind, value in bar(items, "Adding", True, unit="items")]
    refused = [one.text for one in done if one.kind == "refused"]
    if len(refused) == len(done):
        raise InvalidInput(
            f"Nothing was added. {refused[0]}" + (f" (And {len(refused) - 1} more.)" if refused[1:] else "")
        )
    if arguments.json:
        told = {kind: [one.text for one in done if one.kind == kind] for kind in ("added", "there", "refused")}
        return json.dumps(told, ensure_ascii=False), 3 if refused else 0
    return "\n".join(_report(book, done)), 3 if refused else 0


def _report(book: Book, done: Sequence[_Added]) -> Iterator[str]:
    added = [one.text for one in done if one.kind == "added"]
    yield f"{book.file}: {len(added)} added."
    yield from (f"  {text}" for text in added)
    for kind, title in (("there", "There already"), ("refused", "Refused")):
        texts = [one.text for one in done if one.kind == kind]
        if texts:
            yield f"\n{title} ({len(texts)}):"
            yield from (f"  {text}" for text in texts)
    yield f"\nNext: look through it, then `trustbot-ingest {book.directory}`."


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One at a time: of two that add to a manifest, one would undo what the other wrote."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.data_dir / "add.lock", timeout=0):
            yield
    except Timeout:
        raise IndexLocked("Another `trustbot-ingest add` is running. Wait for it to end.") from None
    except OSError as error:
        told = f"{settings.data_dir} can't be written ({error.strerror}). Set TRUSTBOT_DATA_DIR to a folder that can."
        raise StorageError(told) from None


class _Adding:
    """Adds one item after the other to a manifest."""

    def __init__(self, book: Book, settings: Settings, arguments: Namespace) -> None:
        self._book = book
        self._licence = book.licence(arguments.licence) if arguments.licence else None
        self._origin = {"program": True} if arguments.program else {}
        refresh = arguments.refresh
        self._services = Services(open_client(settings, refresh=refresh), settings)
        self._pages = Client(settings.fetched_dir, settings.contact, private=arguments.private, refresh=refresh)

    def item(self, kind: str, value: Any) -> _Added:
        """What became of one item; only what concerns all of them is raised."""
        try:
            if kind in IDENTIFIERS:
                return self._work(kind, IDENTIFIERS[kind](value))
            return self._page(str(value)) if kind == "url" else self._file(value)
        except (InvalidInput, FetchFailed) as error:
            return _Added("refused", f"{line(str(value))}: {error}")

    def _work(self, kind: str, identifier: str) -> _Added:
        there = self._book.holding(**{kind: identifier})
        if there:
            return _Added("there", f"{identifier} is {there}.")
        work, text = self._services.find(kind, identifier)
        there = self._book.holding(doi=work.doi, pmid=work.pmid, pmcid=work.pmcid)
        if there:
            return _Added("there", f"{identifier} is {there}.")
        names = ("authors", "year", "container", "volume", "issue", "pages", "doi", "pmid", "pmcid")
        facts = {name: getattr(work, name) for name in names}
        facts["address"] = _address_of(work.doi, work.pmcid, work.pmid)
        first = author(work.authors[0]).family if work.authors else ""
        name = self._book.free_id("-".join(filter(None, (slug(first) or "work", str(work.year or "")))))
        entry = Entry(name, line(work.title), RECORD_ALONE, facts)
        told = "its record alone, as no open licence was seen; a note of yours, or a copy that you may use, by --file"
        if text and text.licence:
            self._read(text.data, ".xml", name)
            access = f"open full text at Europe PMC, read on {date.today().isoformat()}"
            licence = licence_model(text.licence)
            entry = replace(entry, licence=licence, facts={**facts, "access": access}, data=text.data, suffix=".xml")
            told = f"full text under {licence.name}"
        return self._add(entry, told)

    def _page(self, address: str) -> _Added:
        url = urldefrag(address.strip()).url
        there = self._book.holding(address=url)
        if there:
            return _Added("there", f"{url} is {there}.")
        page = read_page(reply := self._pages.get(url, largest=LARGEST))
        host = str(urlsplit(reply.url).hostname)
        facts = {
            "container": host,
            "address": urldefrag(reply.url).url,
            "access": f"read on {date.today().isoformat()}",
        }
        licence = self._licence or (licence_model(page.licence) if page.licence else QUOTED)
        there = self._book.holding(address=facts["address"])
        if there:
            return _Added("there", f"{url} is {there}.")
        entry = Entry("", page.title, licence, facts, page.data, page.suffix)
        return self._document(entry, page.stem, f"licence: {licence.name or licence.id}")

    def _file(self, path: Path) -> _Added:
        try:
            if path.stat().st_size > LARGEST:
                raise InvalidInput(f"it has more than {LARGEST // 1_000_000} MB. Split it into parts.")
            data = path.read_bytes()
        except OSError as error:
            raise InvalidInput(f"it can't be read ({error.strerror}). Correct the path, or make it readable.") from None
        there = self._book.holding_text(data)
        if there:
            return _Added("there", f"{path.name} is {there}.")
        licence = self._licence or OWN
        entry = Entry("", "", licence, self._origin, data, path.suffix.lower())
        return self._document(entry, path.stem, licence.name or licence.id)

    def _document(self, entry: Entry, stem: str, told: str) -> _Added:
        """Add a document, once a parser has read it; it says its own title where nobody else does."""
        found = self._read(entry.data or b"", entry.suffix, stem)
        facts = {**entry.facts, **found.facts}
        name = self._book.free_id(found.id)
        return self._add(replace(entry, id=name, title=line(entry.title) or found.title or stem, facts=facts), told)

    def _read(self, data: bytes, suffix: str, stem: str) -> Found:
        """What a parser finds in a file; InvalidInput where it finds nothing, before anything is written."""
        with tempfile.TemporaryDirectory(prefix="trustbot-add-") as folder:
            path = Path(folder) / f"{slug(stem)[:60] or 'document'}{suffix}"
            path.write_bytes(data)
            return read_file(path, self._book.language)

    def _add(self, entry: Entry, told: str) -> _Added:
        number = self._book.add(entry)
        return _Added("added", f"[{number}] {entry.id}: {entry.title} ({told})")


def _address_of(doi: str | None, pmcid: str | None, pmid: str | None) -> str | None:
    if doi:
        return f"https://doi.org/{doi}"
    if pmcid:
        return f"https://europepmc.org/article/PMC/{pmcid}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None

"""A manifest on disk that grows: entries are put at its end, with the file that each is about, or nothing is.

In: what an entry is to say, and the bytes of its document. Out: the manifest with the entry, whole at every moment: the
file is there before the entry that names it. What a person wrote is left as it is. This module fetches nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ingest.fetch.licences import Licence
from ingest.manifest import MANIFEST, Manifest, load_manifest
from ingest.new import corpus_id_of, free_id, head, line, quoted, titled
from ingest.schema import LicenceModel, ManifestModel, Model, SourceModel, read_model
from trustbot.errors import InvalidInput, ManifestError, StorageError

MOST = 9999
"""The highest number that a marker can show."""
OWN = LicenceModel(id="own", name="Own documents", index=True, ship=True)
RECORD_ALONE = LicenceModel(id="none-seen", name="no open licence seen", index=False, ship=False)
"""Of a work of which the record alone is kept."""
QUOTED = LicenceModel(
    id="web-page", name="no open licence seen; quoted in short pieces", index=True, quote_words=60, ship=False
)
"""Of a page that somebody put on the web to be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A source to add, with its document where there is one."""

    id: str
    title: str
    licence: LicenceModel
    facts: Mapping[str, object] = field(default_factory=dict)
    """Further keys of the source, in the order in which they are written."""
    data: bytes | None = None
    suffix: str = ""
    date: str | None = None


def licence_model(licence: Licence) -> LicenceModel:
    """A licence of Creative Commons as a manifest declares it: any of them lets its words be read and quoted."""
    return LicenceModel(id=licence.id, name=licence.name, url=licence.url, index=True, ship=licence.ship)


class Book:
    """The manifest of `directory`, to which entries are added; where there is none yet, the first entry makes it."""

    def __init__(self, directory: Path) -> None:
        """Raises ManifestError for a manifest that isn't right as it is."""
        self.directory, self.file = directory, directory / MANIFEST
        self._manifest: Manifest | None = load_manifest(directory) if self.file.exists() else None
        self._model: ManifestModel | None = read_model(self.file, ManifestModel)[1] if self._manifest else None

    @property
    def language(self) -> str:
        """Language tag of the corpus."""
        return self._model.language if self._model else "en"

    def licence(self, name: str) -> LicenceModel:
        """A licence that the manifest declares; InvalidInput names those that it does."""
        declared = self._model.licence if self._model else [OWN]
        found = next((one for one in declared if one.id == name), None)
        if found is None:
            known = ", ".join(one.id for one in declared) or "none yet"
            raise InvalidInput(f"The manifest declares no licence {name!r}. Name one of: {known}; or declare it first.")
        return found

    def holding(self, **identifiers: str | None) -> str | None:
        """Id of the source that has one of these `doi`, `pmid`, `pmcid` or `address`."""
        for source in self._model.source if self._model else ():
            for name, value in identifiers.items():
                if value and (getattr(source, name) or "").lower() == value.lower():
                    return source.id
        return None

    def holding_text(self, data: bytes) -> str | None:
        """Id of the document whose file has these very bytes."""
        for entry in self._manifest.documents if self._manifest else ():
            with suppress(OSError):
                if entry.path.stat().st_size == len(data) and entry.path.read_bytes() == data:
                    return entry.id
        return None

    def free_id(self, base: str) -> str:
        """An id that no source and no document has."""
        if self._model is None:
            return free_id(base, set())
        return free_id(base, {s.id for s in self._model.source} | {d.id for d in self._model.document})

    def add(self, entry: Entry) -> int:
        """Write the entry, and its file before it; the number of the source. Nothing is changed where it fails.

        Raises InvalidInput where the corpus has no number left, or would have no document; StorageError; ManifestError
        where the entry doesn't fit into the manifest.
        """
        number = max((source.number for source in self._sources()), default=0) + 1
        if number > MOST:
            raise InvalidInput(
                f"{self.file} has a source with the number {MOST}, the highest there is. Make a second corpus."
            )
        if self._model is None and entry.data is None:
            raise InvalidInput(
                f"{entry.title!r} has no text that may be stored, and {self.directory} is no corpus yet. Begin it "
                "with a document: `trustbot-ingest new`, or `add --file`."
            )
        try:
            (self.directory / "documents").mkdir(parents=True, exist_ok=True)
            with self._stored(entry) as path:
                model = put(self.file, self._text(entry, number, path), ManifestModel)
        except OSError as error:
            raise StorageError(f"{self.directory} can't be written ({error.strerror}). Nothing was added.") from None
        self._model, self._manifest = model, load_manifest(self.directory)
        return number

    def _sources(self) -> list[SourceModel]:
        return self._model.source if self._model else []

    def _text(self, entry: Entry, number: int, path: str) -> bytes:
        """The manifest with the entry at its end."""
        if self._model is None:
            corpus_id = corpus_id_of(self.directory)
            before = head(corpus_id, titled(corpus_id), self.language, f"This corpus covers: {entry.title}.").encode()
            declared = {OWN.id}
        else:
            before = self.file.read_bytes()
            before += b"" if before.endswith(b"\n") else b"\n"
            declared = {one.id for one in self._model.licence}
        parts = []
        licence = self._declared(entry.licence)
        if licence.id not in declared:
            parts.append(table("licence", licence.model_dump(exclude_none=True)))
        told = {"id": entry.id, "number": number, "kind": "work", "title": entry.title, **entry.facts}
        parts.append(table("source", {**told, "licence": licence.id}))
        if path:
            own = {"id": entry.id, "source": entry.id, "kind": "full text", "title": entry.title, "path": path}
            parts.append(table("document", {**own, "licence": licence.id, "date": entry.date}))
        return before + "".join(parts).encode()

    def _declared(self, licence: LicenceModel) -> LicenceModel:
        """The licence as the manifest declares it already, by its id or its address; else as it is."""
        for one in self._model.licence if self._model else ():
            if one.id == licence.id or (licence.url and one.url == licence.url):
                return one
        return licence

    @contextmanager
    def _stored(self, entry: Entry) -> Iterator[str]:
        """The path of the entry's file from the folder on; the file is taken away again where the block fails."""
        if entry.data is None:
            yield ""
            return
        folder = self.directory / "documents"
        names = (f"{entry.id}{'' if n == 1 else f'-{n}'}{entry.suffix}" for n in range(1, MOST))
        name = next(n for n in names if not (folder / n).exists())
        _write(folder / name, entry.data)
        try:
            yield f"documents/{name}"
        except BaseException:
            # Whoever stops the program may do so just after the manifest was put in its place.
            if not self.file.exists() or quoted(f"documents/{name}").encode() not in self.file.read_bytes():
                (folder / name).unlink(missing_ok=True)
            raise


def put(path: Path, text: bytes, model: type[Model]) -> Model:
    """Write one of a corpus's own files in the place of the one before, once it was found to be right.

    Raises ManifestError where it isn't, and OSError; the file is then as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            _, read = read_model(temporary, model)
        except ManifestError as error:
            raise ManifestError(str(path), error.entry, error.problem, error.mend) from None
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return read


def table(name: str, values: Mapping[str, object]) -> str:
    """An entry of TOML; what is None or empty is left out, and text is put on one line."""
    lines = [f"\n[[{name}]]\n"]
    for key, value in values.items():
        if isinstance(value, (list, tuple)):
            value = [line(str(one)) for one in value]  # noqa: PLW2901
        elif isinstance(value, str):
            value = line(value)  # noqa: PLW2901
        if value or isinstance(value, (bool, int)):
            lines.append(f"{key} = {quoted(value)}\n")
    return "".join(lines)


def _write(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

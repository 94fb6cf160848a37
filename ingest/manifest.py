"""A corpus folder -> one validated Manifest.

In: a folder with `manifest.toml`, its documents and, if the corpus has them, `claims.toml`, `updates.toml` and
`vocabulary.toml`. Out: sources, document entries, audits and vocabulary that agree with each other, or a
ManifestError that names file, entry and mend. This module knows neither parsers, nor chunks, nor an index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.claims import check_article, check_claims
from ingest.files import path_inside, text_of
from ingest.media import MEDIA_TYPES, UNKNOWN
from ingest.rights import Rights, check_quotes
from ingest.schema import (
    ClaimsModel,
    DocumentModel,
    ManifestModel,
    SourceModel,
    TermModel,
    UpdatesModel,
    VocabularyModel,
    read_model,
)
from ingest.standing import replacements, standing_of, with_updates
from trustbot.corpus.audit import tally
from trustbot.corpus.contacts import NoContact, parse_contacts
from trustbot.errors import ManifestError
from trustbot.text.origins import NoOrigin, parse_origins
from trustbot.types import ARTICLE, Audit, Contact, DocumentKind, SectionKind, Source, Standing, Study, Terms

__all__ = ["DocumentEntry", "Manifest", "load_manifest", "tally"]

MANIFEST, CLAIMS, VOCABULARY, UPDATES = "manifest.toml", "claims.toml", "vocabulary.toml", "updates.toml"


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One file of the corpus, as the manifest declares it."""

    id: str
    source_id: str
    kind: DocumentKind
    title: str
    media_type: str
    licence: str
    path: Path
    """Absolute; inside the corpus folder, also after following links."""
    sections: Mapping[str, SectionKind]
    """Heading -> kind, for headings whose sections are not plain statements or prose."""
    terms: Terms = field(default_factory=Terms)
    may_index: bool = True
    """Whether the licence allows the text to be indexed; where it doesn't, the build refuses the document."""
    as_it_stands: bool = False
    """Whether the text is stored to the letter: a record's is no Markdown, even below a heading."""
    standing: Standing = field(default_factory=Standing)
    language: str = "en"
    """Language tag of the corpus: what a word cut at a line's end is joined by."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A validated corpus folder."""

    directory: Path
    id: str
    title: str
    scope: str
    version: str
    language: str
    disclaimer: str
    sources: tuple[Source, ...]
    documents: tuple[DocumentEntry, ...]
    audits: tuple[Audit, ...]
    vocabulary: Mapping[str, tuple[str, ...]]
    content_hash: str
    """SHA-256 over the manifest's own files (manifest, claims, updates, vocabulary), as `sha256:<hex>`."""
    widget_origins: tuple[str, ...] = ()
    """Origins whose pages may show the widget."""
    contacts: tuple[Contact, ...] = ()
    """Whom somebody can turn to who needs help."""
    checked: str | None = None
    """The day, ISO 8601, on which it was last looked up what was published about the works later; None if never."""


def load_manifest(corpus_dir: Path) -> Manifest:
    """Read and validate `corpus_dir`; ManifestError names file, entry and mend."""
    if not corpus_dir.is_dir():
        problem = "there is no such folder." if not corpus_dir.exists() else "it is not a folder."
        raise ManifestError(str(corpus_dir), "the corpus", problem, "Give the folder that holds manifest.toml.")
    raw: dict[str, bytes] = {}
    raw[MANIFEST], model = read_model(corpus_dir / MANIFEST, ManifestModel)
    rights = Rights(corpus_dir / MANIFEST, model)
    sources = _sources(model.source, rights, corpus_dir / MANIFEST)
    documents = _documents(model, sources, rights, corpus_dir)
    audits: tuple[Audit, ...] = ()
    vocabulary: dict[str, tuple[str, ...]] = {}
    claims: ClaimsModel | None = None
    if _present(corpus_dir / CLAIMS):
        raw[CLAIMS], claims = read_model(corpus_dir / CLAIMS, ClaimsModel)
    audits = _audits(claims, documents, sources, corpus_dir / CLAIMS)
    updates: UpdatesModel | None = None
    if _present(corpus_dir / UPDATES):
        raw[UPDATES], updates = read_model(corpus_dir / UPDATES, UpdatesModel)
        sources = with_updates(sources, updates, corpus_dir / UPDATES)
    if _present(corpus_dir / VOCABULARY):
        raw[VOCABULARY], terms = read_model(corpus_dir / VOCABULARY, VocabularyModel)
        vocabulary = _vocabulary(terms.term, corpus_dir / VOCABULARY)
    return Manifest(
        directory=corpus_dir.resolve(),
        id=model.id,
        title=model.title,
        scope=model.scope,
        version=model.version,
        language=model.language,
        disclaimer=model.disclaimer,
        sources=sources,
        documents=documents,
        audits=audits,
        vocabulary=vocabulary,
        widget_origins=_widget_origins(model, corpus_dir / MANIFEST),
        contacts=_contacts(model, corpus_dir / MANIFEST),
        checked=updates.checked.isoformat() if updates else None,
        content_hash=_content_hash(raw),
    )


def _widget_origins(model: ManifestModel, file: Path) -> tuple[str, ...]:
    try:
        return parse_origins(model.widget.origins).listed
    except NoOrigin as error:
        problem, _, mend = str(error).partition(". ")
        raise ManifestError(str(file), "[widget] origins", f"{problem}.", mend) from None


def _contacts(model: ManifestModel, file: Path) -> tuple[Contact, ...]:
    try:
        return parse_contacts(model.safety)
    except NoContact as error:
        raise ManifestError(str(file), error.entry, error.problem, error.mend) from None


def _present(path: Path) -> bool:
    # A dangling link is a mistake to report, not an absent file.
    return path.exists() or path.is_symlink()


def _content_hash(raw: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in raw.items():
        # Lengths keep two files from being read as one.
        digest.update(f"{name}:{len(content)}:".encode() + content)
    return "sha256:" + digest.hexdigest()


def _unique(values: Iterable[tuple[str, str]], file: Path, what: str, mend: str) -> None:
    """`values` are pairs of entry and value; raises at the first value that an earlier entry has."""
    seen: dict[str, str] = {}
    for entry, value in values:
        if value in seen:
            raise ManifestError(str(file), entry, f"{what} {value} is taken by {seen[value]}.", mend)
        seen[value] = entry


def _sources(models: Sequence[SourceModel], rights: Rights, file: Path) -> tuple[Source, ...]:
    named = [(f"source {position} ({m.id})", m) for position, m in enumerate(models, 1)]
    _unique(((e, m.id) for e, m in named), file, "the id", "Give each source an id of its own.")
    mend = "Give each source a number of its own."
    _unique(((e, str(m.number)) for e, m in named), file, "the number", mend)
    for entry, model in named:
        if model.review_step is not None and model.review_step not in model.review_steps:
            problem = f"`review_step` is {model.review_step!r}, which is none of its `review_steps`."
            raise ManifestError(str(file), entry, problem, "Copy one of the steps letter for letter, or leave it out.")
    has_own = any(m.program for m in models)
    return tuple(_source(m, rights.name(m.licence, entry), m.program if has_own else None) for entry, m in named)


def _source(model: SourceModel, licence: str, program: bool | None) -> Source:
    lists = ("authors", "open_questions", "page_facts", "review_steps")
    plain = model.model_dump(exclude={"licence", "study", "last_updated", "address", "program", *lists})
    return Source(
        **plain,
        licence=licence,
        program=program,
        address=model.address or "",
        authors=tuple(model.authors),
        study=Study(**model.study.model_dump()) if model.study else None,
        open_questions=tuple(model.open_questions),
        last_updated=model.last_updated.isoformat() if model.last_updated else None,
        page_facts=tuple(model.page_facts),
        review_steps=tuple(model.review_steps),
    )


def _documents(
    manifest: ManifestModel, sources: Sequence[Source], rights: Rights, corpus_dir: Path
) -> tuple[DocumentEntry, ...]:
    file = corpus_dir / MANIFEST
    named = [(f"document {position} ({m.id})", m) for position, m in enumerate(manifest.document, 1)]
    _unique(((e, m.id) for e, m in named), file, "the id", "Give each document an id of its own.")
    kinds = {s.id: s.kind for s in sources}
    for entry, model in named:
        if model.source not in kinds:
            problem = f"its source {model.source} is not declared."
            mend = f"Declare it as a [[source]], or name one of {', '.join(kinds)}."
            raise ManifestError(str(file), entry, problem, mend)
        if (model.kind == "article") != (model.id == ARTICLE):
            problem = f"its kind is '{model.kind}' and its id is {model.id}."
            mend = "The guidance itself has the kind 'article' and the id article; no other document has either."
            raise ManifestError(str(file), entry, problem, mend)
        if model.kind == "article" and kinds[model.source] != "guidance":
            problem = f"it is the article, but its source {model.source} has the kind 'work'."
            raise ManifestError(str(file), entry, problem, 'Set kind = "guidance" on that source.')
    replaced = replacements({m.id: m.replaces for m in manifest.document}, file)
    entries = [
        replace(
            _document(model, entry, rights, corpus_dir, manifest.language),
            standing=standing_of(model, entry, replaced.get(model.id, ()), file),
        )
        for entry, model in named
    ]
    paths = ((name, str(e.path)) for (name, _), e in zip(named, entries, strict=True))
    _unique(paths, file, "the file", "Give each document a file of its own.")
    return tuple(entries)


def _document(model: DocumentModel, entry: str, rights: Rights, corpus_dir: Path, language: str) -> DocumentEntry:
    file = corpus_dir / MANIFEST
    path = path_inside(model.path, entry, file)
    # What is in the file is the build's business, which refuses a bad one and takes the others.
    media_type = model.media_type or MEDIA_TYPES.get(path.suffix.lower(), UNKNOWN)
    return DocumentEntry(
        id=model.id,
        source_id=model.source,
        kind=model.kind,
        title=model.title,
        media_type=media_type,
        licence=rights.name(model.licence, entry),
        path=path,
        sections=dict(model.sections),
        terms=rights.terms(model),
        may_index=rights.may_index(model),
        language=language,
    )


def _audits(
    model: ClaimsModel | None, documents: Sequence[DocumentEntry], sources: Sequence[Source], file: Path
) -> tuple[Audit, ...]:
    article = next((d for d in documents if d.kind == "article"), None)
    if article is None:
        if model is None:
            return ()
        problem = "there are claims, but the manifest declares no document of the kind 'article'."
        raise ManifestError(str(file), "the file", problem, "Declare the article, or remove this file.")
    if article.media_type not in {"text/markdown", "text/plain"}:
        problem = f"the article is {article.media_type}, in which its printed numbers can't be checked."
        raise ManifestError(str(article.path), "the file", problem, "Store the article as Markdown or plain text.")
    text = text_of(article.path, "the file")
    statements = check_article(text, str(article.path), [s.number for s in sources])
    if model is None:
        if not statements:
            return ()
        problem = f"it is missing, but the article has {len(statements)} numbered statements."
        raise ManifestError(str(file), "the file", problem, "Create it, with one [[claim]] for each statement.")
    return check_quotes(check_claims(model.claim, text, statements, str(file)), article.terms, file)


def _vocabulary(terms: Sequence[TermModel], file: Path) -> dict[str, tuple[str, ...]]:
    seen: dict[str, str] = {}
    for term in terms:
        for word in (term.preferred, *term.variants):
            key = " ".join(word.casefold().split())
            if key in seen:
                problem = f"{word!r} already stands under {seen[key]!r}."
                mend = "Keep each word in one term, once."
                raise ManifestError(str(file), f"term {term.preferred}", problem, mend)
            seen[key] = term.preferred
    return {term.preferred: tuple(term.variants) for term in terms}

"""What a page kept of an answer -> the answer, made again from the corpus.

In: kept answers, and the bot that serves. Out: a `types.Answer` whose quotes are cut out of the stored texts and whose
numbers, sources and audits are the corpus's own; ValueError for one that can't be made so. Its text must come out of
the chain's own check and numbering as it went in. Sentences beside the text, and the reason why there is none, are
`conversations`' business to have checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from trustbot.answer import compose, replies
from trustbot.answer.suggestions import topics_of
from trustbot.presentation import phrases, wording
from trustbot.query.guard import plain
from trustbot.types import GIVEN, Answer, Chunk, Citation, Corpus, Document, Notice, Query, Quote, Trace
from trustbot.verify import attribution, citations, worded
from trustbot.verify.support.conflict import marked
from trustbot.web.kept.form import TEXT_LIMIT, KeptAnswer, KeptConversation, KeptQuote
from trustbot.web.kept.superseded import chunk_at
from trustbot.web.service import Answering

FRAMINGS = frozenset((None, *wording.FRAMING.values(), *wording.FRAMING_AFTER.values()))


def said_by(citation: Citation) -> tuple[str, str]:
    """The words of a citation as an answer says them, and the caution of its audit; either may be empty."""
    audit = citation.audit
    caution = wording.caution(audit.check, audit.notice) if audit and audit.notice else ""
    return " ".join(citation.quote.text.split()).rstrip(" ."), caution


class Rebuilder:
    """Makes the answers of one kept conversation again; each stored text is looked up once."""

    def __init__(self, bot: Answering, kept: KeptConversation) -> None:
        self._bot = bot
        self.corpus = bot.corpus  # another version may be published meanwhile
        self._kept = kept
        self._documents: dict[int, Document] = {}
        self._chunks: dict[str, list[Chunk]] = {}
        for chunk in (*self.corpus.chunks, *self.corpus.records):
            self._chunks.setdefault(chunk.document_id, []).append(chunk)
        self._topics = {topic.name for topic in topics_of(self.corpus)}
        self._offered = {suggestion.question for suggestion in self.corpus.suggestions}

    def answer(self, kept: KeptAnswer, asked: str) -> Answer:
        """The answer to `asked`, its signature not checked. ValueError if the corpus doesn't bear it out."""
        query = _query(kept, asked)
        text, cited = self._body(kept)
        cited = marked(cited, query.text)
        if kept.outcome not in GIVEN and cited:
            raise ValueError("nothing was answered, and yet something is cited")
        if kept.framing not in FRAMINGS:
            raise ValueError("the framing is not a sentence that trustbot says")
        return Answer(
            outcome=kept.outcome,
            text=text,
            query=query,
            disclaimer=self.corpus.disclaimer,
            trace=self._trace(kept),
            citations=cited,
            notices=_notices(kept, cited),
            reason=kept.reason,
            nearest=tuple(name for name in kept.nearest if name in self._topics),
            followups=tuple(question for question in kept.followups if question in self._offered),
            closest=self._closest(kept),
            framing=kept.framing,
            signature=kept.signature,
        )

    def unsigned(self, made: Answer, before: Sequence[str]) -> Answer:
        """The answer where no signature shows that it was given here; `before` is what was said earlier.

        What the question was understood as is left out where that holds words that nobody has said.
        """
        query = made.query
        said = (plain(query.asked), *before)
        told = (query.text, *(part for pair in query.resolved.items() for part in pair))
        known = all(self._is_known(part, said) for part in told if part != query.asked)
        return replace(made, signature=None, query=query if known else Query(query.asked, query.asked))

    def stored(self, document_id: str, content_hash: str) -> str | None:
        """A text that an answer made here quotes, by id and hash."""
        texts = (d.text for d in self._documents.values() if (d.id, d.content_hash) == (document_id, content_hash))
        return next(texts, None)

    def _is_known(self, text: str, said: Sequence[str]) -> bool:
        """Whether a text is made of words of the conversation or of the corpus."""
        return any(phrases.is_made_of(text, self.corpus, known) for known in (said, (*said, self._words)))

    @cached_property
    def _words(self) -> str:
        return " ".join(chunk.text for chunk in (*self.corpus.chunks, *self.corpus.records))

    def _body(self, kept: KeptAnswer) -> tuple[str, tuple[Citation, ...]]:
        """The text, and the citations that it has once each of its sentences was checked."""
        quotes = self._quotes(kept.quotes)
        view = self._view(kept.quotes)
        text = self._text(kept, [citations.cite(quote, (), view) for quote in quotes])
        if not quotes:
            return text, ()
        claims = citations.parse(_draft(text))
        if self._trace(kept).model is None:
            remade, cited = citations.number(attribution.check(claims, quotes, view), view, compose.join)
        else:
            verdicts = worded.check(claims, quotes, view, self._bot.supporter)
            remade, cited = citations.number(verdicts, view, worded.join)
        if remade != text or len(cited) != len(quotes):
            raise ValueError("a sentence is not what its quotes say")
        return text, cited

    def _closest(self, kept: KeptAnswer) -> tuple[Citation, ...]:
        """What lies near, cut out of the stored texts like everything that is cited."""
        view = self._view(kept.closest)
        return tuple(citations.cite(quote, (), view) for quote in self._quotes(kept.closest))

    def _quotes(self, given: Sequence[KeptQuote]) -> list[Quote]:
        if len(set(given)) < len(given):
            raise ValueError("a quote is listed twice")
        return [self._quote(*place) for place in given]

    def _quote(self, place: int, start: int, end: int) -> Quote:
        document = self._document(place)
        if not 0 <= start < end <= len(document.text):
            raise ValueError("a quote lies outside its document")
        return Quote(self._chunk(document, start, end), start, end, document.text[start:end])

    def _document(self, place: int) -> Document:
        if place not in self._documents:
            if place >= len(self._kept.documents):
                raise ValueError("a quote names no document")
            named = self._kept.documents[place]
            content_hash = f"sha256:{named.hash}"
            current = next((d for d in self.corpus.documents if d.id == named.id), None)
            if current is None or current.content_hash != content_hash:
                found = self._bot.document(content_hash, named.id)
                if found is None:
                    raise ValueError("the version quoted is not stored")
                current = found.document
            self._documents[place] = current
        return self._documents[place]

    def _chunk(self, document: Document, start: int, end: int) -> Chunk:
        for chunk in self._chunks.get(document.id, ()):
            if chunk.document_hash == document.content_hash and chunk.start <= start and end <= chunk.end:
                return chunk
        if any(d.content_hash == document.content_hash and d.id == document.id for d in self.corpus.documents):
            raise ValueError("this part of the document is not quoted")
        return chunk_at(document, start, end, self.corpus)

    def _view(self, given: Sequence[KeptQuote]) -> Corpus:
        """The corpus with the versions of the documents that are quoted."""
        documents = {d.id: d for d in self.corpus.documents}
        used = {self._document(place).content_hash: self._document(place) for place, _, _ in given}
        quoted = {d.id: d for d in used.values()}
        if len(quoted) < len(used):
            raise ValueError("the answer quotes two versions of a document")
        if all(documents.get(d.id) is d for d in used.values()):
            return self.corpus
        return replace(self.corpus, documents=tuple((documents | quoted).values()))

    def _text(self, kept: KeptAnswer, cited: Sequence[Citation]) -> str:
        if kept.text is None:
            return f"{kept.reason} {self.corpus.scope}"
        said = [words for citation in cited for words in said_by(citation)]
        parts: list[str] = []
        for piece in kept.text:
            if isinstance(piece, int) and piece >= len(said):
                raise ValueError("the text names a quote that is not there")
            parts.append(said[piece] if isinstance(piece, int) else piece)
            if sum(map(len, parts)) > TEXT_LIMIT:
                raise ValueError("the text is longer than any answer")
        return "".join(parts)

    def _trace(self, kept: KeptAnswer) -> Trace:
        if kept.origin >= len(self._kept.origins):
            raise ValueError("the answer names no index")
        made = self._kept.origins[kept.origin]
        if made.fingerprint == self._bot.fingerprint and made.version != self.corpus.version:
            raise ValueError("that index holds another version of the corpus")
        return Trace({}, made.embedder, made.fingerprint, made.version, made.model)


def _draft(text: str) -> str:
    """The text of an answer as the draft that it was joined from: one claim a line."""
    lines = text.split("\n")
    return text if len(lines) == 1 else "\n".join(line.removeprefix("- ") for line in lines)


def _query(kept: KeptAnswer, asked: str) -> Query:
    clean = plain(asked)
    read = clean if kept.asked is None else kept.asked
    if plain(read) != clean:
        raise ValueError("the answer was given to another question")
    return Query(read, read if kept.standalone is None else kept.standalone, dict(kept.resolved))


def _notices(kept: KeptAnswer, cited: Sequence[Citation]) -> tuple[Notice, ...]:
    """The notices; those that audits give are made anew, whether or not they were kept."""
    own = replies.notices(cited, None)
    found: list[Notice] = []
    for given in kept.notices:
        found += own if given == 0 else [Notice(*given)]
    return tuple(dict.fromkeys((*found, *own)))

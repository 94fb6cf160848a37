"""`trustbot-ingest check --ask`: what is wrong with a corpus's answers to the questions that readers will ask.

In: a corpus folder with its index, and questions: its bank's, or a file's. Out: which statements are never found, which
suggestions fail, what is answered otherwise than it should be, and which documents say the same or disagree. The bot
that serves is asked; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.manifest import Manifest
from ingest.progress import bar
from trustbot.errors import InvalidInput, TrustbotError
from trustbot.files.jsonl import read_bytes
from trustbot.index.chroma import current_snapshot
from trustbot.index.published import up_to_date
from trustbot.reading.bank import BANK, Bank, Example, Named, read_bank
from trustbot.reading.sentences import classes_of, places_of, quotable, quotes_of
from trustbot.reading.weights import TOPICS
from trustbot.settings import load_settings
from trustbot.text.terms import content_stems
from trustbot.types import GIVEN, Answer, Corpus, Quote, Turn
from trustbot.verify.support.conflict import disagree

if TYPE_CHECKING:
    from trustbot.bot import Bot

ROWS = 20
"""Lines of one kind that are listed."""
COMMON = 60
"""Sentences from which on a word says nothing of their matter, when pairs are looked for."""
SHORTEST = 4
"""Words of content of a sentence that is said twice; a shorter one, such as a name, is no copy."""

Place = tuple[str, int]
"""Document, and where a sentence begins in it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one kind: its heading, and a line for each case."""

    heading: str
    cases: tuple[str, ...]


def examine(manifest: Manifest, questions: Path | None) -> tuple[str, bool]:
    """The report, and whether there is anything to see to. Raises InvalidInput for questions that can't be used, or an
    index that isn't that of the folder."""
    # An hour for a question: a busy machine is no fault of the corpus.
    settings = load_settings(corpus=manifest.id, chat_model="", answer_timeout=3600.0)
    snapshot = current_snapshot(up_to_date(settings))
    if snapshot.recipe.manifest != manifest.content_hash:
        told = (
            f"The index of {manifest.id} is not that of the folder as it is. Run `trustbot-ingest {manifest.directory}`"
        )
        raise InvalidInput(f"{told} first.")
    bank = _bank(manifest, snapshot.corpus)
    examples, named, note = _questions(manifest, snapshot.corpus, bank, questions)
    from trustbot.bot import Bot

    with closing(Bot(settings)) as bot:
        answers = [
            (example, _asked(bot, example.text, example.turns))
            for example in bar(examples, "Asking", True, "questions")
        ]
        corpus = bot.corpus
    offered = {s.question for s in corpus.suggestions}
    findings = [
        *_answered(answers, corpus, named),
        Finding(
            "Questions marked to be suggested that aren't: they are not answered with all that they are about",
            tuple(e.text for e in (bank.examples if bank else ()) if e.offer is not None and e.text not in offered),
        ),
        *pairs(corpus),
    ]
    lines = [f"Corpus {manifest.id} {manifest.version}: {len(examples)} questions asked, {len(offered)} suggested."]
    lines += [note] if note else []
    for finding in findings:
        count = len(finding.cases)
        lines += ["", f"{finding.heading}: {count or 'none'}."]
        lines += [f"  {case}" for case in finding.cases[:ROWS]] + (
            [f"  and {count - ROWS} more"] if count > ROWS else []
        )
    return "\n".join(lines), any(finding.cases for finding in findings)


def _bank(manifest: Manifest, corpus: Corpus) -> Bank | None:
    path = manifest.directory / BANK
    return read_bank(path, _known(manifest), {d.id: d.text for d in corpus.documents}) if path.is_file() else None


def _known(manifest: Manifest) -> set[str]:
    """What a question may have as its gold, beside the sentences that its bank names."""
    return {*(a.claim_id for a in manifest.audits), *TOPICS}


def _questions(
    manifest: Manifest, corpus: Corpus, bank: Bank | None, given: Path | None
) -> tuple[list[Example], tuple[Named, ...], str]:
    """What is asked, the sentences that a bank names, and what is to be known of the questions."""
    if given is not None:
        if given.suffix == ".jsonl":
            known, documents = _known(manifest), {d.id: d.text for d in corpus.documents}
            read = read_bank(given, known | {n.id for n in bank.named} if bank else known, documents)
            return list(read.examples), (*(bank.named if bank else ()), *read.named), ""
        lines = [" ".join(line.split()) for line in read_bytes(given).decode("utf-8", "replace").splitlines()]
        return [Example(line, (), frozenset(), "") for line in lines if line], bank.named if bank else (), ""
    if bank is None:
        return [], (), "The corpus has no question bank. Give a file of questions, a line each: --ask FILE."
    from trustbot.reading.fit import HELD_OUT

    held = [e for e in bank.examples if e.author == HELD_OUT]
    note = "" if held else "The reader learned from these questions; those of others (--ask FILE) say more."
    return held or list(bank.examples), bank.named, note


def _asked(bot: Bot, question: str, turns: Sequence[str] = ()) -> Answer | str:
    """The answer, or why there is none; questions before it are asked first, as a conversation is."""
    history: list[Turn] = []
    try:
        for turn in turns:
            history += [Turn("user", turn), Turn("assistant", bot.ask(turn, tuple(history)).text)]
        return bot.ask(question, tuple(history))
    except TrustbotError as error:
        return str(error)


def _answered(
    answers: Sequence[tuple[Example, Answer | str]], corpus: Corpus, named: Sequence[Named]
) -> Iterator[Finding]:
    quotes = quotable(corpus)
    classes = classes_of(quotes, corpus, places_of(corpus, named))
    names = {(q.chunk.document_id, q.start): set(own) for q, own in zip(quotes, classes, strict=True)}
    wanted: dict[str, int] = {}
    found: set[str] = set()
    none, other, wrongly, failed = [], [], [], []
    for example, answer in answers:
        if isinstance(answer, str):
            failed.append(f"{example.text} — {answer}")
            continue
        cited = {name for c in answer.citations for name in names.get(_place(c.quote), ())}
        found |= cited
        for name in example.gold - set(TOPICS):
            wanted[name] = wanted.get(name, 0) + 1
        if answer.outcome not in GIVEN:
            none += [example.text] if example.gold or not example.kind else []
        elif not example.gold and example.kind:
            wrongly.append(f"{example.text} — {_shown(answer.text)}")
        elif example.gold and not example.gold & cited and not example.gold & set(TOPICS):
            other.append(f"{example.text} — {_shown(answer.text)}")
    never = sorted(set(wanted) - found)
    yield Finding(
        "Statements that none of their questions finds", tuple(_statement(n, wanted[n], corpus, named) for n in never)
    )
    yield Finding("Questions that aren't answered, and should be", tuple(none))
    yield Finding("Questions that are answered with another statement", tuple(other))
    yield Finding("Questions that are answered, and shouldn't be", tuple(wrongly))
    yield Finding("Questions that can't be asked", tuple(failed))


def _statement(name: str, count: int, corpus: Corpus, named: Sequence[Named]) -> str:
    audit = corpus.audit(name)
    words = audit.quote if audit else next((n.quote for n in named if n.id == name), "")
    return f"{name}, {count} question{'s' if count > 1 else ''}: {_shown(words)}"


def pairs(corpus: Corpus) -> Iterator[Finding]:
    """Which documents say the same, and which say otherwise on one matter; by structure alone, as answers are told."""
    kinds = {d.id: d.kind for d in corpus.documents}
    quotes = [q for c in corpus.chunks if kinds[c.document_id] == "full text" for q in quotes_of(c, corpus)]
    same: dict[tuple[str, str], list[str]] = {}
    texts: dict[str, list[Quote]] = {}
    for quote in quotes:
        if len(content_stems(quote.text)) >= SHORTEST:
            texts.setdefault(" ".join(quote.text.casefold().split()), []).append(quote)
    for several in texts.values():
        for one, other in _of_two(several):
            same.setdefault((one.chunk.document_id, other.chunk.document_id), []).append(one.text)
    yield Finding(
        "Pairs of documents that say the same",
        tuple(
            f"{a} and {b}, {len(said)} sentence{'s' * (len(said) > 1)}: {_shown(said[0])}"
            for (a, b), said in same.items()
        ),
    )
    differing = (
        f"{one.chunk.document_id} and {other.chunk.document_id}: {_shown(one.text)} / {_shown(other.text)}"
        for one, other in _near(quotes)
        if disagree(one, other, corpus)
    )
    yield Finding("Pairs of statements that disagree", tuple(differing))


def _near(quotes: Sequence[Quote]) -> Iterator[tuple[Quote, Quote]]:
    """Sentences of two documents that share a word which few have: those that can be on one matter."""
    holding: dict[str, list[int]] = {}
    for place, quote in enumerate(quotes):
        for stem in content_stems(f"{quote.chunk.lead_text} {quote.text}"):
            holding.setdefault(stem, []).append(place)
    seen: set[tuple[int, int]] = set()
    for places in holding.values():
        if 1 < len(places) <= COMMON:
            for at, first in enumerate(places):
                seen.update((first, second) for second in places[at + 1 :])
    for first, second in sorted(seen):
        one, other = quotes[first], quotes[second]
        if one.chunk.document_id != other.chunk.document_id:
            yield one, other


def _of_two(quotes: Sequence[Quote]) -> Iterator[tuple[Quote, Quote]]:
    first: Mapping[str, Quote] = {q.chunk.document_id: q for q in reversed(quotes)}
    listed = sorted(first.values(), key=lambda q: q.chunk.document_id)
    yield from ((one, other) for at, one in enumerate(listed) for other in listed[at + 1 :])


def _place(quote: Quote) -> Place:
    return quote.chunk.document_id, quote.start


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else f"{flat[:117]}…"

"""Over thousands of generated conversations no citation dangles, none differs from its document, none changes.

Three counts, each of which must be 0, are printed with what was looked at:

- *dangling*: a number in a text without a citation, a citation without its number, a document that isn't stored;
- *mismatched*: a quote that isn't, letter for letter, at its place in the text with that hash;
- *changed*: an answer that isn't the same after JSON, or a citation that isn't after the corpus was ingested again.

Some hundred answers go through the whole chain, with follow-ups; thousands of conversations are made of sentences
chosen at random and go through composing, checking and numbering, half of them with a draft that was tampered with.
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingest.build import build_index
from ingest.manifest import Manifest
from trustbot.answer import compose
from trustbot.bot import Bot
from trustbot.evidence import Evidence
from trustbot.index.chroma import current_snapshot
from trustbot.index.documents import find_version
from trustbot.presentation.wire import answer_to_dict
from trustbot.settings import Settings
from trustbot.types import MARKER, Answer, Chunk, Corpus, Query, Quote, Trace, Turn
from trustbot.verify import attribution, citations
from trustbot.web.http.schemas import AnswerBody

COMPOSED = 3000
"""Conversations made of sentences chosen at random."""
ASKED = 70
"""Conversations that are really asked, of one to four questions."""
AGAIN = 25
"""Questions asked again of the index that the same corpus was ingested into anew."""

ABOUT = (
    "How does {} relate to {}?",
    "what about {}",
    "Tell me about {}.",
    "Why does {} matter for {}?",
    "does {} build trust",
    "what limits {}?",
    "{} and {}",
    "Which study looked at {}?",
    "Is {} supported by evidence on {}?",
)
ON = (
    "why?",
    "and for residents?",
    "the second one",
    "what about that last reference?",
    "who says so?",
    "tell me more",
    "anything else on {}?",
    "and {}?",
    "what does reference {number} say?",
    "is that true",
    "how many participants were there?",
    "what does 'only partly supported' mean?",
    "who wrote it?",
)


@dataclass
class Count:
    """What was looked at, and what was found."""

    answers: int = 0
    citations: int = 0
    closest: int = 0
    """Citations of what is near, where nothing answers; they are among `citations`."""
    tampered: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    def add(self, answer: dict[str, Any], stored: Stored) -> None:
        self.answers += 1
        self.citations += len(answer["citations"]) + len(answer["closest"])
        self.closest += len(answer["closest"])
        self.faults.update(faults(answer, stored))


class Stored:
    """The store of an index, whose files are read once each."""

    def __init__(self, index_dir: Path) -> None:
        self.corpus = current_snapshot(index_dir).corpus
        self.find = functools.cache(functools.partial(find_version, index_dir, self.corpus))


def faults(answer: dict[str, Any], stored: Stored) -> Iterator[str]:
    """What is wrong with an answer as plain JSON, against the files of the store."""
    numbers = {int(n) for n in MARKER.findall(answer["text"])}
    cited = {c["number"] for c in answer["citations"]}
    yield from ("dangling" for _ in numbers ^ cited)
    for citation in answer["citations"]:
        yield from unresolved(citation, stored)
        marker = f"[{citation['number']}]"
        if not citation["supports"] or any(marker not in answer["text"][s:e] for s, e in citation["supports"]):
            yield "dangling"
    for citation in answer["closest"]:
        yield from unresolved(citation, stored)
        if citation["supports"] or answer["outcome"] != "closest":  # what is near is no answer
            yield "dangling"


def unresolved(citation: dict[str, Any], stored: Stored) -> Iterator[str]:
    """What is wrong with one citation as plain JSON."""
    found = stored.find(citation["document_hash"], citation["document"])
    source = stored.corpus.numbered(citation["number"])
    if found is None or source is None or source.id != citation["source"]["id"]:
        yield "dangling"
        return
    text = found.document.text
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
    if digest != citation["document_hash"] or text[citation["start"] : citation["end"]] != citation["quote"]:
        yield "mismatched"


def through_json(answer: Answer) -> dict[str, Any]:
    """An answer as another program reads it: written, read, and checked against the published schema."""
    sent = answer_to_dict(answer)
    read: dict[str, Any] = AnswerBody.model_validate_json(json.dumps(sent)).model_dump(mode="json")
    kept = ("outcome", "text", "citations", "closest")
    assert {k: sent[k] for k in kept} == {k: read[k] for k in kept}, "changed by JSON"
    return read


@pytest.fixture(scope="module")
def stored(built_index: Path) -> Stored:
    return Stored(built_index)


@pytest.fixture(scope="module")
def corpus(stored: Stored) -> Corpus:
    return stored.corpus


def words_of(corpus: Corpus) -> list[str]:
    """What readers may ask about: headings, the vocabulary's terms, words of the texts, and some that aren't there."""
    headings = [c.headings[-1].lower() for c in corpus.chunks if c.headings]
    terms = [term for preferred, variants in corpus.vocabulary.items() for term in (preferred, *variants)]
    words = [w.strip(".,;:()").lower() for c in corpus.chunks for w in c.text.split() if len(w) > 6]
    return sorted({*headings, *terms, *words, "dose of amoxicillin", "ignore all rules", "[3]", "<b>trust</b>"})


def conversations(corpus: Corpus, seed: int, count: int) -> Iterator[list[str]]:
    """Questions that stand alone, each followed by up to three that don't; a third quotes, a third is suggested."""
    rng, words = random.Random(seed), words_of(corpus)
    quoted = [f"Is it true that {' '.join(q.text.split())}?" for c, q in sentences(corpus) if c in corpus.chunks]
    suggested = [s.question for s in corpus.suggestions]
    for i in range(count):
        free = rng.choice(ABOUT).format(rng.choice(words), rng.choice(words))
        first = (free, rng.choice(quoted), rng.choice(suggested))[i % 3]
        on = [
            rng.choice(ON).format(rng.choice(words), number=rng.randint(1, len(corpus.sources) + 2))
            for _ in range(rng.randint(0, 3))
        ]
        yield [first, *on]


def compose_answer(chosen: Sequence[Quote], corpus: Corpus, rng: random.Random) -> tuple[Answer | None, bool]:
    """The answer that quotes `chosen`, if any is left after checking; and whether its draft was tampered with."""
    query = Query("Does it?", "Does it?")
    quotes = tuple(chosen)
    draft = compose.extract(query, Evidence(quotes), corpus)
    original = draft
    if rng.random() < 0.5:
        draft = tamper(draft, rng)
    verdicts = attribution.check(citations.parse(draft), quotes, corpus)
    kept = [v for v in verdicts if v.support == "supported"]
    assert draft != original or len(kept) == len(verdicts), "an honest draft was not believed"
    if not kept:
        return None, draft != original
    text, cited = citations.number(verdicts, corpus, compose.join)
    return Answer(
        "answered", text, query, corpus.disclaimer, Trace({}, "e", "f", corpus.version), cited
    ), draft != original


def tamper(draft: str, rng: random.Random) -> str:
    """A draft as a careless or a bad writer leaves it: another number, another word, a sentence of its own."""
    lines = draft.split("\n")
    place = rng.randrange(len(lines))
    line = lines[place]
    words = line.split(" ")
    lines[place] = rng.choice(
        (
            MARKER.sub(f"[{rng.randint(0, 99)}]", line, count=1),
            MARKER.sub("", line),
            line + f" [{rng.randint(1, 6)}]",
            " ".join([*words[: len(words) // 2], "never", *words[len(words) // 2 :]]),
            f"Trust improves survival [{rng.randint(1, 6)}].",
            line.replace("(", "").replace(")", ""),
        )
    )
    return "\n".join(lines)


def sentences(corpus: Corpus) -> list[tuple[Chunk, Quote]]:
    chunks = [*corpus.chunks, *corpus.records]
    return [(c, Quote(c, c.start + s, c.start + e, c.text[s:e])) for c in chunks for s, e in c.sentences]


def report(capsys: pytest.CaptureFixture[str], what: str, count: Count) -> None:
    found = ", ".join(f"{count.faults[name]} {name}" for name in ("dangling", "mismatched", "changed"))
    with capsys.disabled():
        print(f"\n{what}: {count.answers:,} answers, {count.citations:,} citations: {found}")
    assert not count.faults


def test_thousands_of_composed_conversations(
    corpus: Corpus, stored: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    rng, pool, count, declined = random.Random(20260101), sentences(corpus), Count(), 0
    for _ in range(COMPOSED):
        for _ in range(rng.randint(1, 2)):
            picked = {q: None for _, q in rng.sample(pool, rng.randint(1, 6))}
            answer, tampered = compose_answer(tuple(picked), corpus, rng)
            count.tampered += tampered
            if answer is None:
                declined += 1
                continue
            assert "survival" not in answer.text
            assert "never" not in answer.text or any("never" in q.text for q in picked)
            count.add(through_json(answer), stored)
    what = f"{COMPOSED:,} composed conversations, {count.tampered:,} drafts tampered with, {declined:,} left unanswered"
    report(capsys, what, count)
    assert count.citations > COMPOSED
    assert count.tampered > COMPOSED / 3


@pytest.fixture(scope="module")
def doubtful(data_dir: Path, repository: Path) -> Iterator[Bot]:
    """A bot that is never sure enough, so that it shows what is closest."""
    with closing(Bot(Settings(data_dir=data_dir, corpus_dir=repository / "corpus", answer_threshold=1.0))) as made:
        yield made


def test_hundreds_of_answers_of_the_whole_chain(
    bot: Bot, doubtful: Bot, corpus: Corpus, stored: Stored, capsys: pytest.CaptureFixture[str]
) -> None:
    count, outcomes = Count(), Counter[str]()
    for questions in conversations(corpus, 20260102, ASKED):
        history: list[Turn] = []
        for question in questions:
            answer = bot.ask(question, history)
            for made in (answer, doubtful.ask(question, history)):
                outcomes[made.outcome] += 1
                count.add(through_json(made), stored)
            history += [Turn("user", question), Turn("assistant", answer.text)]
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    report(capsys, f"{ASKED} conversations asked of the whole chain, and of one that is never sure ({told})", count)
    assert count.answers > 2 * ASKED
    assert outcomes["answered"] > ASKED / 2
    assert count.closest > ASKED / 2


def test_the_same_corpus_ingested_again_gives_the_same_citations(
    bot: Bot,
    default_manifest: Manifest,
    built_index: Path,
    models_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {}
    for questions in conversations(current_snapshot(built_index).corpus, 20260103, AGAIN):
        before[questions[0]] = through_json(bot.ask(questions[0]))
    data = tmp_path / "data"
    copied = Path(shutil.copytree(built_index, data / "index" / default_manifest.id))
    (data / "models").symlink_to(models_dir)
    # Under the same version, which a record names: other chunks are enough for a new index.
    again = build_index(default_manifest, copied, models_dir, progress=False, chunk_tokens=199)
    assert (again.unchanged, again.embedded) == (False, 0)
    count = Count()
    anew = Stored(copied)
    with closing(Bot(Settings(data_dir=data, corpus_dir=default_manifest.directory.parent))) as other:
        for question, old in before.items():
            new = through_json(other.ask(question))
            count.add(old, anew)  # an old answer over the new index
            count.faults["changed"] += new["text"] != old["text"]
            count.faults["changed"] += new["citations"] != old["citations"]
            states = {anew.find(c["document_hash"], c["document"]) for c in old["citations"]}
            count.faults["changed"] += sum(found is None or not found.is_current for found in states)
    count.faults = +count.faults
    report(capsys, f"{AGAIN} questions before and after the corpus was ingested again", count)
    assert count.citations > AGAIN / 2


def test_the_counts_would_notice(bot: Bot, doubtful: Bot, stored: Stored) -> None:
    answer = through_json(bot.ask("What does the article say about direct observation?"))
    near = through_json(doubtful.ask("How does direct observation build trust?"))
    assert near["closest"]
    assert list(faults(answer, stored)) == list(faults(near, stored)) == []

    def broken(**change: Any) -> list[str]:
        first, *rest = json.loads(json.dumps(answer["citations"]))
        return list(faults(answer | {"citations": [first | change, *rest]}, stored))

    assert "mismatched" in broken(quote=answer["citations"][0]["quote"] + ".")
    assert "mismatched" in broken(start=answer["citations"][0]["start"] + 1)
    assert "dangling" in broken(number=1 if answer["citations"][0]["number"] != 1 else 2)
    assert "dangling" in broken(document_hash="sha256:" + "0" * 64)
    assert "dangling" in broken(document="another")
    assert "dangling" in broken(supports=[])
    assert "dangling" in faults(answer | {"text": answer["text"] + " [77]"}, stored)
    assert "dangling" in faults(answer | {"citations": []}, stored)
    first, *rest = near["closest"]
    assert "mismatched" in faults(near | {"closest": [first | {"end": first["end"] - 1}, *rest]}, stored)
    assert "dangling" in faults(near | {"closest": [first | {"document": "another"}, *rest]}, stored)
    assert "dangling" in faults(near | {"closest": [first | {"supports": [[0, 3]]}, *rest]}, stored)
    assert "dangling" in faults(answer | {"closest": near["closest"]}, stored)
    assert "dangling" in faults(near | {"citations": near["closest"]}, stored)

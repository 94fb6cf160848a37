"""The local reader: what questions taught, what a sentence's own words say, and the file that it is opened from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trustbot.errors import ModelError, TooSlow
from trustbot.models.cards import PACKAGED, expected_model, exported_dir, reader_id
from trustbot.reading.bank import Named
from trustbot.reading.local import ALONE, LocalReader, open_reader
from trustbot.reading.model import FEW, ReaderModel
from trustbot.reading.reader import Reading
from trustbot.reading.sentences import classes_of, plain_sentences, texts_of
from trustbot.runtime.stopping import Stop
from trustbot.types import Corpus, Query, Quote

Made = Callable[..., ReaderModel]


def best(reading: Reading, sentences: Sequence[Quote]) -> Quote:
    return sentences[max(range(len(sentences)), key=lambda i: reading.answers[i])]


def asked(text: str, *turns: str) -> Query:
    return Query(text, text, turns=turns)


def test_a_taught_question_finds_its_sentence(local: LocalReader, sentences: tuple[Quote, ...]) -> None:
    reading = local.read(asked("Does watching a student at work help?"), sentences)
    assert best(reading, sentences).chunk.claim_id == "C13"
    assert max(reading.answers) > 0.99
    assert reading.model == "by hand"


def test_sentences_of_one_class_are_equally_likely(
    local: LocalReader, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    reading = local.read(asked("What is the title of the paper?"), sentences)
    names = classes_of(sentences, corpus, {})
    titles = {p for p, n in zip(reading.answers, names, strict=True) if n == ("fact:title",)}
    assert len([n for n in names if n == ("fact:title",)]) > 0
    assert len(titles) == 1
    assert titles.pop() == max(reading.answers) > 0.99


def test_a_sentence_without_questions_is_found_by_its_own_words_and_heading(
    local: LocalReader, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    plain = [q for q, names in zip(sentences, classes_of(sentences, corpus, {}), strict=True) if not names]
    for quote in plain[:5]:
        assert best(local.read(asked(quote.text), sentences), sentences) == quote
    quote = next(q for q in plain if q.chunk.headings)
    headed = f"{quote.chunk.headings[-1]}: {quote.text}"
    both = np.add(*(local._encoder.embed_array([text])[0] for text in (quote.text, headed)))
    own = local._encoder.embed_array(["x y z"])[0]
    score = 16 * float(both @ own) / float(np.linalg.norm(both)) - 8
    assert local.read(asked("x y z"), [quote]).answers[0] == pytest.approx(1 / (1 + np.exp(-score)), rel=1e-4)


def test_reading_ends_between_two_sentences_once_its_time_is_over(
    local: LocalReader, sentences: tuple[Quote, ...], corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [q for q, names in zip(sentences, classes_of(sentences, corpus, {}), strict=True) if not names]
    stop, read = Stop(), []

    def row(quote: Quote) -> Any:
        read.append(quote)
        stop.allow(-1)  # the first sentence has taken all the time there was
        return local._encoder.embed_array([quote.text])[0]

    monkeypatch.setattr(local, "_row", row)
    with pytest.raises(TooSlow):
        local.read(asked("Does watching help?"), plain, stop)
    assert read == plain[:1]


def test_a_named_sentence_is_read_by_its_questions(
    words: Any, made: Made, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    quote = next(q for q in sentences if q.chunk.headings[-1:] == ("How it was done",))
    named = [Named("N1", quote.chunk.document_id, quote.text)]
    reader = LocalReader(words, made(words, {"N1": "zebra jam zigzag", "C13": "does watching help"}), corpus, named)
    query = asked("zebra jam zigzag")
    assert best(reader.read(query, sentences), sentences) == quote
    unnamed = LocalReader(words, made(words, {"N1": "zebra jam zigzag"}), corpus)
    assert max(unnamed.read(query, sentences).answers) < 0.1


def test_the_likeliest_of_a_sentences_classes_counts(
    words: Any, made: Made, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    quote = next(q for q in sentences if q.chunk.headings[-1:] == ("What it found",))
    classes = {"N1": "zebra jam zigzag", "fact:findings": "what did they find"}
    reader = LocalReader(words, made(words, classes), corpus, [Named("N1", quote.chunk.document_id, quote.text)])
    for text in classes.values():
        assert reader.read(asked(text), [quote]).answers[0] > 0.99


def test_the_conversation_counts(local: LocalReader, sentences: tuple[Quote, ...]) -> None:
    place = next(i for i, q in enumerate(sentences) if q.chunk.claim_id == "C13")

    def likely(*turns: str) -> float:
        return local.read(asked("And why so?", *turns), sentences).answers[place]

    assert likely("does watching a student at work help") > 10 * likely()
    assert likely("does watching a student at work help", "b", "c") == likely("b", "c")


def test_operations_go_by_their_names(local: LocalReader, sentences: tuple[Quote, ...]) -> None:
    reading = local.read(asked("Shorter please"), sentences)
    assert set(reading.operations) == {"shorter", "thanks"}
    assert reading.operations["shorter"] > 0.9 > 0.1 > reading.operations["thanks"]


def test_a_head_of_its_own_says_whether_anything_answers(
    words: Any, made: Made, sentences: tuple[Quote, ...], corpus: Corpus
) -> None:
    own = words.embed_array(["zebra jam"])[0]
    head = np.concatenate([own * 4, own * 2, [-1.0]]).astype(np.float32)
    reader = LocalReader(words, made(words, covered=head, decisions={"answer": 0.3}), corpus)
    sure = 1 / (1 + np.exp(-5))
    assert reader.read(asked("zebra jam"), sentences).covered == pytest.approx(sure, abs=1e-4)
    assert reader.read(asked("zebra jam"), ()).covered == pytest.approx(sure, abs=1e-4)
    assert reader.read(asked("does watching a student at work help"), sentences).covered < 0.5
    assert reader.decisions == {"answer": 0.3}


def test_without_one_the_best_two_sentences_say_it(local: LocalReader, sentences: tuple[Quote, ...]) -> None:
    query = asked("does watching a student at work help")
    reading = local.read(query, sentences)
    first, second = sorted((np.log(p / (1 - p)) for p in reading.answers), reverse=True)[:2]
    expected = 1 / (1 + np.exp(-(-1.0 + first + 0.25 * second)))
    assert max(reading.answers) >= ALONE
    assert reading.covered == pytest.approx(max(expected, *reading.answers), rel=1e-3)
    best = reading.answers.index(max(reading.answers))
    rest = tuple(q for i, q in enumerate(sentences) if i != best)
    fewer = local.read(query, rest)
    first, second = sorted((np.log(p / (1 - p)) for p in fewer.answers), reverse=True)[:2]
    assert max(fewer.answers) < ALONE
    assert fewer.covered == pytest.approx(1 / (1 + np.exp(-(-1.0 + first + 0.25 * second))), rel=1e-3)
    assert local.read(query, ()).covered < local.read(asked("zebra jam"), sentences).covered < 0.1


# -- from an index's file ------------------------------------------------------------------------------------

KEY = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path, models_dir: Path) -> Path:
    """Exported models, of which the packaged encoder stands for a changed one."""
    (tmp_path / reader_id(KEY).folder).symlink_to(exported_dir(expected_model(PACKAGED), models_dir))
    return tmp_path


@pytest.fixture
def kept(embedder: Any, made: Made, corpus: Corpus) -> tuple[ReaderModel, Any, list[Quote]]:
    """A model as ingest makes it, and the vectors of the sentences that it does not teach."""
    quote = next(q for q in plain_sentences(corpus, (), ()) if q.chunk.headings[-1:] == ("How it was done",))
    named = [Named("N1", quote.chunk.document_id, quote.text)]
    model = made(embedder, {"C13": "does watching help", "N1": "zebra jam", "op:thanks": "thank you"})
    plain = plain_sentences(corpus, model.classes, named)
    digest = hashlib.sha256("\n".join("\n".join(texts_of(q)) for q in plain).encode()).hexdigest()
    metadata = {"graph": KEY, "named": json.dumps([["N1", quote.chunk.document_id, quote.text]]), "sentences": digest}
    rows = np.zeros((len(plain), embedder.dimension), dtype=np.float16)
    rows[3, 0] = 1.0
    return replace(model, metadata={**model.metadata, **metadata}), {"sentences": rows}, [*plain, quote]


def test_a_version_is_opened_with_what_ingest_read(folder: Path, corpus: Corpus, kept: Any) -> None:
    model, tensors, (*plain, named) = kept
    reader = open_reader(model.to_bytes(tensors), corpus, folder)
    query = asked("How is feedback given?")
    first = float(reader._encoder.embed_query(query.text)[0])
    reading = reader.read(query, plain[:6])
    for place, answer in enumerate(reading.answers):
        score = -8 + 16 * (first if plain[place].text == plain[3].text else 0)
        assert answer == pytest.approx(1 / (1 + np.exp(-score)), rel=1e-3)
    assert reader.read(asked("zebra jam"), [named]).answers[0] > 0.9
    unread = open_reader(replace(model, metadata=model.metadata | {"sentences": ""}).to_bytes(), corpus, folder)
    assert unread.read(query, plain[:6]).answers != reading.answers


def test_a_reader_of_another_corpus_is_refused(folder: Path, corpus: Corpus, kept: Any) -> None:
    model, tensors, _ = kept
    content = model.to_bytes(tensors)
    other = replace(corpus, chunks=corpus.chunks[:-1])
    fewer = model.to_bytes({"sentences": tensors["sentences"][:-1]})
    for bad, of in ((content, other), (fewer, corpus)):
        with pytest.raises(ModelError, match=r"^The index's reader belongs to another corpus\. Run `trustbot-ingest`"):
            open_reader(bad, of, folder)


def test_an_encoder_that_is_missing_or_altered_is_said(tmp_path: Path, folder: Path, corpus: Corpus, kept: Any) -> None:
    model, tensors, _ = kept
    content = model.to_bytes(tensors)
    with pytest.raises(ModelError, match="Run `trustbot-ingest`"):
        open_reader(content, corpus, tmp_path / "empty")
    with pytest.raises(ModelError, match=re.escape("The index's reader holds no reader")):
        open_reader(content[:-1], corpus, folder)
    own = tmp_path / reader_id(KEY).folder
    files = {path.name: path.read_bytes() for path in own.iterdir()}
    own.unlink()
    own.mkdir()
    for name, data in files.items():
        (own / name).write_bytes(data[:-1] if name == "tokenizer.json" else data)
    with pytest.raises(ModelError, match="missing or was altered"):
        open_reader(content, corpus, folder)


def test_of_a_few_sentences_the_best_one_says_it_alone(local: LocalReader, sentences: tuple[Quote, ...]) -> None:
    query = asked("does watching a student at work help")
    for count in (1, 2, FEW):
        reading = local.read(query, sentences[:count])
        best = max(np.log(p / (1 - p)) for p in reading.answers)
        assert reading.covered == pytest.approx(1 / (1 + np.exp(-(1.5 + 0.75 * best))), rel=1e-3)

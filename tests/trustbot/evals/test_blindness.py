"""A blind data set: what shares a question with the bank is refused, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trustbot.cli import main
from trustbot.errors import InvalidInput
from trustbot.evals import blindness, opening
from trustbot.evals.blindness import ALIKE, Shared, bank_vectors, fold, shared
from trustbot.evals.command import Selection, run_eval, run_retrieval
from trustbot.evals.datasets import Key, Statement
from trustbot.evals.opening import shared_with_bank
from trustbot.models.embedders import Embedder
from trustbot.reading.bank import Bank, Example
from trustbot.settings import Settings, load_settings

Write = Callable[..., Path]
KNOWN = "How does watching someone at work build trust?"
QUESTIONS = (
    Example(KNOWN, (), frozenset({"C13"}), "answerable"),
    Example("And over time?", ("Does trust grow?",), frozenset({"C13"}), "followup"),
    Example("Is Zanzibar an island?", (), frozenset(), "outofscope"),
)
BANK = Bank(QUESTIONS, ())


class CountingEmbedder:
    """Vectors by a table, all others at right angles; counts the texts that it was given."""

    weights_hash = "ab" * 32
    dimension = 1024

    def __init__(self, table: dict[str, tuple[float, float]]) -> None:
        """`table` holds the first two numbers of a text's vector; the third makes its length one."""
        self.table = table
        self.count = 0
        self._places: dict[str, int] = {}

    def embed_array(self, texts: Sequence[str]) -> Any:
        self.count += len(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            if text in self.table:
                x, y = self.table[text]
                row[:3] = x, y, (1 - x * x - y * y) ** 0.5
            else:
                row[self._places.setdefault(text, 3 + len(self._places))] = 1
        return rows


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Why is that?", "  why is\tthat ", True),
        ("Don't they?", "don’t they", True),
        ("A follow-up: what now?", "a follow up — what now", True),
        ("Ｗhy", "why", True),
        ("STRASSE", "straße", True),
        ("Why is that?", "Why is this?", False),
        ("2 of 3", "2 or 3", False),
    ],
)
def test_case_spaces_and_punctuation_make_no_difference(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


def test_the_same_words_and_near_ones_are_found_in_order(tmp_path: Path) -> None:
    embedder = CountingEmbedder({KNOWN: (1.0, 0.0), "near": (ALIKE + 0.001, 0.0), "not near": (ALIKE - 0.001, 0.0)})
    asked = {"a": "not near", "b": "near", "c": "is zanzibar - an island", "d": "Something else", "e": "and over time"}
    assert shared(asked, BANK, embedder, tmp_path) == [
        Shared("b", "near", KNOWN),
        Shared("c", "is zanzibar - an island", "Is Zanzibar an island?"),
        Shared("e", "and over time", "And over time?"),
    ]


def test_an_empty_bank_shares_nothing_and_needs_no_vectors(tmp_path: Path) -> None:
    embedder = CountingEmbedder({})
    assert shared({"a": KNOWN}, Bank((), ()), embedder, tmp_path) == []
    assert embedder.count == 0


def test_more_questions_than_one_batch_keep_their_order(tmp_path: Path) -> None:
    bank = Bank(tuple(Example(f"known {i}", (), frozenset(), "outofscope") for i in range(300)), ())
    embedder = CountingEmbedder({"known 299": (1.0, 0.0), "last": (1.0, 0.0)})
    asked = {str(i): f"nobody asked {i} yet" for i in range(299)} | {"299": "last"}
    assert shared(asked, bank, embedder, tmp_path) == [Shared("299", "last", "known 299")]


def test_vectors_are_kept_for_the_same_bank_and_model(tmp_path: Path) -> None:
    embedder, folder = CountingEmbedder({}), tmp_path / "not" / "there"
    texts = [example.text for example in QUESTIONS]
    first = bank_vectors(texts, BANK, embedder, folder)
    assert (embedder.count, len(list(folder.iterdir()))) == (3, 1)
    assert np.array_equal(bank_vectors(texts, BANK, embedder, folder), first)
    assert embedder.count == 3
    other = Bank((*QUESTIONS[:2], replace(QUESTIONS[2], text="Is Malta an island?")), ())
    bank_vectors([example.text for example in other.examples], other, embedder, folder)
    assert embedder.count == 6
    embedder.weights_hash = "cd" * 32
    bank_vectors(texts, BANK, embedder, folder)
    assert embedder.count == 9


def damaged(path: Path) -> list[bytes]:
    whole = path.read_bytes()
    rows = np.load(path)
    path.unlink()

    def saved(table: Any) -> bytes:
        np.save(path, table, allow_pickle=True)
        return path.read_bytes()

    changed, numberless = rows.copy(), rows.copy()
    changed[1] *= 2
    numberless[0, 0] = np.nan
    tables = (rows[:2], rows.astype(np.float64), changed, numberless, np.array([{"a": 1}], dtype=object))
    return [b"", b"PK\x03\x04", b"garbage", whole[:-7], whole[:30], *(saved(table) for table in tables)]


def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    embedder, texts = CountingEmbedder({}), [example.text for example in QUESTIONS]
    right = bank_vectors(texts, BANK, embedder, tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for number, content in enumerate(damaged(path), 2):
        path.write_bytes(content)
        assert np.array_equal(bank_vectors(texts, BANK, embedder, tmp_path), right)
        assert embedder.count == 3 * number
        assert path.read_bytes() == whole


def test_a_folder_that_can_not_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    embedder = CountingEmbedder({})
    assert len(bank_vectors([KNOWN], BANK, embedder, tmp_path / "file" / "below")) == 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path / "data", corpus_dir=tmp_path / "corpus", corpus="small")


@pytest.fixture
def bank_file(settings: Settings, monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> Path:
    """A corpus with a bank, without an index."""
    folder = settings.corpus_dir / settings.corpus
    folder.mkdir(parents=True)
    lines = [
        {"sentence": "N1", "document": "note", "quote": "Watching builds trust."},
        {"q": KNOWN, "gold": ["C13"], "kind": "answerable"},
        {"q": "What did the interviews find?", "gold": ["N1", "fact:findings"], "kind": "answerable"},
        {"q": "How long did I wait?", "kind": "outofscope", "draft": True},
    ]
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.setattr(opening, "corpus_key", lambda _: Key({"C13": Statement("C13", "words", 4, "C13")}, False))
    monkeypatch.setattr("trustbot.models.embedding.open_embedder", lambda *_: embedder)
    return path


@pytest.mark.usefixtures("bank_file")
def test_the_packaged_embedder_finds_what_nearly_is_a_question_of_the_bank(settings: Settings) -> None:
    near = "How does watching someone at work build up trust?"
    asked = {"a": near, "b": "What is an educational alliance?", "c": "how long did I wait"}
    count, found = shared_with_bank(asked, settings) or (0, [])
    # The draft is nobody's lesson yet.
    assert (count, found) == (2, [Shared("a", near, KNOWN)])
    assert [path.parent for path in settings.data_dir.rglob("*.npy")] == [settings.data_dir / "bank"]


@pytest.mark.usefixtures("bank_file")
def test_a_data_set_that_shares_questions_is_refused_and_nothing_is_written(
    tmp_path: Path, settings: Settings, jsonl: Write, scripted: Callable[..., Any]
) -> None:
    bot, out = scripted({}), tmp_path / "out"
    dataset = jsonl(
        {"id": "new", "turns": ["Who pays for it?"], "gold": []},
        {"id": "first", "turns": ["Who pays for it?", KNOWN.upper().rstrip("?")], "gold": []},
        {"id": "long", "turns": [f"{KNOWN}{' ' * 300}"], "gold": []},
    )
    with pytest.raises(InvalidInput) as caught:
        run_eval(dataset, out, settings, Selection(blind=True), bot_for=lambda _: bot)
    assert str(caught.value) == (
        "set.jsonl is not blind: 2 of its 3 questions stand in the question bank of small, or nearly so, the first "
        f"being first, “{KNOWN.upper().rstrip('?')}”, there “{KNOWN}”; leave them out, or run without --blind."
    )
    assert caught.value.exit_code == 2
    assert (bot.asked, out.exists()) == ([], False)
    searches = jsonl({"id": "a", "query": KNOWN, "gold": ["d"]}, name="searches.jsonl")
    with pytest.raises(InvalidInput, match=r"searches\.jsonl is not blind: 1 of its 1 questions"):
        run_retrieval(searches, out, settings, Selection(blind=True), search=lambda task, k: pytest.fail("searched"))
    assert not out.exists()


@pytest.mark.usefixtures("bank_file")
def test_only_the_lines_that_are_asked_are_compared(
    tmp_path: Path, settings: Settings, jsonl: Write, scripted: Callable[..., Any], watching: Any, capsys: Any
) -> None:
    dataset = jsonl(
        {"id": "known", "turns": [KNOWN], "gold": [], "split": "old"},
        {"id": "new", "turns": [KNOWN, "Who pays for it?"], "gold": [], "split": "new"},
    )
    bot = scripted({KNOWN: watching, "Who pays for it?": watching})
    selection = Selection(where={"split": "new"}, blind=True)
    report = run_eval(dataset, tmp_path / "out", settings, selection, bot_for=lambda _: bot)
    told = "The question bank of small, 2 questions, shares none with set.jsonl."
    assert report["run"]["options"] == {"where": {"split": "new"}, "blind": told}
    assert told in capsys.readouterr().err
    again = run_eval(dataset, tmp_path / "again", settings, bot_for=lambda _: bot)
    assert again["run"]["options"] == {}


def test_without_a_bank_there_is_nothing_to_compare_with(
    tmp_path: Path, settings: Settings, jsonl: Write, scripted: Callable[..., Any], watching: Any, capsys: Any
) -> None:
    dataset = jsonl({"id": "a", "turns": [KNOWN], "gold": []})
    out, bot = tmp_path / "out", scripted({KNOWN: watching})
    report = run_eval(dataset, out, settings, Selection(blind=True), bot_for=lambda _: bot)
    told = "The corpus small has no question bank, so there is nothing to compare with."
    assert capsys.readouterr().err == f"{told}\n"
    assert report["run"]["options"]["blind"] == told
    assert "has no question bank" in (out / "report.html").read_text()


def test_a_faulty_bank_is_named(bank_file: Path, settings: Settings) -> None:
    bank_file.write_text('{"q": "x", "kind": "answerable", "gold": ["C99"]}\n')
    with pytest.raises(InvalidInput, match="line 1: no sentence has the id C99"):
        shared_with_bank({"a": "x"}, settings)


@pytest.mark.usefixtures("bank_file")
def test_the_command_refuses_with_exit_code_2(
    tmp_path: Path, settings: Settings, jsonl: Write, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name in ("data_dir", "corpus_dir", "corpus"):
        monkeypatch.setenv(f"TRUSTBOT_{name.upper()}", str(getattr(settings, name)))
    dataset, out = jsonl({"id": "a", "turns": [KNOWN], "gold": []}), tmp_path / "out"
    assert main(["eval", str(dataset), "--blind", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("trustbot: set.jsonl is not blind: 1 of its 1 questions")
    assert error.count("\n") == 1
    assert not out.exists()


def test_a_bar_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []

    class Bar:
        def __init__(self, *, total: int, **_: Any) -> None:
            shown.append(total)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def update(self, count: int) -> None:
            shown.append(count)

    monkeypatch.setattr("tqdm.tqdm", Bar)
    texts = [f"question {i}" for i in range(blindness.SLICE + 5)]
    bank_vectors(texts, BANK, CountingEmbedder({}), tmp_path)
    assert shown == [blindness.SLICE + 5, blindness.SLICE, 5]

"""`trustbot-ingest --train`: a tiny plan on a tiny corpus makes a file that the next ingest uses, and a card."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import ingest.train
from ingest.__main__ import main
from ingest.build import read_corpus
from ingest.manifest import load_manifest
from ingest.train import CARD, FEWEST, MOST_BYTES, train_reader
from trustbot.errors import InvalidInput, StorageError
from trustbot.index.chroma import open_index
from trustbot.models.cards import PACKAGED_SHA256
from trustbot.reading import fit
from trustbot.reading.bank import BANK
from trustbot.reading.local import open_reader
from trustbot.reading.model import FILE, load_model
from trustbot.reading.sentences import quotable
from trustbot.reading.training import Plan
from trustbot.reading.weights import product_questions
from trustbot.types import Corpus, Query

TINY = Plan(rank=2, epochs=1, rate=2e-3)
ASKED = {
    "C01": ("plan the day", "organise a shift", "get a ward ready", "know what comes", "set out the morning"),
    "C02": ("be quicker", "lose fewer minutes", "finish early", "spend less time", "go home sooner"),
    "C03": ("make people happy", "content patients", "be liked by the sick", "satisfy families", "please the ill"),
}
FRAMES = ("does it {}", "how to {}", "will we {} by it", "{}: so?", "can one {}", "why {}", "who may {}", "is it to {}")
OTHERS = ("who won in {}", "is {} a prime number", "what was the weather in {}", "sing me number {}")


def bank(author: str = "r") -> list[dict[str, Any]]:
    """Some more than two hundred questions; every eighth is of `author`."""
    taught = [(f.format(w), [claim], "answerable") for claim, some in ASKED.items() for w in some for f in FRAMES]
    strange = [(f.format(year), [], "outofscope") for f in OTHERS for year in range(1990, 2013)]
    return [
        {"q": q, "gold": gold, "kind": kind, "author": author if n % 8 == 0 else "a"}
        for n, (q, gold, kind) in enumerate([*taught, *strange])
    ]


def write(folder: Path, lines: list[dict[str, Any]]) -> None:
    (folder / BANK).write_text("".join(json.dumps(line) + "\n" for line in lines))


def command(*arguments: object) -> tuple[int, str, str]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main([str(a) for a in arguments])
    return code, out.getvalue(), err.getvalue()


def own_models(models_dir: Path, folder: Path) -> Path:
    """A folder of models with what is exported already, for exports that nobody else needs."""
    folder.mkdir(parents=True)
    for model in models_dir.iterdir():
        if model.is_dir():
            (folder / model.name).symlink_to(model)
    return folder


class Done(NamedTuple):
    """What came of `--train`: folders of the corpus and the data, and what the command said."""

    corpus: Path
    data: Path
    code: int
    out: str
    err: str

    def again(self, *arguments: str) -> tuple[int, str, str]:
        return command(self.corpus, *arguments)


@pytest.fixture(scope="module")
def done(
    tmp_path_factory: pytest.TempPathFactory, models_dir: Path, small_corpus_files: dict[str, str]
) -> Iterator[Done]:
    """The command, once, on the small corpus with a bank of its own."""
    import torch

    folder = tmp_path_factory.mktemp("train")
    for name, text in small_corpus_files.items():
        (folder / "huddles" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "huddles" / name).write_text(text)
    write(folder / "huddles", bank())
    own_models(models_dir, folder / "data" / "models")
    some, threads = product_questions()[::50][:30], torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTBOT_DATA_DIR", str(folder / "data"))
        patch.setattr(fit, "product_questions", lambda: some)
        patch.setattr(ingest.train, "Plan", lambda: TINY)
        torch.set_num_threads(1)  # several wait for each other on a busy machine
        yield Done(folder / "huddles", folder / "data", *command(folder / "huddles", "--train"))
        torch.set_num_threads(threads)


@pytest.fixture
def env(done: Done, monkeypatch: pytest.MonkeyPatch) -> Done:
    """The same, with the environment that each test clears."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(done.data))
    return done


def test_it_writes_a_small_file_that_the_ingest_uses(env: Done) -> None:
    assert env.code == 0, env.err
    content = (env.corpus / FILE).read_bytes()
    assert len(content) < MOST_BYTES == 4_000_000
    model, factors = load_model(content, FILE)
    assert set(model.classes) > set(ASKED)
    assert model.metadata["encoder"] == PACKAGED_SHA256
    assert json.loads(model.metadata["plan"])["rank"] == 2
    assert all(".lora_" in name for name in factors)
    held = json.loads(model.metadata["held_out"])
    found = round(held["hit"] * held["answerable"])
    line = f"Reader: trained on {len(bank())} questions; {found} of {held['answerable']} held-out questions find"
    assert line in " ".join(env.out.split())
    assert "questions to learn from, " in env.err
    assert "pass 1 of 1: loss " in env.err


def test_a_second_ingest_uses_it_without_training(env: Done) -> None:
    before = (env.corpus / FILE).read_bytes()
    code, out, err = env.again()
    assert (code, err) == (0, "")
    assert "nothing changed, nothing was written" in out
    assert f"trained on {len(bank())} questions" in " ".join(out.split())
    assert (env.corpus / FILE).read_bytes() == before


def test_the_index_reads_with_it(env: Done) -> None:
    with closing(open_index(env.data / "index" / "huddles")) as index:
        content = index.read_extra(FILE)
        reader = open_reader(content, index.corpus, env.data / "models")
        sentences = quotable(index.corpus)
    trained, _ = load_model((env.corpus / FILE).read_bytes(), FILE)
    model, tensors = load_model(content, FILE)
    assert model.classes == trained.classes
    assert model.covered.size == 769
    assert set(model.plain) >= {"scale", "share", "bias"}, "sentences without questions need the general one's"
    assert [*tensors] == ["sentences"]
    reading = reader.read(Query("how to organise a shift", "how to organise a shift"), sentences)
    assert reading.model == "local, huddles"
    best = max(range(len(sentences)), key=lambda i: reading.answers[i])
    assert sentences[best].chunk.claim_id == "C01"
    graph = env.data / "models" / f"reader-{model.metadata['graph'][:12]}"
    assert graph.is_dir()
    assert not graph.is_symlink(), "the change was not merged into an encoder of its own"


def test_the_card_tells_what_it_was_made_of(env: Done) -> None:
    card = (env.corpus / CARD).read_text()
    lines = bank()
    assert "# Reader of the corpus “Morning huddles”" in card
    assert PACKAGED_SHA256 in card
    assert f"- Questions: {len(lines)} by 2 authors" in card
    assert "- Kinds: answerable 120, outofscope 92" in card
    assert "- Plan: rank 2, 1 passes, rate 0.002, batches of 32, seed " in card
    assert "those of author `r`" in card
    held = json.loads(load_model((env.corpus / FILE).read_bytes(), FILE)[0].metadata["held_out"])
    for name, value in held.items():
        assert f"| {name.replace('_', ' ')} | {value:.3g} |" in card


def test_the_mean_of_two_trainings_knows_a_class_that_neither_had(env: Done, tmp_path: Path) -> None:
    trained, factors = load_model((env.corpus / FILE).read_bytes(), FILE)
    (tmp_path / "one").write_bytes((env.corpus / FILE).read_bytes())
    halved = {name: value / 2 if name.endswith(".lora_b") else value for name, value in factors.items()}
    (tmp_path / "two").write_bytes(trained.to_bytes(halved))
    own = tmp_path / "huddles"
    shutil.copytree(env.corpus, own)
    named = {"sentence": "N1", "document": "lee-2020-note", "quote": "Nine nurses were interviewed."}
    more = [{"q": f.format("breathe"), "gold": ["N1"], "kind": "answerable", "author": "a"} for f in FRAMES]
    write(own, [named, *bank(), *more])
    code, out, err = command(own, "--average", tmp_path / "one", tmp_path / "two")
    assert code == 0, err
    assert f"Reader: trained on {len(bank()) + len(more)} questions" in " ".join(out.split())
    model, mean = load_model((own / FILE).read_bytes(), FILE)
    assert set(model.classes) - set(trained.classes) == {"N1"}
    for name in {key.removesuffix(".lora_a") for key in factors if key.endswith(".lora_a")}:
        a, b = f"{name}.lora_a", f"{name}.lora_b"
        expected = 0.75 * factors[b].astype("float32") @ factors[a].astype("float32")
        assert np.allclose(mean[b].astype("float32") @ mean[a].astype("float32"), expected, atol=1e-3)
    hashes = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("one", "two")]
    assert f"- Mean of the trainings: {', '.join(hashes)}" in (own / CARD).read_text()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["one"], "A mean takes two trained readers or more"),
        (["one", "absent"], "absent can't be read (No such file or directory)"),
        (["one", "other"], "other was trained on another general reader"),
        (["one", "broken"], "broken"),
        (["one", "narrow"], "other layers or shapes"),
    ],
)
def test_what_has_no_mean_is_said_in_a_sentence(env: Done, tmp_path: Path, files: list[str], sentence: str) -> None:
    content = (env.corpus / FILE).read_bytes()
    trained, factors = load_model(content, FILE)
    (tmp_path / "one").write_bytes(content)
    (tmp_path / "broken").write_bytes(content[:-7])
    metadata = {**trained.metadata, "general": "f00d"}
    (tmp_path / "other").write_bytes(replace(trained, metadata=metadata).to_bytes(factors))
    (tmp_path / "narrow").write_bytes(trained.to_bytes(dict(list(factors.items())[2:])))
    code, _, err = command(env.corpus, "--average", *(tmp_path / name for name in files))
    assert code in (1, 2)
    assert sentence in err
    assert "Traceback" not in err
    assert (env.corpus / FILE).read_bytes() == content


# -- what is refused, and in which order ---------------------------------------------------------------------


@pytest.fixture
def corpus(small_corpus: Path, models_dir: Path) -> Corpus:
    return read_corpus(load_manifest(small_corpus), models_dir, progress=False)


def test_without_a_bank_or_with_too_small_a_one_nothing_is_trained(small_corpus: Path, corpus: Corpus) -> None:
    with pytest.raises(InvalidInput, match=r"^There is no question bank .*`trustbot-ingest questions`\.$"):
        train_reader(small_corpus, corpus)
    write(small_corpus, bank()[: FEWEST - 1])
    with pytest.raises(InvalidInput, match="has 199 questions; training takes at least 200"):
        train_reader(small_corpus, corpus)
    write(small_corpus, [*bank(), {"q": "Why?", "gold": ["C99"], "kind": "answerable"}])
    with pytest.raises(InvalidInput, match="no sentence has the id C99"):
        train_reader(small_corpus, corpus)
    assert not (small_corpus / FILE).exists()


def _trains_nothing(*_: object, **__: object) -> Any:
    """In place of a training: a model that was made at once."""
    import numpy as np

    from trustbot.reading.model import ReaderModel

    rows = np.eye(1, 384, dtype=np.float32)
    bias, head = np.zeros(1, dtype=np.float32), np.zeros(769, dtype=np.float32)
    return {"x.lora_a": np.zeros((2, 2))}, ReaderModel(("C01",), rows, rows, bias, 1.0, head), {"answerable": 3.0}


def test_a_file_that_is_too_large_is_not_written(
    small_corpus: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small_corpus, bank("b"))
    monkeypatch.setattr(ingest.train, "trained", _trains_nothing)
    monkeypatch.setattr(ingest.train, "MOST_BYTES", 100)
    with pytest.raises(InvalidInput, match=r"more than 100\. Lower its rank\."):
        train_reader(small_corpus, corpus)
    assert not (small_corpus / FILE).exists()


def test_a_folder_that_takes_no_file_is_said(
    small_corpus: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small_corpus, bank("b"))
    monkeypatch.setattr(ingest.train, "trained", _trains_nothing)
    (small_corpus / FILE).mkdir()
    with pytest.raises(StorageError, match=r"reader\.safetensors can't be written \(Is a directory\)\.$"):
        train_reader(small_corpus, corpus)


def test_every_tenth_question_is_held_out_where_no_author_is(
    small_corpus: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small_corpus, bank("b"))
    monkeypatch.setattr(ingest.train, "trained", _trains_nothing)
    assert train_reader(small_corpus, corpus, TINY) == small_corpus / FILE
    assert "- Held out, for calibration and for these figures: every tenth" in (small_corpus / CARD).read_text()


@pytest.mark.parametrize("stale", [b"damaged", None])
def test_a_trained_file_that_an_ingest_refuses_can_be_trained_anew(
    small_corpus: Path, tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, stale: bytes | None
) -> None:
    """What the refusal says to do must work, with no index there and with one of other documents."""
    seen: list[Corpus] = []

    def train(folder: Path, corpus: Corpus) -> None:
        seen.append(corpus)
        (folder / FILE).unlink(missing_ok=True)

    own_models(models_dir, tmp_path / "data" / "models")
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(ingest.train, "train_reader", train)
    write(small_corpus, bank()[:5])
    if stale is None:
        assert command(small_corpus)[0] == 0
        note = small_corpus / "documents" / "lee.md"
        note.write_text(note.read_text().replace("Nine nurses", "Ten nurses"))
    else:
        (small_corpus / FILE).write_bytes(stale)
        assert "Run `trustbot-ingest --train`" in command(small_corpus)[2]
    code, _, err = command(small_corpus, "--train")
    assert (code, err) == (0, "")
    (corpus,) = seen
    assert ("Ten nurses" in corpus.document("lee-2020-note").text) == (stale is None)

"""From a bank to a reader: what is learned, what is held out, and figures on what nothing was learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trustbot.reading import fit
from trustbot.reading.bank import BANK, Bank, Example, Named, read_bank
from trustbot.reading.calibration import LIKELIER, PRECISION
from trustbot.reading.classes import Classes, learn_classes, targets_of
from trustbot.reading.encoder import Encoder
from trustbot.reading.fit import adapter, calibrated, general, guidance_of, held_of, read_all, trained
from trustbot.reading.material import Guidance
from trustbot.reading.model import ReaderModel
from trustbot.reading.sentences import quotable
from trustbot.reading.training import Plan, start_of
from trustbot.reading.weights import TOPICS, product_questions
from trustbot.types import Corpus

pytestmark = pytest.mark.usefixtures("_one_thread")
FIGURES = {
    "answerable", "first", "hit", "precision", "declined",
    "near_miss", "near_miss_declined", "other_subject", "other_subject_declined",
}  # fmt: skip
THANKS = Example("thanks a lot", (), frozenset({"op:thanks"}), "answerable")
TITLE = Example("what is it called", (), frozenset({"fact:title"}), "answerable")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Sequence[Example]:
    """Thirty questions on the product in place of all."""
    some = product_questions()[::50][:30]
    monkeypatch.setattr(fit, "product_questions", lambda: some)
    return some


@pytest.fixture(scope="module")
def bank(corpus: Corpus, repository: Path) -> Bank:
    """Questions of the shipped bank on six claims, and some that nothing answers."""
    documents = {d.id: d.text for d in corpus.documents}
    known = {*(a.claim_id for a in corpus.audits), *TOPICS}
    whole = read_bank(repository / "corpus" / "preceptor-trust" / BANK, known, documents)
    claims = {"C01", "C10", "C13", "C16", "C20", "C22"}
    answered = [e for e in whole.examples if e.gold and e.gold <= claims and not e.turns]
    asked = [e for c in sorted(claims) for e in [a for a in answered if c in a.gold][:8]]
    others = [e for e in whole.examples if e.kind == "nearmiss"][:12]
    stray = [e for e in whole.examples if e.kind == "outofscope"][:6]
    return Bank((*dict.fromkeys(asked), *others, *stray), whole.named)


# -- what is learned -----------------------------------------------------------------------------------------


def test_only_classes_that_are_asked_about_are_learned(corpus: Corpus) -> None:
    note = next(q for q in quotable(corpus) if q.chunk.headings[-1:] == ("How it was done",))
    named = (
        Named("N1", note.chunk.document_id, note.text),
        Named("N2", note.chunk.document_id, note.text),
        Named("N3", "article", corpus.document("article").text[:40]),  # where no sentence begins and ends
    )
    examples = (
        Example("a", (), frozenset({"C13"}), "answerable"),
        Example("b", (), frozenset({"N1", "C01"}), "answerable"),
        Example("c", (), frozenset({"N3"}), "answerable"),
        Example("d", (), frozenset(), "nearmiss"),
    )
    guidance = guidance_of(Bank(examples, named), corpus, [THANKS, TITLE])
    statements = {q.chunk.claim_id: q for q in quotable(corpus) if q.chunk.claim_id}
    assert guidance.texts == {
        "C01": (statements["C01"].chunk.headings[-1], statements["C01"].text),
        "C13": (statements["C13"].chunk.headings[-1], statements["C13"].text),
        "N1": ("How it was done", note.text),
        "fact:title": ("", ""),
        "op:thanks": ("", ""),
    }
    assert guidance.name == corpus.id
    assert list(guidance.examples) == [examples[0], examples[1], examples[3], THANKS, TITLE]


def test_the_questions_on_the_product_belong_to_every_corpus(corpus: Corpus, few: Sequence[Example]) -> None:
    guidance = guidance_of(Bank((), ()), corpus)
    assert list(guidance.examples) == list(few)
    assert set(guidance.classes) == {name for e in few for name in e.gold} <= set(TOPICS)


# -- readings of held-out questions --------------------------------------------------------------------------


def test_held_out_questions_are_read_as_probabilities(words: Any, made: Callable[..., ReaderModel]) -> None:
    size = len(words.embed_query("x"))
    model = made(words, covered=np.ones(2 * size + 1, dtype=np.float32) * 0.1)
    examples = [
        Example("thank you", (), frozenset({"op:thanks", "gone"}), "answerable"),
        Example("zebra jam", (), frozenset(), "outofscope"),
    ]
    rows = words.embed_array([e.text for e in examples])
    first, second = held_of(model, examples, rows, rows)
    np.testing.assert_allclose(first.answers, 1 / (1 + np.exp(-model.logits(rows[0], rows[0]))), rtol=1e-5)
    assert first.gold == {model.classes.index("op:thanks")}
    assert first.covered == pytest.approx(1 / (1 + np.exp(-(0.2 * rows[0].sum() + 0.1))), rel=1e-4)
    assert (first.stray, second.stray, second.gold) == (False, True, frozenset())
    headless = made(words)
    assert held_of(headless, examples[:1], rows[:1], rows[:1])[0].covered == 0
    assert read_all(model, None, []) == []  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def encoder(encoder_folder: str, _one_thread: None) -> Encoder:
    return Encoder(encoder_folder)


def test_calibration_keeps_its_promises_and_changes_no_order(volunteers: Guidance, encoder: Encoder) -> None:
    classes = Classes(start_of(volunteers, encoder))
    own, conversation = encoder.questions(volunteers.examples, many=True)
    places = {name: i for i, name in enumerate(volunteers.classes)}
    learn_classes(classes, own, conversation, targets_of(volunteers.examples, places))
    model = classes.model(volunteers.classes)
    made, told = calibrated(model, encoder, volunteers.examples)
    assert set(told) == FIGURES
    assert (told["answerable"], told["near_miss"] + told["other_subject"]) == (48, 12)
    assert made.decisions["answer"] == LIKELIER
    assert told["declined"] < 0.1
    assert told["precision"] >= PRECISION
    assert made.decisions["answer"] <= made.decisions["sure"]
    assert made.own is model.own
    before, after = (read_all(m, encoder, volunteers.examples) for m in (model, made))
    for one, other in zip(before, after, strict=True):
        assert list(np.argsort(one.answers)) == list(np.argsort(other.answers))
    mean = np.mean([h.covered for h in after])
    assert mean == pytest.approx(48 / 60, abs=0.05)


# -- the adapter ---------------------------------------------------------------------------------------------


def test_an_adapter_is_judged_on_questions_that_it_did_not_see(
    bank: Bank, corpus: Corpus, encoder_folder: str, few: Sequence[Example], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def counted(classes: Any, own: Any, conversation: Any, targets: Any) -> None:
        sizes.append(len(targets))
        learn_classes(classes, own, conversation, targets)

    monkeypatch.setattr(fit, "learn_classes", counted)
    model, told = adapter(bank, corpus, encoder_folder, {}, 3)
    of_product = len(few)
    total = len(bank.examples) + len(few)
    assert sizes[-1] == total
    assert len(sizes) == 4
    assert sum(total - size for size in sizes[:-1]) == total - of_product
    assert set(told) == FIGURES
    answered = sum(bool(e.gold) for e in bank.examples)
    assert told["answerable"] == answered
    assert told["near_miss"] + told["other_subject"] == total - of_product - answered
    assert told["other_subject"] == sum(e.kind == "outofscope" for e in bank.examples)
    assert model.decisions["answer"] == LIKELIER
    assert model.best > 0, "whether anything answers is told by the best class too"
    assert told["first"] > 0.5, "on six claims most are found by questions alike"
    assert {"C01", "C13"} < set(model.classes)
    assert set(model.decisions) == {"answer", "sure", "near", "best", "keep", "list"}
    again, _ = adapter(bank, corpus, encoder_folder, {}, 3)
    assert again.decisions == model.decisions
    np.testing.assert_array_equal(again.covered, model.covered)


# -- training ------------------------------------------------------------------------------------------------


def _learns(seen: list[Guidance], folder: str) -> Any:
    """In place of the training of an encoder: classes alone, and what was to be learned from."""

    def train(guidance: Guidance, _: str, changes: Any, plan: Plan, progress: Any) -> Any:
        seen.append(guidance)
        encoder = Encoder(folder)
        classes = Classes(start_of(guidance, encoder))
        return {"layer.lora_a": np.ones(1)}, classes.model(guidance.classes), encoder

    return train


@pytest.mark.parametrize("author", ["r", "nobody"])
def test_what_one_author_asked_is_never_learned_from(
    bank: Bank,
    corpus: Corpus,
    encoder_folder: str,
    few: Sequence[Example],
    monkeypatch: pytest.MonkeyPatch,
    author: str,
) -> None:
    seen: list[Guidance] = []
    monkeypatch.setattr(fit, "train_corpus", _learns(seen, encoder_folder))
    own = tuple(replace(e, author="r" if n % 3 == 0 else "a") for n, e in enumerate(bank.examples))
    twice = (*own, replace(own[0], author="a"))
    lines: list[str] = []
    factors, model, told = trained(
        Bank(twice, bank.named), corpus, encoder_folder, {}, author, Plan(rank=2, epochs=1), lines.append
    )
    (learned,) = seen
    asked = {e.text for e in (*own, *few)}
    kept = {e.text for e in own if e.author == author} or {e.text for e in [*twice, *few][::10]}
    assert {e.text for e in learned.examples} == asked - kept
    assert f"{len(learned.examples)} questions to learn from, {len(kept)} held out" in lines[0]
    assert set(told) == FIGURES
    assert told["answerable"] + told["near_miss"] + told["other_subject"] == len(kept)
    assert list(factors) == ["layer.lora_a"]
    assert set(model.classes) == set(learned.classes)


def test_the_general_reader_is_judged_on_guidances_that_it_did_not_see(
    volunteers: Guidance, encoder_folder: str, few: Sequence[Example]
) -> None:
    half = len(volunteers.examples) // 2
    learned = replace(volunteers, name="learned", examples=volunteers.examples[::4])
    held = replace(volunteers, name="held", examples=volunteers.examples[half:])
    lines: list[str] = []
    plan = Plan(rank=2, epochs=1, rate=1e-3, batch=16)
    factors, model, told = general([learned], [held], encoder_folder, plan, progress=lines.append)
    assert [*told] == ["held"]
    assert set(told["held"]) == FIGURES
    assert told["held"]["answerable"] == sum(bool(e.gold) for e in held.examples)
    assert set(model.classes) == {name for e in few for name in e.gold}
    assert not model.covered.size
    plain: Mapping[str, float] = model.plain
    assert set(plain) == {"scale", "share", "bias", "judge", "judge_best", "judge_second", "few", "few_best"}
    assert plain["judge_best"] + plain["judge_second"] > 0, "likelier sentences must make an answer likelier"
    assert model.decisions["answer"] <= model.decisions["sure"]
    assert len(lines) == 1
    assert factors

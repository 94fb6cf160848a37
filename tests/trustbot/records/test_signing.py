"""What trustbot said is told from what it didn't: by a signature that each changed word breaks."""

from __future__ import annotations

import copy
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trustbot.bot import Bot
from trustbot.errors import InvalidInput, StorageError
from trustbot.presentation.wire import answer_to_dict
from trustbot.records import checking, layout, reading, record, signing, telling
from trustbot.records.formats import FORMATS
from trustbot.records.record import Origin, Record
from trustbot.records.signing import Signer
from trustbot.types import Answer

Exchanges = tuple[tuple[str, Answer], ...]
DOUBTED = (
    "Is this so: “Building trust between a preceptor and medical learner is essential for creating effective learning "
    "environments, enhancing feedback interactions, promoting high performance learning, and ultimately improving "
    "patient care outcomes”?"
)
FORGED = "Vaccines cause autism"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signing") / "data" / "records.key"


@pytest.fixture(scope="module")
def signer(key: Path) -> Signer:
    return Signer(key)


@pytest.fixture(scope="module")
def said(bot: Bot, closest: Answer, signer: Signer) -> Exchanges:
    """An answer with a caution, one understood otherwise than it was asked, an abstention, and what is only near."""
    what, pointed = "Is this so: “Direct observations of clinical skills are crucial for building trust”?", "Is it so?"
    answered = bot.ask(what)
    followed = replace(answered, query=replace(answered.query, asked=pointed, text=what))
    nothing = "What is reference 9?"
    told = ((DOUBTED, bot.ask(DOUBTED)), (pointed, followed), (nothing, bot.ask(nothing)))
    return tuple((question, signer.answer(answer)) for question, answer in (*told, (closest.query.asked, closest)))


@pytest.fixture(scope="module")
def signed(said: Exchanges, signer: Signer, bot: Bot, today: Origin) -> Record:
    return signer.answers(said, bot.corpus, today)


@pytest.fixture
def data(signed: Record) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(record.to_json(signed))
    return copied


def shown(signer: Signer, data: dict[str, Any]) -> tuple[signing.Signed, tuple[signing.Signed, ...]]:
    """What the signatures show of JSON whose checksum was made anew, as a careful forger would."""
    given = reading.read_value({**data, "checksum": record.checksum(data)}, "r.json")
    assert given.intact
    return signer.check(given.record, given.value)


def leaves(value: Any, *path: str | int) -> Iterator[tuple[str | int, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items:
        yield path
    for name, content in items:
        yield from leaves(content, *path, name)


def another(value: Any) -> Any:
    if isinstance(value, bool) or value is None or value in ([], {}):
        return "x"
    return value + 1 if isinstance(value, int) else value[:-1] if len(value) > 1 else value + "x"


def test_a_record_as_it_was_made_is_shown_to_have_been_said_here(data: dict[str, Any], signer: Signer) -> None:
    whole, turns = shown(signer, data)
    assert whole == signing.Signed("signed")
    assert set(turns) == {whole}
    assert data["turns"][1]["standalone"] != data["turns"][1]["question"]


def test_every_leaf_that_is_changed_is_noticed(data: dict[str, Any], signer: Signer) -> None:
    paths = [path for path in leaves(data) if path != ("checksum",)]
    assert len(paths) > 300
    missed = []
    for path in paths:
        changed = copy.deepcopy(data)
        place: Any = changed
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = another(place[path[-1]])
        try:
            whole, turns = shown(signer, changed)
        except InvalidInput:
            continue
        if whole.provenance == "signed" or (path[0] == "turns" and turns[int(path[1])].provenance == "signed"):
            missed.append(path)
    assert missed == []


@pytest.mark.parametrize("field", ["question", "standalone", "text", "reason"])
def test_what_was_changed_is_named(data: dict[str, Any], signer: Signer, field: str) -> None:
    data["turns"][1][field] = FORGED
    whole, turns = shown(signer, data)
    assert whole == signing.Signed("changed", (signing.PARTS["turns"],))
    assert turns[1] == signing.Signed("changed", (signing.PARTS[field],))
    assert {t.provenance for i, t in enumerate(turns) if i != 1} == {"signed"}


def test_turns_that_are_left_out_moved_or_put_together_anew_are_noticed(data: dict[str, Any], signer: Signer) -> None:
    turns = data["turns"]
    for other in (turns[::-1], turns[1:], [*turns, turns[0]]):
        whole, each = shown(signer, {**data, "turns": other})
        assert whole.provenance == "changed"
        assert {t.provenance for t in each} == {"signed"}
    whole, _ = shown(signer, {**data, "signature": turns[0]["signature"]})
    assert whole == signing.Signed("changed", (signing.SIGNATURE,))
    swapped = [{**turns[0], "signature": turns[2]["signature"]}]
    _, each = shown(signer, {**data, "turns": swapped})
    assert each[0].provenance == "changed"


def test_without_its_signature_it_holds_and_is_said_to_be_unsigned(
    data: dict[str, Any], signer: Signer, bot: Bot, today: Origin
) -> None:
    for turn in data["turns"]:
        del turn["signature"]
        turn["standalone"] = FORGED
    del data["signature"]
    data["schema"]["version"] = reading.UNSIGNED
    given = reading.read_value({**data, "checksum": record.checksum(data)}, "r.json")
    report = checking.check(given.record, bot.corpus, today, lambda d, h: None, intact=given.intact)
    report = checking.attest(report, given.value, signer)
    assert report.holds
    assert (report.signed, set(report.turns_signed)) == ("unsigned", {"unsigned"})
    told = telling.summary(report)
    assert told.startswith("Every quote holds. That trustbot said these words can't be shown: the record is not signed")
    assert telling.TURN_SIGNED not in "\n".join(telling.lines(report))


def test_a_turn_that_was_said_here_is_told_from_one_that_was_not(
    data: dict[str, Any], signer: Signer, bot: Bot, today: Origin
) -> None:
    data["signature"] = data["turns"][0]["signature"] = None
    given = reading.read_value({**data, "checksum": record.checksum(data)}, "r.json")
    report = checking.attest(checking.check(given.record, bot.corpus, today, lambda d, h: None), given.value, signer)
    assert report.turns_signed == ("unsigned", "signed", "signed", "signed")
    assert "\n".join(telling.lines(report)).count(telling.TURN_SIGNED) == 3
    assert "can't be shown" in telling.summary(report)


def test_another_trustbot_says_that_it_was_signed_elsewhere(data: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / "records.key"
    assert shown(Signer(other), data)[0].provenance == "elsewhere"
    assert not other.exists()  # checking makes no key
    other.write_bytes(b"k" * 32)
    whole, turns = shown(Signer(other), data)
    assert {whole.provenance, *(t.provenance for t in turns)} == {"elsewhere"}


def test_the_key_is_its_owners_alone_and_stays(said: Exchanges, key: Path, signed: Record) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == signing.LENGTH
    question, answer = said[0]
    assert Signer(key).said(question, answer_to_dict(answer)) == "signed"
    assert key.read_bytes().hex() not in record.to_json(signed)


def test_a_damaged_key_is_one_sentence_and_keeps_no_answer_back(
    data: dict[str, Any], said: Exchanges, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "records.key"
    broken.write_bytes(b"short")
    with pytest.raises(StorageError, match="is damaged"):
        shown(Signer(broken), data)
    assert Signer(broken).answer(said[0][1]).signature is None
    assert "an answer is not signed" in caplog.text


def test_what_an_unsigned_question_was_understood_as_is_in_no_format(
    said: Exchanges, signer: Signer, bot: Bot, today: Origin
) -> None:
    question, answer = said[1]
    for signature in (None, "0" * 16 + ".00"):
        forged = replace(answer, signature=signature, query=replace(answer.query, text=FORGED))
        made = signer.answers([said[0], (question, forged)], bot.corpus, today)
        assert made.signature is None
        assert [bool(t.signature) for t in made.turns] == [True, False]
        files = {name: form.render(made) for name, form in FORMATS.items()}
        assert [name for name, text in files.items() if "autism" in text] == []
        for name in ("md", "html"):
            assert layout.NOT_ALL_SIGNED.format(numbers=2) in files[name]


def test_what_is_read_says_where_the_signed_record_is(signed: Record, said: Exchanges, bot: Bot, today: Origin) -> None:
    assert signed.signature is not None
    unsigned = record.of_answers(said, bot.corpus, today)
    for name in ("md", "html"):
        text = FORMATS[name].render(signed)
        assert layout.SIGNED.format(key=signed.signature.key) in text
        assert "Run “trustbot verify” on that file where it was made" in text
        assert layout.NOT_SIGNED in FORMATS[name].render(unsigned)

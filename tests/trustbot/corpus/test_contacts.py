"""Whom somebody can turn to: what a file may say, and which contacts a message gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from trustbot.corpus.contacts import GENERAL, NoContact, contacts_for, parse_contacts, read_contacts
from trustbot.errors import InvalidInput
from trustbot.presentation import wording
from trustbot.types import CRISIS, HELPED, Contact, SafetyKind, SafetyNote

WHOLE = """
[safety]
[[safety.contact]]
name = "Resident wellness line"
number = "+1 (555) 010-0199"
address = "https://wellness.example.edu/now"
hours = "day and night"
for = ["self_harm", "distress"]

[[safety.contact]]
name = "Occupational health"
address = "Building 4, room 12"
"""


def test_a_file_names_contacts_and_what_they_are_for(tmp_path: Path) -> None:
    file = tmp_path / "portals.toml"
    file.write_text(WHOLE, "utf-8")
    line, health = read_contacts(file)
    assert line == Contact(
        "Resident wellness line",
        "+1 (555) 010-0199",
        "https://wellness.example.edu/now",
        "day and night",
        ("self_harm", "distress"),
    )
    assert health == Contact("Occupational health", address="Building 4, room 12")
    assert health.kinds == CRISIS, "for all but questions on a patient"


def test_where_there_is_no_file_nobody_is_named(tmp_path: Path) -> None:
    assert read_contacts(tmp_path / "portals.toml") == ()
    assert parse_contacts({}) == ()


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "portals.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert len(read_contacts(file)) == 2


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"contact": [{"number": "112"}]}, "safety contact 1: `name` is missing. Add `name`."),
        ({"contact": [{"nmae": "A"}]}, "`nmae` is not a known key."),
        ({"contacts": []}, "safety: `contacts` is not a known key."),
        ({"contact": {"name": "A"}}, "Begin each entry with [[safety.contact]]."),
        ({"contact": [{"name": " "}]}, "Make it one line of text."),
        ({"contact": [{"name": "A\nB"}]}, "Make it one line of text."),
        ({"contact": [{"name": "See [1]"}]}, "stands for a source."),
        ({"contact": [{"name": "A"}, {"name": "B", "number": "call me"}]}, "safety contact 2 (B): `number` is 'call"),
        ({"contact": [{"name": "A", "number": "1"}]}, "such as 112"),
        ({"contact": [{"name": "A", "number": 112}]}, "`number` is 112."),
        ({"contact": [{"name": "A", "address": "javascript:alert(1)"}]}, "begins with https://"),
        ({"contact": [{"name": "A", "address": "http://a.example"}]}, "begins with https://"),
        ({"contact": [{"name": "A", "address": "mailto:nobody"}]}, "mailto:help@example.edu"),
        ({"contact": [{"name": "A", "for": []}]}, "`for` is []."),
        ({"contact": [{"name": "A", "for": ["attack"]}]}, "one of self_harm, emergency, distress, clinical"),
        ({"contact": [{"name": "A", "for": ["all"]}]}, "one of self_harm, emergency, distress, clinical"),
        ({"contact": [{"name": "A" * 201}]}, "at most 200"),
        ({"contact": ["A"]}, "safety contact 1"),
        ("A", "safety: it is 'A'."),
    ],
)
def test_what_can_not_be_used_is_one_sentence_with_its_mend(tmp_path: Path, table: Any, told: str) -> None:
    with pytest.raises(NoContact) as error:
        parse_contacts(table)
    assert told in str(error.value)
    assert str(error.value).startswith("safety")
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[safety.contact]]\nname = ""', "portals.toml: safety contact 1 (): `name`"),
        ("safety = [", "can't be read as TOML"),
        ('[[safety.contact]]\nname = "A"\nfor = ["none"]', "portals.toml: safety contact 1 (A): `for`"),
    ],
)
def test_a_file_that_can_not_be_used_is_named(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "portals.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as error:
        read_contacts(file)
    assert told in str(error.value)


def test_the_server_comes_before_the_corpus_and_the_corpus_before_nobody_in_particular() -> None:
    server = (Contact("S", kinds=("distress",)),)
    corpus = (Contact("C"), Contact("P", kinds=("clinical",)))
    assert contacts_for("distress", server, corpus) == server
    assert contacts_for("self_harm", server, corpus) == corpus[:1], "what the server leaves open the corpus fills"
    assert contacts_for("clinical", server, corpus) == corpus[1:]
    assert contacts_for("self_harm", server, ()) == tuple(c for c in GENERAL if "self_harm" in c.kinds)


@pytest.mark.parametrize("kind", CRISIS)
def test_there_is_always_somebody_to_turn_to_in_a_crisis(kind: SafetyKind) -> None:
    found = contacts_for(kind, (), ())
    assert found
    assert {c.name for c in found} <= set(wording.CONTACTS.values())


def test_a_message_on_a_patient_names_nobody_unless_somebody_is_named_for_it() -> None:
    assert contacts_for("clinical", (Contact("S"),), ()) == ()


def test_a_contact_in_one_line() -> None:
    whole = Contact("Wellness", "112", "mailto:help@example.edu", "day and night")
    assert wording.contact(whole) == "Wellness: 112, help@example.edu (day and night)"
    assert wording.contact(Contact("Wellness", hours="nights")) == "Wellness (nights)"


def test_an_attack_is_nobody_in_need() -> None:
    assert set(get_args(SafetyKind)) - set(HELPED) == {"attack"}
    with pytest.raises(ValueError, match="attack"):
        SafetyNote("attack")

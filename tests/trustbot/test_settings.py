"""Settings: every one described, ranged and named in the error, and none unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from trustbot import settings
from trustbot.errors import InvalidInput
from trustbot.settings import PREFIX, Settings, load_settings

FIELDS = Settings.model_fields


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_a_description_of_one_line(name: str) -> None:
    text = FIELDS[name].description
    assert text
    assert text.endswith(".")
    assert "\n" not in text


def test_there_are_not_too_many() -> None:
    assert len(FIELDS) <= 42


def test_the_defaults_are_the_default_corpus_of_this_checkout(repository: Path) -> None:
    made = load_settings()
    assert made.corpus == "preceptor-trust"
    assert made.corpus_dir == repository / "corpus"
    assert made.index_dir == repository / ".trustbot" / "index" / "preceptor-trust"
    assert made.models_dir == repository / ".trustbot" / "models"
    assert made.host == "127.0.0.1"
    assert made.log_questions is False


def test_without_a_checkout_the_users_folders_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "checkout_root", lambda: None)
    made = load_settings()
    assert made.data_dir.name == "trustbot"
    assert made.corpus_dir == Path(settings.__file__).parent / "_corpus"


@pytest.mark.parametrize(
    ("name", "value", "expected"), [("top_k", "7", 7), ("log_questions", "true", True), ("corpus", "other", "other")]
)
def test_each_is_read_from_the_environment(
    name: str, value: str, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + name.upper(), value)
    assert getattr(load_settings(), name) == expected


def test_arguments_win_over_the_environment_and_none_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTBOT_PORT", "1234")
    assert load_settings(port=4321).port == 4321
    assert load_settings(port=None).port == 1234


@pytest.mark.parametrize("name", ["TRUSTBOT_TOPK", "TRUSTBOT_", "trustbot_typo", "TRUSTBOT_OPENAI_API_KEY"])
def test_an_unknown_variable_is_refused_by_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "secret-value")
    with pytest.raises(InvalidInput, match=name) as raised:
        load_settings()
    assert "secret-value" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_other_peoples_variables_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TRUSTBOT_THING", "x")
    load_settings()


RANGES = [
    ("chunk_tokens", 32, 2000),
    ("top_k", 1, 200),
    ("question_limit", 50, 20000),
    ("history_limit", 0, 200),
    ("answer_timeout", 0, 3600),
    ("answer_threshold", 0, 1),
    ("chat_timeout", 0.1, 600),
    ("chat_tokens", 200, 100_000),
    ("chat_retries", 0, 5),
    ("chat_concurrency", 1, 64),
    ("port", 0, 65535),
    ("concurrency", 1, 64),
    ("waiting", 0, 1000),
]


@pytest.mark.parametrize(("name", "least", "most"), RANGES)
def test_a_number_has_a_range(name: str, least: int, most: int) -> None:
    for good in (least, most):
        assert getattr(load_settings(**{name: good}), name) == good
    for bad in (least - 1, most + 1, "many"):
        with pytest.raises(InvalidInput, match=rf"^{PREFIX}{name.upper()} can't be used: [^\n]+\.$"):
            load_settings(**{name: bad})


def test_every_number_is_in_the_list_of_ranges() -> None:
    numbers = {n for n, f in FIELDS.items() if f.annotation in (int, float, float | None)}
    assert numbers == {n for n, _, _ in RANGES}


def test_settings_can_not_be_changed() -> None:
    made = load_settings()
    with pytest.raises(ValidationError):
        made.port = 1  # type: ignore[misc]


def test_an_unknown_argument_is_refused() -> None:
    with pytest.raises(InvalidInput, match="TRUSTBOT_COLOUR"):
        load_settings(colour="red")

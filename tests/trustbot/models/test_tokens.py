"""Counting tokens: same numbers as the published encoding, never a network, never an exception."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiktoken_ext.openai_public
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import ModelError
from trustbot.models import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("hello world", 2),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
    ],
)
def test_known_counts_of_the_published_encoding(text: str, expected: int) -> None:
    assert tokens.count(text) == expected


@pytest.mark.parametrize("text", ["<|endoftext|>", "<|fim_prefix|> x <|endofprompt|>", "lone \ud800 surrogate"])
def test_special_tokens_and_broken_text_are_counted_as_characters(text: str) -> None:
    assert tokens.count(text) > 1


def test_the_expected_hash_is_the_one_tiktoken_checks_its_download_against() -> None:
    source = Path(tiktoken_ext.openai_public.__file__).read_text(encoding="utf-8")
    cl100k = source[source.index("cl100k_base.tiktoken") :]
    assert tokens.RANKS_SHA256 in cl100k[:300]
    tokens.check_ranks(tokens.ranks_path())


def test_altered_ranks_are_refused(tmp_path: Path) -> None:
    copy = tmp_path / "ranks"
    copy.write_bytes(tokens.ranks_path().read_bytes() + b"\n")
    with pytest.raises(ModelError, match="not the published cl100k ranks"):
        tokens.check_ranks(copy)
    with pytest.raises(ModelError, match="can't be read"):
        tokens.check_ranks(tmp_path / "absent")


@given(st.text(max_size=300), st.integers(0, 120))
def test_fits_is_count_within_budget(text: str, budget: int) -> None:
    assert tokens.fits(text, budget) == (tokens.count(text) <= budget)


def test_importing_the_module_costs_nothing_and_counting_leaves_no_shared_cache(tmp_path: Path) -> None:
    script = (
        "import sys, trustbot.models.tokens as t; assert 'tiktoken' not in sys.modules;"
        "assert t.count('hello world') == 2"
    )
    env = {k: v for k, v in os.environ.items() if k not in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")}
    subprocess.run([sys.executable, "-c", script], check=True, env=env | {"TMPDIR": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []

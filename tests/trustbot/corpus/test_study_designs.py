"""Whether a study is a trial, from how its design is recorded."""

from __future__ import annotations

import pytest

from trustbot.corpus.facts import trial


@pytest.mark.parametrize(
    ("design", "found"),
    [
        ("randomised controlled trial", "a randomised trial"),
        ("cluster-randomized trial in 12 clinics", "a randomised trial"),
        ("controlled trial", "a trial"),
        ("quasi-experimental study", "a trial"),
        ("qualitative interview study", ""),
        ("autoethnography: one preceptor's study of their own feedback conversations", ""),
        ("narrative review of the literature by one author", ""),
        ("exploratory qualitative study of journals that students kept", ""),
        ("qualitative systematic review", ""),
        ("systematic review of randomised trials", ""),
        ("cross-sectional survey", ""),
        ("cohort study", ""),
        ("non-randomised comparison", None),
        ("a study", None),
        ("peer review process", None),
        ("", None),
    ],
)
def test_only_a_known_design_decides(design: str, found: str | None) -> None:
    assert trial(design) == found

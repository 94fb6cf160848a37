"""Wording that fits the evidence: planted sentences of both kinds, and everything that the product says of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.build import build_index
from ingest.manifest import Manifest, load_manifest
from ingest.parsers import parse
from ingest.wording_lint import carries, check_wording, lint
from trustbot.answer import compose
from trustbot.errors import ManifestError
from trustbot.index.chroma import Index
from trustbot.presentation import wording
from trustbot.types import Quote

OVERREACHING = """
Trust improves patient outcomes.
Trust leads to better care.
A trusting relationship enhances feedback.
Early trust increases learning.
Building trust reduces errors.
Trust results in safer encounters.
Trust ensures honest feedback.
Trust promotes independent thinking.
Trust causes better learning.
Trust strengthened the alliance.
Trust has improved supervision.
Trust may improve care.
Trust can enhance learning.
Trust helps to improve care.
Trust helps learners.
Early goal talk builds trust.
Direct observation establishes trust.
Expertise earns the trust of learners.
Care is improved by trust.
We found that trust improves care.
We say that trust improves care.
Our note says that trust improves care.
It is said that trust improves care.
Studies show that trust improves care.
Studies suggest that trust improves care.
Research shows that trust leads to better care.
The study found that trust improves care.
The study shows that trust enhances feedback.
There is no doubt that trust improves care.
Trust not only improves care.
Not only does trust improve learning, it reduces errors.
The article says so, and trust improves care.
The review is short; trust improves care.
Feedback becomes explicit, enhancing interactions.
Negotiation opened a dialogue and improved the encounter.
Trust creates a climate of hope.
Trust shapes supervision.
Trust makes feedback safer.
Trust brings about respect.
Trust contributes to professional identity.
Trust gives rise to collaboration.
Trust translates into better outcomes.
Trust does not improve care.
The work supports only part of it: trust improves care.
Trust fosters openness.
Trust boosts confidence.
Nobody denies the evidence that trust improves care.
Active involvement raises motivation, the figures are clear.
It is widely believed that trust enhances learning.
Trust improves learning, we argue.
In Penner's study, trust improved supervision.
Trust improves learning (see the review).
Because trust enhances feedback, talk about goals early.
Trust — the review's subject — improves care.
Trust is mutual, and improves care.
It is clear that trust improves care.
The study does not say how, but trust improves care.
No trial was run: trust improves care anyway.
The study is no trial, yet trust improves care.
Trust, as everyone knows, improves care.
Penner's findings prove that trust improves care.
Trust leads directly to better care.
Trust makes care better.
Better care results from trust.
Trust has a positive effect on learning.
Trust improves care, reports show.
The preceptors spoke at length. Trust improves care.
Negotiated goals enhance dialogue.
Observation, which promotes growth, is central.
The interviews confirm that continuity increases trust.
Trust always ensures better supervision.
Trust thereby reducing errors, promotes safety.
Supervision changes, thus improving care.
The summary says that trust improves care.
""".strip().splitlines()

FITTING = """
The article says that trust improves patient outcomes.
Houldsworth's review argues that trust gives hope, and that it improves learning.
The article says that trust enhances feedback, promotes learning, and improves care.
The preceptors described trust as a driver of supervision.
No abstract shows that trust improves care.
Houldsworth's review is not a trial and can't show that trust improves learning or the care of patients.
It does not show that trust improves care.
Nothing we could see says that this builds trust.
Does trust improve patient outcomes?
The study asks whether trust improves care.
Penner and colleagues studied how that trust shapes supervision.
Trust improves learning, the review argues.
According to the review, trust improves learning.
Trust, according to Houldsworth, enhances learning.
Penner and colleagues suggest that it may help to promote direct observation.
Promoting direct observation is one of the study's recommendations.
The article claims “trust improves care” in its first line.
The study lists the effects that students named.
Promote direct observation of clinical skills.
Students valued preceptors who create a positive setting.
The preceptors believed that trust reduced their need to watch.
The article credits trust; the study credits goal negotiation.
Nothing we could see makes trust its cause.
It is a recommendation on how to improve feedback.
The review aims to improve teaching.
Reduce the length of the question.
The students in Huggett's study described preceptors who strengthen learning.
It may improve care, say the authors of the article, and no trial tested it.
There is no evidence that trust leads to better care.
The part we read does not say that early trust increases learning.
An increase in trust was not measured.
In Houldsworth's view, trust strengthens learning.
The authors write that trust fosters openness.
The abstract does not mention that trust ensures safety.
The study is reported by its authors as showing that trust improves care.
Neither abstract reports that trust promotes better outcomes.
Huggett's study says that early clinical experience can shape how students view a career.
Version 2 of Houldsworth's review remarks that trust between teachers and students is little documented.
It says that its recommendations may improve care and does not test whether they do.
The guidance article states that trust leads to better care, but no abstract shows this.
The article adds a trusting relationship; the review does not say that it improves care.
Students said that a good preceptor raises their interest.
Trust improves learning, the authors argue, though they measured nothing.
The preceptors felt that watching residents directly built trust.
None of the five abstracts reports that trust reduces errors.
What the review does not show is that trust improves care.
That trust improves care is not in the abstract.
To reduce the list, choose a check.
Increase the limit in the settings.
The review treats trust as something that improves learning.
Farrell's study credits the negotiation of goals, not early trust, with opening a dialogue.
The authors caution that brief encounters reduce the time for feedback.
The article's page says: trust improves care.
We read only the abstract, which says that trust improves care.
Building trust takes time.
The report says that trust improves care.
An improved programme was described.
The title speaks of “how trust influences supervision”.
Ask what was studied.
Residents thought that watching them increased trust.
Lasting relationships are the first driver of trust that the preceptors described.
Tell me about practical strategies for building trust.
""".strip().splitlines()


@pytest.mark.parametrize("sentence", OVERREACHING)
def test_what_we_would_vouch_for_is_found(sentence: str) -> None:
    found = lint(sentence)
    assert found
    for finding in found:
        assert sentence[finding.start :].startswith(finding.words)
        assert finding.sentence in sentence


@pytest.mark.parametrize("sentence", FITTING)
def test_reported_speech_questions_and_what_was_not_shown_pass(sentence: str) -> None:
    assert lint(sentence) == ()


def test_there_are_enough_planted_sentences_of_both_kinds() -> None:
    assert len(set(OVERREACHING)) >= 60
    assert len(set(FITTING)) >= 50


@pytest.mark.parametrize("sentence", OVERREACHING)
def test_a_trial_carries_every_verb(sentence: str) -> None:
    assert lint(sentence, "cluster randomised controlled trial") == ()


@pytest.mark.parametrize(
    "design",
    [
        "randomised controlled trial",
        "Randomized trial at two sites",
        "double-blind, placebo-controlled trial",
        "controlled trial",
        "meta-analysis of randomised trials",
        "systematic review and meta-analysis of randomised controlled trials",
    ],
)
def test_designs_that_carry_a_causal_verb(design: str) -> None:
    assert carries(design)


@pytest.mark.parametrize(
    "design",
    [
        None,
        "",
        "qualitative interview study",
        "interviews nested in a randomised controlled trial",
        "non-randomised trial",
        "uncontrolled trial",
        "protocol for a randomised trial",
        "no controlled trial",
        "systematic review",
        "cohort study",
    ],
)
def test_no_other_design_does(design: str | None) -> None:
    assert not carries(design)


def test_no_design_of_the_default_corpus_does(default_manifest: Manifest) -> None:
    designs = [s.study.design for s in default_manifest.sources if s.study]
    assert len(designs) == 5
    assert not any(map(carries, designs))


def test_titles_and_quotes_are_passed_over() -> None:
    title = "Trust enhances everything"
    assert lint(f"The paper is called {title}.", verbatim=[title]) == ()
    assert lint(f"The paper is called {title}.")
    assert lint("The title is “Trust enhances everything”.") == ()


# -- everything real -----------------------------------------------------------------------------------------


def test_the_default_corpus_says_nothing_that_its_studies_do_not_carry(default_manifest: Manifest) -> None:
    check_wording(default_manifest, [parse(entry)[0] for entry in default_manifest.documents])


def texts(path: Path) -> Iterator[str]:
    """Every string of a module that could be shown: not its docstrings; what is filled in becomes a letter."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(value) for value in node.values}
            yield "".join(v.value if isinstance(v, ast.Constant) else "X" for v in node.values)
    yield from (
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in skipped and " " in n.value
    )


NOT_FOR_READERS = {"bench.py", "pages.py", "fakes.py", "assertion.py", "opposites.py", "polarity.py"}
"""A program’s own code as text, an example of a request, what a fake is made to say, lists of words."""


def test_every_fixed_sentence_of_the_product_passes(repository: Path) -> None:
    package = repository / "src" / "trustbot"
    modules = [p for p in package.rglob("*.py") if "evals" not in p.parts and p.name not in NOT_FOR_READERS]
    shown = [text for path in [*modules, repository / "ingest" / "records.py"] for text in texts(path)]
    assert {wording.NOT_COVERED, wording.DIRECT["partly"], wording.PARTIAL} <= set(shown)
    assert [finding for text in shown for finding in lint(text)] == []


def test_every_sentence_that_can_be_composed_passes(index: Index) -> None:
    corpus = index.corpus
    chunks = {c.claim_id: c for c in corpus.chunks if c.claim_id}
    composed = []
    for audit in corpus.audits:
        chunk = chunks[audit.claim_id]
        start, end = chunk.sentences[0]
        quote = Quote(chunk, chunk.start + start, chunk.start + end, chunk.text[start:end])
        line = wording.direct(audit) + compose.line([quote], corpus)
        composed += [line, wording.also(chunk.headings[-1], audit)]
    own = [*(a.quote for a in corpus.audits), *(a.quote.rstrip(" .") for a in corpus.audits)]
    assert [finding for line in composed for finding in lint(line, verbatim=own)] == []
    assert any(finding for line in composed for finding in lint(line)), "quoted, the article's words are left alone"


# -- the build -----------------------------------------------------------------------------------------------


def refused(corpus: Path, tmp_path: Path, models_dir: Path) -> str:
    with pytest.raises(ManifestError) as error:
        build_index(load_manifest(corpus), tmp_path / "index", models_dir, progress=False)
    assert not (tmp_path / "index").exists()
    return str(error.value)


@pytest.fixture
def planted(small_corpus: Path) -> Path:
    """The small corpus with an overreaching sentence in its note."""
    note = small_corpus / "documents" / "lee.md"
    note.write_text(note.read_text(encoding="utf-8") + "\nHuddles reduce errors.\n", encoding="utf-8")
    return small_corpus


def test_the_build_refuses_a_note_and_says_where_and_how_to_say_it(
    planted: Path, tmp_path: Path, models_dir: Path
) -> None:
    told = refused(planted, tmp_path, models_dir)
    lines = (planted / "documents" / "lee.md").read_text(encoding="utf-8").splitlines()
    assert f"lee.md: line {lines.index('Huddles reduce errors.') + 1}: " in told
    assert "“Huddles reduce errors.”" in told
    assert "(“reduce”)" in told
    assert "“interviews” can't show" in told
    assert "the authors argue that" in told


def test_a_trial_may_say_so(
    planted: Path, tmp_path: Path, models_dir: Path, replace: Callable[[str, str, str], None]
) -> None:
    replace("manifest.toml", 'design = "interviews"', 'design = "randomised controlled trial"')
    report = build_index(load_manifest(planted), tmp_path / "index", models_dir, progress=False)
    assert report.chunks > 0


def test_another_language_is_not_read_as_english(
    planted: Path, tmp_path: Path, replace: Callable[[str, str, str], None]
) -> None:
    replace("manifest.toml", 'language = "en"', 'language = "nl"')
    manifest = load_manifest(planted)
    check_wording(manifest, [parse(entry)[0] for entry in manifest.documents])


@pytest.mark.parametrize(
    ("file", "old", "new", "entry"),
    [
        ("manifest.toml", 'scope = "One page', 'scope = "Calm improves care. One page', "the top of the file"),
        ("manifest.toml", "9 interviews, one ward, 2020", "calm enhances care, 2020", "source lee-2020"),
        ("claims.toml", "The nurses spoke of calm, not of time.", "Calm increases safety.", "claim C02"),
    ],
)
def test_the_manifest_and_the_audit_are_read_too(
    small_corpus: Path, replace: Callable[[str, str, str], None], file: str, old: str, new: str, entry: str
) -> None:
    replace(file, old, new)
    manifest = load_manifest(small_corpus)
    documents: list[Any] = [parse(e)[0] for e in manifest.documents]
    with pytest.raises(ManifestError, match=entry) as error:
        check_wording(manifest, documents)
    assert error.value.file.endswith(file)

"""The default corpus says what the article says, what is known of the works, and nothing that was made up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ingest.claims import numbered_statements
from ingest.manifest import Manifest, load_manifest, tally
from ingest.reader import read_inputs
from ingest.train import CARD, MOST_BYTES
from trustbot.reading.bank import BANK, KINDS, UNANSWERED, Bank, Example, read_bank
from trustbot.reading.fit import HELD_OUT
from trustbot.reading.model import FILE
from trustbot.reading.weights import TOPICS

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus" / "preceptor-trust"
SHARED = ROOT.parent / "shared"
CAPTURE = SHARED / "seed" / "article.txt"
RESEARCH = SHARED / "research" / "sources.md"

needs_capture = pytest.mark.skipif(not CAPTURE.is_file(), reason="the capture of the article is not here")
needs_research = pytest.mark.skipif(not RESEARCH.is_file(), reason="the research notes are not here")

NOTES = ["houldsworth-2020", "farrell-2017", "huggett-2008", "penner-2022", "loewen-2017"]
PARTS = [
    "What was studied",
    "How it was done",
    "What it found",
    "What it says about trust",
    "What it does not show",
    "Record",
]

# What could be seen of each work; whatever is not here was not visible and may not be stated.
IDENTIFIERS: dict[int, tuple[str | None, str | None, str | None]] = {
    1: (None, None, None),
    2: ("10.1007/s10459-016-9686-5", "27216932", None),
    3: ("10.1007/s10459-007-9069-z", None, None),
    4: ("10.1007/s40037-021-00694-5", "34914028", "PMC8941004"),
    5: ("10.1111/medu.13144", "27882579", None),
    6: (None, None, None),
}
PLACES: dict[int, tuple[int | None, str | None, str | None, str | None]] = {
    1: (2020, None, None, None),
    2: (2017, "22", "1", "91-104"),
    3: (2008, "13", "5", "649-658"),
    4: (2022, None, "2", "73-79"),
    5: (2017, "51", "2", "146-157"),
    6: (None, None, None, None),
}
PARTLY = {"C01", "C03", "C04", "C06", "C08", "C12", "C15", "C16", "C18", "C20", "C21", "C22", "C29", "C30"}
BROADENED = {"C09", "C13", "C17", "C24", "C26", "C27"}


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_manifest(CORPUS)


@pytest.fixture(scope="module")
def article() -> str:
    return (CORPUS / "documents" / "article.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def notes() -> Mapping[str, str]:
    return {n: (CORPUS / "documents" / f"{n}.md").read_text(encoding="utf-8") for n in NOTES}


def sections(note: str) -> dict[str, list[str]]:
    """Heading -> sentences; the notes give each sentence a line of its own."""
    parts = re.split(r"^## (.+)$", note, flags=re.MULTILINE)
    return {
        heading: [line for line in body.splitlines() if line.strip()]
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


# --- the article


@needs_capture
def test_the_article_is_the_capture_with_markup_and_nothing_else(article: str) -> None:
    plain = re.sub(r"^(#+|-) ", "", article, flags=re.MULTILINE)
    plain = re.sub(r"\[(\d)\]$", r"\1", plain, flags=re.MULTILINE)
    capture = re.sub(r"^  • ", "", CAPTURE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    # The capture runs two labels into their neighbours; here each has a paragraph of its own.
    for joined, apart in (("BoardAll", "Board All"), ("2025View", "2025 View")):
        assert capture.count(joined) == 1
        capture = capture.replace(joined, apart)
    assert plain.split() == capture.split()


def test_the_article_keeps_page_facts_disclaimer_and_marketing_apart(manifest: Manifest, article: str) -> None:
    entry = next(d for d in manifest.documents if d.id == "article")
    title, body = article.split("\n## ", 1)
    assert entry.sections[title.splitlines()[0].removeprefix("# ")] == "page"
    for fact in (
        "pending human review",
        "Medical Advisory Board",
        "Last updated: August 18, 2025",
        "Approved",
    ):
        assert fact in title
        assert fact not in body
    assert "[" not in title
    by_kind = {kind: {h for h, k in entry.sections.items() if k == kind} for kind in entry.sections.values()}
    assert by_kind["disclaimer"] == {"Professional Medical Disclaimer"}
    assert by_kind["chrome"] == {
        "Personalize",
        "Help us tailor your experience",
        "Have a follow-up question?",
    }
    for heading in by_kind["disclaimer"] | by_kind["chrome"]:
        after = re.split(rf"^#+ {re.escape(heading)}$", article, flags=re.MULTILINE)[1]
        assert not numbered_statements(after.split("\n#")[0])


def test_headings_lead_to_the_statements(article: str) -> None:
    before = article[: article.index("- Direct observations of clinical skills")]
    assert re.findall(r"^### (.+)$", before, re.MULTILINE)[-1] == "Direct Observation"
    assert re.findall(r"^## (.+)$", before, re.MULTILINE)[-1] == "How Trust Develops in Clinical Education"
    assert re.findall(r"^# (.+)$", article, re.MULTILINE) == [
        "What is the importance of building trust between a preceptor and a medical learner?"
    ]


def test_the_closing_paragraph_carries_no_number(article: str) -> None:
    closing = next(line for line in article.splitlines() if line.startswith("By prioritizing"))
    assert closing.endswith("better patient care outcomes.")


# --- the audit


def test_thirty_claims_quote_the_article_once_under_its_own_number(manifest: Manifest, article: str) -> None:
    assert [a.claim_id for a in manifest.audits] == [f"C{n:02d}" for n in range(1, 31)]
    statements = numbered_statements(article)
    assert [(s.text, s.number) for s in statements] == [(a.quote, a.reference) for a in manifest.audits]
    for audit in manifest.audits:
        assert article.count(audit.quote) == 1
        after = article[article.index(audit.quote) + len(audit.quote) :]
        assert after.startswith(f" [{audit.reference}]\n")


def test_the_tally_is_fifteen_fourteen_one(manifest: Manifest) -> None:
    assert tally(manifest.audits) == {"supported": 15, "partly": 14, "not visible": 1, "contradicted": 0}
    assert {a.claim_id for a in manifest.audits if a.check == "partly"} == PARTLY
    assert {a.claim_id for a in manifest.audits if a.check == "not visible"} == {"C11"}


def test_every_claim_that_is_not_carried_whole_has_a_short_notice(manifest: Manifest) -> None:
    for audit in manifest.audits:
        assert audit.reason.endswith(".")
        if audit.check != "supported" or audit.claim_id in BROADENED:
            assert audit.notice, audit.claim_id
            assert audit.notice.endswith(".")
            assert len(audit.notice) <= 130, audit.claim_id
            assert audit.notice.count(".") == 1


def test_the_direction_of_trust_is_that_of_the_work(manifest: Manifest) -> None:
    directions = {(a.reference, a.direction) for a in manifest.audits}
    assert len(directions) == 5
    by_work = dict(directions)
    assert by_work[1] == "teacher and student trust each other"
    assert by_work[2].startswith("trust is background")
    assert by_work[3].startswith("not about trust")
    assert by_work[4] == "preceptor trusts resident"
    assert by_work[5].startswith("not about trust")


# --- the records


def test_no_record_says_more_than_was_seen(manifest: Manifest) -> None:
    assert {s.number: (s.doi, s.pmid, s.pmcid) for s in manifest.sources} == IDENTIFIERS
    assert {s.number: (s.year, s.volume, s.issue, s.pages) for s in manifest.sources} == PLACES


def test_no_file_of_the_corpus_states_another_identifier() -> None:
    allowed_dois = {doi for doi, _, _ in IDENTIFIERS.values()}
    allowed_ids = {i for _, pmid, pmcid in IDENTIFIERS.values() for i in (pmid, pmcid)}
    for path in sorted(p for p in CORPUS.rglob("*") if p.is_file() and p.suffix != ".safetensors"):
        text = path.read_text(encoding="utf-8")
        dois = {d.rstrip(".,;") for d in re.findall(r"\b10\.\d{4,9}/[^\s\"]+", text)}
        assert dois <= allowed_dois, path.name
        ids = re.findall(r"PMC\d+|(?<=PMID )\d+|(?<=pmid = \")\d+|(?<=nih\.gov/)\d+", text)
        assert set(ids) <= allowed_ids, path.name


@needs_research
def test_the_allowed_identifiers_are_those_of_the_research() -> None:
    research = RESEARCH.read_text(encoding="utf-8")
    for identifiers in IDENTIFIERS.values():
        assert all(i in research for i in identifiers if i)


def test_each_work_says_what_kind_of_study_stands_behind_it(manifest: Manifest) -> None:
    works = [s for s in manifest.sources if s.kind == "work"]
    assert [s.id for s in works] == NOTES
    for work in works:
        assert work.study is not None
        assert work.study.summary.endswith(str(work.year))
        assert work.confidence
        assert work.open_questions
    assert "version" in works[0].open_questions[0].lower()


def test_the_article_itself_is_number_six_and_pending_review(manifest: Manifest, article: str) -> None:
    guidance = [s for s in manifest.sources if s.kind == "guidance"]
    assert [(s.id, s.number) for s in guidance] == [("droracle-267765", 6)]
    assert guidance[0].status == "pending human review"
    assert guidance[0].last_updated == "2025-08-18"
    assert any("pending human review" in fact for fact in guidance[0].page_facts)
    # The steps as the capture has them; which of them was reached, it doesn't show.
    assert "\n".join(("Article Review Status", *guidance[0].review_steps)) in article
    assert guidance[0].review_step is None


def test_the_notes_are_ours_and_say_so(manifest: Manifest, notes: Mapping[str, str]) -> None:
    entries = {d.source_id: d for d in manifest.documents if d.kind == "note"}
    assert list(entries) == NOTES
    for source in NOTES:
        assert entries[source].licence.startswith("CC BY 4.0")
        title, label = (line for line in notes[source].split("\n## ")[0].splitlines() if line)
        assert entries[source].sections == {title.removeprefix("# "): "chrome"}
        assert "note" in label
        assert "in our own words" in label
        assert "none of it is the paper's text" in label
    assert "no open licence" in next(d for d in manifest.documents if d.kind == "article").licence


# --- the notes


@pytest.mark.parametrize("source", NOTES)
def test_a_note_has_every_part_in_short_sentences_that_stand_alone(
    source: str, notes: Mapping[str, str], manifest: Manifest
) -> None:
    parts = sections(notes[source])
    assert list(parts) == PARTS
    assert all(parts.values())
    sentences = [s for part in parts.values() for s in part]
    assert 12 <= len(sentences) <= 30
    assert len(set(sentences)) == len(sentences)
    number = next(s.number for s in manifest.sources if s.id == source)
    name = source.split("-", maxsplit=1)[0].capitalize()
    for sentence in sentences:
        assert sentence.endswith(".")
        assert not re.search(r"[.!?] [A-Z]", sentence), f"two sentences on one line: {sentence}"
        assert len(sentence.split()) <= 40, sentence
        # Quoted alone, a sentence still has to say whose work it is about.
        assert name in sentence or f"reference {number}" in sentence.lower() or "guidance article" in sentence
        assert not re.match(r"(It|They|This|These|He|She|The study|The review)\b", sentence), sentence


@pytest.mark.parametrize("source", NOTES)
def test_a_note_says_plainly_what_the_work_cannot_show(source: str, notes: Mapping[str, str]) -> None:
    limits = " ".join(sections(notes[source])["What it does not show"])
    for words in ("not a trial", "patient", "no percentage", "questionnaire", "We read only"):
        assert words in limits


@pytest.mark.parametrize("source", NOTES)
def test_a_note_makes_no_causal_claim_of_its_own(source: str, notes: Mapping[str, str]) -> None:
    causal = re.compile(r"\b(proves?|proved|demonstrates?|causes?|leads? to|results? in|improves?|increases?)\b")
    for part, sentences in sections(notes[source]).items():
        for sentence in sentences:
            if causal.search(sentence):
                assert part == "What it does not show", sentence
                assert re.search(r"\b(can't|not|may)\b", sentence), sentence


def test_the_notes_hold_what_the_article_leaves_out(notes: Mapping[str, str]) -> None:
    found = {source: " ".join(sections(text)["What it found"]) for source, text in notes.items()}
    assert "context and task as a fourth driver" in found["penner-2022"]
    assert "supervise between-visit care better" in found["penner-2022"]
    assert "(2:1)" in found["loewen-2017"]
    assert "(2+:2+)" in found["loewen-2017"]
    assert "may begin an educational alliance" in found["farrell-2017"]


# --- nothing is copied


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def own_sentences(manifest: Manifest, notes: Mapping[str, str]) -> Iterator[str]:
    """Everything this corpus says in its own voice, without titles, names and identifiers of works."""
    for text in notes.values():
        yield from (s for part, sentences in sections(text).items() if part != "Record" for s in sentences)
        for record in sections(text)["Record"]:
            bare = record
            for source in manifest.sources:
                names = [author.replace(".", "") for author in source.authors]
                for fixed in (*names, source.doi, source.pmid, source.pmcid, source.container):
                    bare = bare.replace(fixed or "\0", "·")
            # Names follow each other as in any reference list; the marks keep the words around them apart.
            yield from bare.split("·")
    for audit in manifest.audits:
        yield from (audit.reason, audit.notice or "", audit.direction)
    for source in manifest.sources:
        study = source.study
        fields = (
            (study.design, study.participants, study.setting, study.method, study.learners, study.summary)
            if study
            else ()
        )
        yield from (f or "" for f in (*fields, source.licence, source.access, source.confidence))
        yield from (*source.open_questions, *source.page_facts)
    yield from (manifest.scope, manifest.disclaimer)


@needs_research
def test_no_sentence_of_the_research_is_copied(manifest: Manifest, notes: Mapping[str, str]) -> None:
    research = runs(RESEARCH.read_text(encoding="utf-8"))
    copied = [" ".join(run) for s in own_sentences(manifest, notes) for run in runs(s) if run in research]
    assert copied == []


def test_no_sentence_of_the_article_is_copied(manifest: Manifest, notes: Mapping[str, str], article: str) -> None:
    stated = runs(article)
    copied = [" ".join(run) for s in own_sentences(manifest, notes) for run in runs(s) if run in stated]
    assert copied == []


# --- the vocabulary


def test_the_vocabulary_keeps_people_of_different_roles_apart(manifest: Manifest) -> None:
    vocabulary = manifest.vocabulary
    assert len(vocabulary) >= 40
    assert "supervisor" in vocabulary["preceptor"]
    assert "trainee" in vocabulary["learner"]
    assert "registrar" in vocabulary["resident"]
    for role in ("learner", "student", "resident", "preceptor", "patient"):
        assert role in vocabulary
        assert not any(role in variants for variants in vocabulary.values())


# --- the question bank and the reader that was trained on it


@pytest.fixture(scope="module")
def bank(manifest: Manifest) -> Bank:
    documents = {d.id: d.path.read_text(encoding="utf-8") for d in manifest.documents}
    return read_bank(CORPUS / BANK, {*(a.claim_id for a in manifest.audits), *TOPICS}, documents)


def test_the_bank_asks_for_every_statement_and_for_what_nobody_says(manifest: Manifest, bank: Bank) -> None:
    assert bank.drafts == 0, "a draft that nobody has read doesn't ship"
    asked = Counter(name for e in bank.examples for name in e.gold)
    assert min(asked[a.claim_id] for a in manifest.audits) >= 20
    kinds = Counter(e.kind for e in bank.examples)
    assert set(kinds) == set(KINDS)
    unanswered = sum(kinds[kind] for kind in UNANSWERED)
    assert 0.15 < unanswered / len(bank.examples) < 0.6
    assert sum(bool(e.turns) for e in bank.examples) > 500


def test_what_the_reader_is_measured_on_was_written_by_somebody_else(bank: Bank) -> None:
    held = [e for e in bank.examples if e.author == HELD_OUT]
    rest = [e for e in bank.examples if e.author != HELD_OUT]
    assert len(held) >= 150
    assert {e.kind for e in held} == set(KINDS)
    assert len({e.author for e in rest}) >= 3
    assert not {_plain(e) for e in rest} & {_plain(e) for e in held}


def _plain(example: Example) -> tuple[str, tuple[str, ...]]:
    return example.text.casefold(), tuple(turn.casefold() for turn in example.turns)


def test_the_bank_names_no_person_and_no_patient(bank: Bank) -> None:
    """Questions were made up; what looks like somebody's data has no place among them."""
    for example in bank.examples:
        for text in (*example.turns, example.text):
            assert not re.search(r"[\w.]+@[\w.]+\.\w+|\b\d{3}-\d{2}-\d{4}\b|\+\d{9,}", text), text


@pytest.mark.parametrize("part", ["What it found", "What it does not show"])
def test_each_sentence_of_a_note_that_says_something_has_a_name_to_be_asked_by(
    part: str, bank: Bank, notes: Mapping[str, str]
) -> None:
    named = {n.quote for n in bank.named}
    for source in NOTES:
        told = sections(notes[source])[part]
        assert sum(sentence in named for sentence in told) >= 0.8 * len(told), source


def test_the_reader_that_ships_was_trained_on_this_bank(manifest: Manifest) -> None:
    """Another state of the bank makes it worthless: then `make train` has to be run again."""
    documents = {d.id: d.path.read_text(encoding="utf-8") for d in manifest.documents}
    inputs = read_inputs(CORPUS, [a.claim_id for a in manifest.audits], documents)
    assert inputs.trained is not None, inputs.note
    assert inputs.note.startswith(f"Reader: trained on {len(inputs.bank.examples)} questions; ")
    card = (CORPUS / CARD).read_text(encoding="utf-8")
    assert inputs.bank.content_hash in card
    assert str(len(inputs.bank.examples)) in card
    assert (CORPUS / FILE).stat().st_size <= MOST_BYTES

"""Answers as markup: every number leads to its quote and back, every check is told, and all text is inert."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustbot.presentation import wording
from trustbot.presentation.wire import answer_to_dict
from trustbot.types import Notice, Query, Stage, sha256_text
from trustbot.web.http import markup
from trustbot.web.http.markup import text
from trustbot.web.i18n import language
from trustbot.web.pages import boot, front, render
from trustbot.web.pages.evidence_view import byline, in_context, published, record

HOSTILE = "<img src=x onerror=alert(1)>\n\n# x\n\n**b** [y](javascript:a(1)) </div></details> \"' &lt; `c` $$z$$"
KEPT = {"class", "id", "href", "title", "role", "rel", "target", "lang"}
"""Attributes that this markup may use: those that Gradio's cleaning keeps, and the language of a sentence of ours."""


class Reader(HTMLParser):
    """What a browser finds: elements with their attributes, and whether each is closed."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.open, self.words = [], [], ""
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data

    def ids(self):
        return [a["id"] for _, a in self.elements if a.get("id")]

    def links(self, name):
        return [a["href"] for tag, a in self.elements if tag == "a" and name in a.get("class", "")]


@pytest.fixture
def answered(world):
    return world.answered()


def test_every_number_leads_to_a_quote_and_every_quote_back_to_its_sentence(world, answered):
    page = Reader(render.answer(answered, world.corpus, 3))
    ids = page.ids()
    assert len(ids) == len(set(ids))
    numbers = page.links("tb-cite")
    assert numbers == ["#tb-a3-c1", "#tb-a3-c0"]
    quotes = [a["id"] for tag, a in page.elements if tag == "details" and "id" in a]
    assert quotes == ["tb-a3-c1", "tb-a3-c2", "tb-a3-c0"]
    back = page.links("tb-back")
    assert len(back) == len(quotes)
    assert {link[1:] for link in numbers + back} <= set(ids)


def test_a_number_leads_to_the_quote_of_its_own_sentence(world):
    one, two = "Direct observations of clinical skills", "limited opportunities to observe"
    text = f"{one} [4]. Also {two} [4]."
    citations = [
        world.citation(two, supports=((len(one) + 6, len(text)),)),
        world.citation(one, supports=((0, len(one) + 5),)),
    ]
    page = Reader(render.answer(world.answer(text, citations), world.corpus, 0))
    assert page.links("tb-cite") == ["#tb-a0-c1", "#tb-a0-c0"]


def test_a_number_without_ranges_still_leads_somewhere(world):
    page = Reader(render.answer(world.answer("Yes [4].", [world.citation("Direct observations")]), world.corpus, 0))
    assert page.links("tb-cite") == ["#tb-a0-c0"]
    assert page.links("tb-back") == []


def test_an_open_quote_shows_the_words_their_place_the_check_and_the_record(world, answered):
    shown = render.answer(answered, world.corpus, 0)
    assert "<mark>Direct observations of clinical skills are crucial for building trust</mark> [4]" in shown
    assert "How Trust Develops in Clinical Education › Direct Observation" in shown
    assert "What the article says" in shown
    assert "What the work says, in our words: from our note on it — not the work’s words" in shown
    assert "✓ Supported by the work" in shown
    assert "◐ Partly supported by the work" in shown
    assert "preceptor trusts resident" in shown
    assert 'href="https://doi.org/10.1007/s40037-021-00694-5"' in shown
    for fact in (
        "16 preceptors, interviews, 2022",
        "16 faculty preceptors",
        "Two continuity clinics",
        "Leslie Sheu",
    ):
        assert fact in shown


def test_what_goes_further_than_its_source_is_told_at_the_statement_and_only_there(world, answered):
    shown = render.answer(answered, world.corpus, 0)
    notice = "The article credits trust; the study credits goal negotiation."
    main = shown[: shown.index("tb-ev")]
    assert main.count(notice) == 1
    assert main.index(notice) > main.index("explicit component")
    assert "tb-cite tb-partly" in main


def test_an_overreach_notice_without_a_statement_is_shown_at_the_top(world, answered):
    other = replace(answered, notices=(Notice("overreach", "Another notice."),))
    shown = render.answer(other, world.corpus, 0)
    assert shown.index("Another notice.") < shown.index("Direct observations")


def test_lists_become_lists_and_notices_stay_with_their_item(world, answered):
    one, two = answered.text.split("\n")
    text = f"Two points:\n- {one}\n- {two}"
    shift = len("Two points:\n- ")
    spans = [(shift, shift + len(one)), (shift + len(one) + 3, len(text))]
    citations = (
        replace(answered.citations[0], supports=(spans[1],)),
        replace(answered.citations[1], supports=(spans[0],)),
    )
    shown = render.answer(world.answer(text, citations), world.corpus, 0)
    assert shown.count("<li>") == 2
    assert re.search(r"<li>.*?explicit component.*?tb-over.*?</li></ul>", shown)
    assert ">- " not in shown


def points(world, answered, count):
    """An answer of `count` items, the first of which is doubted, as every second one after it."""
    given = (answered.citations[0], answered.citations[1])
    lines = [f"- {given[i % 2].quote.text.rstrip('.')} [{given[i % 2].number}]." for i in range(count)]
    starts = [sum(len(line) + 1 for line in lines[:i]) + 2 for i in range(count)]
    spans = [(start, start + len(line) - 2) for start, line in zip(starts, lines, strict=True)]
    citations = [replace(given[i], supports=tuple(spans[i::2])) for i in range(min(count, 2))]
    return world.answer("\n".join(lines), citations)


@pytest.mark.parametrize(("count", "rest"), [(2, ""), (4, ""), (5, "1 more point"), (7, "3 more points")])
def test_a_list_is_a_first_line_three_points_and_the_rest_which_opens(world, answered, count, rest):
    main = render.answer(points(world, answered, count), world.corpus, 0)
    main = main[: main.index("tb-ev")]
    first, after = main.split('class="tb-list"', 1)
    assert 'class="tb-first-line"' in first
    assert "explicit component" in first
    seen, _, hidden = after.partition("tb-rest")
    assert seen.count("<li>") == min(count - 1, 3)
    assert hidden.count("<li>") == max(count - 4, 0)
    assert (f"<summary>{rest}</summary>" in hidden) is bool(rest)


def test_several_cautions_are_summed_up_in_one_line_at_the_end(world, answered):
    told = "of the 5 points that were checked go further than what could be read of the work they cite."
    five = render.answer(points(world, answered, 5), world.corpus, 0)
    assert f"3 {told}" in five
    assert five.index(told) > five.index("tb-rest")
    assert "points that were checked" not in render.answer(points(world, answered, 2), world.corpus, 0)


def test_only_the_sources_own_sentences_are_called_so(world, answered):
    assert wording.MADE_NOTED in render.answer(answered, world.corpus, 0), "it cites a note"
    own = points(world, answered, 2)
    assert text(wording.MADE_EXTRACTED) in render.answer(own, world.corpus, 0)
    assert answer_to_dict(own)["made"] == wording.MADE_EXTRACTED
    assert answer_to_dict(answered)["made"] == wording.MADE_NOTED


def test_what_the_article_says_what_the_work_says_and_the_verdict_stand_apart(world, answered):
    evidence = render.answer(answered, world.corpus, 0)
    evidence = evidence[evidence.index("tb-ev") :]
    audit = answered.citations[0].audit
    quote = evidence[evidence.index(f"<mark>{text(audit.quote)}") :]
    order = ["What the work says, in our words", text(audit.reason), "Partly supported by the work", text(audit.notice)]
    places = [quote.index(part) for part in order]
    assert places == sorted(places)
    assert "What the article says" in evidence
    assert evidence.count(f"<mark>{text(audit.quote)}") == 1


def test_an_abstention_looks_different_and_says_what_is_covered(world):
    shown = render.answer(world.abstained(), world.corpus, 0)
    assert "tb-abstained" in shown
    assert "tb-answered" not in shown
    assert "Not answered" in shown
    assert "says anything about doses" in shown
    assert world.corpus.scope in shown
    assert "<details" not in shown


def test_a_refusal_keeps_its_notice_first(world):
    crisis = replace(world.abstained(), outcome="refused", notices=(Notice("crisis", "Call for help now."),))
    shown = render.answer(crisis, world.corpus, 0)
    assert shown.index("Call for help now.") < shown.index("Not answered here")


@pytest.mark.parametrize(
    ("asked", "standalone", "shown"),
    [
        ("And why?", "Why does direct observation build trust?", True),
        ("What is trust?", "what is trust", False),
        ("What is trust?", "", False),
    ],
)
def test_what_a_follow_up_was_understood_as_is_shown_where_it_differs(world, answered, asked, standalone, shown):
    markup = render.answer(replace(answered, query=Query(asked, standalone)), world.corpus, 0)
    assert ("Understood as:" in markup) is shown


def test_the_full_disclaimer_is_in_the_bar(world):
    assert world.corpus.disclaimer in render.disclaimer(world.corpus)
    assert "For education only" in render.disclaimer(world.corpus)


@pytest.mark.parametrize(("code", "sentence"), [("en", "identify a patient"), ("es", "identificar a un paciente")])
def test_where_questions_are_typed_the_bar_asks_for_no_patients(world, code, sentence):
    with language.using(code):
        assert sentence in render.disclaimer(world.corpus, asks=True)
        assert sentence in boot.shell(world.corpus)
        assert sentence not in render.disclaimer(world.corpus)


@pytest.mark.parametrize(("page", "asked", "offered"), [("en", "es", True), ("es", "es", False), ("en", "fr", False)])
def test_who_asks_in_a_language_that_is_not_read_is_told_in_it_where_the_page_can_be(world, page, asked, offered):
    given = replace(world.abstained(), reason=wording.FOREIGN[asked])
    with language.using(page):
        shown = render.answer(given, world.corpus, 0)
    assert f'<p lang="{asked}">{text(wording.FOREIGN[asked])}</p>' in shown
    assert ("Esta página" in shown) is offered


def test_stages_mark_the_last_as_under_way():
    shown = render.stages([Stage("a", "One"), Stage("b", "Two")])
    assert shown.index('tb-done">One') < shown.index('tb-now">Two')
    assert "tb-now" in render.stages([])


def test_the_words_around_a_quote_stop_at_a_heading(world):
    shown = in_context(world.citation("Preceptors face challenges"))
    assert "Direct observations of clinical skills are crucial" in shown
    assert "Active engagement" in shown
    assert "###" not in shown
    assert "Feedback" not in shown
    first = in_context(world.citation("Direct observations of clinical skills"))
    assert "How Trust" not in first


def test_long_surroundings_are_cut_at_a_word(world):
    citation = world.citation("Preceptors face challenges")
    text = f"{'before ' * 90}here{' after' * 90}"
    start = text.index("here")
    chunk = replace(citation.quote.chunk, text="here", start=start, end=start + 4, sentences=((0, 4),))
    document = replace(citation.document, text=text, content_hash=sha256_text(text))
    quote = replace(citation.quote, chunk=chunk, start=start, end=start + 4, text="here")
    shown = in_context(replace(citation, quote=quote, document=document))
    assert "… before" in shown
    assert "after …" in shown
    assert len(shown) < 700


def test_a_work_is_named_by_what_is_known(world):
    source = world.corpus.numbered(4)
    assert byline(source) == "Penner et al. · 2022 · Perspectives on Medical Education"
    assert byline(replace(source, authors=("Houldsworth A",), year=None)).startswith("Houldsworth · Perspectives")
    assert byline(replace(source, authors=("Penner, J. C.", "Karen E. Hauer"))).startswith("Penner & Hauer")
    assert byline(replace(source, authors=(), container=None)) == "2022"
    for whole in ("World Health Organization", "Working Group on Wound Care", "The program"):
        assert byline(replace(source, authors=(whole,), container=None)) == f"{whole} · 2022"
    assert byline(replace(source, authors=("李 明",), container=None)) == "李 · 2022"
    assert published(source) == "Perspectives on Medical Education, 2022; issue 2, pages 73-79"
    assert published(replace(source, volume="11")) == "Perspectives on Medical Education, 2022; 11(2):73-79"
    assert published(replace(source, container=None, year=None, issue=None, pages=None)) == ""


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", "ftp://x.example", "https://[", ""],
)
def test_only_web_addresses_become_links(address):
    assert "<a" not in markup.link("label", address)


def test_what_is_not_a_doi_stays_text():
    assert "<a" not in markup.doi_link("10.1/x y")
    assert "<a" not in markup.doi_link("javascript:alert(1)")
    assert "%3Cb%3E" in markup.doi_link("10.1000/<b>")


def everything(world, said):
    """Each piece of markup, with `said` in every place that holds text."""
    source = replace(
        world.corpus.numbered(4),
        title=said,
        authors=(said,),
        container=said,
        doi=said,
        access=said,
        open_questions=(said,),
        address=said,
        study=replace(world.corpus.numbered(4).study, summary=said, design=said),
    )
    audit = replace(world.answered().citations[0].audit, reason=said, direction=said, notice=said)
    citation = replace(world.citation("Direct observations"), source=source, audit=audit, supports=((0, 4),))
    answer = world.answer(
        f"Text [4] {re.sub(r'[0-9]', '', said)}",
        [citation],
        notices=(Notice("clinical", said),),
        query=Query("a", said),
    )
    corpus = replace(world.corpus, scope=said, disclaimer=said, version=said, title=said, sources=(source,))
    abstained = replace(world.abstained(), reason=said or "x", text="")
    closest = replace(world.closest(), reason=said or "x", closest=(replace(citation, supports=()),))
    return [
        render.answer(answer, corpus, 0),
        render.answer(abstained, corpus, 0),
        render.answer(closest, corpus, 0),
        render.question(said, 0),
        render.failure(said),
        render.stages([Stage("s", said)]),
        front.header(corpus, said),
        render.disclaimer(corpus),
        record(replace(source, kind="guidance")),
    ]


def assert_inert(pieces):
    for piece in pieces:
        assert len(piece.splitlines()) == 1
        page = Reader(piece)
        allowed = {
            "div",
            "p",
            "span",
            "a",
            "b",
            "i",
            "strong",
            "section",
            "h1",
            "h2",
            "h3",
            "ul",
            "ol",
            "li",
            "br",
        }
        allowed |= {"details", "summary", "blockquote", "mark", "dl", "dt", "dd", "button"}
        for tag, attributes in page.elements:
            assert tag in allowed
            assert set(attributes) <= KEPT
            if tag == "a":
                assert attributes["href"].startswith(
                    ("#tb-a", "./?q=", "audit", "browse", "documents/", "https://", "http://")
                )


def test_markup_in_any_text_is_inert(world):
    assert_inert(everything(world, HOSTILE))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_text_can_become_markup(world, said):
    assert_inert(everything(world, said))


def test_a_caution_in_the_text_becomes_a_note_beside_its_statement_and_is_not_said_twice(world, answered):
    audit = answered.citations[0].audit
    sentence = f"{audit.quote} [2]."
    text = f"{sentence} {wording.caution(audit.check, audit.notice)}"
    citation = replace(answered.citations[0], supports=((0, len(text)),))
    shown = render.answer(world.answer(text, [citation]), world.corpus, 0)
    main = shown[: shown.index("tb-ev")]
    assert main.count(audit.notice) == 1
    assert "◐ Only partly supported" in main
    assert "(Only partly" not in main
    assert '<div class="tb-over tb-partly"><b>' in main, "the first line says how far it holds"


def test_points_below_the_first_line_keep_their_cautions_folded_one_mark_for_each_finding(world, answered):
    partly, clear = answered.citations[0], answered.citations[1]
    other = replace(clear, audit=replace(partly.audit, notice="Only of clinics."))
    first, second = f"- {partly.audit.quote} [2].", "- Direct observations [2][4]."
    text, at = f"{first}\n{second}", len(first) + 1
    cited = [replace(c, supports=((at, at + len(second)),)) for c in (partly, other)]
    shown = render.answer(world.answer(text, [replace(partly, supports=((0, len(first)),)), *cited]), world.corpus, 0)
    below = shown[shown.index("Direct observations") : shown.index("tb-ev")]
    assert below.count("◐ Only partly supported") == below.count('<details class="tb-over tb-partly"><summary>') == 1
    assert partly.audit.notice in below
    assert "Only of clinics." in below


def test_a_caveat_on_a_supported_statement_is_shown_without_the_look_of_a_fault(world, answered):
    audit = replace(answered.citations[1].audit, notice="This is a premise.")
    text = f"Direct observations [4]. {wording.caution(audit.check, audit.notice)}"
    citation = replace(answered.citations[1], audit=audit, supports=((0, len(text)),))
    shown = render.answer(world.answer(text, [citation]), world.corpus, 0)
    badge = "<b>✓ Supported, with a caveat</b>"
    assert f'<div class="tb-over tb-supported">{badge} <p>This is a premise.</p></div>' in shown
    assert "✓ supported, with a caveat" in shown[shown.index("tb-ev") :]
    assert '<a class="tb-cite" ' in shown


def test_the_lead_of_a_note_is_set_apart_from_its_words(world, answered):
    note = answered.citations[2]
    text = f"{wording.NOTE_LEAD}{note.quote.text.rstrip('.')} [4]."
    shown = render.answer(world.answer(text, [replace(note, supports=((0, len(text)),))]), world.corpus, 0)
    assert '<span class="tb-lead">From our note on the work:</span> <span class="tb-s"' in shown


@pytest.mark.parametrize("reason", [wording.THANKS, wording.GREETING])
def test_small_talk_is_not_shown_as_a_failure_to_answer(world, reason):
    said = reason.format(title=world.corpus.title)
    shown = render.answer(replace(world.abstained(), reason=said), world.corpus, 0)
    assert "Not answered" not in shown
    assert "tb-talk" in shown


def test_an_answer_that_may_not_be_all_says_so_first_and_can_be_copied(world):
    shown = render.answer(world.partly(), world.corpus, 0)
    assert 'class="tb-a tb-partly" id="tb-a0"' in shown
    assert shown.index(wording.PARTIAL) < shown.index("Direct observations")
    assert "tb-copy" in shown
    assert "tb-none" not in shown


def test_what_the_help_text_says_is_told_as_such_and_has_no_work_behind_it(world):
    shown = render.answer(world.helped(), world.corpus, 0)
    assert '<span class="tb-lead">From the help text:</span> <span class="tb-s"' in shown
    assert "What the help text says of this program — nothing about the subject" in shown
    assert "apache.org" not in shown
    assert "tb-record" not in shown
    assert byline(world.corpus.numbered(7)) == "trustbot"


def test_the_same_advice_elsewhere_is_said_with_what_checking_found_of_it_and_once(bot):
    answer = bot.ask("Is this so: “Direct observations of clinical skills are crucial for building trust”?")
    assert "(Also said under “Practical Strategies for Building Trust”, where it is qualified:" in answer.text
    main = render.answer(answer, bot.corpus, 0)
    main = main[: main.index("tb-ev")]
    assert "(Also" not in main
    assert "(Caveat" not in main
    assert main.count("Also said under “Practical Strategies for Building Trust”.") == 1
    assert main.count("The study says only that this may help") == 1

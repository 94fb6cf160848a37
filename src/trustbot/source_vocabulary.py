"""The words with which readers ask about sources: facts, works, and words that carry nothing.

In: nothing. Out: classes of words and phrases, matched by stem. They belong to the language of scholarship in general,
not to any corpus. This module finds nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from trustbot.records import Fact
from trustbot.terms import STOPWORDS, stem

Topic = Literal[
    "title", "cite", "authors", "published", "identifiers", "address", "access", "licence", "design", "trial",
    "participants", "learners", "setting", "period", "identification", "statements", "support", "limits", "reading",
    "open", "status", "updated", "use", "works", "scope", "version",
    "funding", "interests", "ethics", "affiliation", "impact", "language", "contact",
]  # fmt: skip
"""What a reader may want to know of a source."""


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in listed.split(","))


PHRASES: Mapping[Topic, tuple[str, ...]] = {
    "title": _phrases(
        """title, titled, called, entitled, name of, the name, which paper is, which study is, what paper is,
        what study is, which work is, what work is, which article is"""
    ),
    "cite": _phrases(
        """full reference, full citation, bibliographic, citation details, how do i cite, how to cite, how
        should i cite, reference details, publication details, citation for"""
    ),
    "authors": _phrases(
        """author, authored, who wrote, wrote, written by, who did, who conducted, who ran, who carried out,
        who led, who published, who made, who is behind, who was behind, who are behind, who were behind,
        the people behind, investigator, researchers, by whom, who is responsible for, whose, who produced,
        who created"""
    ),
    "published": _phrases(
        """publish, publication, publication date, appear, journal, year, how old, newest, oldest, latest, most
        recent, recent, how recent, volume, issue number, page numbers, pages, come out, came out, in print,
        publisher, date"""
    ),
    "identifiers": _phrases("doi, pmid, pmcid, pubmed, pubmed id, digital object identifier, pmc"),
    "address": _phrases(
        """link, url, web address, where can i find, where can i read, where can i get, where do i find, how do
        i get, how can i get, how do i find, how can i find, download, website, look up, online, where to
        find, find online, get hold of"""
    ),
    "access": _phrases(
        """open access, free, freely, free of charge, paywall, paywalled, behind a paywall, subscription,
        subscribe, pay, cost, charge, accessible, access, publicly available, available, pdf, anyone read,
        can i read, can anybody read, read for free, openly"""
    ),
    "licence": _phrases(
        """licence, license, licensed, copyright, creative commons, cc by, reuse, reprint, republish,
        redistribute, permission, allowed to copy, may i copy, can i copy, share, terms of use, reproduce"""
    ),
    "design": _phrases(
        """design, study design, type of, kind of, sort of, what type, what kind, study type, method,
        methodology, methods used, qualitative, quantitative, how was done, how were done, how was
        conducted, how were conducted, how was carried out, how were carried out, empirical, original
        research, opinion piece, opinion, systematic review, narrative review, meta analysis, survey, case
        study, cohort, interview study, ethnography, autoethnography, kind of evidence, level of evidence,
        data of own, data of her own, data of his own, data of its own, data of their own, own data,
        literature review, analysed, analyzed, analysis"""
    ),
    "trial": _phrases(
        """trial, rct, randomised, randomized, randomised controlled, control group, controlled, experiment,
        experimental, placebo, blinded, double blind, intervention study, randomly"""
    ),
    "participants": _phrases(
        """participant, sample size, sample, take part, took part, taken part, taking part, participate,
        respondent, interviewee, interview, enrol, enroll, recruit, who was studied, who were studied,
        population, how big, how large, how small, size, how many were, subjects, involved, included,
        surveyed, who was in, who were in"""
    ),
    "learners": _phrases(
        """which learners, what learners, level of learners, level of training, training level, kind of
        learners, learner level, what level, type of learners, level of the learners, which trainees, which
        students"""
    ),
    "setting": _phrases(
        """where was done, where were done, where was conducted, where were conducted, where was carried out,
        where did take place, take place, took place, where was, where were, where is from, country,
        setting, location, located, which hospital, which clinic, which school, which university, what
        hospital, what clinic, what school, which institution, what institution, site, part of the world,
        which city, where it was done, where they were done, where it happened, in america, in the us, in
        the usa, in europe, in the uk, which specialty, what specialty"""
    ),
    "period": _phrases(
        """when was conducted, when were conducted, when was done, when were done, when was carried out, when
        did take place, how long, period, time frame, timeframe, duration, data collected, collect data,
        when were the data, last for, over what time, how long did last, run for"""
    ),
    "identification": _phrases(
        """how sure, how certain, how confident, are you sure, are you certain, certain that,
        confident that, confidence, identified, identify,
        identification, right paper, correct paper, right work, right study, sure that"""
    ),
    "statements": _phrases(
        """rest on, rests on, resting on, based on, rely on, relies on, depend on, depends on, cited for,
        cited, cites, cite for, statement, sentences, which claim, what claim, many claim, claims rest,
        which point, what point, many point, attributed, backed by, hang on, hangs on, hinge on, used for,
        credited, how often"""
    ),
    "support": _phrases(
        """how well supported, supported, well supported, reliable, reliability, trustworthy, credible,
        credibility, accurate, accuracy, how good, how strong, strength, quality, evidence base, fact
        checked, verified, checked, confirmed, hold up, how solid, solid, validity, rigorous, can i rely on,
        should i rely on, backed up, can i believe, should i believe, partly supported, believable, sound,
        overreach, exaggerate"""
    ),
    "limits": _phrases(
        """limit, limitation, weakness, shortcoming, gap, caveat, bias, biased, flaw, drawback, not cover, not
        covered, don t cover, doesn t cover, not show, don t show, doesn t show, not address, don t address,
        doesn t address, not tell us, not say, don t say, doesn t say, leave out, left out, missing, not
        answer, don t answer, doesn t answer, cannot show, can t show, not prove, doesn t prove, don t
        prove, can t tell, cannot tell, unanswered, leave open, leave unanswered, fail to cover, outside of,
        silent, omit, isn t covered, aren t covered, not include, don t include, doesn t include, lack"""
    ),
    "reading": _phrases(
        """full text, abstract, have you read, did you read, read in full, in full, whole paper, was read, were
        read, read the whole"""
    ),
    "open": _phrases(
        """open question, unclear, unresolved, still open, undecided, uncertain, not known, unknown, not
        visible"""
    ),
    "status": _phrases(
        """reviewed, peer reviewed, peer review, review status, approved, status, human review, advisory board,
        vetted, under review, medically reviewed, pending, reviewed by, editorial, signed off, approval,
        reviewer, been reviewed, human checked"""
    ),
    "updated": _phrases(
        """last updated, updated, update, up to date, outdated, out of date, revised, last changed, last
        revised, last edited, last modified, modified, refreshed, how current, current, how fresh, last
        reviewed"""
    ),
    "use": _phrases(
        """medical advice, clinical advice, professional advice, health advice, disclaimer, treatment advice,
        substitute, educational, for education, clinical decision, clinical decisions, treat my patients,
        treat patients, patient care, medical guidance, legal advice, clinical use, diagnosis, medical
        decisions, treatment decisions"""
    ),
    "works": _phrases(
        """how many sources, how many studies, how many references, how many works, how many papers, list the
        sources, list the references, list the studies, list the works, list of references, list your
        sources, list of sources, which sources, what sources, what references, which references, which
        studies, what studies, which papers, what papers, which works, what works, name the studies, name
        the sources, reference list, bibliography, your sources, your references, answers come from, answers
        based on, number of sources, number of references, number of studies, what is it based on, what is
        this based on, all the references, all the sources, all the studies"""
    ),
    "scope": _phrases(
        """scope, what do you cover, what can i ask, what is covered, what do cover, what does cover, what is
        in here, what do you know about, corpus"""
    ),
    "version": _phrases("version, which version, corpus version"),
    "funding": _phrases(
        """fund, funding, funder, funded, sponsor, paid for, pays for, grant, finance, financial support, who
        paid, money behind"""
    ),
    "interests": _phrases(
        """conflict of interest, conflicts of interest, competing interest, disclosure, industry ties"""
    ),
    "ethics": _phrases("ethics approval, ethical approval, ethics, irb, informed consent"),
    "affiliation": _phrases("affiliation, affiliated, authors work, authors from, authors based, who do work for"),
    "impact": _phrases("impact factor, citation count, times cited, cited by others, h index, cited elsewhere"),
    "language": _phrases(
        """which language, what language, translated, translation, in english, in french, in german, in spanish"""
    ),
    "contact": _phrases("email, contact, corresponding author, get in touch"),
}
"""For each topic the phrases that ask for it; they are matched by stem, the longest first."""

HEADINGS_OF: Mapping[Topic, tuple[Fact, ...]] = {
    "title": ("title",),
    "cite": ("title", "authors", "published", "identifiers"),
    "authors": ("authors",),
    "published": ("published",),
    "identifiers": ("identifiers",),
    "address": ("address",),
    "access": ("access",),
    "licence": ("licence",),
    "design": ("design", "method"),
    "trial": ("trial", "design"),
    "participants": ("participants",),
    "learners": ("learners",),
    "setting": ("setting",),
    "period": ("period",),
    "identification": ("identification",),
    "statements": ("statements",),
    "support": ("statements", "design", "identification"),
    "limits": ("open",),
    "reading": ("open",),
    "open": ("open",),
    "status": ("status", "page"),
    "updated": ("updated",),
    "use": ("use",),
    "works": ("works",),
    "scope": ("scope",),
    "version": ("version", "open"),
}
"""Which parts of a source's record answer; a topic that is not here is recorded of no source."""

PARTIES = frozenset(
    stem(w)
    for w in """people person preceptor resident student learner trainee faculty doctor physician patient clinician
    teacher supervisor supervisee nurse medical preclinical intern fellow professional participant member men women
    article encounter reflection journal profession""".split()
)
"""Those who may take part in a study; they ask for its participants only beside words that do."""
PLACES = frozenset(stem(w) for w in "hospital clinic school university institution site centre center ward".split())
TIMES = frozenset(stem(w) for w in "month year week day semester".split())
COUNTED_STATEMENTS = frozenset(stem(w) for w in "statement claim sentence point assertion".split())
COUNTED_WORKS = frozenset(stem(w) for w in "source study work paper reference citation".split())

ONE = frozenset("study paper work reference source citation review autoethnography footnote publication trial".split())
MANY = frozenset("studies papers works references sources citations reviews footnotes publications trials".split())
"""What readers call the works."""
GUIDANCE = frozenset("article guidance guideline page webpage text post website site document articles".split())
"""What readers call the guidance itself."""

SPEAKS = frozenset(
    stem(w)
    for w in """say said tell find found finding show report conclude argue claim recommend suggest describe think mean
    discuss mention explain teach advise believe state propose result""".split()
)
"""Verbs with which a reader asks what a source says, which is another question than what it is."""

FILLER = STOPWORDS | frozenset(
    """know want need give list name look see check wonder wondering curious quick quickly question info information
    detail details exactly actually really anyway basically specific specifically particular number numbers numbered
    still even ever yet already currently now today one ones two three four five six different data research researchers
    science scientific medical academic formal formally properly many much use used using make made get got go going
    hold let like kindly sure remind understand clear clearly fully whole entire total altogether overall original own
    evidence compare compared comparison differ difference versus vs both each respective respectively s et al
    colleagues coauthors team group behind done conducted carried written run held out real proper itself stand stands
    count chatbot bot trustbot answer answers tool app consider considered count counts qualify call purpose purposes
    base based content contents read mainly mostly merely just only short brief say tell show""".split()
)
"""Words that may stand in a question about sources without asking for anything."""

"""Wording that fits the evidence: nothing in our own voice says that one thing brings about another.

In: text in our own words, and the design of the study that it is about. Out: the causal words that no trial stands
behind, each with its place; for a corpus, a ManifestError at the first. Reported speech with a named speaker ("the
review argues that…"), indirect questions ("whether…") and statements of what was not shown pass; so does what stands in
quotation marks. This module reads English by rules, sentence by sentence, and knows no corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.manifest import CLAIMS, MANIFEST, Manifest
from trustbot.errors import ManifestError
from trustbot.text.sentences import split_sentences
from trustbot.types import Document, Source

TRIALS = re.compile(
    r"(?:(?:double|single|triple)[- ]blind(?:ed)?|open[- ]label|cluster|parallel(?:[- ]group)?|pragmatic|crossover"
    r"|factorial|multi[- ]?cent(?:re|er)|two[- ]arm|three[- ]arm|stepped[- ]wedge|placebo|prospective|[\s,-])*"
    r"(?:(?:meta[- ]analysis|systematic review(?: and meta[- ]analysis)?) of )?"
    r"(?:randomi[sz]ed (?:controlled |clinical )?|controlled (?:clinical )?)trials?\b",
    re.IGNORECASE,
)
"""The only designs that carry a causal verb, as the first words of `design`: a "study of trials" is none."""

ALWAYS = """improv enhanc increas reduc decreas promot ensur caus facilitat accelerat optimi[sz] maximi[sz] minimi[sz]
    generat rais""".split()
"""Stems of verbs in a silent e that always say that something brings about something."""
ALWAYS_PLAIN = "strengthen boost foster prevent guarantee deepen heighten yield".split()
"""The same for verbs that take their endings as they are."""
PHRASES = (
    # Links lead to places, and mean nothing by it.
    r"(?:lead(?:s|ing)?|led)\s+(?:\w+ly\s+)?to(?!\s+\w+\s+(?:own\s+)?(?:places?|pages?|quotes?|works?)\b)"
    r"|result(?:s|ed|ing)?\s+(?:in|from)|stem(?:s|med)?\s+from|(?:bring(?:s|ing)?|brought)\s+about"
    r"|contribut(?:es?|ed|ing)\s+to|g[ai]v(?:es?|en|ing)\s+rise\s+to|translat(?:es?|ed|ing)\s+(?:in)?to"
    r"|ha(?:s|ve|d|ving)\s+(?:an?\s+)?(?:\w+\s+)?(?:effects?|impacts?|influence)\s+on"
    r"|(?:mak(?:es?|ing)|made)\s+(?:\w+\s+){1,4}?(?:better|safer|stronger|more\s+effective)"
)
OF_TRUST = (
    r"creat(?:es?|ed|ing)|buil(?:ds?|t|ding)|provid(?:es?|ed|ing)|enabl(?:es?|ed|ing)|allow(?:s|ed|ing)?|help(?:s|ed|ing)?"
    r"|driv(?:es?|en|ing)|drove|shap(?:es?|ed|ing)|influenc(?:es?|ed|ing)|affect(?:s|ed|ing)?|produc(?:es?|ed|ing)"
)
"""Verbs that do so where trust is what acts."""
TO_TRUST = r"(?:build|creat|establish|earn|win|develop|grow)(?:e?s|ing|ed)?|built|won"
"""Verbs that do so where trust is what comes of it."""
VERB = re.compile(
    rf"\b(?P<always>(?:{'|'.join(ALWAYS)})(?:es?|ed|ing)|(?:{'|'.join(ALWAYS_PLAIN)})(?:s|ed|d|ing)?|{PHRASES})\b"
    rf"|\b(?P<to>{TO_TRUST})\b(?=\s+(?:\w+\s+)?trust\b)|\b(?P<of>{OF_TRUST})\b",
    re.IGNORECASE,
)

_SPEECH = """say state argue claim suggest describe report propose maintain believe perceive assume recommend advise
    note remark assert contend ask value credit conclude warn caution speculate treat regard view""".split()
_SAID = "|".join(rf"{v[:-1]}(?:es?|ed)" if v[-1] == "e" else rf"{v}(?:s|ed)?" for v in _SPEECH)
_ELSE = r"said|writes?|wrote|thinks?|thought|feels?|felt|holds? that|held that|puts? forward|points? out"
SPEECH = re.compile(rf"\b(?:{_SAID}|{_ELSE})\b", re.IGNORECASE)
"""Verbs of saying and thinking. "Shows" and "found" are none: with them we would vouch for what follows."""
DETERMINER = re.compile(r"\b(?:an?|the|its|their|his|her|our|your|this|that|no|any|one|each|every)$", re.IGNORECASE)
OURSELVES = re.compile(
    r"\b(?:we|i|(?:our|this|the)\s+(?:note|summary|audit|check|bot|answer))(?:\s+\w+ly)?$", re.IGNORECASE
)
ANYBODY = re.compile(
    r"(?:^|,)\W*(?:(?:some|many|most|several|recent|other|all|the|much)\s+)*"
    r"(?:studies|research|researchers|evidence|experts|data|findings|literature|science|people|many|some)$",
    re.IGNORECASE,
)
"""A speaker whom nobody can look up."""
PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being|often|widely)$", re.IGNORECASE)
AFTERWARDS = re.compile(
    rf",\s+(?:as\s+)?(?P<who>[^,;]+?)\s+{SPEECH.pattern}(?:,|\W*$)"
    r"|,\s+(?:say|argue|write|suggest|maintain)s?\s+(?P<inverted>[^,;]+)|\baccording\s+to\s+(?P<whom>[^,;]+)",
    re.IGNORECASE,
)
VIEW = re.compile(r"\bin\s+(?!our\b)[^,;]*?\b(?:view|words|argument|account|opinion)\b", re.IGNORECASE)
ASKED = re.compile(
    r"\bwhether\b|\b(?:stud(?:y|ies|ied)|explor\w+|examin\w+|investigat\w+|look\w*|ask\w*)\b.*\b(?:how|what|why)\b",
    re.IGNORECASE,
)
NOT_SHOWN = re.compile(
    r"(?:\b(?:not(?!\s+(?:only|just|merely|simply))|never|no|nothing|none|nobody|neither|nor|without|cannot)\b|n['’]t\b)"
    r"(?:(?!\b(?:doubt|deny|denies|denied|dispute[sd]?|question)\b).)*?"
    r"\b(?:show\w*|say\w*|said|state[sd]?|mention\w*|mean\w*|prove[sdn]?|test\w*|measur\w+|report\w*|find\w*|found"
    r"|establish\w*|demonstrat\w+|support\w*|present\w*|name[sd]?|claim\w*|tell\w*|describ\w+|link\w*|suggest\w*|impl(?:y|ies)"
    r"|conclud\w+|evidence|proof|sign|true|known|certain|clear|make[s]?|visible)\b",
    re.IGNORECASE,
)
"""That something was not shown; that it is not so would be a claim of its own."""
CLAUSE = re.compile(r"[;—–]|,\s+(?:and|but|so|yet)\s+|\s+but\s+")
QUOTED = re.compile(r"“[^”]*”|\"[^\"\n]*\"|‘[^’]*’|`[^`\n]*`")
NOUN_BEFORE = re.compile(
    r"\b(?:an?|the|its|their|his|her|our|your|this|that|no|any|one|some|of|for|with|in|on|as|about|from|more|less"
    r"|(?:the|an?|its|their)\s+(?:main|first|likely|real|only|sole|possible|root|clear))\s+$",
    re.IGNORECASE,
)
PURPOSE = re.compile(
    r"\b(?:how|aim\w*|seek\w*|sought|tr(?:y|ies|ied)|want\w*|recommend\w*|advice|advise[sd]?|steps?|ways?|meant|intended"
    r"|designed|used)\s+to\s+(?:\w+ly\s+)?$",
    re.IGNORECASE,
)
ASSERTED_ING = re.compile(
    r"(?:,|\b(?:is|are|was|were|be|been|by|thus|thereby))\s+(?:\w+ly\s+|thus\s+|thereby\s+)?$", re.IGNORECASE
)
THAT_IS_NOT = re.compile(
    r"\b(?:is|was|are|were)\s+(?:not|nowhere|never)\b(?!\s+in\s+(?:doubt|question|dispute))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` at `start` of the text, in our own voice, say that one thing brings about another."""

    words: str
    sentence: str
    start: int


def carries(design: str | None) -> bool:
    """Whether a study of this design can show that one thing brings about another."""
    return bool(design and TRIALS.match(design.strip()))


def lint(text: str, design: str | None = None, verbatim: Iterable[str] = ()) -> tuple[Finding, ...]:
    """The causal verbs of `text` that we would vouch for; none if `design` carries them.

    `verbatim` are other people's words, such as titles, which are passed over wherever they stand.
    """
    if carries(design):
        return ()
    bare = text
    for words in sorted(filter(None, verbatim), key=len, reverse=True):  # they may hold quotation marks of their own
        bare = bare.replace(words, "·" * len(words))
    bare = QUOTED.sub(_blank, bare)
    return tuple(
        finding
        for start, end in split_sentences(bare)
        if not bare[start:end].rstrip().endswith("?")
        for finding in _sentence(bare[start:end], text[start:end], start)
    )


def check_wording(manifest: Manifest, documents: Sequence[Document]) -> None:
    """ManifestError at the first causal wording in a note, the audit or the manifest's own sentences."""
    if not manifest.language.lower().startswith("en"):
        return
    verbatim = [*(s.title for s in manifest.sources), *(a.quote for a in manifest.audits)]
    for own in _own_words(manifest, documents):
        for found in lint(own.text, _design(own.source), verbatim):
            line = f"line {own.text.count(chr(10), 0, found.start) + 1}"
            raise _refusal(own, own.entry or line, found)


@dataclass(frozen=True, slots=True)
class _Own:
    """Text in our own words, the file and entry that it stands in, and the work that it is about."""

    file: str
    entry: str
    text: str
    source: Source | None


def _own_words(manifest: Manifest, documents: Sequence[Document]) -> Iterator[_Own]:
    paths, sources = {d.id: d.path for d in manifest.documents}, {s.id: s for s in manifest.sources}
    for document in documents:
        if document.kind == "note":
            yield _Own(str(paths[document.id]), "", document.text, sources[document.source_id])
    claims, file = str(manifest.directory / CLAIMS), str(manifest.directory / MANIFEST)
    numbered = {s.number: s for s in manifest.sources}
    for audit in manifest.audits:
        for text in (audit.reason, audit.notice or "", audit.direction):
            yield _Own(claims, f"claim {audit.claim_id}", text, numbered[audit.reference])
    for source in manifest.sources:
        study = (source.study.summary, source.study.method or "") if source.study else ()
        for text in (*study, *source.open_questions, *source.page_facts):
            yield _Own(file, f"source {source.id}", text, source)
    for text in (manifest.scope, manifest.disclaimer):
        yield _Own(file, "the top of the file", text, None)


def _design(source: Source | None) -> str | None:
    return source.study.design if source and source.study else None


def _refusal(own: _Own, entry: str, found: Finding) -> ManifestError:
    design = _design(own.source)
    why = f"a study of the design “{design}” can't show" if design else "no trial is recorded for"
    said = f"“{found.sentence}” says in our own voice that one thing brings about another (“{found.words}”)"
    problem = f"{said}, which {why}."
    mend = "Say who says so (“the authors argue that…”, “preceptors described…”), or that it was not shown."
    return ManifestError(own.file, entry, problem, mend)


def _sentence(bare: str, original: str, at: int) -> Iterator[Finding]:
    if _afterwards(bare):
        return
    attributed = False
    begin = 0
    for end, following in _clauses(bare):
        clause = bare[begin:end]
        inherited = attributed and _continues(clause)
        for verb in VERB.finditer(clause):
            if not inherited and _asserts(verb, clause, begin == 0) and not _allowed(clause, verb):
                yield Finding(verb.group(), " ".join(original.split()), at + begin + verb.start())
        attributed = inherited or _spoken(clause) or bool(NOT_SHOWN.search(clause))
        begin = following


def _clauses(sentence: str) -> Iterator[tuple[int, int]]:
    """Where each clause ends, and where the next begins."""
    for cut in CLAUSE.finditer(sentence):
        yield cut.start(), cut.end()
    yield len(sentence), len(sentence)


def _continues(clause: str) -> bool:
    """Whether a clause goes on with what somebody says: it has no subject of its own, or begins with "that"."""
    first = clause.strip().split(" ", 1)[0].lower()
    verb = VERB.match(clause.lstrip())
    return first == "that" or (verb is not None and not _is_base(verb.group()))


def _allowed(clause: str, verb: re.Match[str]) -> bool:
    """Whether the words around a verb make it somebody's words, a question, or what was not shown."""
    before, after = clause[: verb.start()], clause[verb.end() :]
    fronted = re.match(r"\W*that\b", before, re.IGNORECASE) and THAT_IS_NOT.search(after)
    told = ASKED.search(before) or NOT_SHOWN.search(before) or VIEW.search(before)
    return bool(fronted or told) or _spoken(before)


def _spoken(words: str) -> bool:
    """Whether a speaker who can be looked up says something in `words`."""
    for said in SPEECH.finditer(words):
        before = words[: said.start()].rstrip()
        passive = PASSIVE.search(before) and not re.match(r"\s+by\b", words[said.end() :])
        if re.search(r"\w", before) and not passive and not DETERMINER.search(before) and not _nobody(before):
            return True
    return False


def _afterwards(sentence: str) -> bool:
    """Whether a sentence ends with who says it, or names somebody that it accords with."""
    return any(
        not _nobody((said["who"] or said["inverted"] or said["whom"]).strip(" ."))
        for said in AFTERWARDS.finditer(sentence)
    )


def _nobody(speaker: str) -> bool:
    """Whether the speaker is we ourselves, or anybody."""
    return bool(OURSELVES.search(speaker) or ANYBODY.search(speaker))


def _asserts(verb: re.Match[str], clause: str, first: bool) -> bool:
    """Whether a verb says that something happens, rather than naming it, asking for it or aiming at it.

    `first` tells that the clause begins its sentence.
    """
    before, form = clause[: verb.start()], verb.group().split(maxsplit=1)[0].lower()
    if verb["of"] and not re.search(r"\btrust\w*\b", before, re.IGNORECASE):
        return False
    if NOUN_BEFORE.search(before) or PURPOSE.search(before):
        return False
    if form.endswith("ing"):
        return bool(ASSERTED_ING.search(before))
    # A sentence that begins with it demands ("Promote…"), aims ("To improve…") or describes ("Improved…").
    return not first or form.endswith("s") or not re.match(r"^\W*(?:to\s+)?$", before, re.IGNORECASE)


def _is_base(word: str) -> bool:
    return not word.split(maxsplit=1)[0].lower().endswith(("s", "ed", "ing", "led", "made"))


def _blank(found: re.Match[str]) -> str:
    return "·" * len(found.group())

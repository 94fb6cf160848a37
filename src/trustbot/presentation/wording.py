"""Every fixed sentence that a reader of an answer sees, and the short phrases that join quotes.

In: values to fill in. Out: sentences. The phrases are a closed set, so that `verify` can tell them from words that
need a source. This module knows no chain and no screen.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from trustbot.types import Audit, Check, Contact, NoticeKind, SafetyKind, Source

NOTE_LEAD = "From our note on the work: "
"""Put before a sentence of a note: it is about the paper, in our words, and not the paper's own."""
CHECKED = {"partly": "Only partly supported", "not visible": "Not confirmed", "contradicted": "Contradicted"}
"""What a reader sees for each check that isn't `supported`."""
CAVEAT = "Caveat"
QUALIFIED = "Qualified"
SUPPORTED = "Supported"
CHECK_MARK: dict[Check, str] = {"supported": "✓", "partly": "◐", "not visible": "○", "contradicted": "✕"}
"""Shapes, so that the checks differ without colour."""
AUDIT_COUNTS = "{total} numbered statements checked: {counts}."
AUDIT_SHOWN = "{shown} of them shown."
AUDIT_NONE = "This corpus has no audited statements."
NO_CHECK = "There is no check {value}. Choose {known}."
NO_REFERENCE = "No audited statement cites reference {value}. Choose {known}."
NO_REFERENCES = "This corpus has no audited statements. Leave the reference out."
GUIDANCE_BADGE = "web article"
ORIGIN_BADGES = {True: "your program", False: "literature"}
"""Of a source, where a corpus holds the program's own beside the literature."""
UPDATED = "updated {date}"
RETRACTED_BADGE = "retracted {date}"
RETRACTED_BADGE_UNDATED = "retracted, date unknown"
CONCERN_BADGE = "under an expression of concern"
MONTHS = tuple("January February March April May June July August September October November December".split())

STAGES = {
    "condense": "Reading the question…",
    "retrieve": "Searching {works} works and the guidance…",
    "retrieve sources": "Searching the sources…",
    "check": "Checking {passages} passages…",
    "compose": "Putting the answer together…",
    "word": "Wording the answer, and checking each sentence…",
}

QUESTION_BROKEN = "The question holds control characters or broken text. Type it as plain text."
QUESTION_EMPTY = "The question is empty. Type a question."
QUESTION_WORDLESS = "The question holds no word. Type a question in words."
TOO_SLOW = (
    "Answering took longer than {seconds} seconds and was stopped. Ask again in a moment, or ask something shorter."
)
INDEX_AWAY = "The sources can't be reached just now. Ask again in a moment."

GREETING = "Hello. Ask me about {title}."
THANKS = "You're welcome."
NOT_COVERED = "The sources don't answer this."
NOT_NAMED = "The sources don't name “{name}”."
FOREIGN = {
    "es": "Aquí solo se leen preguntas en inglés: escriba la suya en inglés, por favor.",
    "pt": "Aqui só se leem perguntas em inglês: escreva a sua em inglês, por favor.",
    "fr": "Ici, seules les questions en anglais sont lues : posez la vôtre en anglais, s’il vous plaît.",
    "it": "Qui si leggono solo domande in inglese: scriva la sua in inglese, per favore.",
    "de": "Hier werden nur Fragen auf Englisch gelesen: Bitte stellen Sie Ihre auf Englisch.",
    "nl": "Hier worden alleen vragen in het Engels gelezen: stel uw vraag alstublieft in het Engels.",
    "pl": "Tutaj czytane są tylko pytania po angielsku: proszę zadać pytanie po angielsku.",
    "sv": "Här läses bara frågor på engelska: ställ din fråga på engelska, tack.",
    "da": "Her læses kun spørgsmål på engelsk: stil venligst dit spørgsmål på engelsk.",
    "nb": "Her leses bare spørsmål på engelsk: still spørsmålet ditt på engelsk, takk.",
    "fi": "Täällä luetaan vain englanninkielisiä kysymyksiä: kysy englanniksi, kiitos.",
    "tr": "Burada yalnızca İngilizce sorular okunur: lütfen sorunuzu İngilizce yazın.",
    "ro": "Aici se citesc numai întrebări în engleză: vă rugăm să scrieți întrebarea în engleză.",
    "cs": "Zde se čtou pouze otázky v angličtině: položte prosím svou otázku anglicky.",
    "hu": "Itt csak angol nyelvű kérdéseket olvasunk: kérjük, tegye fel kérdését angolul.",
    "id": "Di sini hanya pertanyaan berbahasa Inggris yang dibaca: silakan tulis pertanyaan Anda dalam bahasa Inggris.",
    "fil": "Mga tanong sa Ingles lang ang nababasa rito: pakisulat ang iyong tanong sa Ingles.",
    "vi": "Ở đây chỉ đọc được câu hỏi bằng tiếng Anh: xin hãy viết câu hỏi của bạn bằng tiếng Anh.",
    "ru": "Здесь читаются только вопросы на английском языке: пожалуйста, задайте свой вопрос по-английски.",
    "uk": "Тут читаються лише запитання англійською мовою: будь ласка, поставте своє запитання англійською.",
    "ar": "تُقرأ هنا الأسئلة بالإنجليزية فقط: يُرجى كتابة سؤالك بالإنجليزية.",
    "fa": "اینجا فقط پرسش‌های انگلیسی خوانده می‌شود: لطفاً پرسش خود را به انگلیسی بنویسید.",
    "ja": "ここでは英語の質問だけが読み取られます。英語で質問してください。",
    "ko": "여기서는 영어로 된 질문만 읽을 수 있습니다. 영어로 질문해 주세요.",
    "zh": "这里只能读取英文问题，请用英文提问。",
    "el": "Εδώ διαβάζονται μόνο ερωτήσεις στα αγγλικά: παρακαλώ γράψτε την ερώτησή σας στα αγγλικά.",
    "he": "כאן נקראות רק שאלות באנגלית: נא לכתוב את השאלה באנגלית.",
    "hi": "यहाँ केवल अंग्रेज़ी में पूछे गए प्रश्न पढ़े जाते हैं: कृपया अपना प्रश्न अंग्रेज़ी में लिखें।",
    "bn": "এখানে শুধু ইংরেজিতে লেখা প্রশ্ন পড়া হয়: অনুগ্রহ করে আপনার প্রশ্নটি ইংরেজিতে লিখুন।",
}
"""What to do, for who asks in a language that isn't read, in that language by its code."""
WITHHELD = "“{title}” speaks of this, in a sentence that is longer than its licence lets be quoted."
CLOSEST = "Nothing in the sources answers this directly. The statements below are near it and may not answer it."
NOTHING_MORE = "The sources hold nothing more on this than what was given."
UNKNOWN_REFERENCE = "There is no reference {number}; the references are numbered {first} to {last}."
UNCLEAR = "I can't tell what to look for. What would you like to know about? For example: {examples}."
UNCLEAR_PLAIN = "I can't tell what to look for. What would you like to know about?"
WORDING_FAILED = (
    "The wording model could not be used just now; this answer is put together from the sources' own sentences."
)
WORDING_UNMATCHED = (
    "What the wording model wrote could not be matched to the sources; this answer is put together from their own"
    " sentences."
)
MADE_EXTRACTED = "Put together from the sources' own sentences."
MADE_NOTED = "Put together word for word from the sources and from our own notes and records on them."
MADE_WORDED = "Worded by {model}; each sentence was checked against the quotes that it cites."
UNVERIFIED = "No sentence could be matched to its source, so nothing is shown."
PARTIAL = "This may not answer all of the question; it is what the sources say nearest to it."
PART_MISSING = "The sources don't answer this part of the question: “{part}”"
REPLACED = "{title} was replaced by {newer}: what is quoted from it may no longer hold."
REPLACED_BY_UNREAD = "{title} was replaced by a newer document: what is quoted from it may no longer hold."
EXPIRED = "{title} was valid until {date}: what is quoted from it may no longer hold."
RETRACTED = "“{title}” was retracted on {date}: what it says is no longer evidence. The notice: {address}"
RETRACTED_UNDATED = "“{title}” was retracted: what it says is no longer evidence. The notice: {address}"
CONCERN = "“{title}” is under an expression of concern: read it before you rely on this. The notice: {address}"
CONFLICT = "{one} and {other} say different things here. Check which of them holds."
FRAMING = {
    "preceptor": "What concerns preceptors comes first.",
    "medical student": "What concerns medical students comes first.",
    "resident": "What concerns residents comes first.",
    "program director": "What concerns how training is organised comes first, the better supported before the rest.",
}
"""How the statements of an answer were put in order for who is asking."""
FRAMING_AFTER = {
    "preceptor": "After the closest answer, what concerns preceptors comes first.",
    "medical student": "After the closest answer, what concerns medical students comes first.",
    "resident": "After the closest answer, what concerns residents comes first.",
    "program director": (
        "After the closest answer, what concerns how training is organised comes first, the better supported before"
        " the rest."
    ),
}
"""The same where the first statement is everybody's first."""

SAFETY_FIRST: dict[SafetyKind, str] = {
    "self_harm": (
        "If you or somebody near you might act on thoughts of suicide or self-harm, call the local emergency number "
        "now. Stay with somebody, or stay with them, until help is there."
    ),
    "emergency": (
        "Call the local emergency number now or, in a hospital, its emergency team. Please don’t wait for more here."
    ),
    "distress": (
        "Please talk today with somebody you trust, or with one of the contacts listed here. That holds whether this "
        "is about you or about somebody near you; nobody has to carry it alone."
    ),
    "clinical": "If a patient may be in danger, call the emergency team now.",
}
"""What to do now, by what a message is about; each fits the person who asks as well as somebody near them."""
SAFETY_THEN: dict[SafetyKind, str] = {
    "self_harm": (
        "It was right to say this. There are people whose work it is to listen to exactly this: please reach one of "
        "them today, for yourself or together with the person you worry about. To ask somebody openly does no harm."
    ),
    "emergency": (
        "Stay with the person if it is safe for you, say where you are, and do what the voice on the line tells you. "
        "With a patient, get the senior clinician on duty to the bedside."
    ),
    "distress": (
        "If somebody is being mistreated, write down what happened, when, and who was there. Ask an office first who "
        "would learn of what you say; how to go on is then yours to decide. If you or they may not be safe, call the "
        "local emergency number or a crisis line now."
    ),
    "clinical": (
        "For everything else about a patient, ask the supervising clinician or a pharmacist, and look in your "
        "institution’s clinical reference. What is right for a patient can’t be told from here."
    ),
}
SAFETY_AGAIN: dict[SafetyKind, str] = {
    "self_harm": (
        "This matters as much as before. Please let a person hear it now: call, for yourself or for the one you worry "
        "about, and have somebody sit with you while you do. In danger, the local emergency number comes first."
    ),
    "emergency": (
        "Please call for help now, or have the nearest person call while you stay. Everything here can wait."
    ),
    "distress": (
        "This is hard to go through without company. Choose one person or office from the list and begin with one "
        "sentence; the rest can follow. Where somebody is not safe, the local emergency number comes first."
    ),
    "clinical": (
        "This, too, is for the supervising clinician or a pharmacist. If the patient is getting worse, call the "
        "emergency team now."
    ),
}
"""In place of both where an earlier message of the conversation was about the same."""
SAFETY_NOTICE: dict[NoticeKind, str] = {
    "crisis": "If anybody is in danger now, call the local emergency number before you read on.",
    "clinical": "Nothing said here decides what is done for a patient.",
}
CONTACTS = {
    "emergency": "The local emergency number",
    "team": "In a hospital, its emergency or rapid-response team",
    "crisis": "The crisis line of your country",
    "office": "Your program’s GME or student-affairs office",
    "health": "Your institution’s occupational health or peer-support service",
}
"""Whom to turn to where nobody is configured, by what they are called."""
NOT_GIVEN = (
    "That is not this program’s to give or to do. It answers questions about published guidance, from its own sources."
)
"""Why an attack on the program is refused."""
MASKED = (
    "What could identify somebody was taken out before the question was read ({identifiers}). Please leave details of "
    "patients out."
)
IDENTIFIERS = {
    "NAME": "a name",
    "ADDRESS": "an address or place",
    "DATE": "a date",
    "CONTACT": "a telephone number, mail or web address",
    "NUMBER": "a record or other number",
    "AGE": "an age above 89",
    "FILE": "a file’s name",
    "OTHER": "another detail",
}
"""What was taken out, by the word that stands in its place."""


OWN_REFERENCE = "[its reference {number}]"
"""A number in brackets that a quoted document itself prints: it belongs to that document's list, not to the answer's.
"""
HELP_LEAD = "From the help text: "
"""Put before a sentence on the product itself."""
PAGE_LEAD = "The article's page says: "
DISCLAIMER_LEAD = "The article's disclaimer says: "


def lead(document_kind: str, section_kind: str) -> str:
    """The fixed phrase in front of a quote, so that nobody takes a note for the paper or a page fact for a finding."""
    if document_kind in ("note", "help"):
        return NOTE_LEAD if document_kind == "note" else HELP_LEAD
    return {"page": PAGE_LEAD, "disclaimer": DISCLAIMER_LEAD}.get(section_kind, "")


DIRECT = {
    "supported": "The article says so, and the work it cites supports it: ",
    "caveat": "The article says so: ",
    "partly": "The article says so, but the work it cites supports only part of it: ",
    "not visible": "The article says so, but what could be read of the work doesn't show it: ",
    "contradicted": "The article says so, but the work it cites says otherwise: ",
}
"""Lines that answer a yes/no question straight, by what the audit found."""
ALSO = "(Also said under “{heading}”.)"
ALSO_CAUTION = "(Also said under “{heading}”, where it is {check}: {notice})"


def also(heading: str, audit: Audit | None) -> str:
    """Where the same advice stands a second time, with the caution that holds there."""
    if audit is None or not audit.notice:
        return ALSO.format(heading=heading)
    check = CHECKED.get(audit.check, QUALIFIED).lower()
    return ALSO_CAUTION.format(heading=heading, check=check, notice=audit.notice)


def direct(audit: Audit | None) -> str:
    """The direct line in front of a statement that answers a yes/no question."""
    if audit is None:
        return DIRECT["caveat"]
    return DIRECT["caveat"] if audit.check == "supported" and audit.notice else DIRECT[audit.check]


def caution(check: str, notice: str) -> str:
    """The words that stand behind a statement whose audit is not a plain `supported`."""
    return f"({CHECKED.get(check, CAVEAT)}: {notice})"


def contact(given: Contact) -> str:
    """Whom to turn to, and how, in one line: `Crisis line: 112 (day and night)`."""
    address = given.address.removeprefix("mailto:") if given.address else None
    ways = ", ".join(way for way in (given.number, address) if way)
    return " ".join(filter(None, (f"{given.name}: {ways}" if ways else given.name, given.hours and f"({given.hours})")))


OWN_WORDS = frozenset(("article", "full text"))
"""Kinds of documents that hold a source's own words."""


def named(numbers: Sequence[int], guidance: Sequence[int] = ()) -> str:
    """Works by their numbers: `references 1, 3 and 5`, `reference 4`, `the article`."""
    works = [str(n) for n in numbers if n not in guidance]
    parts = [f"reference{'s'[: len(works) > 1]} {enumerated(works)}"] if works else []
    return enumerated([*parts, *(["the article"] if set(numbers) & set(guidance) else [])])


def enumerated(items: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def listing(items: Sequence[str], last: str = "or") -> str:
    """`a, b or c`, each item in quotation marks; at least one."""
    quoted = [f"“{item}”" for item in items]
    if len(quoted) == 1 or not last:
        return ", ".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def made(model: str | None, kinds: Iterable[str] = ()) -> str:
    """How an answer was made, in one sentence: `model` is the one that worded it, if any, `kinds` are those of the
    documents that it quotes."""
    if model:
        return MADE_WORDED.format(model=model)
    return MADE_EXTRACTED if set(kinds) <= OWN_WORDS else MADE_NOTED


def checked(check: Check) -> str:
    """A check in plain words: `Only partly supported`."""
    return CHECKED.get(check, SUPPORTED)


def date(value: str) -> str:
    """An ISO date as a reader writes it, `18 August 2025`; anything else as it is."""
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def dated(title: str, day: str | None) -> str:
    """A title with its date, ISO 8601 or a year: `“Leave” (18 August 2025)`."""
    return f"“{title}” ({date(day)})" if day else f"“{title}”"


def badge(source: Source) -> str:
    """What stands behind a number, in one short phrase: the study, or the standing of the guidance itself; first of
    all whether the work was retracted, then whether it is the program's own.

    Such as `interviews with 16 preceptors, two clinics, 2022` or `web article, pending human review, updated
    18 August 2025`; empty where nothing is known.
    """
    kind = source.study.summary if source.study else (GUIDANCE_BADGE if source.kind == "guidance" else "")
    origin = "" if source.program is None else ORIGIN_BADGES[source.program]
    updated = UPDATED.format(date=date(source.last_updated)) if source.last_updated else ""
    template, day = withdrawal(source)
    told = template.format(date=date(day))
    return ", ".join(part for part in (told, origin, kind, source.status or "", updated) if part)


def withdrawal(source: Source) -> tuple[str, str]:
    """The phrase of a badge on a retraction or a concern, with the day of it; both empty where there is neither."""
    if found := source.retraction:
        return (RETRACTED_BADGE, found.date) if found.date else (RETRACTED_BADGE_UNDATED, "")
    return (CONCERN_BADGE if any(u.kind == "concern" for u in source.updates) else "", "")


def audit_counts(counts: Mapping[Check, int], shown: int) -> str:
    """The summary of an audit in one line: how many statements, how each check came out, how many are shown."""
    total = sum(counts.values())
    if not total:
        return AUDIT_NONE
    told = ", ".join(f"{count} {checked(check).lower()}" for check, count in counts.items())
    line = AUDIT_COUNTS.format(total=total, counts=told)
    return line if shown == total else f"{line} {AUDIT_SHOWN.format(shown=shown)}"

"""Every word that the web application shows of its own, in English: the messages that translations start from.

In: nothing. Out: plain strings, and templates for `str.format`. Words that come from the corpus or from the
chain (answers, notices, reasons, stages) are not here; neither is any markup. Screens read these through `words`.
"""

from __future__ import annotations

from trustbot.types import Check, DocumentKind, NoticeKind

PRODUCT = "trustbot"

# The page
DISCLAIMER_SHORT = "For education only. Not for patient decisions."
DISCLAIMER_MORE = "Full disclaimer"
ARTICLE_DISCLAIMER = "The article’s own disclaimer:"
DISCLAIMER_MORE_SHORT = "More"
STATUS = "Status"
LAST_UPDATED = "Last updated"
ARTICLE_LINK = "Read the article"
CORPUS = "Corpus {version}, indexed {date}"
STATUS_UNKNOWN = "not stated"
LANGUAGES = "Other languages"

# The conversation
CONVERSATION = "Conversation"
START_TITLE = "Ask about this article"
START_TEXT = (
    "Each answer is put together from the article and from the {works} works it cites. Every sentence "
    "carries the number of its source; open a number to read the exact words and what checking them found."
)
START_CHIPS = "Questions to begin with"
YOUR_QUESTION = "Your question"
PLACEHOLDER = "Ask a question"
SEND = "Ask"
RESTART = "New conversation"
WORKING = "Working on the answer"
UNDERSTOOD = "Understood as:"
COPY = "Copy with citations"
SHARE = "Link to this question"
EDIT = "Edit this question"
EDIT_TITLE = "Edit this question and ask it again"
EXPORT = "Export this conversation"
EXPORT_HELP = (
    "Every quote comes with its place and what checking it found; questions that were not answered are kept as well. "
    "The record (JSON) can be checked again at any time."
)
EXPORT_FORMATS = {
    "md": "Markdown",
    "html": "Page to print",
    "json": "Record (JSON)",
    "ris": "Works cited (RIS)",
    "csl": "Works cited (CSL-JSON)",
}
EXPORT_READY = "Saved as"
EXPORT_NOTHING = "There is nothing to export yet."
EXPORT_FAILED = "The file could not be made. Please try again."
FOLLOW_UPS = "Ask next"
NEAREST = "Covered here, and close to your question"
NO_ANSWER = "Not answered"
REFUSED = "Not answered here"
SCOPE = "What is covered:"
FAILED = "Something went wrong while answering. Please ask again."
FAILED_TITLE = "No answer this time"
KEPT = "Your question is back in the box."

# Who is asking
PERSONAS = {
    "preceptor": "Preceptor",
    "medical student": "Medical student",
    "resident": "Resident",
    "program director": "Program director",
    "other": "Someone else",
}

# What the page's script says
SCRIPT = {
    "answer": "Answer:",
    "evidence": "Evidence",
    "sheetCount": "{number} of {total}",
    "previous": "Previous quote",
    "next": "Next quote",
    "close": "Close",
    "copied": "Copied",
    "linkCopied": "Link copied",
    "send": "Send",
    "cancel": "Cancel",
    "persona": "Who is asking?",
    "personaNone": "I’d rather not say",
    "personaHelp": "Changes the order and the suggestions, never the sources. Kept in this browser only.",
    "editing": "You are editing an earlier question. Once it is answered, it replaces what came after it.",
    "restarted": "A new conversation. The last one is gone from this page.",
    "undo": "Bring it back",
    "broughtBack": "It is back.",
    "unanswered": "This question had no answer yet when the page was left. It is back in the box.",
    "slow": "Still working. The server is slower than usual.",
    "offline": "You are offline. What you have read stays here.",
    "offlineAsking": "You are offline. Your question is kept, and asked again once you are back.",
    "lost": "The server can’t be reached. What you have read stays here.",
    "lostAsking": "The server can’t be reached. Your question is kept, and asked again once it is back.",
    "back": "The connection is back.",
    "failed": "Something went wrong on the way. Your question is back in the box.",
}

# Before the chat is there
BOOT = "Loading the chat. You can type your question already."
BOOT_SENT = "Your question will be asked as soon as the chat is there."
BOOT_LATE = "This takes longer than usual. What you type is kept."
BOOT_RELOAD = "Load it again"

# Feedback on an answer
FEEDBACK_ASK = "Was this helpful?"
FEEDBACK_HELPFUL = "Helpful"
FEEDBACK_NOT = "Not helpful"
FEEDBACK_WHY = "Why was it not helpful?"
FEEDBACK_REASONS = {
    "wrong citation": "A citation doesn’t fit",
    "missing": "Something is missing",
    "unclear": "It is unclear",
    "should have declined": "It should not have been answered",
    "should have answered": "It should have been answered",
}
FEEDBACK_THANKS = "Thank you. Your feedback was saved."
FEEDBACK_WITHDRAWN = "Your feedback was removed."
FEEDBACK_FAILED = "Your feedback could not be saved. You can go on asking."
FEEDBACK_KEPT = (
    "What is kept: your feedback, which answer it is about, the day and time, and the language and role you chose. "
    "Your question is not kept."
)
FEEDBACK_KEPT_QUESTION = (
    "What is kept: your feedback, which answer it is about, the day and time, the language and role you chose, and "
    "your question as you typed it."
)

# A conversation that the page kept
KEPT_CHANGED = (
    "This answer could not be checked against the stored sources any more, so it is not shown. Ask the question again."
)
KEPT_FAILED = "No answer to this question was kept. Ask it again."
KEPT_UNREADABLE = "The conversation that this page kept could not be read, so it is not shown. Ask a question to begin."
KEPT_OTHER = (
    "The conversation that this page kept is about other sources than those served here, so it is not shown. "
    "Ask a question about {served} to begin."
)

# A link to a question
SHARED_BROKEN = "The link to a question is damaged: its text can’t be read. Ask for it again, or type the question."
SHARED_EMPTY = "The link holds no question. Type one to begin."
SHARED_SEVERAL = "The link holds more than one question. Type the one that you want to ask."
SHARED_TOO_LONG = "The question in the link is longer than {limit} characters. Type a shorter one."
SHARED_OTHER = (
    "The link was made for other sources ({corpus}) than those served here. Its question is in the box; "
    "send it if it fits."
)
SHARED_VERSION = "This link was made with corpus {made}; the answer below comes from {served}."

# The audit
AUDIT_LINK = "How its statements were checked"
AUDIT_EVERY = "See it among all checks"
AUDIT_TITLE = "How the article’s statements were checked"
AUDIT_BACK = "Ask a question"
AUDIT_LEAD = (
    "The article prints the number of a work behind its statements. Each of them was compared with that work, to see "
    "whether the work says it too."
)
AUDIT_CHECK = "By check"
AUDIT_REFERENCE = "By reference"
AUDIT_ALL = "All"
AUDIT_COUNT = "{shown} of {total} statements shown"
AUDIT_OF_REFERENCE = "reference {number}"
AUDIT_CAPTION = "The numbered statements of the article, in its order"
AUDIT_COLUMNS = ("Statement", "Reference", "Check", "What the work supports", "Who trusts whom")
AUDIT_LEARNERS = "Learners"
AUDIT_MEANING = (
    "“Only partly supported” means that what could be read of the work says one part and not the other. “Not "
    "confirmed” means that nothing in it says so; the statement may still be right. Statements are the article’s own "
    "words; everything beside them is ours."
)
AUDIT_JSON = "The same as JSON"
AUDIT_CORPUS = "corpus {version}"

# Browsing without asking
BROWSE_LINK = "Browse the article"
BROWSE_LINK_SOURCES = "Browse the sources"
BROWSE_BACK = "Ask a question"
BROWSE_CONTENTS = "On this page"
BROWSE_CHECKS = "How its statements were checked"
BROWSE_CHECKS_LEAD = (
    "Each of the {total} numbered statements was compared with the work that its number names. What was found stands "
    "beside the statement."
)
BROWSE_CHECK_MEANS: dict[Check, str] = {
    "supported": "The work says it too.",
    "partly": "What could be read of the work says one part and not the other.",
    "not visible": "Nothing in what could be read of the work says it; it may still be right.",
    "contradicted": "The work says otherwise.",
}
BROWSE_CHECK_COUNT = "{count} of {total}"
BROWSE_TABLE = "All {total} checks in one table"
BROWSE_ARTICLE_NOTE = "Word for word, without the page’s menus. Everything beside it is ours."
BROWSE_ASK = "Ask about this"
BROWSE_TRYING = (
    "Which statements can be asked about is still being found out. Load the page again in a moment to see all."
)
BROWSE_ASK_WORK = "Ask about this work"
BROWSE_ROW = "The check in full"
BROWSE_UNNUMBERED = "The article names no work here"
BROWSE_WORK_OF = "Reference {number}: {work}"
BROWSE_WORKS = "The works"
BROWSE_WORKS_LEAD = "The numbers are those that readers see in answers."
BROWSE_WORKS_AUDITED = "The numbers are those that the article prints and that readers see in answers."
BROWSE_WORK_SHOWN = "Works {first} to {last} of {total}"
BROWSE_PAGES = "More works"
BROWSE_EARLIER = "Earlier works"
BROWSE_LATER = "Later works"
BROWSE_STATEMENTS = "Statements that cite it"
BROWSE_STATEMENTS_NONE = "none"
BROWSE_STORED = "Stored text"
BROWSE_LICENCE = "Licence"
BROWSE_ADDRESS = "Address"
BROWSE_OPEN = "Still open"
BROWSE_PAGE = "What the article’s page says of itself"
BROWSE_HIDDEN = (
    "Its licence doesn’t allow the whole text to be shown here. Each checked statement is quoted in the table."
)
BROWSE_HIDDEN_PLAIN = "Its licence doesn’t allow the whole text to be shown here."

# The article's standing
STANDING_STEPS = "Review steps on the article’s page"
STANDING_REACHED = "reached"
STANDING_UNKNOWN = "The stored copy doesn’t show which step was reached. The page says: {status}."
STANDING_UNKNOWN_PLAIN = "The stored copy doesn’t show which step was reached."
STANDING_MORE = "Details"
STANDING_UPDATED = "Updated {date}"

# The evidence
EVIDENCE = "Evidence"
EVIDENCE_ONE = "1 quoted passage"
EVIDENCE_MANY = "{count} quoted passages"
OPEN_REFERENCE = "Open reference {number}"
PLACE = "Where"
BACK = "Back to the sentence"
STUDY = "Study"
PARTICIPANTS = "Participants"
SETTING = "Setting"
PERIOD = "Period"
PUBLISHED = "Published"
ISSUE = "issue {issue}"
PAGES = "pages {pages}"
AUTHORS = "Authors"
WORK = "Work"
SAYS = "What it says"
ACCESS = "Access"
IDENTIFIED = "Identification"
OPEN_QUESTIONS = "Open question"
DOI = "DOI"
PMID = "PMID"
DIRECTION = "Who trusts whom"
ARTICLE_ITSELF = "The article itself"

DOCUMENT_KIND: dict[DocumentKind, str] = {
    "article": "The article’s own statement",
    "note": "A note in our own words on this work — not the work’s words",
    "full text": "The work’s own words",
    "record": "What our record of the sources says — not the work’s words",
}
DOCUMENT_KIND_SHORT: dict[DocumentKind, str] = {
    "article": "Article",
    "note": "Our note",
    "full text": "Full text",
    "record": "Our record",
}
CHECK: dict[Check, str] = {
    "supported": "Supported by the work",
    "partly": "Partly supported by the work",
    "not visible": "Not visible in the work",
    "contradicted": "Contradicted by the work",
}
CHECK_SHORT: dict[Check, str] = {
    "supported": "supported",
    "partly": "partly",
    "not visible": "not visible",
    "contradicted": "contradicted",
}
NOTICE: dict[NoticeKind, str] = {
    "overreach": "Goes further than its source",
    "identifier": "Patient details",
    "crisis": "If this is urgent",
    "clinical": "Not clinical advice",
    "partial": "Only part of the question is covered",
    "premise": "Something in the question is not so",
    "silence": "Silent on this",
    "wording": "In the sources’ own words",
}

# A stored document
DOCUMENT_ARTICLE = "The article, word for word"
DOCUMENT_OPEN = "See it in the stored text"
DOCUMENT_QUOTED = "The quoted words"
DOCUMENT_PLACE = "See them in the text"
DOCUMENT_TEXT = "The stored text"
DOCUMENT_LICENCE = "Licence"
DOCUMENT_HASH = "SHA-256"
DOCUMENT_STORED = "Stored since"
DOCUMENT_SINCE = "{date}, corpus {version}"
DOCUMENT_STATE = "Version"
DOCUMENT_STATES = {True: "Current", False: "Superseded"}
DOCUMENT_VERSION = "This is the version of {date}"
DOCUMENT_VERSION_QUOTED = "This is the version of {date} that the answer quoted"
DOCUMENT_CHANGED = "{version}; the text has changed since."
DOCUMENT_GONE = "{version}; the document is no longer among the texts that answers are taken from."
DOCUMENT_CURRENT = "Open the current text"
DOCUMENT_PART = "Its licence doesn’t allow the whole text to be shown here, only the quoted place."
DOCUMENT_HIDDEN = (
    "Its licence doesn’t allow the whole text to be shown here. Quotes in answers lead to their own place."
)

# How a sentence of an answer joins what it names; the sentence itself stands in `wording`
EITHER = "{items} or {last}"
BOTH = "{items} and {last}"
REFERENCE_ONE = "reference {numbers}"
REFERENCE_MANY = "references {numbers}"
THE_ARTICLE = "the article"

# While the program starts
WAIT_TITLE = "trustbot is starting"
WAIT_TEXT = "The page opens by itself in a few seconds."
WAIT_PROBLEM_TITLE = "trustbot can’t answer yet"
WAIT_PROBLEM_TEXT = "This page looks again by itself every few seconds."
WAITING_INDEX = "The index is being opened."
WAITING_EMBEDDER = "The embedding model is being loaded."
WAITING_CHAT = "The chat is being loaded."
NO_SCRIPT = "The chat needs JavaScript. Without it, questions can be asked at the API: see {docs}."

# Problems, each one sentence that a person can act on
NOT_READY = "trustbot is still starting: {missing} Try again in a few seconds."
NOT_FOUND = "There is nothing at {path}. The routes are listed at /api/docs."
WRONG_METHOD = "{method} is not possible at {path}. The routes are listed at /api/docs."
NOT_OFFERED = "{path} is switched off: this chat takes no files and runs no outside code."
CROSS_SITE = "A page at {origin} may not use this server. To allow it, add its origin to TRUSTBOT_ORIGINS and restart."
NOT_UTF8 = "The body of the request is not UTF-8 text. Send JSON in UTF-8."
NOT_JSON = 'The body of the request is not JSON. Send an object such as {"question": "…"}.'
BODY_TOO_LONG = "The body of the request is longer than {limit} bytes. Send a shorter question or less history."
EXPORT_TOO_LONG = "The body of the request is longer than {limit} bytes. Export the conversation in two parts."
EXPORT_NAME = "The conversation"
EXPORT_OTHER_QUESTION = "Turn {number}: the answer was given to another question. Send each answer with its own."
EXPORT_REFUSED = "This conversation can’t be exported as it was sent: {problem}"
VERIFY_NAME = "The body of the request"
QUESTION_TOO_LONG = "The question has {count} characters; the most that can be read is {limit}. Shorten it."
WRONG_FIELD = "The field {field} can’t be used: {problem}."
WRONG_BODY = "The request can’t be used: {problem}."
WRONG_CORPUS = "The corpus {corpus} is not served here. Leave the field out, or send {served}."
NO_SOURCE = "There is no source {number}. Sources are numbered {numbers}."
NO_DOCUMENT = "No stored document has the hash {hash}. GET /api/sources/{{number}} gives the hashes."
NO_DOCUMENT_ID = "There is no document {id}. GET /api/sources/{{number}} lists the documents of a source."
NO_VERSION = "No version {hash} of the document {id} is kept here. GET /api/documents/{id} gives the current one."
PLACE_TOO_LONG = "The licence of this document ({licence}) doesn’t allow a part of that length. Ask for a shorter one."
WRONG_SPAN = "The document has characters 0 to {length}; {start} to {end} is not a part of it."
NOT_OPENED = "trustbot could not be started; the log of the server says why. Correct it and start again."
NO_CHAT = "The chat could not be started; the log of the server says why. Questions can be asked at /api/ask."
INTERNAL = "Something went wrong while answering. Nothing was lost; please ask again."
PORT_IN_USE = "Port {port} on {host} is already in use. Stop the other program or choose another with --port."
PORT_FORBIDDEN = "Port {port} on {host} may not be opened by this user. Choose one above 1023 with --port."
HOST_UNKNOWN = "{host} is not an address of this machine. Choose another with --host, such as 127.0.0.1."
READY = "trustbot is ready at {url}"

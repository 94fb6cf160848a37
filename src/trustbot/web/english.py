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
COPIED = "Copied"
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

"""Every word that the web application shows of its own, in English: the messages that translations start from.

In: nothing. Out: plain strings, and templates for `str.format`. Words that come from the corpus or from the
chain (answers, notices, reasons, stages) are not here; neither is any markup. Screens read these through `words`.
"""

from __future__ import annotations

from trustbot.presentation import titles
from trustbot.types import Check, DocumentKind, SafetyKind

PRODUCT = "trustbot"

# First sight
ABOUT = (
    "Answers from one article and the {works} works it cites, with the source of each sentence. It gives no advice of "
    "its own."
)
ABOUT_SOURCES = "Answers from “{title}”, with the source of each sentence. It gives no advice of its own."
ARTICLE = "The article:"
OPTIONS = "Options"

# The page
DISCLAIMER_SHORT = "For education only. Not for patient decisions."
NO_PATIENTS = titles.NO_PATIENTS
DISCLAIMER_MORE = "Full disclaimer"
ARTICLE_DISCLAIMER = "The article’s own disclaimer:"
DISCLAIMER_MORE_SHORT = "More"
STATUS = "Status"
LAST_UPDATED = "Last updated"
ARTICLE_LINK = "Read the article"
CORPUS = "Corpus {version}, indexed {date}"
STATUS_UNKNOWN = "not stated"
LANGUAGES = "Other languages"
THEME = "Light or dark"
THEMES = {"system": "As the device", "light": "Light", "dark": "Dark"}

# The conversation
CONVERSATION = "Conversation"
START_CHIPS = "Questions to begin with"
YOUR_QUESTION = "Your question"
PLACEHOLDER = "Ask about “{title}”"
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
SAFETY_TITLE: dict[SafetyKind, str] = {
    "self_harm": "Please reach somebody now",
    "emergency": "Get help first",
    "distress": "Please talk with somebody",
    "clinical": "This is about a patient",
}
SAFETY_CONTACTS = "Whom to turn to"
SAFETY_MATTER = titles.MATTER
SAFETY_CHIPS = "For whenever you like: what can be asked here"
REFUSED = "Not answered here"
PAGE_OFFERED = "This page itself can be read in {name}: choose it under “{options}”."
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
    "restarted": "A new conversation. The last one can be brought back until you ask.",
    "undo": "Bring it back",
    "broughtBack": "It is back.",
    "unanswered": "This question had no answer yet when the page was left. It is back in the box.",
    "queued": "Your question is asked as soon as this answer is there.",
    "notKept": "This browser keeps nothing here: when the page is loaded again, the conversation is gone.",
    "slow": "Still working. The server is slower than usual.",
    "offline": "You are offline. What you have read stays here.",
    "offlineAsking": "You are offline. Your question is kept, and asked again once you are back.",
    "lost": "The server can’t be reached. What you have read stays here.",
    "lostAsking": "The server can’t be reached. Your question is kept, and asked again once it is back.",
    "back": "The connection is back.",
    "failed": "Something went wrong on the way. Your question is back in the box.",
    "closeChat": "Close the chat",
    "signing": "Signing you in again. Your question is then asked by itself.",
    "unsigned": (
        "This site could not sign you in again, so your question has no answer yet. It is back in the box. "
        "Load the page again, then send it."
    ),
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
FEEDBACK_COMMENT = (
    "In your own words, if you like: at most {limit} characters. Names and numbers that could identify somebody are "
    "taken out before it is kept."
)
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
SHARED_VERSION = "This question came by a link that was made with corpus {made}; it is answered from {served}."

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

# An answer
SUPPORTED_CAVEAT = "Supported, with a caveat"
MORE_ONE = "1 more point"
MORE_MANY = "{count} more points"
CAUTIONS = "{count} of the {total} points that were checked go further than what could be read of the work they cite."

# The evidence
EVIDENCE = "Evidence"
EVIDENCE_ONE = "1 quoted passage"
EVIDENCE_MANY = "{count} quoted passages"
OPEN_REFERENCE = "Open reference {number}"
PLACE = "Where"
PAGE = "Page"
SLIDE = "Slide"
DATED = "Date"
VALID_UNTIL = "Valid until"
REPLACED_BY = "Replaced by"
TAGS = "Tags"
UPDATE = titles.UPDATE
DIFFERS = "Differs from {numbers}"
INTRANET = "On the intranet, without a public address"
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
ACCESS = "Access"
IDENTIFIED = "Identification"
OPEN_QUESTIONS = "Open question"
DOI = "DOI"
PMID = "PMID"
DIRECTION = titles.DIRECTION
ARTICLE_ITSELF = "The article itself"

DOCUMENT_KIND: dict[DocumentKind, str] = {
    "article": "What the article says",
    "note": "What the work says, in our words: from our note on it — not the work’s words",
    "full text": "What the work says, in its own words",
    "record": "What our record of the sources says — not the work’s words",
    "help": "What the help text says of this program — nothing about the subject",
}
DOCUMENT_KIND_SHORT: dict[DocumentKind, str] = {
    "article": "Article",
    "note": "Our note",
    "full text": "Full text",
    "record": "Our record",
    "help": "Help",
}
CHECK: dict[Check, str] = {
    "supported": "Supported by the work",
    "partly": "Partly supported by the work",
    "not visible": "Not visible in the work",
    "contradicted": "Contradicted by the work",
}
CHECK_CAVEAT = "Supported by the work, with a caveat"
CHECK_SHORT_CAVEAT = "supported, with a caveat"
WORK_SAYS = "What the work says, in our words"
CHECK_SHORT: dict[Check, str] = {
    "supported": "supported",
    "partly": "partly",
    "not visible": "not visible",
    "contradicted": "contradicted",
}
NOTICE = titles.NOTICE

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

# While the program starts
WAIT_TITLE = "trustbot is starting"
WAIT_TEXT = "The page opens by itself in a few seconds."
WAIT_PROBLEM_TITLE = "trustbot can’t answer yet"
WAIT_PROBLEM_TEXT = "This page looks again by itself every few seconds."
WAITING_INDEX = "The index is being opened."
WAITING_EMBEDDER = "The embedding model is being loaded."
WAITING_CHAT = "The chat is being loaded."
NO_SCRIPT = "The chat needs JavaScript. Without it, questions can be asked at the API: see {docs}."

# Who may ask, and how often
VISIT_EXPIRED = (
    "The token of this visit has expired. Reload the page that shows this chat, or send a new token, and ask again."
)
VISIT_INVALID = "The token of this visit can’t be used: {problem} Whoever runs the portal can mend it."
VISIT_CORPUS = "The token of this visit is for the corpus {found}; this server answers from {served}."
VISIT_PROBLEMS = {
    "form": "it is not a signed token (a JWT).",
    "issuer": "its issuer {found} is not in portals.toml.",
    "algorithm": "it is signed with {found}, where {expected} is expected.",
    "key": "no key of its issuer fits it.",
    "keys": "the keys of its issuer can’t be fetched at present.",
    "signature": "its signature doesn’t hold.",
    "missing": "`{found}` is missing.",
    "claim": "`{found}` is not what it has to be.",
    "audience": "its `aud` is not “trustbot”.",
    "early": "it begins to hold in the future, so the clocks of the two servers differ.",
    "long": "its `exp` is more than 15 minutes after its `iat`.",
    "other": "it carries `{found}`, and a token must not say who the visitor is: it may hold {expected}, and nothing "
    "else.",
    "visitor": "its `sub` has to be an id that means nothing to others: letters, digits and any of . _ ~ : | / + = - "
    "but no name and no e-mail address.",
    "persona": "its `persona` is none of {expected}.",
    "foreign": "only its issuer can renew it.",
}
SIGNED_ONLY = (
    "Only visitors with a portal’s token are answered here. Open the chat in your portal; to answer everybody, set "
    "`anonymous` under [visitors] in portals.toml to true."
)
TOO_MANY_QUESTIONS = "That is more than {count} in a minute. Wait {seconds} seconds, then ask again."

# A launch from a learning platform: what somebody in a course reads, and what whoever looks after the tool does
LTI_DESCRIPTION = "Answers questions about a piece of published guidance, with numbered citations that can be checked."
LTI_REFUSED_TITLE = "The chat was not opened"
LTI_AGAIN = "This link to the chat was used already or is too old. Go back to your course and open it again."
LTI_SHOW = "The chat can’t be opened from this course yet. Please show this page to whoever looks after the course."
LTI_COORDINATOR = "For the coordinator:"
LTI_REFUSED = {
    "parameter": "The request has no usable {name}. The platform must use /lti/login as the address of the login and "
    "/lti/launch as that of redirection; see /lti/config.json.",
    "issuer": "No platform with the issuer {issuer} is known. Invite it by `trustbot lti invite`, or add a "
    "[[platform]] to portals.toml.",
    "client": "No [[platform]] of {issuer} in portals.toml has the client id {client}. Correct its `client_id`, or add "
    "an entry.",
    "which": "portals.toml has several [[platform]] entries of {issuer}, and the platform doesn’t say which one it is. "
    "Keep one of them, or let the platform send client_id.",
    "target": "The link goes to {target}. Set the target link address of the tool in the platform to {launch}; if "
    "that isn’t the address of this server, correct TRUSTBOT_ROOT_PATH.",
    "state": "The state of this launch was not given out by this server since it was started. If this comes back, the "
    "platform changes `state`, or several servers share the address.",
    "late": "More than the time allowed went by between two steps of this launch. If this comes back, the platform "
    "or the network is too slow.",
    "used": "This launch was sent a second time. If this comes back, the platform sends every launch twice.",
    "browser": "The launch was begun in another browser than it ended in. If this comes back, look at how the browser "
    "handles the cookies of this server.",
    "origin": "The launch was sent by a page of {origin}, and the browser keeps no cookie here. If that page is the "
    "platform’s, add {origin} to `origins` of the [[platform]] {issuer} in portals.toml.",
    "no origin": "The page that sent the launch keeps its address back (its origin is “{origin}”), and the browser "
    "keeps no cookie here. Let the platform send its pages with `Referrer-Policy: strict-origin-when-cross-origin`, "
    "and without `sandbox` on the frame of the tool; or let it open the tool in a window of its own, over https, where "
    "the cookie is kept.",
    "platform": "The platform refused the login: {error}. Compare `client_id` and `authorization_url` of the "
    "[[platform]] in portals.toml, and the redirect address in the platform, with /lti/config.json.",
    "format": "The id_token of the launch is not a JSON Web Token that can be read. Set the tool up as LTI 1.3 in the "
    "platform.",
    "algorithm": "The launch is signed by {algorithm}. Only RS256 and ES256 are accepted: change it in the platform.",
    "keys": "The keys of the platform can’t be had. Correct `jwks_url` or `jwks_file` of the [[platform]] {issuer} in "
    "portals.toml, or try again in a minute; the log says more.",
    "key": "The launch is signed by the key {key}, which is not among the platform’s. Correct `jwks_url` or "
    "`jwks_file` of the [[platform]] {issuer} in portals.toml.",
    "signature": "The signature of the launch doesn’t fit the platform’s key. Correct `jwks_url` or `jwks_file` of the "
    "[[platform]] {issuer} in portals.toml.",
    "expired": "The launch of {issuer} has run out. If this comes back, set the clocks of the platform and of this "
    "server.",
    "clock": "The launch of {issuer} begins in the future. Set the clocks of the platform and of this server.",
    "audience": "The launch is meant for another tool. Correct `client_id` of the [[platform]] {issuer} in "
    "portals.toml.",
    "other issuer": "The launch comes from another issuer than its login, which came from {issuer}. Correct `issuer` "
    "of the [[platform]] in portals.toml.",
    "nonce": "The launch belongs to another login than the one that came before it.",
    "deployment": "The deployment {deployment} is not registered. Add it to `deployments` of the [[platform]] {issuer} "
    "in portals.toml.",
    "version": "The message is of LTI version {version}. Set the tool up as LTI 1.3 in the platform.",
    "message": "Messages of the type {message} are not served. Set the placement up for LtiResourceLinkRequest or "
    "LtiDeepLinkingRequest in the platform.",
    "anonymous": "Nobody is signed in at {issuer} in this course, and only signed visitors are answered here. Let the "
    "course ask for a login; or, to answer everybody, set `anonymous` under [visitors] in portals.toml to true.",
    "address": "This server was called {host}, and can’t tell whether that is its public address. Set "
    "TRUSTBOT_ROOT_PATH to the whole address, such as https://example.edu/tools/trustbot, and restart.",
    "claim": "The launch lacks something that LTI 1.3 asks for: {claim}. Correct the tool’s settings in the platform.",
    "corpus": "The link is to the corpus {corpus}, and this server answers from {served}. Make the link anew, or "
    "correct its custom parameter `corpus`.",
}
LTI_NONE = (
    "No learning platform is set up here. Invite one by `trustbot lti invite`, or add a [[platform]] to portals.toml "
    "in the data folder and restart."
)
LTI_REGISTERED_TITLE = "The platform is registered"
LTI_REGISTERED = (
    "{issuer} and this server know each other now. You can close this window, and switch the tool on there."
)
LTI_NOT_REGISTERED_TITLE = "The platform was not registered"
LTI_NOT_REGISTERED = {
    "invitation": "This address was used already, is too old or was never given out. Ask whoever runs this server for "
    "a new one, which `trustbot lti invite` makes.",
    "parameter": "This address is for a learning platform, and names no openid_configuration. Paste it where the "
    "platform registers tools (LTI dynamic registration).",
    "address": "This server can’t tell its public address. Let whoever runs it set TRUSTBOT_ROOT_PATH to the whole "
    "address, such as https://example.edu/tools/trustbot, and restart; then use this address again.",
    "insecure": "The platform’s address {url} doesn’t begin with https://. Let the platform be reached over https, "
    "then use this address again.",
    "private": "The platform is at {host}, an address inside a network. If that is meant, ask whoever runs this server "
    "for an address made by `trustbot lti invite --private`.",
    "unreachable": "Nothing that can be read came from {url} in time. See that this server can reach it directly, then "
    "use this address again.",
    "certificate": "The certificate of {url} can’t be trusted. Correct it in the platform, then use this address "
    "again.",
    "long": "What came from {url} is longer than {limit} bytes. Register the platform by hand, in portals.toml.",
    "status": "The platform answered {status} at {url}. Begin the registration in the platform anew.",
    "format": "What came from {url} is not a JSON object. Begin the registration in the platform anew, or register it "
    "by hand, in portals.toml.",
    "field": "The platform sent no usable {name}. Register it by hand, in portals.toml.",
    "issuer": "The platform calls itself {issuer}, and is described at {url}, another host or port. Correct the "
    "platform’s own address in its settings, then use this address again.",
    "algorithm": "{issuer} signs neither by RS256 nor by ES256, and nothing else is accepted. Change it in the "
    "platform.",
    "refused": "The platform refused the registration: {error}. Begin it in the platform anew.",
    "storage": "The platform registered this tool, but the data folder of this server can’t be written. Let whoever "
    "runs it make it writable; then delete the tool in the platform, and use this address again.",
}
FILES_TOO_LONG = "The files have more than {limit} bytes in all. Send fewer at a time."
LTI_TOO_LONG = "The form is longer than {limit} bytes. Launch from the platform anew."
LTI_CHOICE_TITLE = "Add a link to the chat"
LTI_CHOICE_NOTE = "Whoever opens the link comes to the chat, with the question that you choose ready to be asked."
LTI_LINK_NAME = "Name of the link in the course"
LTI_CORPUS = "Guidance to ask about"
LTI_OPENING = "Opening question"
LTI_NO_OPENING = "None"
LTI_OWN_OPENING = "Another question, typed below"
LTI_OWN_LABEL = "Your own question"
LTI_ADD = "Add the link"
LTI_RETURN_TITLE = "The link is ready"
LTI_RETURNING = "It is being put into the course. If nothing happens, use the button."
LTI_RETURN = "Put the link into the course"

EVERY_PROXY = (
    "FORWARDED_ALLOW_IPS is *: anybody who reaches this server directly can pretend to come from any address, and so "
    "ask without limit. Name the proxies' addresses instead, unless nothing but they can reach it."
)

# The page for a portal's coordinator
SETUP_TITLE = "Put the chat on your portal"
SETUP_LEAD = (
    "Choose how it looks, copy one snippet, and paste it into a page of your portal. Readers ask there, and every "
    "answer keeps its citations."
)
SETUP_STATE = "As it stands"
SETUP_ON = "The widget is switched on."
SETUP_NOBODY = "No other site may show it yet: TRUSTBOT_WIDGET_ORIGINS and the corpus’s manifest list none."
SETUP_LISTED = "Sites that may show it:"
SETUP_CHOICES = "Choices"
SETUP_PORTAL = "Your portal’s address"
SETUP_ALLOWED = "{origin} may show the widget."
SETUP_NO_ORIGIN = (
    "{written} is not the address of a site. Copy it from the browser, such as https://portal.example.edu."
)
SETUP_MIXED = (
    "But {origin} is loaded by https and this server by http, so browsers won’t load the one in the other. Put the "
    "server behind a proxy with TLS."
)
SETUP_FORM = "Way in"
SETUP_FORMS = {
    "script": "A button in the corner",
    "element": "A place in the page",
    "iframe": "A plain frame, without a script",
}
SETUP_WHEN = {
    "script": "One tag, anywhere in the page. The chat is loaded when a reader opens it.",
    "element": "The element stands where the chat is to be; the tag may stand anywhere. It grows with what it holds.",
    "iframe": (
        "For portals that allow no scripts of others. It knows nothing of the page around it, and keeps its height."
    ),
}
SETUP_THEME = "Light or dark"
SETUP_THEMES = {"auto": "As the reader’s system is set", "light": "Light", "dark": "Dark"}
SETUP_ACCENT = "Colour of the button"
SETUP_COLOUR = "{written} is not a colour of six hexadecimal digits, such as #0b5c5a. It is left out."
SETUP_READABLE = "The words on it stand out by {ratio} to 1; 4.5 is enough."
SETUP_FAINT = "On a {ground} page the button itself stands out by {ratio} to 1 only, where 3 is enough."
SETUP_GROUNDS = {"light": "light", "dark": "dark"}
SETUP_LANGUAGE = "Language"
SETUP_AS_PAGE = "As the page around it"
SETUP_PERSONA = "Who is asking"
SETUP_ANYBODY = "Let the reader say"
SETUP_QUESTION = "A question to suggest first"
SETUP_LABEL = "Words on the button"
SETUP_VERSION = "Version of the script"
SETUP_VERSIONS = {"pinned": "Pinned, checked by the browser (SRI)", "newest": "Always the newest"}
SETUP_UPDATE = "Update what to paste"
SETUP_SNIPPETS = "What to paste"
SETUP_COPY = "Copy"
SETUP_COPIED = "Copied."
SETUP_SELECTED = "Selected. Copy it with your keyboard or the menu."
SETUP_POLICY = "Where the portal has a Content-Security-Policy, add to it:"
SETUP_PREVIEW = "Preview"
SETUP_CORNER = "The button is in the corner of this page. Open it to try it."
SETUP_SCRIPT = "The button and the element need JavaScript. This is the plain frame:"

# Problems, each one sentence that a person can act on
NOT_READY = "trustbot is still starting: {missing} Try again in a few seconds."
MISSING_TITLE = "There is no such page"
MISSING = "Nothing is at {path}. The address may be old, or not written out in full."
NOT_FOUND = "There is nothing at {path}. The routes are listed at /api/docs."
WRONG_METHOD = "{method} is not possible at {path}. The routes are listed at /api/docs."
NOT_OFFERED = "{path} is switched off: this chat takes no files and runs no outside code."
CROSS_SITE = (
    "A page at {origin} may not use this server. To allow it, add its origin to TRUSTBOT_WIDGET_ORIGINS and restart."
)
WIDGET_ORIGIN = (
    "A page at {origin} may not show this widget. To allow it, add its origin to TRUSTBOT_WIDGET_ORIGINS and restart "
    "the server, or to `origins` under [widget] in the corpus’s manifest.toml and ingest it again."
)
WIDGET_CLOSED = "Not available here"
WIDGET_AGAIN = "Try again"
WIDGET_ABOUT = "Ask about “{title}”"
WIDGET_LOADER = {
    "label": "Ask a question",
    "close": "Close",
    "again": "Try again",
    "loading": "Loading the chat…",
    "slow": "Still loading…",
    "down": "The chat can’t be reached.",
    "no": "The chat can’t be shown here.",
    "tell": "Try again later, or tell whoever looks after this site.",
    "check": "Check that {origin} is up, and that TRUSTBOT_WIDGET_ORIGINS there names this site.",
    "frame": "The Content-Security-Policy of this site must allow frame-src {origin}.",
}
"""What the loader says while, or because, there is no frame; it is sent in every language, so each word counts."""
WIDGET_CORPUS = "This server answers from the corpus {served}, not from {asked}: set data-corpus to {served}."
NO_CORPUS = "There is no corpus {corpus} on this server. Correct its id in the address or the request."
WIDGET_OFF = "The widget is switched off on this server. `trustbot widget --on` switches it on again."
WIDGET_OFF_WHY = "The widget is switched off on this server: {reason} `trustbot widget --on` switches it on again."
NOT_UTF8 = "The body of the request is not UTF-8 text. Send JSON in UTF-8."
NOT_JSON = 'The body of the request is not JSON. Send an object such as {"question": "…"}.'
BODY_TOO_LONG = "The body of the request is longer than {limit} bytes. Send a shorter question or less history."
CHAT_TOO_LONG = (
    "The conversation is longer than the {limit} characters that can be read. Begin a new one, then ask again."
)
TOO_MANY_VALUES = "The body of the request holds more than {limit} values. Export the conversation in two parts."
NOT_SENT_AS_JSON = "The body of the request is not sent as JSON. Send the header Content-Type: application/json."
NOT_HTTP = "This is not a request of HTTP/1.1 that can be read. Send it anew."
REQUEST_LATE = "The request did not come whole within {seconds} seconds. Send it again."
HEAD_TOO_LONG = "The head of the request is longer than {limit} bytes. Send a shorter address, or fewer headers."
BUSY = "So many questions are being answered just now that yours would wait too long. Please ask again in a moment."
ELSEWHERE = "This question was sent to another process than the one that shows this page. Please load the page again."
NO_SUCH_EVENT = "This chat has no function {number}. Please load the page again."
WRONG_INPUTS = "The function {number} of this chat takes {expected} values, not {found}. Please load the page again."
UNANSWERED_TITLE = "Asked and not answered"
UNANSWERED_NOTE = (
    "Questions that were not answered, counted in two ways. Only what at least {least} askers have in common is "
    "listed; no word of a question is kept, and of who asked only a digest that can’t be traced after its day. Who "
    "asks on two days counts twice."
)
UNANSWERED_NONE = "Nothing yet that at least {least} askers have in common."
UNANSWERED_REST = "Fewer than {least} each, together: {rest}"
UNANSWERED_NOTHING = "Nothing near"
UNANSWERED_HEADS = {"rows": "By what was nearest in the sources", "alike": "By what was asked alike"}
UNANSWERED_ALIKE_NONE = "Like no question of the bank"
UNANSWERED_COLUMNS = {
    "rows": ("Askers", "Nearest in the sources", "What was said"),
    "alike": ("Askers", "Asked like this question of the bank", "What was said"),
}
UNANSWERED_SAID = {"closest": "Shown as near", "abstained": "Not covered"}
METRICS_CLOSED = (
    "The figures are for this machine itself, or for who sends the token of TRUSTBOT_METRICS_TOKEN as "
    "`Authorization: Bearer`."
)
EXPORT_TOO_LONG = "The body of the request is longer than {limit} bytes. Export the conversation in two parts."
EXPORT_NAME = "The conversation"
EXPORT_NONE = "None of these turns is exported: what somebody is told who needs help is kept nowhere. Send other turns."
EXPORT_OTHER_QUESTION = "Turn {number}: the answer was given to another question. Send each answer with its own."
EXPORT_NOT_SAID = (
    "Turn {number}: the answer or its question is not as it was signed here. Send both as they came, or ask again."
)
EXPORT_REFUSED = "This conversation can’t be exported as it was sent: {problem}"
VERIFY_NAME = "The body of the request"
QUESTION_TOO_LONG = "The question has {count} characters; the most that can be read is {limit}. Shorten it."
NO_TOOL = "There is no tool {tool}. The tools are {tools}."
NO_MCP = "The package for MCP is not installed. Install it with `pip install 'trustbot[mcp]'`."
MCP_USE = (
    "Every sentence of an answer is quoted from a source, under a number. Keep the numbers and the cautions with the "
    "sentences, say so where nothing is answered, and send nothing that could identify a patient."
)
MCP_WAITS = "This waits for messages of a program that speaks MCP; Ctrl-C ends it."
NO_MODEL = "There is no model {model} here. Name {served}, or none."
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
OLD_INDEX_SERVES = "{problem} Until then, the version of the index before it goes on answering."
NEW_INDEX_UNREADABLE = "A new version of the index could not be opened; the log of the server says why."
NO_CHAT = "The chat could not be started; the log of the server says why. Questions can be asked at /api/ask."
INTERNAL = "Something went wrong while answering. Nothing was lost; please ask again."
PORT_IN_USE = "Port {port} on {host} is already in use. Stop the other program or choose another with --port."
PORT_FORBIDDEN = "Port {port} on {host} may not be opened by this user. Choose one above 1023 with --port."
HOST_UNKNOWN = "{host} is not an address of this machine. Choose another with --host, such as 127.0.0.1."
READY = "trustbot is ready at {url}"

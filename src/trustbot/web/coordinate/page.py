"""The coordinators' page, as markup: the draft with what was read of it, its questions, and what to do next.

In: a reading report of `trustbot-ingest check --json`, the bank's drafts, the last command. Out: whole HTML pages of
forms, which need no script; while a command runs the page loads itself anew. Everything that it is given is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trustbot.web.coordinate.jobs import Job
from trustbot.web.coordinate.questions import LONGEST, Draft
from trustbot.web.http.markup import element, text
from trustbot.web.http.pages import whole_page
from trustbot.web.http.problems import without_paths
from trustbot.web.i18n import language

TITLE = "Keep this corpus"
AGAIN = '<meta http-equiv="refresh" content="1">\n'
ACCEPTED = ".md,.txt,.html,.htm,.pdf,.docx,.pptx,.epub,.xml,.nxml,.csv"
SHOWN_DRAFTS, SHOWN_STATEMENTS = 25, 200


@dataclass(frozen=True, slots=True)
class State:
    """What the page shows."""

    title: str
    """Of the corpus."""
    word: str
    """What each form holds, see `door`."""
    is_draft: bool
    report: Mapping[str, Any] | None
    """What was read of the draft, or of the corpus without one; None where it can't be read."""
    last: Job | None
    """The last command that changed something, or the last one that failed."""
    accepted: int
    drafts: Sequence[Draft]
    earlier: Sequence[str]
    can_draft: bool
    """Whether there is a chat model that drafts questions."""


def door_page(problem: str = "", base: str = "../") -> str:
    """The form for the token; `base` leads from the page's address to the root of the site."""
    form = element(
        "form",
        element("label", "Token", **{"for": "token"})
        + '<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>'
        + element("button", "Go on"),
        method="post",
        action=f"{base}coordinate/enter",
    )
    wrong = element("p", text(problem), "problem", role="alert") if problem else ""
    lead = element("p", "Type the token that whoever runs this server has given you.")
    return _whole(element("h1", TITLE) + wrong + lead + form, base=base)


def running_page(word: str, job: Job) -> str:
    """What is shown while a command runs; `word` is what its form holds."""
    told, bar = "It has begun.", "<progress></progress>"
    if job.progress:
        doing, done, of = job.progress
        told = f"{doing}: {done} of {of}"
        bar = f'<progress value="{done}" max="{of}"></progress>'
    now = element("p", text(told), role="status")
    stop = _form(word, "stop", element("button", "Stop", "quiet"))
    return _whole(element("h1", text(job.name)) + now + bar + stop, AGAIN)


def page(state: State, note: str = "") -> str:
    """The whole page; `note` is what to say of the form that was sent last."""
    parts = [
        element("p", element("a", "← Back to the chat", href="./"), "back"),
        element("h1", text(f"{TITLE}: {state.title}")),
        _outcome(state.last, note),
        _standing(state),
        _documents(state),
        _files(state),
        _questions(state),
        _earlier(state),
        _form(state.word, "leave", element("button", "Leave", "quiet")),
    ]
    return _whole("".join(parts))


def _whole(main: str, head: str = "", base: str = "") -> str:
    body = element("main", main, lang=language.SOURCE)
    style = f'<link rel="stylesheet" href="{base}ui/coordinate.css">\n'
    return whole_page(TITLE, body, "coordinate", style + head, base, translated=False)


def _form(word: str, action: str, content: str, **attributes: str) -> str:
    return element("form", _hidden("word", word) + content, method="post", action=f"coordinate/{action}", **attributes)


def _field(name: str, label: str, value: str = "", kind: str = "text", **more: str) -> str:
    given = "".join(f' {key}="{text(said)}"' for key, said in {"type": kind, "value": value, **more}.items())
    return f'<label class="field">{text(label)} <input name="{name}"{given}></label>'


def _outcome(job: Job | None, note: str) -> str:
    """What became of the last form or command."""
    if note:
        return element("p", text(note), "problem", role="alert")
    if job is None or not job.is_over:
        return ""
    if job.problem:
        return element("p", text(f"{job.name}: {job.problem}"), "problem", role="alert")
    refused = [
        without_paths(one) if isinstance(one, str) else f"{one['id']}: {one['reason']}"
        for one in job.told.get("refused", ())
    ]
    left_out = element("ul", "".join(element("li", text(one)) for one in refused), "problem") if refused else ""
    return element("p", text(f"{job.name}: done."), "good", role="status") + left_out


def _standing(state: State) -> str:
    if not state.is_draft:
        return element("p", "This is what is served now. Whatever you change goes into a draft first.", "lead")
    told = element("p", "This is a draft. Readers go on with what was published last.", "lead")
    publish = _form(state.word, "publish", element("button", "Publish the draft"))
    discard = _form(state.word, "discard", element("button", "Discard the draft", "quiet"))
    return told + element("div", publish + discard, "actions")


def _documents(state: State) -> str:
    heading = element("h2", "What was read")
    if state.report is None:
        return heading + element("p", "It could not be read; why stands above.")
    warnings = "".join(element("li", text(str(one))) for one in state.report["warnings"])
    see_to = element("h3", "To see to") + element("ul", warnings, "problem") if warnings else ""
    rows = "".join(_document(state, document) for document in state.report["documents"])
    return heading + see_to + rows


def _document(state: State, document: Mapping[str, Any]) -> str:
    units = f"{document['units']} statement{'' if document['units'] == 1 else 's'}"
    told = text(f"refused: {document['refused']}" if document["refused"] else units)
    summary = element("summary", f"{element('b', text(document['title']))} {element('span', told)}")
    facts = [document["id"], document["file"], document["kind"], document["currency"], *document["notes"]]
    inner = element("p", text(" · ".join(facts)), "facts")
    sections = "".join(
        element("li", f"{text(s['heading'] or '(no heading)')}: {s['units']}") for s in document["sections"]
    )
    inner += element("ul", sections) if sections else ""
    said = "".join(element("li", text(s["text"])) for s in document["statements"][:SHOWN_STATEMENTS])
    inner += element("details", element("summary", "Its statements") + element("ul", said)) if said else ""
    inner += _form(
        state.word,
        "edit",
        _hidden("document", document["id"])
        + _field("title", "Title", document["title"], required="")
        + _field("date", "Date", document["date"] or "", "date")
        + _field("expires", "Expires", document["expires"] or "", "date")
        + _field("replaces", "Replaces (ids of documents)", ", ".join(document["replaces"]))
        + element("button", "Save", "quiet"),
    )
    if document["kind"] != "article":
        taken = _hidden("document", document["id"]) + element("button", "Take it out", "quiet")
        inner += _form(state.word, "remove", taken)
    return element("details", summary + inner, "document")


def _press(value: str, label: str, name: str = "") -> str:
    """A button that says in `do` which of a form's it is."""
    return element("button", text(label), name, value=value).replace("<button", '<button name="do"', 1)


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{text(value)}">'


def _files(state: State) -> str:
    chosen = f'<input id="files" name="files" type="file" multiple required accept="{ACCEPTED}">'
    return element("h2", "Add files") + _form(
        state.word,
        "files",
        element("label", "Markdown, text, HTML, PDF, DOCX, PPTX, EPUB, JATS or CSV; 12 MB in all", **{"for": "files"})
        + chosen
        + '<label class="choice"><input type="checkbox" name="program" value="yes" checked> '
        + "They are our program's own, such as its handbook</label>"
        + element("button", "Add to the draft"),
        enctype="multipart/form-data",
    )


def _questions(state: State) -> str:
    parts = [
        element("h2", "Questions"),
        element("p", f"Learned from: {state.accepted:,}. Drafts to see to: {len(state.drafts):,}."),
    ]
    texts = _texts(state.report)
    for draft in state.drafts[:SHOWN_DRAFTS]:
        about = " ".join(texts.get(name, name) for name in draft.gold) or "Nothing in the corpus answers it."
        parts.append(
            _form(
                state.word,
                "question",
                _hidden("was", draft.text)
                + _field("text", "Question", draft.text, maxlength=str(LONGEST))
                + element("p", text(about), "facts")
                + _press("accept", "Accept")
                + _press("delete", "Delete", "quiet"),
                **{"class": "draft"},
            )
        )
    if state.can_draft:
        parts.append(
            _form(state.word, "draft", element("button", "Draft questions for statements without one", "quiet"))
        )
    if state.report is not None:
        parts.append(_new_question(state, state.report))
    return "".join(parts)


def _texts(report: Mapping[str, Any] | None) -> dict[str, str]:
    """What a bank calls a statement -> its words."""
    documents = report["documents"] if report else ()
    return {s["name"] or f"{d['id']}-{s['start']}": s["text"] for d in documents for s in d["statements"]}


def _new_question(state: State, report: Mapping[str, Any]) -> str:
    groups = "".join(
        element(
            "optgroup",
            "".join(
                element("option", text(s["text"][:120]), value=f"{d['id']}:{s['start']}")
                for s in d["statements"][:SHOWN_STATEMENTS]
            ),
            label=d["title"],
        )
        for d in report["documents"]
        if d["statements"]
    )
    nothing = element("option", "Nothing here answers it", value="")
    return element("h3", "A question of your own") + _form(
        state.word,
        "question",
        _field("text", "Question, as people ask it", maxlength=str(LONGEST), required="")
        + f'<label class="field">What answers it <select name="statement">{groups}{nothing}</select></label>'
        + _press("add", "Add", "quiet"),
    )


def _earlier(state: State) -> str:
    if not state.earlier:
        return ""
    rows = "".join(
        _form(
            state.word,
            "back",
            _hidden("version", name) + element("button", text(f"Go back to before {_moment(name)}"), "quiet"),
        )
        for name in state.earlier
    )
    told = element(
        "p", "What was published before, by the moment at which it was replaced. Going back publishes it again."
    )
    return element("h2", "Earlier versions") + told + rows


def _moment(name: str) -> str:
    """`2026-12-01T141503Z` as people write it."""
    day, _, clock = name.partition("T")
    return f"{day} {clock[:2]}:{clock[2:4]}:{clock[4:6]} UTC"

"""What lies nearest to a question that nothing answers: quotes that are visibly no answer.

In: the citations that an Answer holds as closest. Out: markup: each quote with its number, whose words it is, what kind
of study stands behind it, what checking found against it, and the way to its place. This module knows no question.
"""

from __future__ import annotations

from collections.abc import Sequence

from trustbot.types import Citation
from trustbot.web import said, words
from trustbot.web.evidence_view import stored_link
from trustbot.web.markup import element, sourced, text
from trustbot.web.sentences_view import caution


def closest(citations: Sequence[Citation]) -> str:
    """The quotes as a list; nothing where there are none."""
    return element("ul", "".join(map(_item, citations)), "tb-near") if citations else ""


def _item(citation: Citation) -> str:
    number = element("span", f"[{citation.number}]", "tb-ref")
    kind = element("span", text(words.DOCUMENT_KIND_SHORT[citation.document.kind]), "tb-kind")
    marks = element("p", f"{number} {kind}", "tb-marks")
    quote = sourced("blockquote", text(f"“{citation.quote.text}”"))
    known, audit = said.badge(citation.source), citation.audit
    badge = sourced("p", text(known), "tb-badge") if known else ""
    doubted = audit is not None and (audit.notice or audit.check != "supported")
    against = caution(audit, audit.notice or audit.reason) if audit is not None and doubted else ""
    # Read aloud, the parts stand apart.
    parts = " ".join(part for part in (marks, quote, badge, against, stored_link(citation)) if part)
    return element("li", parts, f"tb-doc-{citation.document.kind.replace(' ', '-')}")

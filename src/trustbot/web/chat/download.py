"""The conversation on the page -> a file for its reader.

In: the exchanges, which stay on the server, and the name of a format. Out: markup with a link that holds the whole
file, so that nothing is stored here and no other address is opened. This module knows no Gradio component.
"""

from __future__ import annotations

import base64
import datetime
import logging

from trustbot.records import formats
from trustbot.records.record import is_recorded
from trustbot.types import Answer
from trustbot.web.api.exports import origin
from trustbot.web.http.markup import element, text
from trustbot.web.http.problems import TooManyQuestions
from trustbot.web.i18n import words
from trustbot.web.service import Service

log = logging.getLogger("trustbot.web")

Kept = tuple[tuple[str, Answer], ...]
"""The questions that were answered or declined, each with its Answer."""


def download(service: Service, kept: Kept, format_name: str) -> str:
    """A link to the conversation as a file in that format, or a sentence that says why there is none."""
    kept = tuple(one for one in kept if is_recorded(one[1].outcome))
    if not kept:
        return refusal(words.EXPORT_NOTHING)
    try:
        made = service.signer.answers(kept, service.bot.corpus, origin(service.bot))
        chosen = formats.FORMATS[format_name]
        data = service.work(lambda: chosen.render(made)).encode("utf-8")
    except TooManyQuestions as error:
        return refusal(str(error))
    except Exception:
        log.exception("a conversation could not be exported")
        return refusal(words.EXPORT_FAILED)
    name = formats.file_name(made, chosen)
    address = f"data:{chosen.media_type.replace(' ', '')};base64,{base64.b64encode(data).decode('ascii')}"
    # Each is another element to the page, also when the same file is asked for twice.
    moment = datetime.datetime.now(datetime.UTC).strftime("%H%M%S%f")
    link = element("a", text(name), id=f"tb-file-{moment}", download=name, href=address)
    return element("p", f"{text(words.EXPORT_READY)} {link}", role="status")


def refusal(sentence: str) -> str:
    """The sentence that stands where the link would."""
    return element("p", text(sentence), role="status")

"""Which pages may show the widget, and whether anybody may at present.

In: the settings, the corpus that is served, and a file that switches the widget off at once, without a restart. Out:
the listed origins; and for a page that asks, whether it may show the widget, or a sentence for its coordinator that
says what to change. Deny by default: without a list only this site itself may. This module knows no page and no
request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.settings import Settings
from trustbot.text.origins import NoOrigin, Origins, parse_origins
from trustbot.web.http.problems import shown
from trustbot.web.i18n import words
from trustbot.web.service import Service

REASON_LIMIT = 300
"""Most characters of a reason that is shown."""

Reason = Literal["starting", "corpus", "off", "origin"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a page may show the widget now."""

    reason: Reason | None = None
    """Why it may not; None where it may."""
    problem: str = ""
    """The same for the coordinator of the page, in a sentence that says what to change."""

    @property
    def open(self) -> bool:
        """True if it may."""
        return self.reason is None


class Access:
    """The rules of one server, which serves one corpus."""

    def __init__(self, service: Service, platforms: Callable[[], Origins] = Origins) -> None:
        """`platforms` tells origins that may show the widget whatever is listed: those of known learning platforms.

        Raises InvalidInput for a setting that holds anything but origins.
        """
        self._service = service
        self._set = listed_in(service.settings)
        self._platforms = platforms

    def origins(self) -> Origins:
        """Whose pages may show the widget and call the API: by the setting, else by the manifest, and the platforms."""
        return self._listed() + self._platforms()

    def _listed(self) -> Origins:
        if self._set.listed or self._service.missing:
            return self._set
        return Origins(self._service.bot.corpus.widget_origins)

    def off(self) -> str | None:
        """The sentence that tells that the widget is switched off, or None while it isn't."""
        return told_off(self._service.settings)

    def standing(self, corpus_id: str, origin: str | None) -> Standing:
        """Whether a page may show the widget; `origin` as its browser told it, None for this site's own pages."""
        if self._service.missing:
            return Standing("starting", self._service.missing)
        served = self._service.bot.corpus.id
        if corpus_id not in ("", served):
            return Standing("corpus", words.WIDGET_CORPUS.format(served=served, asked=shown(corpus_id)))
        if off := self.off():
            return Standing("off", off)
        if origin is not None and not self.origins().allows(origin):
            return Standing("origin", words.WIDGET_ORIGIN.format(origin=shown(origin)))
        return Standing()


def listed_in(settings: Settings) -> Origins:
    """The origins of the setting; raises InvalidInput that names it."""
    try:
        return parse_origins(settings.widget_origins)
    except NoOrigin as error:
        raise InvalidInput(f"TRUSTBOT_WIDGET_ORIGINS can't be used: {error}") from None


def told_off(settings: Settings) -> str | None:
    """The sentence that tells that the widget is switched off, or None while it isn't."""
    reason = reason_off(settings.data_dir, settings.corpus)
    if reason is None:
        return None
    return words.WIDGET_OFF_WHY.format(reason=reason) if reason else words.WIDGET_OFF


def reason_off(data_dir: Path, corpus_id: str) -> str | None:
    """Why the widget of a corpus is switched off, which may be left empty; None while it isn't.

    Asked at every request: whoever switches it off wants it off now. A file that can't be read counts as off.
    """
    try:
        text = _switch(data_dir, corpus_id).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        return ""
    return " ".join(text.split())[:REASON_LIMIT]


def switch_off(data_dir: Path, corpus_id: str, reason: str = "") -> None:
    """Switch the widget of a corpus off, also in every server that runs on this folder; raises TrustbotError."""
    told = " ".join(reason.split())
    if len(told) > REASON_LIMIT:
        raise InvalidInput(f"The reason is longer than {REASON_LIMIT} characters. Give a shorter one.")
    file = _switch(data_dir, corpus_id)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(told + "." * bool(told and told[-1] not in ".!?") + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(file, error) from None


def switch_on(data_dir: Path, corpus_id: str) -> None:
    """Switch it on again; raises TrustbotError."""
    file = _switch(data_dir, corpus_id)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(file, error) from None


def _switch(data_dir: Path, corpus_id: str) -> Path:
    return data_dir / "widget" / f"{corpus_id}.off"


def _unwritable(file: Path, error: OSError) -> TrustbotError:
    return TrustbotError(f"{file} can't be written: {error.strerror}. Make its folder writable, then try again.")

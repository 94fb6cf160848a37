"""The words of the screens in the reader's language: `words.SEND` is `english.SEND`, translated.

In: the name of a message of `english`, and the language that `language.using` has set. Out: the message in that
language. Read a word where it is shown, never at import: then nobody has a language yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trustbot.web.i18n.english import *  # noqa: F403
else:
    from trustbot.web.i18n import english
    from trustbot.web.i18n.language import translate

    def __getattr__(name: str) -> Any:
        return _translated(getattr(english, name), name)

    def _translated(value: Any, name: str) -> Any:
        if isinstance(value, str):
            return translate(value, name)
        if isinstance(value, tuple):
            return tuple(_translated(part, name) for part in value)
        if isinstance(value, dict):
            return {key: _translated(part, name) for key, part in value.items()}
        return value

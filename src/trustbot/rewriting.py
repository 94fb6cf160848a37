"""A chat model's rewrite of a question that leans on its history: asked for, checked, and used only if it passes.

In: the query that the rules made, the text they made it of, the turns before it, and a chat model. Out: the query to
search for, and one short note on what became of the rewrite. The rules stand wherever the model fails, is late, or
says anything that the conversation does not bear out. This module knows no provider and searches nothing.

A rewrite passes if it is one question that stands alone, keeps what the reader typed (each word that carries meaning,
in its order, each number, each negation, the word it asks with), adds only words that the conversation holds, and
names no number that the reader did not name.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from trustbot import guard, prompts
from trustbot.errors import ModelError
from trustbot.leaning import CLAUSE, CONNECTIVE, CORRECTION, ELLIPSIS, ORDINAL, POLITE, REFERENCE, dependent
from trustbot.sentences import split_sentences
from trustbot.stopping import Stop
from trustbot.terms import STOPWORDS, stem, words
from trustbot.types import MARKER, Query, Turn

TURNS = 10
"""Turns that the model is shown, and whose words it may use."""
TURN_LENGTH = 1000
"""Characters of one turn that are shown: with `TURNS`, some 2,500 tokens at most."""
LENGTH = 300
"""Characters of a rewrite, beyond those of the question itself."""
AROUND = 20
"""Characters that may stand around it: blanks, quotation marks."""
NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nobody|nothing|nowhere|without|cannot|except|unless)\b|n['’]t\b"
    r"|\b(?:dont|doesnt|didnt|isnt|arent|wasnt|werent|cant|couldnt|shouldnt|wouldnt|wont|havent|hasnt)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(
    r"(?<![^\W_])\d+(?:[.,]\d+)*(?![^\W_])|\b(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|twenty|thirty|forty|fifty"
    r"|sixty|seventy|eighty|ninety|hundred|thousand|million|half|twice|double|percent)\b",
    re.IGNORECASE,
)
RELATIONS = frozenset("before after above below under over against until only less least fewer".split())
"""Function words that turn a meaning round; they are kept and added like words that carry one."""
ASKS = frozenset("why when where who whom whose".split())
"""Words that say what is asked for. "How" and "what" are not among them: "what about …" asks what was asked before."""
NAMED = 3
"""Most words that a note names."""


class ChatModel(Protocol):
    """What this module needs of a chat model."""

    @property
    def name(self) -> str:
        """How the settings name it."""

    def stream(
        self,
        system: str,
        user: str,
        form: Mapping[str, Any] | None = None,
        *,
        stop: Stop | None = None,
        patience: int = 1,
    ) -> Generator[str]:
        """Its reply in pieces; raises ModelError with one sentence if it isn't whole in `patience` times its limit."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The query to search for; `note` says what became of the rewrite, and is None where none was asked for."""

    query: Query
    note: str | None = None


class Rewriter:
    """Rewrites by one chat model. Safe to share between threads if the model is."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def rewrite(self, query: Query, question: str, history: Sequence[Turn], stop: Stop | None = None) -> Rewritten:
        """The query with the model's rewrite as its text where it passes, and as it is where not. Never raises.

        `question` is what the rules made `query` of. A question that stands alone costs no call, and neither does one
        that the rules have traced to a statement of the last answer. `stop` ends the model's work.
        """
        own = _own(question, history)
        if not history or not (query.carried or dependent(own)) or query.about or query.exclude:
            return Rewritten(query)
        shown = _shown(history)
        try:
            reply = self._reply(prompts.conversation(shown, question), len(question) + LENGTH, stop)
        except ModelError as error:
            return Rewritten(query, f"{self._model.name}: not used; {error}")
        except Exception as error:  # an option must never cost the reader the answer
            return Rewritten(query, f"{self._model.name}: not used; it failed ({type(error).__name__}).")
        text = _bare(reply)
        problem = objection(text, question, shown)
        if problem is not None:
            return Rewritten(query, f"{self._model.name}: not used; {problem}.")
        used = replace(query, text=text, carried=None, resolved={question: text})
        return Rewritten(used, f"{self._model.name}: used.")

    def _reply(self, user: str, most: int, stop: Stop | None) -> str:
        """What the model says, up to where it can't be a rewrite any more: nobody waits for the rest."""
        text = ""
        with closing(self._model.stream(prompts.REWRITE, user, stop=stop, patience=1)) as pieces:
            for piece in pieces:
                text += piece
                if "\n" in _bare(text) or len(text) > most + AROUND:
                    break
        return text


def objection(rewrite: str, question: str, history: Sequence[Turn]) -> str | None:
    """Why `rewrite` can't stand for `question` after `history`, as the end of a sentence; None if it can."""
    own = _own(question, history)
    return (
        _shape(rewrite, question)
        or _lost(rewrite, own)
        or _turned(rewrite, question, history)
        or _reversed(rewrite, question, history)
        or _invented(rewrite, question, history)
        or _idle(rewrite, question)
    )


def _shape(rewrite: str, question: str) -> str | None:
    if not any(c.isalpha() for c in rewrite):
        return "it holds no word"
    if len(rewrite) > len(question) + LENGTH:
        return "it is too long"
    if "\n" in rewrite or len(split_sentences(rewrite)) > len(split_sentences(question)):
        return "it has more sentences than the question"
    return "it asks to act against the instructions" if guard.refusal(rewrite) else None


def _lost(rewrite: str, own: str) -> str | None:
    """What the reader typed that is not there, or not in the order they typed it."""
    wanted = list(_meaning(ORDINAL.sub(" ", ELLIPSIS.sub(_asking, own))))
    held = [stem(w) for w, _, _ in words(rewrite)]
    missing = [w for w in wanted if stem(w) not in held]
    if missing:
        return f"it leaves out {_listed(missing)}"
    rest = iter(held)
    if not all(stem(w) in rest for w in wanted):
        return "it changes the order of the words"
    asked = {w for w, _, _ in words(ELLIPSIS.sub(_asking, own))} & ASKS
    kept = {w for w, _, _ in words(rewrite)}
    return f"it no longer asks {_listed(sorted(asked - kept))}" if asked - kept else None


def _turned(rewrite: str, question: str, history: Sequence[Turn]) -> str | None:
    """Whether a negation was lost, or put in.

    A question without a predicate of its own ("and residents?") takes over the last one's, with its negation; one that
    only opens a question ("No, I meant …") may go.
    """
    own = _own(question, history)
    last = next((turn.text for turn in reversed(history) if turn.role == "user"), "")
    typed, needed, taken, made = (len(NEGATION.findall(text)) for text in (question, own, last, rewrite))
    elliptic = ELLIPSIS.search(own) is not None or not CLAUSE.match(CONNECTIVE.sub("", own))
    if made < max(needed, min(taken, 1) if elliptic else 0):
        return "it drops a negation"
    return "it adds a negation" if made > typed + taken else None


def _reversed(rewrite: str, question: str, history: Sequence[Turn]) -> str | None:
    """Whether what is filled in comes in another order than where the reader said it: who trusts whom matters."""
    typed = {stem(w) for w, _, _ in words(question)}
    filled = list(dict.fromkeys(stem(w) for w in _meaning(rewrite) if stem(w) not in typed))
    for turn in reversed(history):
        said = list(dict.fromkeys(stem(w) for w in _meaning(turn.text))) if turn.role == "user" else []
        shared = [w for w in filled if w in said]
        if len(shared) > 1:
            return None if shared == [w for w in said if w in shared] else "it turns round what was said"
    return None


def _invented(rewrite: str, question: str, history: Sequence[Turn]) -> str | None:
    """The numbers and words that are nobody's."""
    typed = " ".join((question, *(turn.text for turn in history if turn.role == "user")))
    pointed = {n for match in REFERENCE.finditer(rewrite) for n in re.findall(r"\d+", match.group())}
    new = sorted((_numbers(rewrite) - _numbers(typed)) | (pointed - _numbers(question)))
    if new or MARKER.search(rewrite):
        return f"it adds the number {_listed(new)}" if new else "it adds a reference number"
    said = {stem(w) for text in (question, *(turn.text for turn in history)) for w, _, _ in words(text)}
    foreign = [w for w in _meaning(rewrite) if stem(w) not in said]
    return f"it adds {_listed(foreign)}, which nobody said" if foreign else None


def _idle(rewrite: str, question: str) -> str | None:
    """Whether nothing was filled in: a question that leans on the conversation does so still."""
    typed = {stem(w) for w, _, _ in words(question)}
    return None if any(stem(w) not in typed for w in _meaning(rewrite)) else "it fills in nothing"


def _meaning(text: str) -> Iterator[str]:
    """The words that carry a meaning, in order; words that only frame a question are among them."""
    return (w for w, _, _ in words(text) if w not in STOPWORDS or w in RELATIONS)


def _numbers(text: str) -> set[str]:
    return {match.group().lower() for match in NUMBER.finditer(text)}


def _asking(match: re.Match[str]) -> str:
    """What stays of an ellipsis: the word that asks, of those that ask by themselves."""
    return " ".join(w for w, _, _ in words(match.group()) if w in ASKS)


def _own(question: str, history: Sequence[Turn]) -> str:
    """The question without a polite opening, or one that takes something back."""
    text = POLITE.sub("", question).strip() or question
    return (CORRECTION.sub("", text).strip() or text) if history else text


def _shown(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns that the model sees: the last ones, cut, without those that gave it instructions."""
    safe = [turn for turn in history if turn.role == "assistant" or guard.refusal(turn.text) is None]
    return tuple(Turn(turn.role, turn.text[:TURN_LENGTH]) for turn in safe[-TURNS:])


def _bare(reply: str) -> str:
    """The reply without the quotation marks that models like to put around it."""
    text = reply.strip()
    while len(text) > 1 and (text[0], text[-1]) in (('"', '"'), ("“", "”"), ("'", "'"), ("`", "`")):
        text = text[1:-1].strip()
    return text


def _listed(found: Sequence[str]) -> str:
    named = list(dict.fromkeys(found))
    return ", ".join(f"“{w}”" for w in named[:NAMED]) + (" and more" if len(named) > NAMED else "")

"""What became of each sentence that a chat model wrote: asked questions in, fates, counts and a text to read out.

In: questions with what the model wrote, what was shown, and the answer in the sources' own words. Out: one `Sentence`
for each that the model wrote, with its fate; each that readers saw with the passages that it cites; counts and times.
A weak model seldom names its passages, which makes it too easy to stop: a sentence that fell for its markers is
checked again beside each passage that it was given. This module asks nobody, and judges by the answers' own checker.
"""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from trustbot.answer.drafts import Drafted, DraftReader
from trustbot.answer.generation import Item, items_of
from trustbot.evals.relay import Exchange
from trustbot.evals.running import write_text
from trustbot.models import prompts
from trustbot.presentation import wording
from trustbot.types import MARKER, Answer, Corpus
from trustbot.verify import attribution, worded
from trustbot.verify.support.supporter import Supporter

if TYPE_CHECKING:
    from trustbot.bot import Bot

USED = ": used."
"""How the note on a model's reading ends where that was used."""
SUPPORTED = "supported"
MARKERS = ("names no passage", "names a passage that is not there")
"""Fates of sentences whose markers are wrong, whatever they say."""
UNLIKELY = frozenset({"probability", "consistency"})
"""What a verdict names where no rule is broken."""
RUN = 7
"""Words in a row from a prompt that count as giving it away."""


class Asked(Protocol):
    """What this module needs of a question that was asked."""

    question: str
    answer: Mapping[str, Any] | None
    parts: list[Mapping[str, Any]]
    plain: Answer | None
    exchanges: list[Exchange]
    first_s: float
    total_s: float
    sent: float


@dataclass(frozen=True, slots=True)
class Fate:
    """What the checker makes of a sentence: its name, the rules that it breaks, its probability of support."""

    name: str
    broken: Mapping[str, Sequence[str]] = field(default_factory=dict)
    support: float = 0.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that the model wrote; `fate` says what the checker makes of it."""

    question: str
    text: str
    passages: tuple[int, ...]
    fate: str
    broken: Mapping[str, Sequence[str]]
    support: float
    would_pass: tuple[str, ...] = ()
    """For a sentence that fell for its markers: the passages beside any of which it would have been shown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One line that a reader saw and that is no claim of the extracted answer."""

    question: str
    line: str
    quotes: tuple[str, ...]
    verbatim: bool
    """Whether it says word for word what one of its quotes says."""
    kept: bool
    """Whether it stood in the answer in the end."""


def write(asked: Sequence[Asked], bot: Bot, out: Path) -> dict[str, Any]:
    """Write `sentences.jsonl` and `shown.md` to `out`; the counts and times."""
    sentences = [s for one in asked for s in fates(one, bot.corpus, bot.supporter)]
    shown = [s for one in asked for s in lines_shown(one)]
    write_text(out / "sentences.jsonl", "".join(json.dumps(asdict(s), ensure_ascii=False) + "\n" for s in sentences))
    write_text(out / "shown.md", to_read([*shown, *would_be_shown(sentences)]))
    replies = [{"question": one.question, "reply": e.text} for one in asked for e in one.exchanges]
    write_text(out / "replies.jsonl", "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in replies))
    return counts(asked, sentences, shown) | {"seconds": times(asked)}


def fates(asked: Asked, corpus: Corpus, supporter: Supporter) -> list[Sentence]:
    """The sentences that the model wrote for an answer, each with its fate."""
    found = []
    for exchange in _wordings(asked):
        if asked.plain is None:
            continue
        items, given = items_of(asked.plain), _given(exchange, asked.plain)
        reader = DraftReader()
        for draft in (*reader.feed(exchange.text), *reader.end()):
            had = fate(draft, items, given, corpus, supporter)
            other = _passes(draft, items, given, corpus, supporter) if had.name in MARKERS else ()
            said = (asked.question, draft.text, draft.passages)
            found.append(Sentence(*said, had.name, had.broken, had.support, other))
    return found


def lines_shown(asked: Asked) -> list[Shown]:
    """The lines that were seen, on the way or in the end, and that the model wrote."""
    if asked.plain is None or asked.answer is None:
        return []
    plain = {item.verdict.claim.text for item in items_of(asked.plain)}
    worded_in_the_end = asked.answer["trace"]["model"] is not None
    seen: dict[str, Shown] = {}
    for part in (*asked.parts, *([asked.answer] if worded_in_the_end else [])):
        at = 0
        for line in part["text"].split("\n"):
            end = at + len(line)
            if line not in plain and line not in seen:
                spans = [c["quote"] for c in part["citations"] if [at, end] in c["supports"]]
                kept = worded_in_the_end and line in asked.answer["text"].split("\n")
                verbatim = any(attribution.flat(quote) == attribution.flat(_said(line)) for quote in spans)
                seen[line] = Shown(asked.question, line, tuple(dict.fromkeys(spans)), verbatim, kept)
            at = end + 1
    return list(seen.values())


def would_be_shown(sentences: Iterable[Sentence]) -> list[Shown]:
    """The sentences that fell for their markers alone, as they would have been seen."""
    return [
        Shown(
            s.question,
            s.text,
            s.would_pass,
            any(attribution.flat(s.text) == attribution.flat(q) for q in s.would_pass),
            False,
        )
        for s in sentences
        if s.would_pass
    ]


def to_read(shown: Iterable[Shown]) -> str:
    """What a person has to read, those in words of their own first, each once."""
    lines: list[str] = []
    for verbatim, title in ((False, "In the model's own words"), (True, "Word for word")):
        listed = {(s.line, s.quotes): s for s in shown if s.verbatim is verbatim}
        lines += [f"# {title}: {len(listed)}", ""]
        for number, one in enumerate(listed.values(), 1):
            lines += [f"{number}. {one.line}", *(f"   - “{quote}”" for quote in one.quotes)]
            lines += [f"   - asked: {one.question}", ""]
    return "\n".join(lines) + "\n"


def counts(asked: Sequence[Asked], sentences: Sequence[Sentence], shown: Sequence[Shown]) -> dict[str, Any]:
    """How many questions and sentences there were, and what became of them."""
    outcomes = Counter("unusable" if one.answer is None else one.answer["outcome"] for one in asked)
    given = [one for one in asked if _wordings(one)]
    readings = [str(one.answer["trace"]["rewrite"]) for one in asked if one.answer and one.answer["trace"]["rewrite"]]
    wordings = [str(one.answer["trace"]["wording"]) for one in given if one.answer]
    return {
        "questions": len(asked),
        "outcomes": dict(outcomes),
        "read": sum(note.endswith(USED) for note in readings),
        "not_read_because": _reasons(readings),
        "given_to_the_model": len(given),
        "worded": sum(one.answer is not None and one.answer["trace"]["model"] is not None for one in given),
        "not_worded_because": _reasons(wordings),
        "sentences": len(sentences),
        "fates": dict(Counter(s.fate for s in sentences).most_common()),
        "supported_word_for_word": sum(s.fate == SUPPORTED and _repeats(s, asked) for s in sentences),
        "would_pass_with_other_markers": sum(bool(s.would_pass) for s in sentences),
        "rules": dict(Counter(rule for s in sentences for rule in s.broken).most_common()),
        "shown": len(shown),
        "shown_in_the_end": sum(s.kept for s in shown),
        "shown_in_own_words": sum(not s.verbatim for s in shown),
        "prompt_given_away": sum(map(gives_prompt_away, asked)),
    }


def times(asked: Sequence[Asked]) -> dict[str, Any]:
    """Medians and ninth deciles, in seconds from the question, over the answers that the model worded."""
    rows: dict[str, list[float]] = {}
    for one in asked:
        found = [e for e in _wordings(one) if e.first]
        if not found or not one.first_s:
            continue
        last = found[-1]
        for name, value in (
            ("model_starts", last.started - one.sent),
            ("first_token", last.first - one.sent),
            ("first_checked_sentence", one.first_s),
            ("model_ends", last.ended - one.sent),
            ("answer", one.total_s),
            ("checking_after_the_model", one.sent + one.total_s - last.ended),
            ("tokens_per_second", last.tokens / max(last.ended - last.first, 1e-6)),
        ):
            rows.setdefault(name, []).append(value)
    made: dict[str, Any] = {"answers": len(next(iter(rows.values()), []))}
    for name, values in rows.items():
        deciles = statistics.quantiles(values, n=10) if len(values) > 1 else values * 9
        made[name] = {"median": round(statistics.median(values), 2), "p90": round(deciles[8], 2)}
    return made


def gives_prompt_away(asked: Asked) -> bool:
    """Whether anything shown has `RUN` words in a row from a prompt."""
    told = [part["text"] for part in asked.parts]
    told += [asked.answer["text"], asked.answer["query"]["standalone"]] if asked.answer else []
    return any(map(holds_prompt, told))


def holds_prompt(text: str) -> bool:
    """Whether `text` has `RUN` words in a row from a prompt."""
    secret = {run for prompt in (prompts.WORD, prompts.READ) for run in _runs(prompt)}
    return any(run in secret for run in _runs(text))


def _repeats(sentence: Sentence, asked: Sequence[Asked]) -> bool:
    plain = next((one.plain for one in asked if one.question == sentence.question and one.plain), None)
    quotes = {attribution.flat(c.quote.text) for c in plain.citations} if plain else set()
    return attribution.flat(sentence.text) in quotes


def _wordings(asked: Asked) -> list[Exchange]:
    return [e for e in asked.exchanges if e.system == prompts.WORD]


def _given(exchange: Exchange, plain: Answer) -> list[Item]:
    """The items that the model was given, by their numbers."""
    data = json.loads(exchange.user[exchange.user.index("{") : exchange.user.rindex("}") + 1])
    held = [item for item in items_of(plain) if not item.direct]
    texts = [" ".join(item.quote.text.split()) for item in held]
    return [held[texts.index(p["text"])] for p in data["passages"] if p["text"] in texts]


def fate(draft: Drafted, items: Sequence[Item], given: Sequence[Item], corpus: Corpus, supporter: Supporter) -> Fate:
    """What becomes of a sentence by itself; `given` are those of the answer's `items` that the model was given."""
    if not draft.passages:
        return Fate(MARKERS[0])
    if not all(1 <= n <= len(given) for n in draft.passages):
        return Fate(MARKERS[1])
    numbers = [corpus.number_of(given[n - 1].quote.chunk) for n in draft.passages]
    pool = [quote for item in items for quote in item.verdict.quotes]
    found = worded.say(draft.text, numbers, pool, corpus, supporter)
    support = round(found.signals.get("support", 0.0), 4)
    if found.support == "supported":
        return Fate(SUPPORTED, {}, support)
    if not found.signals:
        return Fate("is no plain statement", {}, support)
    weak = found.broken.keys() <= UNLIKELY
    return Fate("is not supported enough" if weak else "breaks a rule", {} if weak else found.broken, support)


def _passes(
    draft: Drafted, items: Sequence[Item], given: Sequence[Item], corpus: Corpus, supporter: Supporter
) -> tuple[str, ...]:
    """The passages beside any of which a sentence would be shown."""
    alone = (replace(draft, passages=(n,)) for n in range(1, len(given) + 1))
    passed = (fate(one, items, given, corpus, supporter).name == SUPPORTED for one in alone)
    return tuple(item.quote.text for item, passes in zip(given, passed, strict=True) if passes)


def _said(line: str) -> str:
    """A shown line without its lead, its markers and what stands behind them."""
    for lead in (wording.NOTE_LEAD, wording.PAGE_LEAD, wording.DISCLAIMER_LEAD):
        line = line.removeprefix(lead)
    return MARKER.split(line)[0]


def _reasons(notes: Iterable[str]) -> dict[str, int]:
    """How often each reason stands in the notes on what was not used, numbers apart."""
    found = (re.sub(r"\d+", "N", note.partition("not used; ")[2]) for note in notes)
    return dict(Counter(re.sub(r"^.*gave nothing to use: ", "", why) for why in found if why))


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return (tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))

"""A question -> the parts that it may have, told by its shape alone; whether it has them, a reader says.

In: a question. Out: its sentences that ask, where it has several; and the two halves of each place at which it could be
joined: behind a comma or one of the commonest words, where a function word follows, as one does that begins a question.
This module knows no corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trustbot.text.sentences import split_sentences
from trustbot.text.terms import STOPWORDS, content_stems, zipf

JOINS = 7.3
"""Zipf frequency from which a word may join two halves: the commonest five of English, "and" among them."""
FEWEST = 3
"""Words of a part."""
MOST = 3
"""Places at which one question is tried."""
_ASKS = re.compile(r"""[?？]["'”’»)\]*_]*\Z""")
_ENDS = re.compile(r"[.!?…][\"'”’)]*\s+\S")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def asked_in(question: str) -> tuple[str, ...]:
    """The sentences of a question that ask, each whole; those that ask nothing by themselves are left out."""
    sentences = (question[start:end] for start, end in split_sentences(question))
    return tuple(s for s in sentences if _ASKS.search(s) and _is_part(s))


def halves_of(question: str) -> Iterator[tuple[str, str]]:
    """The two halves at each place where one sentence could be joined of two, at most `MOST`.

    A story has none, however it is typed: without capitals, its sentences end all the same.
    """
    if _ENDS.search(question.strip()):
        return
    found = 0
    words = list(_WORD.finditer(question))
    for before, joint, after in zip(words, words[1:], words[2:], strict=False):
        is_joint = joint[0].lower() in STOPWORDS and zipf(joint[0].lower()) >= JOINS
        marked = question[before.end() : joint.start()].strip() in (",", ";")
        if is_joint and after[0].lower() in STOPWORDS:
            first, second = question[: before.end()], question[after.start() :]
        elif marked and not is_joint and joint[0].lower() in STOPWORDS:
            first, second = question[: before.end()], question[joint.start() :]
        else:
            continue
        if _is_part(first) and _is_part(second) and found < MOST:
            found += 1
            yield f"{first.strip()}?", second.strip()


def _is_part(text: str) -> bool:
    return len(_WORD.findall(text)) >= FEWEST and bool(content_stems(text))

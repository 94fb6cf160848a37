"""The table by work, as markup."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from trustbot import wording
from trustbot.types import Answer, Comparison, Notice, Row
from trustbot.web import render


@pytest.fixture
def compared(world: Any) -> Answer:
    answer: Answer = world.answered()
    sources = [world.corpus.numbered(n) for n in (2, 3, 4)]
    table = Comparison(
        "<b>feedback</b>", tuple(Row(s, tuple(c for c in answer.citations if c.number == s.number)) for s in sources)
    )
    return replace(answer, comparison=table, notices=(Notice("silence", "Reference 3: nothing."),))


def test_every_work_has_a_row_and_the_silent_one_says_so(world: Any, compared: Answer) -> None:
    markup = render.answer(compared, world.corpus, 7)
    assert markup.count("<tr>") == 4, "a heading and three works"
    assert markup.count(wording.SILENT_ROW) == 1
    assert "Reference 3: nothing." not in markup, "the row says it"
    assert "“&lt;b&gt;feedback&lt;/b&gt;”" in markup
    assert markup.count('scope="row"') == 3
    for place in range(len(compared.citations)):
        assert f'href="#tb-a7-c{place}"' in markup or f'id="tb-a7-c{place}"' in markup


def test_quotes_lead_to_their_evidence_and_back(world: Any, compared: Answer) -> None:
    markup = render.answer(compared, world.corpus, 7)
    table = markup[markup.index("<table") : markup.index("</table>")]
    for sentence in ("tb-a7-s0", "tb-a7-s1"):
        assert f'id="{sentence}"' in table
        assert f'href="#{sentence}"' in markup


def test_a_row_may_only_quote_what_the_answer_cites(world: Any, compared: Answer) -> None:
    with pytest.raises(ValueError, match="doesn't cite"):
        replace(compared, citations=compared.citations[:2])

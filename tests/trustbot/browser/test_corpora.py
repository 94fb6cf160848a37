"""Two corpora of one server in one tab: each page keeps what is its own."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import expect

from trustbot.settings import Settings
from trustbot.web.server import create_app

QUESTION, DRAFT = "How does observation help?", "half a thought"


def test_what_is_asked_and_typed_at_one_corpus_is_not_at_another(make_bot, serve_app, wait_until, visit, tmp_path):
    def opened(settings):
        bot = make_bot()
        bot.corpus = replace(bot.corpus, id=settings.corpus)
        return bot

    with serve_app(create_app(Settings(data_dir=tmp_path, corpora="north"), opened)) as url:
        wait_until(f"{url}/c/north/readyz")
        seen = visit(url)
        seen.ask(QUESTION)
        seen.answer()
        seen.kept(QUESTION)
        seen.box.fill(DRAFT)
        seen.page.goto(f"{url}/c/north/")
        seen.ready()
        expect(seen.box).to_have_value("")
        expect(seen.page.locator("#tb-chat .tb-q")).to_have_count(0)
        seen.ask("Is there feedback?")
        seen.answer()
        seen.kept("Is there feedback?")
        seen.page.goto(f"{url}/")
        expect(seen.box).to_have_value(DRAFT)
        kept = seen.page.evaluate("Object.fromEntries(Object.entries(sessionStorage))")
        conversations = {name: text for name, text in kept.items() if name.endswith(".conversation")}
        assert set(conversations) == {"trustbot.preceptor-trust.conversation", "trustbot.north.conversation"}
        assert f'"q":"{QUESTION}"' in conversations["trustbot.preceptor-trust.conversation"]
        assert f'"q":"{QUESTION}"' not in conversations["trustbot.north.conversation"]

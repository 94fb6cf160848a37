"""The reader's language: addresses under `/es/`, dates and numbers, and the screens over HTTP."""

from __future__ import annotations

import html
import re
import threading

import httpx
import pytest

from trustbot.settings import Settings
from trustbot.web.http.addresses import LanguagePrefix, route_path
from trustbot.web.i18n import english, language
from trustbot.web.server import create_app


@pytest.fixture(scope="module")
def site(make_bot, serve_app, wait_until):
    with serve_app(create_app(Settings(), lambda _: make_bot())) as url:
        wait_until(f"{url}/es/")
        yield url


async def served(path: str, method: str = "GET", root: str = "", **scope: object) -> tuple[dict, list[dict]]:
    """What reaches the application behind the middleware, and what is sent without it."""
    reached: dict = {}
    sent: list[dict] = []

    async def app(scope, receive, send):
        reached.update(scope, language=language.current(), route=route_path(scope), alternates=language.alternates())

    async def send(message):
        sent.append(message)

    given = {"type": "http", "method": method, "path": path, "root_path": root, "headers": [], **scope}
    await LanguagePrefix(app)(given, None, send)
    return reached, sent


def run(path: str, **given: object) -> tuple[dict, list[dict]]:
    import asyncio

    return asyncio.run(served(path, **given))


@pytest.mark.parametrize(
    ("path", "code", "route"),
    [
        ("/", "en", "/"),
        ("/audit", "en", "/audit"),
        ("/es/", "es", "/"),
        ("/es/audit", "es", "/audit"),
        ("/es/documents/a/b", "es", "/documents/a/b"),
        ("/es/es/audit", "es", "/es/audit"),
        ("/espresso", "en", "/espresso"),
        ("/fr/audit", "en", "/fr/audit"),
        ("/en/audit", "en", "/en/audit"),
        ("/ES/audit", "en", "/ES/audit"),
        ("//es/audit", "en", "//es/audit"),
        ("", "en", ""),
    ],
)
def test_the_first_part_of_the_path_is_the_language(path, code, route):
    reached, sent = run(path)
    assert (reached["language"], reached["route"], sent) == (code, route, [])
    assert reached["path"] == path
    assert language.current() == "en"


def test_a_root_that_a_server_was_told_of_stays_in_front():
    reached, _ = run("/guide/es/audit", root="/guide")
    assert (reached["language"], reached["root_path"], reached["route"]) == ("es", "/guide/es", "/audit")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_prefix_without_its_slash_leads_to_it(method):
    reached, sent = run("/es", method=method, query_string=b"q=a%20b")
    assert not reached
    assert sent[0]["status"] == 308
    assert dict(sent[0]["headers"])[b"location"] == b"es/?q=a%20b"


def test_what_is_no_request_passes_untouched():
    reached, _ = run("/es/", type="lifespan")
    assert reached["language"] == "en"


@pytest.mark.parametrize(
    ("path", "query", "own", "other"),
    [
        ("/", "", "./", "es/"),
        ("/es/", "", "./", "../"),
        ("/audit", "check=partly", "./audit?check=partly", "es/audit?check=partly"),
        ("/es/audit", "check=partly", "./audit?check=partly", "../audit?check=partly"),
        ("/documents/a%2Fb", "", "./a%2Fb", "../es/documents/a%2Fb"),
        ("/es/documents/a%2Fb", "", "./a%2Fb", "../../documents/a%2Fb"),
    ],
)
def test_a_page_leads_to_itself_in_the_other_language(path, query, own, other):
    reached, _ = run(path, raw_path=path.encode(), query_string=query.encode())
    assert [way.href for way in reached["alternates"]] == [own, other]
    base = httpx.URL(f"http://x{path}")
    assert base.join(own).path == base.path
    there, _ = run(base.join(other).path)
    assert there["language"] != reached["language"]
    assert there["route"] == reached["route"].replace("%2F", "/")


def test_dates_and_numbers_are_written_as_readers_do():
    assert language.date("2025-08-18") == "18 August 2025"
    assert language.number(12000) == "12,000"
    with language.using("es"):
        assert language.date("2025-08-18") == "18 de agosto de 2025"
        assert language.date("in spring") == "in spring"
        assert language.number(12000) == "12.000"
        assert language.original() == "en"
    assert language.original() == ""


def test_a_handler_speaks_its_language_in_every_thread():
    @language.speaking("es")
    def once() -> str:
        return language.current()

    @language.speaking("es")
    def steps():
        for _ in range(2):
            yield language.current()

    assert once() == "es"
    taken = []
    items = steps()
    for _ in range(2):
        thread = threading.Thread(target=lambda: taken.append(next(items)))
        thread.start()
        thread.join()
    assert taken == ["es", "es"]
    assert next(items, None) is None
    assert language.current() == "en"


def test_the_chat_is_served_in_both_languages(site):
    spanish, other = httpx.get(f"{site}/es/"), httpx.get(f"{site}/")
    assert re.search(r"<html\s[^>]*lang=\"es\"", spanish.text)
    assert re.search(r"<html\s[^>]*lang=\"en\"", other.text)
    assert '<link rel="alternate" hreflang="en" href="../">' in spanish.text
    assert '<link rel="alternate" hreflang="es" href="es/">' in other.text
    assert "/es" in httpx.get(f"{site}/es/config").json()["root"]
    assert httpx.head(f"{site}/es/").status_code == 200


@pytest.mark.parametrize("path", ["audit", "browse", "documents/article"])
def test_pages_are_served_in_both_languages(site, path):
    page = httpx.get(f"{site}/es/{path}").text
    assert '<html lang="es">' in page
    assert 'lang="en" hreflang="en"' in page
    assert "Hacer una pregunta" in page
    assert english.AUDIT_BACK not in page
    assert httpx.head(f"{site}/es/{path}").status_code == 200


def test_the_checks_of_the_audit_are_spanish_and_the_statements_english(site):
    page = html.unescape(httpx.get(f"{site}/es/audit", params={"check": "partly"}).text)
    assert "Respaldada solo en parte" in page
    assert "Only partly supported" not in page
    assert re.search(r'<blockquote lang="en">“', page)
    assert '<blockquote lang="en">' not in httpx.get(f"{site}/audit").text
    wrong = httpx.get(f"{site}/es/audit", params={"check": "perhaps"})
    assert wrong.status_code == 400
    assert "No existe el resultado “perhaps”. Elija “supported”" in html.unescape(wrong.text)


def test_problems_are_told_in_the_language_of_the_address(site):
    assert httpx.get(f"{site}/es/nothing").json()["detail"].startswith("No hay nada en")
    assert httpx.get(f"{site}/es/es/audit").status_code == 404
    assert httpx.get(f"{site}/fr/").status_code == 404
    assert httpx.post(f"{site}/es/login").status_code == 403
    assert httpx.put(f"{site}/es/").status_code == 405
    assert httpx.post(f"{site}/es/api/ask", json={"question": ""}).json()["detail"].startswith("La pregunta")


def test_the_waiting_page_is_in_the_language_of_the_address(make_bot, serve_app, wait_until):
    class Cold(type(make_bot())):
        def warm_up(self):
            raise RuntimeError

    cold = make_bot()
    with serve_app(create_app(Settings(), lambda _: Cold(cold.corpus, cold.replies))) as url:
        page = wait_until(f"{url}/es/", 503)
        assert "trustbot todavía no puede responder" in page.text or "trustbot está arrancando" in page.text
        assert '<html lang="es">' in page.text


def test_the_schema_of_the_api_says_that_it_is_english(site):
    assert '<main lang="en">' in httpx.get(f"{site}/es/api/docs").text


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("/?lang=es", "/es/"),
        ("/?lang=es-MX&q=a%20b", "/es/?q=a%20b"),
        ("/browse?x=1&lang=es", "/es/browse?x=1"),
        ("/documents/article?lang=es", "/es/documents/article"),
        ("/es/audit?lang=en&check=partly", "/audit?check=partly"),
        ("/es/?lang=es", "/es/?lang=es"),
        ("/?lang=xx", "/?lang=xx"),
        ("/api/sources?lang=es", "/api/sources?lang=es"),
    ],
)
def test_a_language_in_the_query_leads_to_its_address(site, asked, there):
    found = httpx.get(site + asked, follow_redirects=True)
    assert str(found.url) == site + there
    assert found.status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/es/a/b/c", "/documents/nothing", "/%3Cscript%3E"])
def test_a_browser_finds_a_page_where_there_is_nothing_and_a_program_a_problem(site, path):
    accepts = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = httpx.get(site + path, headers=accepts)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"]
    assert ("Esa página no existe" in page.text) is path.startswith("/es")
    assert "<script>" not in page.text
    way = re.search(r'class="again" href="([^"]*)"', page.text)
    assert way
    home = httpx.URL(site + path).join(way[1])
    assert str(home) == f"{site}/es/" if path.startswith("/es") else f"{site}/"
    assert httpx.get(site + path).headers["content-type"].startswith("application/problem+json")
    assert httpx.get(f"{site}/api/nothing", headers=accepts).headers["content-type"] == "application/problem+json"

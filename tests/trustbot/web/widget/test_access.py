"""Which pages may show the widget: the lists, the switch, and what a coordinator is told."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from trustbot.errors import InvalidInput, TrustbotError
from trustbot.settings import Settings
from trustbot.text.origins import Origins
from trustbot.web.server import create_app
from trustbot.web.service import Service
from trustbot.web.widget.access import REASON_LIMIT, Access, reason_off, switch_off, switch_on

PORTAL = "https://portal.example.edu"
STRANGER = "https://evil.example"


@pytest.fixture
def opened(make_bot, tmp_path):
    """A service whose corpus lists a portal of its own."""

    def make(settings="", listed=("https://*.wards.example",), platforms=()):
        bot = make_bot()
        bot.corpus = replace(bot.corpus, widget_origins=listed)
        service = Service(Settings(data_dir=tmp_path, widget_origins=settings), lambda _: bot)
        access = Access(service, lambda: Origins(platforms))
        assert access.standing("", None).reason == "starting"
        service.open()
        return access

    return make


def test_without_a_list_only_this_site_may(opened):
    access = opened(listed=())
    assert access.standing("", None).open
    told = access.standing("", STRANGER)
    assert told.reason == "origin"
    assert STRANGER in told.problem
    assert "TRUSTBOT_WIDGET_ORIGINS" in told.problem
    assert "manifest.toml" in told.problem


def test_the_manifest_lists_and_the_setting_replaces_its_list(opened):
    by_manifest, by_setting = opened(), opened(PORTAL)
    assert by_manifest.standing("preceptor-trust", "https://a.wards.example").open
    assert not by_manifest.standing("preceptor-trust", PORTAL).open
    assert by_setting.standing("", PORTAL).open
    assert not by_setting.standing("", "https://a.wards.example").open


def test_a_platform_may_whatever_is_listed(opened):
    assert opened(PORTAL, platforms=("https://canvas.example.edu",)).standing("", "https://canvas.example.edu").open


def test_another_corpus_is_named_beside_the_one_served(opened):
    told = opened().standing("cardiology\n", None)
    assert told.reason == "corpus"
    assert told.problem.count("preceptor-trust") == 2
    assert "cardiology?" in told.problem


def test_a_setting_that_lists_no_origins_stops_the_start():
    with pytest.raises(InvalidInput, match="TRUSTBOT_WIDGET_ORIGINS can't be used"):
        create_app(Settings(widget_origins="*"))


def test_the_switch_works_at_once_and_says_why(opened, tmp_path):
    access = opened()
    switch_off(tmp_path, "preceptor-trust", "Under review\n until Monday")
    told = access.standing("", "https://a.wards.example")
    assert told.reason == "off"
    assert "Under review until Monday. " in told.problem
    assert "trustbot widget --on" in told.problem
    assert reason_off(tmp_path, "another") is None
    switch_off(tmp_path, "preceptor-trust")
    assert access.off() == "The widget is switched off on this server. `trustbot widget --on` switches it on again."
    switch_on(tmp_path, "preceptor-trust")
    switch_on(tmp_path, "preceptor-trust")
    assert access.standing("", "https://a.wards.example").open


def test_a_switch_that_cannot_be_read_counts_as_off(tmp_path):
    (tmp_path / "widget" / "c.off").mkdir(parents=True)
    assert reason_off(tmp_path, "c") == ""
    for change in (switch_off, switch_on):
        with pytest.raises(TrustbotError, match="can't be written"):
            change(tmp_path, "c")


def test_a_reason_has_an_end(tmp_path):
    with pytest.raises(InvalidInput, match=str(REASON_LIMIT)):
        switch_off(tmp_path, "c", "x" * (REASON_LIMIT + 1))


@pytest.fixture(scope="module")
def served(make_bot, serve_app, wait_until, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    with serve_app(create_app(Settings(data_dir=data, widget_origins=PORTAL), lambda _: make_bot())) as address:
        wait_until(f"{address}/")
        yield address, data


def ancestors(response):
    policy = response.headers["content-security-policy"]
    return next(part.split()[1:] for part in policy.split("; ") if part.startswith("frame-ancestors"))


def test_only_the_widget_can_be_framed_and_only_by_who_is_listed(served):
    url, _ = served
    for path in ("/widget", "/widget?corpus=preceptor-trust", "/es/widget"):
        assert ancestors(httpx.get(url + path)) == ["'self'", PORTAL]
    for path in ("/", "/es/", "/audit", "/browse", "/api/docs", "/ui/chat.css", "/nothing"):
        assert ancestors(httpx.get(url + path)) == ["'self'"]


def test_the_widget_is_the_chat_itself(served):
    url, _ = served
    page = httpx.get(f"{url}/widget?persona=resident&q=%3C/script%3E&accent=red&theme=dark&id=w1&q=Why%3F")
    assert page.status_code == 200
    assert 'lang="en" class="tb-framed"' in page.text
    assert "window.gradio_config" in page.text
    block = page.text.split('id="tb-widget">')[1].split("</script>")[0]
    assert '"persona": "resident"' in block
    assert '"question": "Why?"' in block
    assert '"accent": ""' in block
    assert '"theme": "dark"' in block
    assert "tb-widget" not in httpx.get(url).text


def test_any_page_may_ask_whether_it_may_show_the_widget(served):
    url, data = served
    for origin, is_open in ((PORTAL, True), (STRANGER, False), ("null", False), (None, True)):
        headers = {"Origin": origin} if origin else {}
        response = httpx.get(f"{url}/widget/status?corpus=preceptor-trust", headers=headers)
        assert response.status_code == 200
        assert response.json()["open"] is is_open
        assert response.headers["access-control-allow-origin"] in ("*", origin)
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in response.headers
    assert httpx.get(f"{url}/widget/status?corpus=x").json()["reason"] == "corpus"
    assert httpx.get(f"{url}/widget?corpus=x").status_code == 404
    switch_off(data, "preceptor-trust", "Under review")
    try:
        assert httpx.get(f"{url}/widget/status").json()["reason"] == "off"
        closed = httpx.get(f"{url}/widget")
        assert closed.status_code == 503
        assert "Under review." in closed.text
        assert ancestors(closed) == ["'self'", PORTAL]
        assert httpx.get(url).status_code == 200
    finally:
        switch_on(data, "preceptor-trust")
    assert httpx.get(f"{url}/widget").status_code == 200

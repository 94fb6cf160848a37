"""Choosing a link: the page, the signed response, and the launch of what was chosen."""

from __future__ import annotations

import re
import threading
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from trustbot.settings import Settings
from trustbot.web.auth.portals import load_portals
from trustbot.web.i18n import english
from trustbot.web.lti.registered import Registry
from trustbot.web.lti.routes import add_lti
from trustbot.web.lti.states import Seals, Unsealed
from trustbot.web.server import create_app
from trustbot.web.service import Service

SITE = "http://127.0.0.1:7860"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
RETURN = "https://lms.example.edu/return?course=7&x=1"


@pytest.fixture(scope="module")
def site(make_bot, data):
    """The tool with a bot that is open, and nothing else."""
    settings = Settings(data_dir=data)
    service = Service(settings, lambda _: make_bot())
    assert service.keep_opening(threading.Event())
    app = FastAPI()
    add_lti(app, service, Registry(data, load_portals(settings.portals_file).platforms))
    with TestClient(app, base_url=SITE, follow_redirects=False) as client:
        yield client


@pytest.fixture
def platform(learning_platform, monkeypatch):
    monkeypatch.setattr(learning_platform, "tool", SITE)
    settings = {
        "deep_link_return_url": RETURN,
        "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "data": 'opaque "<b>" data',
        "title": "Week <3>\ud800",
    }
    more = {"message_type": "LtiDeepLinkingRequest", f"{DL}deep_linking_settings": settings, "resource_link": None}
    monkeypatch.setattr(learning_platform, "more", more)
    return learning_platform


def launch(site, platform, **more):
    response = site.get("/lti/login", params=platform.login())
    told = dict(parse_qsl(urlsplit(response.headers["location"]).query))
    token = platform.token(platform.claims(told["nonce"], **more))
    return site.post("/lti/launch", data={"id_token": token, "state": told["state"]})


def fields(page):
    """Names and values of the inputs of a page; of radio buttons that are chosen."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        told = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if told.get("type") != "radio" or " checked" in tag:
            found[told["name"]] = told["value"]
    return found


def test_an_instructor_chooses_from_the_corpus_and_its_questions(site, platform):
    response = launch(site, platform)
    assert response.status_code == 200
    told = fields(response.text)
    assert (told["corpus"], told["choice"], told["title"]) == ("preceptor-trust", "", "Week <3>?")
    assert "<b>" not in response.text
    assert "Week <3>" not in response.text
    assert RETURN not in response.text
    assert re.search(r'value="0"> [^<]*\?', response.text)
    policy = response.headers["content-security-policy"]
    assert "form-action 'self';" in policy
    assert "script-src" not in policy
    assert f"frame-ancestors 'self' {platform.issuer}" in policy


def choose(site, page, **more):
    return site.post("/lti/deep-link", data={**fields(page), **more})


def answered(site, response):
    """The claims of a response for the platform, checked with the key that the tool publishes."""
    assert response.status_code == 200, response.text
    token = fields(response.text)["JWT"]
    key = jwt.PyJWKSet.from_dict(site.get("/lti/jwks").json())[jwt.get_unverified_header(token)["kid"]]
    return token, key


def test_the_choice_goes_back_signed_and_comes_again_as_a_launch(site, platform):
    page = launch(site, platform).text
    response = choose(site, page, title=" Trust,  in short ", choice="own", own="What builds\ntrust & why?")
    token, key = answered(site, response)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=platform.issuer, issuer=platform.client_id)
    assert claims["https://purl.imsglobal.org/spec/lti/claim/message_type"] == "LtiDeepLinkingResponse"
    assert claims["https://purl.imsglobal.org/spec/lti/claim/version"] == "1.3.0"
    assert claims["https://purl.imsglobal.org/spec/lti/claim/deployment_id"] == platform.deployment
    assert claims[f"{DL}data"] == 'opaque "<b>" data'
    assert claims["nonce"]
    [item] = claims[f"{DL}content_items"]
    assert item == {
        "type": "ltiResourceLink",
        "title": "Trust, in short",
        "url": f"{SITE}/lti/launch",
        "custom": {"corpus": "preceptor-trust", "question": "What builds trust & why?"},
    }
    begun = launch(
        site,
        platform,
        message_type="LtiResourceLinkRequest",
        resource_link={"id": "new"},
        target_link_uri=item["url"],
        custom=item["custom"],
        roles=["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    )
    told = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    assert told == {"corpus": "preceptor-trust", "persona": "resident", "q": "What builds trust & why?"}


def test_the_response_may_go_to_the_platform_only_and_goes_by_a_button_without_scripts(site, platform):
    response = choose(site, launch(site, platform).text)
    policy = response.headers["content-security-policy"]
    assert "form-action https://lms.example.edu;" in policy
    assert "script-src 'self';" in policy
    assert f'action="{RETURN.replace("&", "&amp;")}"' in response.text
    assert english.LTI_RETURN in response.text
    assert re.findall(r"<script[^>]*>", response.text) == ['<script src="../ui/lti.js" defer>']


def test_a_suggestion_is_chosen_by_its_number_and_none_is_a_choice_as_well(site, platform):
    page = launch(site, platform).text
    suggested = unescape(re.search(r'value="0"> ([^<]*)<', page)[1])
    for choice, custom in (("0", {"question": suggested}), ("", {}), ("99", {}), ("²", {})):
        token, _ = answered(site, choose(site, page, choice=choice))
        [item] = jwt.decode(token, options={"verify_signature": False})[f"{DL}content_items"]
        assert item["custom"] == {"corpus": "preceptor-trust", **custom}


def test_a_question_that_cannot_be_asked_comes_back_with_a_sentence(site, platform):
    page = launch(site, platform).text
    long = choose(site, page, choice="own", own="why " * 600, title="Kept")
    assert long.status_code == 422
    assert 'role="alert"' in long.text
    assert "2,399" in long.text
    assert fields(long.text)["title"] == "Kept"
    assert fields(long.text)["choice"] == "own"
    assert choose(site, long.text, own="Why?").status_code == 200
    assert choose(site, page, choice="own", own=" ").status_code == 422


def test_the_page_is_in_the_language_of_the_platform(site, platform):
    page = launch(site, platform, launch_presentation={"locale": "es"}).text
    assert '<html lang="es">' in page
    assert 'action="../es/lti/deep-link"' in page


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x.example;script-src *", "", "https://[x"])
def test_an_address_that_leads_nowhere_is_refused(site, platform, address):
    settings = {**platform.more[f"{DL}deep_linking_settings"], "deep_link_return_url": address}
    assert launch(site, platform, **{f"{DL}deep_linking_settings": settings}).status_code == 400


def test_a_request_for_other_content_is_refused(site, platform):
    settings = {**platform.more[f"{DL}deep_linking_settings"], "accept_types": ["html"]}
    assert launch(site, platform, **{f"{DL}deep_linking_settings": settings}).status_code == 400


def test_a_ticket_of_nobody_is_refused(site, platform):
    page = launch(site, platform).text
    state = dict(parse_qsl(urlsplit(site.get("/lti/login", params=platform.login()).headers["location"]).query))[
        "state"
    ]
    for ticket in ("", "x", state, fields(page)["ticket"][:-3]):
        assert choose(site, page, ticket=ticket).status_code == 403


def test_the_choice_can_only_be_sent_by_the_tools_own_page(data):
    app = create_app(Settings(data_dir=data))
    client = TestClient(app, base_url=SITE, follow_redirects=False)
    headers = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert client.post("/lti/deep-link", data={"ticket": "x"}, headers=headers).json()["detail"].startswith("A page at")
    assert english.LTI_COORDINATOR in client.post("/lti/launch", data={"state": "x"}, headers=headers).text
    assert "LTI" not in client.post("/lti/jwks", headers=headers).text


def test_a_seal_is_good_for_one_purpose_and_for_its_time():
    now = [1000.0]
    seals = Seals(lambda: now[0])
    sealed = seals.seal("login", {"x": 1}, 10)
    assert seals.open("login", sealed)["x"] == 1
    with pytest.raises(Unsealed):
        seals.open("deep-link", sealed)
    with pytest.raises(Unsealed):
        Seals(lambda: now[0]).open("login", sealed)
    now[0] += 10
    with pytest.raises(Unsealed) as caught:
        seals.open("login", sealed)
    assert caught.value.late


def test_what_was_used_is_known_until_its_end_and_no_more_is_kept_than_fits(monkeypatch):
    monkeypatch.setattr("trustbot.web.lti.states.MOST_USED", 2)
    now = [1000.0]
    seals = Seals(lambda: now[0])
    assert [seals.use("a", 1010), seals.use("a", 1010), seals.use("b", 1020)] == [True, False, True]
    assert not seals.use("c", 1030)
    now[0] = 1015
    assert seals.use("c", 1030)
    assert not seals.use("b", 1020)

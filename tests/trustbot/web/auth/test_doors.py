"""Who is let in by the API: by token, by address as trusted proxies tell it, and how often."""

from __future__ import annotations

import threading
import time

import pytest
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from trustbot.errors import InvalidInput
from trustbot.settings import LOOPBACK_PROXIES, Settings, trusted_proxies
from trustbot.web.api.routes import create_api
from trustbot.web.auth.admission import OPERATOR, Sender, address_of
from trustbot.web.auth.doors import add_renewal
from trustbot.web.auth.portals import Portal, Portals, VisitorRules
from trustbot.web.auth.tokens import own_issuer
from trustbot.web.chat.conversation import converse, remembered
from trustbot.web.http.problems import TooManyQuestions
from trustbot.web.server import create_app
from trustbot.web.service import Service
from trustbot.web.widget.access import switch_off

ISSUER = "https://portal.example.edu"
STRANGER = ("203.0.113.9", 50000)
HERE = ("127.0.0.1", 50000)


@pytest.fixture
def bot(make_bot):
    return make_bot()


@pytest.fixture
def open_service(bot, secret, tmp_path):
    def open_one(most=3, anonymous=True):
        portals = Portals(VisitorRules(anonymous, most), (Portal(ISSUER, secret),))
        service = Service(Settings(data_dir=tmp_path), lambda _: bot, portals)
        assert service.keep_opening(threading.Event())
        return service

    return open_one


@pytest.fixture
def enter(open_service):
    """The API, asked by a peer of that address, behind the proxies that are trusted."""

    def make(peer=STRANGER, proxies=LOOPBACK_PROXIES, service=None, **rules):
        api = create_api(service or open_service(**rules))
        add_renewal(api, (service or open_service()).admission)
        return TestClient(ProxyHeadersMiddleware(api, proxies), client=peer)

    return make


def ask(client, token="", forwarded=None, path="/ask", **more):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    return client.post(path, json={"question": "How does observation help?", **more}, headers=headers)


def refused(response, status, told):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert told in response.json()["detail"]
    return response


def test_an_address_asks_so_often_in_a_minute_and_is_told_how_long_to_wait(enter):
    client = enter()
    assert [ask(client).status_code for _ in range(3)] == [200] * 3
    response = refused(ask(client), 429, "That is more than 3 in a minute. Wait ")
    assert 1 <= int(response.headers["retry-after"]) <= 60
    assert f"Wait {response.headers['retry-after']} seconds" in response.json()["detail"]


def test_a_stream_is_counted_like_any_question(enter):
    client = enter(most=1)
    ask(client)
    headers = {"Accept": "text/event-stream"}
    refused(client.post("/ask", json={"question": "How?"}, headers=headers), 429, "Wait")


def test_the_operators_own_machine_is_not_counted(enter):
    client = enter(HERE, most=1)
    assert {ask(client).status_code for _ in range(4)} == {200}
    assert {ask(enter(("::1", 1), service=None, most=1)).status_code for _ in range(2)} == {200}


def test_a_visitor_is_counted_alone_wherever_the_questions_come_from(enter, sign):
    client = enter(HERE)
    assert {ask(client, sign(), forwarded=f"198.51.100.{i}").status_code for i in range(3)} == {200}
    refused(ask(client, sign()), 429, "more than 3")
    assert ask(client, sign(sub="another")).status_code == 200
    assert ask(client).status_code == 200


def test_a_proxy_on_this_machine_is_not_its_own_user(enter):
    client = enter(HERE, most=1)
    assert ask(client, forwarded="127.0.0.1").status_code == 200
    refused(ask(client, forwarded="127.0.0.1"), 429, "Wait")
    for name in ("Via", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"):
        told = client.post("/ask", json={"question": "How?"}, headers={name: "https"})
        assert told.status_code == 429, name


def test_the_last_address_that_no_trusted_proxy_has_counts_whatever_a_client_wrote_before(enter):
    client = enter(HERE, most=1, proxies="127.0.0.1,10.0.0.0/8")
    assert ask(client, forwarded="203.0.113.1").status_code == 200
    for spoofed in ("198.51.100.1", "127.0.0.1", "10.0.0.9", "::1", "garbage", ""):
        refused(ask(client, forwarded=f"{spoofed}, 203.0.113.1"), 429, "Wait")
        refused(ask(client, forwarded=f"{spoofed}, 203.0.113.1, 10.1.2.3"), 429, "Wait")
    assert ask(client, forwarded="203.0.113.1, 203.0.113.2").status_code == 200


def test_headers_of_a_stranger_change_nothing(enter):
    client = enter(most=1)
    assert ask(client, forwarded="198.51.100.1").status_code == 200
    for spoofed in ("198.51.100.2", "127.0.0.1"):
        refused(ask(client, forwarded=spoofed), 429, "Wait")


def test_a_household_of_ipv6_is_one_address(enter):
    client = enter(HERE, most=1)
    assert ask(client, forwarded="2001:db8:1:2::1").status_code == 200
    refused(ask(client, forwarded="2001:db8:1:2:ffff::2"), 429, "Wait")
    assert ask(client, forwarded="2001:db8:1:3::1").status_code == 200


def test_without_a_peer_address_all_share_one():
    assert address_of(None, {}) == "unknown"


def test_a_bad_token_is_refused_although_anybody_may_ask(enter, sign, bot):
    client = enter()
    now = int(time.time())
    response = refused(ask(client, sign(iat=now - 1000, exp=now - 100)), 401, "has expired")
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    refused(ask(client, "nonsense"), 401, "not a signed token")
    refused(ask(client, sign(email="x")), 401, "`email`")
    refused(ask(client, sign(corpus="another")), 403, "for the corpus another")
    assert not bot.asked[1:]  # the first is the warm-up's


def test_signed_only_means_every_door(enter, sign):
    client = enter(anonymous=False)
    refused(ask(client), 403, "`anonymous` under [visitors] in portals.toml")
    refused(ask(enter(HERE, anonymous=False)), 403, "Only visitors with a portal’s token")
    refused(client.post("/export", json={}), 403, "portals.toml")
    refused(client.post("/verify", json={}), 403, "portals.toml")
    assert ask(client, sign()).status_code == 200


def test_the_persona_of_a_token_holds_where_the_question_names_none(enter, sign, bot):
    client = enter()
    ask(client, sign(persona="resident"))
    ask(client, sign(persona="resident"), persona="preceptor")
    assert [persona for _, _, persona in bot.asked[-2:]] == ["resident", "preceptor"]


def test_work_is_counted_apart_from_questions(enter):
    client = enter(most=1)
    assert client.post("/verify", json={}).status_code == 422
    refused(client.post("/export", json={}), 429, "Wait")
    assert ask(client).status_code == 200


def test_the_schema_tells_of_the_token(enter):
    told = enter().get("/openapi.json").json()
    scheme = told["components"]["securitySchemes"]["visitor"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    for path in ("/ask", "/export", "/verify"):
        operation = told["paths"][path]["post"]
        assert operation["security"] == [{}, {"visitor": []}]
        assert {"401", "403", "429"} <= set(operation["responses"])


def test_a_visit_that_this_server_began_is_renewed(enter, tmp_path, sign):
    client = enter()
    token = own_issuer(tmp_path).mint("v-1", "preceptor-trust", "resident")
    response = client.post("/widget/visit", json={"token": token})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert ask(client, response.json()["token"]).status_code == 200
    refused(client.post("/widget/visit", json={"token": sign()}), 401, "only its issuer can renew it")
    refused(client.post("/widget/visit", json={"token": "x"}), 401, "not a signed token")
    refused(client.post("/widget/visit", json={"token": token, "more": 1}), 422, "more")
    assert [client.post("/widget/visit", json={"token": token}).status_code for _ in range(3)] == [200, 200, 429]


def test_refusals_are_counted_without_a_word_of_who(open_service, enter, sign):
    service = open_service(most=1)
    client = enter(service=service)
    for _ in range(2):
        ask(client, sign(sub="visitor-77"))
    ask(client, "nonsense")
    told = service.metrics.text().decode()
    assert 'trustbot_refusals_total{reason="too many"} 1.0' in told
    assert 'trustbot_refusals_total{reason="invalid"} 1.0' in told
    assert "visitor-77" not in told
    assert "203.0.113" not in told


def test_a_refusal_in_the_chat_keeps_the_question_and_tells_the_pages_script(open_service, sign):
    service = open_service(most=1, anonymous=False)
    now = int(time.time())
    expired = sign(iat=now - 1000, exp=now - 100)
    for token, mark in (("", "missing"), (expired, "expired"), ("x.y.z", "invalid"), (sign(corpus="c"), "corpus")):
        *_, before, last = converse(service, (), "How does it help?", sender=Sender(token, STRANGER[0]))
        assert (before.box, last.box) == ("How does it help?", None)
        assert last.exchanges[-1].answer is None
        assert f'<span class="tb-token tb-token-{mark}" data-reason="{mark}">' in last.messages[-1]["content"]
    answered = list(converse(service, (), "How?", sender=Sender(sign(persona="resident"), STRANGER[0])))[-1]
    assert "tb-answered" in answered.messages[-1]["content"]
    busy = list(converse(service, answered.exchanges, "And why?", sender=Sender(sign(), STRANGER[0])))[-1]
    assert "more than 1 in a minute" in busy.messages[-1]["content"]
    assert "tb-token" not in busy.messages[-1]["content"]
    assert [e.asked for e in busy.exchanges] == ["How?", "And why?"]


def test_the_chat_takes_the_persona_of_a_token_where_the_reader_chose_none(open_service, sign, bot):
    sender = Sender(sign(persona="resident"), STRANGER[0])
    list(converse(open_service(), (), "How?", sender=sender))
    list(converse(open_service(), (), "How?", "preceptor", sender=sender))
    assert [persona for _, _, persona in bot.asked[-2:]] == ["resident", "preceptor"]


def test_a_conversation_is_not_checked_for_the_same_address_without_end(open_service):
    service = open_service(most=2)
    for _ in range(2):
        assert remembered(service, (), "nonsense", Sender(address="203.0.113.9")).problem
    with pytest.raises(TooManyQuestions):
        remembered(service, (), "nonsense", Sender(address="203.0.113.9"))
    for _ in range(4):
        remembered(service, (), "", Sender(address="203.0.113.9"))
        remembered(service, (), "nonsense", Sender(address=OPERATOR))


def test_a_widget_that_was_switched_off_answers_no_page_that_is_still_open(open_service, tmp_path):
    service = open_service()
    switch_off(tmp_path, "preceptor-trust", "Back on Monday")
    framed = list(converse(service, (), "How?", sender=Sender(framed=True)))[-1]
    assert "Back on Monday." in framed.messages[-1]["content"]
    assert "tb-answered" in list(converse(service, (), "How?"))[-1].messages[-1]["content"]


def test_a_wrong_file_stops_the_server_with_its_sentence(tmp_path, make_bot):
    (tmp_path / "portals.toml").write_text("[visitors]\nanonymus = true\n")
    with pytest.raises(InvalidInput, match=r"portals\.toml: visitors: `anonymus` is not a known key"):
        create_app(Settings(data_dir=tmp_path), lambda _: make_bot())


def test_what_the_operator_should_mend_is_said(tmp_path, make_bot):
    secret = tmp_path / "portal.secret"
    secret.write_text("s" * 40)
    secret.chmod(0o644)
    (tmp_path / "portals.toml").write_text(f'[[portal]]\nissuer = "{ISSUER}"\nsecret_file = "portal.secret"\n')
    said = []
    create_app(Settings(data_dir=tmp_path), lambda _: make_bot(), say=said.append)
    assert len(said) == 1
    assert "chmod 600" in said[0]


def test_proxies_are_addresses_or_networks(monkeypatch):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    assert trusted_proxies() == "127.0.0.1,::1"
    for right in ("10.0.0.2, 172.16.0.0/12", "*", "fd00::/8"):
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", right)
        assert trusted_proxies() == right
    for wrong in ("nginx", "localhost,10.0.0.2", "", "10.0.0.1/8"):
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", wrong)
        with pytest.raises(InvalidInput, match="FORWARDED_ALLOW_IPS holds"):
            trusted_proxies()


@pytest.mark.parametrize("anonymous", [True, False])
def test_the_published_schema_says_whether_a_token_may_be_left_out(enter, anonymous):
    schema = enter(anonymous=anonymous).get("/openapi.json").json()
    for path in ("/ask", "/export", "/verify"):
        assert ({} in schema["paths"][path]["post"]["security"]) is anonymous

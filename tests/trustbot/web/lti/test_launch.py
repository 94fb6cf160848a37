"""A launch from a platform, from its login to the widget's address; and each that is refused, with its sentence."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import re
import time
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.web.auth.tokens import own_issuer
from trustbot.web.i18n import english
from trustbot.web.lti.login import STATE_SECONDS
from trustbot.web.server import create_app

SITE = "http://127.0.0.1:7860"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/"


@pytest.fixture(scope="module")
def make_site():
    """Sites at which nothing is opened: what a launch needs is there at once."""
    with contextlib.ExitStack() as clients:

        def make(**settings):
            app = create_app(Settings(**settings))
            client = TestClient(app, base_url=SITE, follow_redirects=False)
            clients.callback(client.close)
            return client

        yield make


@pytest.fixture(scope="module")
def site(make_site, data):
    return make_site(data_dir=data)


@pytest.fixture
def platform(learning_platform, monkeypatch):
    monkeypatch.setattr(learning_platform, "tool", SITE)
    monkeypatch.setattr(learning_platform, "more", {})
    return learning_platform


def login(site, told, **headers):
    return site.get("/lti/login", params=told, headers=headers)


def begun(site, platform):
    """The nonce and the state of a login that the tool took."""
    response = login(site, platform.login())
    assert response.status_code == 302, response.text
    told = dict(parse_qsl(urlsplit(response.headers["location"]).query))
    return told["nonce"], told["state"]


def post(site, token, state, path="/lti/launch", **headers):
    return site.post(path, data={"id_token": token, "state": state}, headers=headers)


def launch(site, platform, **more):
    nonce, state = begun(site, platform)
    return post(site, platform.token(platform.claims(nonce, **more)), state)


def arrived(response):
    """What the widget's address says, and the claims of the token."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["location"])
    token = parts.fragment.removeprefix("t=")
    return parts, dict(parse_qsl(parts.query)), jwt.decode(token, options={"verify_signature": False})


def check_refused(response, kind, status=403):
    """The page says, to a person and to a coordinator, what the sentences of `kind` say, and may be framed."""
    assert response.status_code == status
    main = re.search(r"<main.*</main>", response.text, re.DOTALL)[0]
    sentence = english.LTI_REFUSED[kind].replace("`", "")
    literal = [part for part in re.split(r"\{\w+\}", sentence) if part]
    text = re.sub(r"<[^>]+>", "", main).replace("&#x27;", "'").replace("&quot;", '"')
    assert all(part.strip() in text for part in literal), text
    assert english.LTI_COORDINATOR in text
    assert (english.LTI_AGAIN in text) != (english.LTI_SHOW in text)
    assert "frame-ancestors 'self' http://localhost:" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in response.headers


def test_a_login_is_sent_on_to_the_platform_with_all_that_it_asks_for(site, platform):
    response = login(site, platform.login())
    address = urlsplit(response.headers["location"])
    told = dict(parse_qsl(address.query))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{platform.issuer}/authorize"
    assert {n: told[n] for n in ("scope", "response_type", "response_mode", "prompt", "client_id")} == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
    }
    assert told["redirect_uri"] == f"{SITE}/lti/launch"
    assert (told["login_hint"], told["lti_message_hint"]) == ("somebody", "course 7")
    again = dict(parse_qsl(urlsplit(login(site, platform.login()).headers["location"]).query))
    assert told["nonce"] != again["nonce"]
    assert told["state"] != again["state"]


def test_a_login_may_be_posted_from_the_platforms_site(site, platform):
    headers = {"sec-fetch-site": "cross-site", "origin": platform.issuer}
    response = site.post("/lti/login", data=platform.login(), headers=headers)
    assert response.status_code == 302


def test_a_learner_arrives_at_the_widget_with_a_token_that_says_nothing_of_them(site, platform, data):
    parts, told, claims = arrived(launch(site, platform))
    assert parts.path == "../widget"
    assert told == {"corpus": "preceptor-trust", "persona": "resident"}
    assert set(claims) <= {"iss", "aud", "sub", "corpus", "persona", "iat", "exp", "auth_time"}
    assert claims["persona"] == "resident"
    assert "8d3f" not in claims["sub"]
    visitor = own_issuer(data).visitor(parts.fragment.removeprefix("t="), "preceptor-trust")
    assert visitor.id == claims["sub"]


def test_a_person_has_one_id_and_no_two_have_the_same(site, platform):
    ids = [arrived(launch(site, platform, sub=sub))[2]["sub"] for sub in ("a", "b", "a")]
    assert ids[0] == ids[2] != ids[1]


def test_nothing_of_the_person_is_kept_or_logged(site, platform, data, caplog):
    launch(site, platform, sub="secret-id-of-ada")
    launch(site, platform, sub="secret-id-of-ada", version="1.1")
    kept = {path.name: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert {"portals.toml", "lti.key", "visitor.key"} <= set(kept)
    for name, content in kept.items():
        assert not any(part in content for part in (b"Ada", b"ada@", b"secret-id")), name
    assert not any(part in caplog.text for part in ("Ada", "ada@", "secret-id"))


@pytest.mark.parametrize(
    ("roles", "persona"),
    [
        (["membership#Instructor"], "preceptor"),
        (["membership/Instructor#TeachingAssistant", "membership#Learner"], "preceptor"),
        (["institution/person#Administrator", "membership#Learner"], "resident"),
        (["membership#ContentDeveloper"], "program director"),
        (["institution/person#Student"], "medical student"),
        (["system/person#User"], None),
    ],
)
def test_who_asks_follows_from_the_role(site, platform, roles, persona):
    _, told, claims = arrived(launch(site, platform, roles=[ROLE + role for role in roles]))
    assert told.get("persona") == claims.get("persona") == persona


def test_the_link_brings_its_question_and_its_language(site, platform):
    more = {"custom": {"corpus": "preceptor-trust", "question": "What builds trust\n& why?"}}
    parts, told, _ = arrived(launch(site, platform, **more, launch_presentation={"locale": "es_MX"}))
    assert told["q"] == "What builds trust & why?"
    assert parts.path == "../es/widget"
    nonce, state = begun(site, platform)
    claims = platform.claims(nonce, launch_presentation={"locale": "es"})
    assert arrived(post(site, platform.token(claims), state, "/es/lti/launch"))[0].path == "../widget"


def test_a_launch_works_without_any_cookie_and_is_held_to_the_platforms_own_pages(site, platform):
    nonce, state = begun(site, platform)
    token = platform.token(platform.claims(nonce))
    framed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    check_refused(post(site, token, state, origin="https://evil.example", **framed), "origin")
    assert post(site, token, state, origin=platform.issuer, **framed).status_code == 303


@pytest.mark.parametrize(
    "origin",
    ["null", "file://", "chrome-extension://abcdefgh", "https://a b", "https://*", "https://learn.example", "*", "x"],
)
def test_what_the_page_advises_is_something_that_the_server_starts_with(
    make_site, site, platform, data, tmp_path, origin
):
    nonce, state = begun(site, platform)
    token = platform.token(platform.claims(nonce))
    response = post(site, token, state, origin=origin, **{"sec-fetch-site": "cross-site"})
    advised = re.search("add (.+?) to <code>origins</code>", response.text)
    check_refused(response, "origin" if advised else "no origin")
    assert bool(advised) == (origin == "https://learn.example")
    if advised:
        (tmp_path / "portals.toml").write_text(f'{platform.entry()}origins = ["{advised[1]}"]\n')
        other = make_site(data_dir=tmp_path)
        nonce, state = begun(other, platform)
        assert post(other, platform.token(platform.claims(nonce)), state, origin=origin).status_code == 303


@pytest.mark.parametrize("roles", [[], [f"{ROLE}membership#Learner"]])
def test_nobody_in_particular_arrives_as_a_visitor_of_this_visit_alone(site, platform, data, roles):
    visits = [arrived(launch(site, platform, sub=None, roles=roles)) for _ in range(2)]
    tokens = [parts.fragment.removeprefix("t=") for parts, _, _ in visits]
    visitors = [own_issuer(data).visitor(token, "preceptor-trust") for token in tokens]
    assert visitors[0].id != visitors[1].id
    assert {v.persona for v in visitors} == ({"resident"} if roles else {None})
    renewed = site.post("/widget/visit", json={"token": tokens[0]}).json()["token"]
    assert own_issuer(data).visitor(renewed, "preceptor-trust").id == visitors[0].id


def test_nobody_in_particular_is_told_so_where_only_signed_visitors_are_answered(make_site, platform, tmp_path):
    (tmp_path / "portals.toml").write_text(f"[visitors]\nanonymous = false\n{platform.entry()}")
    client = make_site(data_dir=tmp_path)
    check_refused(launch(client, platform, sub=None), "anonymous")
    arrived(launch(client, platform))


def test_what_a_request_calls_the_host_is_never_told_to_a_platform(make_site, site, platform, data):
    told = {**platform.login(), "target_link_uri": "http://evil.example/lti/launch"}
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.7:7860"):
        check_refused(site.get("/lti/login", params=told, headers={"host": host}), "address")
        check_refused(site.post("/lti/launch", data={"state": "x"}, headers={"host": host}), "address")
        check_refused(site.post("/lti/deep-link", data={"ticket": "x"}, headers={"host": host}), "address")
        check_refused(site.get("/lti/config.json", headers={"host": host}), "address")
    known = make_site(data_dir=data, root_path="https://example.edu/trustbot")
    config = known.get("/lti/config.json", headers={"host": "evil.example"})
    assert config.json()["redirect_uris"] == ["https://example.edu/trustbot/lti/launch"]
    check_refused(known.get("/lti/login", params=told, headers={"host": "evil.example"}), "target")


def check_claim(site, platform, kind, status=403, **more):
    check_refused(launch(site, platform, **more), kind, status)


def test_a_replay_is_refused(site, platform):
    nonce, state = begun(site, platform)
    token = platform.token(platform.claims(nonce))
    assert post(site, token, state).status_code == 303
    check_refused(post(site, token, state), "used")
    _, other = begun(site, platform)
    check_refused(post(site, token, other), "nonce")


def test_a_tampered_launch_is_refused(site, platform):
    nonce, state = begun(site, platform)
    header, body, signature = platform.token(platform.claims(nonce)).split(".")
    forged = platform.token(platform.claims(nonce, roles=[f"{ROLE}membership#Instructor"])).split(".")[1]
    check_refused(post(site, f"{header}.{forged}.{signature}", state), "signature")
    assert post(site, f"{header}.{body}.{signature}", state).status_code == 303


def test_the_signature_of_another_key_is_refused(site, platform):
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    nonce, state = begun(site, platform)
    claims = platform.claims(nonce)
    check_refused(post(site, platform.token(claims, key=stranger), state), "signature")
    check_refused(post(site, platform.token(claims, kid="two"), state), "key")
    check_refused(post(site, platform.token(claims, kid=None), state), "claim", 400)


def encoded(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def part(value):
    return encoded(json.dumps(value).encode())


def test_other_algorithms_are_refused(site, platform):
    nonce, state = begun(site, platform)
    claims = platform.claims(nonce)
    public = platform.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for name in ("none", "HS256"):
        told = ".".join(part(p) for p in ({"alg": name, "kid": "one"}, claims))
        signature = hmac.digest(public, told.encode(), "sha256") if name == "HS256" else b""
        check_refused(post(site, f"{told}.{encoded(signature)}", state), "algorithm")
    check_refused(post(site, platform.token(claims, alg="PS256"), state), "algorithm")


def test_a_launch_that_ran_out_is_refused(site, platform):
    check_claim(site, platform, "expired", exp=int(time.time()) - 120)
    check_claim(site, platform, "clock", iat=int(time.time()) + 3600)


def test_a_launch_for_another_tool_is_refused(site, platform):
    check_claim(site, platform, "audience", aud="another")
    check_claim(site, platform, "audience", aud=[platform.client_id, "another"])
    check_claim(site, platform, "audience", aud=[platform.client_id, "another"], azp="another")
    arrived(launch(site, platform, aud=[platform.client_id, "another"], azp=platform.client_id))


def test_a_launch_with_another_nonce_is_refused(site, platform):
    check_claim(site, platform, "nonce", nonce="made up")


def test_an_unknown_deployment_is_refused(site, platform):
    check_claim(site, platform, "deployment", deployment_id="9:xyz")


def test_another_issuer_is_refused(site, platform):
    check_refused(login(site, {**platform.login(), "iss": "https://evil.example"}), "issuer")
    check_refused(login(site, {**platform.login(), "client_id": "9"}), "client")
    check_claim(site, platform, "other issuer", iss="https://evil.example")


@pytest.mark.parametrize("claim", ["exp", "iat", "nonce", "deployment_id", "roles", "resource_link"])
def test_a_launch_without_what_it_must_say_is_refused(site, platform, claim):
    check_claim(site, platform, "claim", 400, **{claim: None})


@pytest.mark.parametrize("wrong", [{"roles": "Learner"}, {"resource_link": ["x"]}, {"sub": ""}, {"sub": 7}])
def test_claims_of_another_form_are_refused(site, platform, wrong):
    check_claim(site, platform, "claim", 400, **wrong)


def test_other_messages_are_refused(site, platform):
    check_claim(site, platform, "message", message_type="LtiSubmissionReviewRequest")
    check_claim(site, platform, "message", message_type=None)
    check_claim(site, platform, "version", version="1.1")


def test_a_link_that_leads_elsewhere_is_refused(site, platform):
    check_refused(login(site, {**platform.login(), "target_link_uri": "https://evil.example/lti/launch"}), "target")
    check_claim(site, platform, "target", target_link_uri=f"{SITE}/")
    check_claim(site, platform, "corpus", custom={"corpus": "another"})


def test_a_state_that_is_not_ours_or_too_old_is_refused(site, platform, monkeypatch):
    nonce, state = begun(site, platform)
    token = platform.token(platform.claims(nonce))
    changed = state[:-5] + ("A" if state[-5] != "A" else "B") + state[-4:]
    for made_up in ("x", changed, jwt.encode({"aud": "login", "exp": 2**40}, "k" * 32)):
        check_refused(post(site, token, made_up), "state")
    with monkeypatch.context() as patch:
        patch.setattr("trustbot.web.lti.tool.login.STATE_SECONDS", -1)
        _, old = begun(site, platform)
    check_refused(post(site, token, old), "late")
    assert STATE_SECONDS == 600


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = (
    "iss", "aud", "azp", "sub", "nonce", "iat", "exp", "nbf", "version", "message_type", "deployment_id",
    "target_link_uri", "resource_link", "roles", "custom", "launch_presentation",
)  # fmt: skip


@example(wrong={"exp": float("inf")}, message=False)
@example(wrong={"nbf": float("inf")}, message=False)
@example(wrong={"sub": "\ud800", "custom": {"question": "\ud800"}}, message=False)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wrong=st.dictionaries(st.sampled_from(CLAIMS), JSON, max_size=3), message=st.booleans())
def test_whatever_a_platform_signs_is_a_launch_or_a_refusal(site, platform, wrong, message):
    deep = {"message_type": "LtiDeepLinkingRequest", f"{DEEP}deep_linking_settings": wrong} if message else {}
    assert launch(site, platform, **{**deep, **wrong}).status_code in (303, 400, 403)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.text(max_size=40) | st.binary(max_size=40).map(lambda b: f"{part({'alg': 'RS256'})}.{encoded(b)}.x"))
def test_whatever_anybody_sends_is_refused(site, platform, token):
    _, state = begun(site, platform)
    assert post(site, token, state).status_code in (400, 403)
    assert post(site, token, token).status_code in (400, 403)


def test_a_token_of_endless_depth_is_refused(site, platform):
    _, state = begun(site, platform)
    deep = encoded(b"[" * 20_000 + b"]" * 20_000)
    check_refused(post(site, f"{deep}.x.x", state), "format", 400)
    check_refused(post(site, "x.y.z", f"{deep}.x.x"), "state")


def test_a_request_that_lacks_a_parameter_is_refused(site, platform):
    for name in ("iss", "login_hint", "target_link_uri"):
        told = {k: v for k, v in platform.login().items() if k != name}
        check_refused(login(site, told), "parameter", 400)
    _, state = begun(site, platform)
    check_refused(site.post("/lti/launch", data={"state": state}), "parameter", 400)
    check_refused(site.get("/lti/launch"), "parameter", 400)
    check_refused(site.get("/lti/deep-link"), "state")
    check_refused(site.post("/lti/launch", content=b"%ff=\xff"), "parameter", 400)
    check_refused(post(site, "no.token", state), "format", 400)
    assert site.post("/lti/launch", content=b"x" * 200_000).status_code == 413


def test_what_the_platform_itself_refuses_is_passed_on_inert(site, platform):
    told = {"error": "<script>alert(1)</script>", "state": "x"}
    response = site.post("/lti/launch", data=told)
    check_refused(response, "platform")
    assert "<script>alert" not in response.text


def test_the_keys_of_the_tool_are_published_and_its_file_is_the_owners_alone(site, data):
    keys = site.get("/lti/jwks").json()["keys"]
    assert [set(key) for key in keys] == [{"alg", "e", "kid", "kty", "n", "use"}]
    assert (data / "widget" / "lti.key").stat().st_mode & 0o777 == 0o600
    assert site.get("/lti/jwks").json()["keys"] == keys


def test_the_configuration_names_the_addresses_and_asks_for_nothing_personal(site):
    told = site.get("/lti/config.json").json()
    assert told["oidc_initiation_url"] == f"{SITE}/lti/login"
    assert told["target_link_uri"] == f"{SITE}/lti/launch"
    assert told["public_jwk_url"] == f"{SITE}/lti/jwks"
    assert told["redirect_uris"] == [f"{SITE}/lti/launch"]
    assert told["scopes"] == []
    extension = told["extensions"][0]
    assert extension["privacy_level"] == "anonymous"
    kinds = {p["placement"]: p["message_type"] for p in extension["settings"]["placements"]}
    assert kinds["course_navigation"] == "LtiResourceLinkRequest"
    assert kinds["link_selection"] == "LtiDeepLinkingRequest"


def test_the_public_address_is_told_to_the_platform_and_https_gets_a_cookie(make_site, data, platform, monkeypatch):
    address = "https://example.edu/tools/trustbot"
    client = make_site(data_dir=data, root_path=address)
    monkeypatch.setattr(platform, "tool", address)
    response = login(client, platform.login())
    client.cookies.clear()
    told = dict(parse_qsl(urlsplit(response.headers["location"]).query))
    assert told["redirect_uri"] == f"{address}/lti/launch"
    cookie = response.headers["set-cookie"]
    for part in ("Path=/tools/trustbot/;", "HttpOnly", "Secure", "SameSite=None", "Partitioned", "Max-Age=600"):
        assert part in cookie
    name, value = cookie.partition(";")[0].split("=")
    token = platform.token(platform.claims(told["nonce"]))
    evil = {"origin": "null", "sec-fetch-site": "cross-site"}
    other = "B" * len(value)
    check_refused(post(client, token, told["state"], cookie=f"{name}={other}", **evil), "browser")
    check_refused(post(client, token, told["state"], **evil), "no origin")
    # With the cookie it is the browser that began, whatever the platform says of its page.
    assert post(client, token, told["state"], cookie=f"{name}={value}", **evil).status_code == 303
    again = login(client, platform.login(), cookie=f"{name}={value}")
    assert f"{name}={value};" in again.headers["set-cookie"]


def test_without_a_platform_the_routes_say_which_file_to_write(make_site, tmp_path):
    client = make_site(data_dir=tmp_path)
    for response in (
        client.get("/lti/login"),
        client.post("/lti/launch"),
        client.get("/lti/jwks"),
        client.get("/lti/config.json"),
        client.post("/lti/deep-link"),
    ):
        assert response.status_code == 404
        assert response.json()["detail"] == english.LTI_NONE
    assert not (tmp_path / "widget" / "lti.key").exists()


def test_platforms_of_one_issuer_are_told_apart_and_own_roles_win(make_site, platform, tmp_path):
    second = platform.entry().replace(platform.client_id, "20000000000002")
    own = '[platform.personas]\nLearner = "medical student"\n'
    (tmp_path / "keys.json").write_text(platform._page("/jwks", {})[1])
    by_file = second.replace(f'jwks_url = "{platform.issuer}/jwks"', 'jwks_file = "keys.json"')
    (tmp_path / "portals.toml").write_text(platform.entry() + by_file + own)
    client = make_site(data_dir=tmp_path)
    told = platform.login()
    del told["client_id"]
    check_refused(login(client, told), "which")
    begun = login(client, {**told, "client_id": "20000000000002"})
    query = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    token = platform.token(platform.claims(query["nonce"], aud="20000000000002"))
    assert arrived(post(client, token, query["state"]))[1]["persona"] == "medical student"


def test_keys_that_cannot_be_had_are_told_apart_from_a_wrong_key(make_site, platform, tmp_path):
    (tmp_path / "portals.toml").write_text(platform.entry().replace("/jwks", "/course"))
    client = make_site(data_dir=tmp_path)
    query = dict(parse_qsl(urlsplit(login(client, platform.login()).headers["location"]).query))
    token = platform.token(platform.claims(query["nonce"]))
    check_refused(post(client, token, query["state"]), "keys", 502)


def test_a_platform_without_the_library_is_told_at_the_start(data, monkeypatch):
    monkeypatch.setattr("trustbot.web.lti.routes.find_spec", lambda _: None)
    with pytest.raises(InvalidInput, match=r"trustbot\[lti\]"):
        create_app(Settings(data_dir=data))


def test_a_link_may_lead_to_another_corpus_of_the_server(make_site, data, platform):
    site = make_site(data_dir=data, corpora="north")
    parts, told, claims = arrived(launch(site, platform, custom={"corpus": "north", "question": "When?"}))
    assert parts.path == "../c/north/widget"
    assert (told["corpus"], told["q"], claims["corpus"]) == ("north", "When?", "north")
    parts, told, claims = arrived(launch(site, platform))
    assert (parts.path, told["corpus"], claims["corpus"]) == ("../widget", "preceptor-trust", "preceptor-trust")
    check_refused(launch(site, platform, custom={"corpus": "south"}), "corpus")


def test_a_platform_launches_only_the_corpora_of_its_entry(make_site, tmp_path, platform):
    (tmp_path / "portals.toml").write_text(platform.entry() + 'corpora = ["preceptor-trust", "north"]\n')
    site = make_site(data_dir=tmp_path, corpora="north, south")
    assert arrived(launch(site, platform, custom={"corpus": "north"}))[2]["corpus"] == "north"
    check_refused(launch(site, platform, custom={"corpus": "south"}), "corpus")

"""A platform that registers itself: by an invitation alone, within bounds, and known until it is removed."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import json
import re
import ssl
import threading
import time
from datetime import UTC
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from trustbot.cli import main
from trustbot.errors import InvalidInput, StorageError
from trustbot.settings import Settings
from trustbot.text.origins import is_public
from trustbot.web.i18n import english
from trustbot.web.lti import fetching
from trustbot.web.lti.fetching import NotFetched, fetch
from trustbot.web.lti.registered import Invitation, Registry, lasting
from trustbot.web.lti.registration import PLATFORM, TOOL, metadata
from trustbot.web.server import create_app

SITE = "http://127.0.0.1:7860"
CANVAS = "https://canvas.instructure.com/lti/"


@pytest.fixture
def platform(learning_platform, monkeypatch):
    for name, value in {"tool": SITE, "more": {}, "described": {}, "registered": []}.items():
        monkeypatch.setattr(learning_platform, name, value)
    monkeypatch.setattr(learning_platform, "replies", learning_platform.replies)
    return learning_platform


@pytest.fixture
def make_site(tmp_path):
    with contextlib.ExitStack() as clients:

        def make(**settings):
            client = TestClient(
                create_app(Settings(data_dir=tmp_path, **settings)), base_url=SITE, follow_redirects=False
            )
            clients.callback(client.close)
            return client

        yield make


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command over the data folder of the test, which has no index."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    return lambda *arguments: Ran(main(arguments), *capsys.readouterr())


def address(registry, **allowed):
    secret = registry.invite(Invitation(**{"ends": lasting(1), "private": True} | allowed))
    return f"/lti/register/{secret}"


def visit(site, where, platform, **more):
    told = {"openid_configuration": f"{platform.issuer}/openid-configuration", "registration_token": "once"} | more
    return site.get(where, params={name: value for name, value in told.items() if value is not None})


def check_refused(response, kind, status=400):
    """The page says the one sentence of `kind`, and doesn't close itself."""
    assert response.status_code == status
    told = re.sub(r"<[^>]+>", "", re.search(r"<main.*</main>", response.text, re.DOTALL)[0]).replace("&#x27;", "'")
    literal = re.split(r"\{\w+\}", english.LTI_NOT_REGISTERED[kind].replace("`", ""))
    assert all(part.strip() in told for part in literal), told
    assert "lti-close.js" not in response.text
    assert response.headers["cache-control"] == "no-store"


def launched(site, platform):
    begun = site.get("/lti/login", params=platform.login())
    if begun.status_code != 302:
        return begun
    told = dict(parse_qsl(urlsplit(begun.headers["location"]).query))
    token = platform.token(platform.claims(told["nonce"]))
    return site.post("/lti/launch", data={"id_token": token, "state": told["state"]})


def test_one_address_is_pasted_and_launches_work_until_the_platform_is_removed(site, make_site, platform, run):
    assert launched(site, platform).status_code == 404
    code, out, err = run("lti", "invite", "--url", SITE, "--private", "--origin", "https://school.example")
    assert (code, err) == (0, "")
    assert "invitation, not used yet" in run("lti", "list").out
    response = visit(site, out.strip().removeprefix(SITE), platform)
    assert response.status_code == 200, response.text
    assert '<script src="../../ui/lti-close.js" defer></script>' in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]
    assert "frame-ancestors 'self' *" in response.headers["content-security-policy"]
    assert "org.imsglobal.lti.close" in site.get("/ui/lti-close.js").text
    [(authorization, told)] = platform.registered
    assert authorization == "Bearer once"
    assert told["redirect_uris"] == [told[TOOL]["target_link_uri"]] == [f"{SITE}/lti/launch"]
    assert (told["initiate_login_uri"], told["jwks_uri"]) == (f"{SITE}/lti/login", f"{SITE}/lti/jwks")
    assert (told["scope"], told[TOOL]["claims"], told[TOOL]["domain"]) == ("", ["iss", "sub"], "127.0.0.1:7860")
    # At once, after a restart, and for the frames of the platform.
    assert launched(site, platform).status_code == 303
    again = make_site()
    assert launched(again, platform).status_code == 303
    known = json.loads(run("lti", "list", "--json").out)
    [kept] = known["registered"]
    assert (known["invitations"], known["portals.toml"]) == ([], [])
    assert kept["origins"] == ["https://school.example", platform.issuer]
    assert f"{kept['id']}  {platform.issuer}  client {platform.client_id}, deployment 1:abc" in run("lti", "list").out
    assert run("lti", "remove", kept["id"]).out == f"Removed: {kept['id']}\n"
    assert launched(again, platform).status_code == 404
    assert run("lti", "remove", kept["id"]).code == 2


def test_without_an_invitation_nothing_is_asked_and_each_is_good_for_one(site, registry, platform):
    check_refused(visit(site, "/lti/register/made-up", platform), "invitation", 404)
    late = address(registry, ends=lasting(-1))
    check_refused(visit(site, late, platform), "invitation", 404)
    where = address(registry)
    assert registry.invitations()  # and the one that was too late is gone
    assert len(registry.invitations()) == 1
    with registry.invited(where.rpartition("/")[2]) as mine:
        assert mine
        check_refused(visit(site, where, platform), "invitation", 404)
    assert platform.registered == []
    where = address(registry)
    assert visit(site, where, platform).status_code == 200
    check_refused(visit(site, where, platform), "invitation", 404)
    assert len(platform.registered) == 1


def test_no_secret_is_kept_or_logged(registry, platform, tmp_path, site, caplog):
    caplog.set_level("INFO")
    where = address(registry)
    visit(site, where, platform, registration_token="secret-of-the-platform")
    kept = b"".join(path.read_bytes() + str(path).encode() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (where.rpartition("/")[2], "secret-of-the-platform"):
        assert secret.encode() not in kept
        assert secret not in "".join(
            record.getMessage() for record in caplog.records if not record.name.startswith("httpx")
        )
    [file] = (tmp_path / "lti" / "platforms").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ({"issuer": "http://localhost:9"}, "issuer"),
        ({"issuer": "https://localhost"}, "issuer"),
        ({"issuer": None}, "field"),
        ({"issuer": "http://learn.example"}, "field"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "field"),
        ({"jwks_uri": "http://learn.example/jwks"}, "field"),
        ({"jwks_uri": ["x"]}, "field"),
        ({"registration_endpoint": None}, "field"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "algorithm"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused_and_the_address_stays_good(
    site, registry, platform, described, kind
):
    platform.described = described
    where = address(registry)
    check_refused(visit(site, where, platform), kind)
    assert (platform.registered, registry.registrations()) == ([], {})
    platform.described = {}
    assert visit(site, where, platform).status_code == 200


@pytest.mark.parametrize(
    ("replies", "kind", "status"),
    [
        ((400, {"error": "invalid_client_metadata", "error_description": "no <b>"}), "refused", 502),
        ((422, {"errors": ["no"]}), "refused", 502),
        ((302, ""), "refused", 502),
        ((200, "[1]"), "format", 502),
        ((200, "[" * 100_000), "format", 502),
        ((200, {"client": "x"}), "field", 400),
        ((200, {"client_id": ""}), "field", 400),
        ((200, {"client_id": "x", TOOL: {"deployment_id": 7}}), "field", 400),
        ((200, "x" * 300_000), "long", 502),
    ],
)
def test_a_reply_that_cannot_be_used_is_refused(site, registry, platform, replies, kind, status):
    platform.replies = replies
    response = visit(site, address(registry), platform)
    check_refused(response, kind, status)
    assert "<b>" not in response.text
    assert (registry.registrations(), len(registry.invitations())) == ({}, 1)


def test_a_request_that_cannot_be_used_is_refused(site, make_site, registry, platform):
    where = address(registry)
    check_refused(visit(site, where, platform, openid_configuration=None), "parameter")
    check_refused(visit(site, where, platform, openid_configuration="http://learn.example/x"), "insecure")
    check_refused(visit(site, where, platform, openid_configuration="ftp://learn.example"), "field")
    check_refused(visit(site, where, platform, registration_token="a\r\nX: b"), "field")
    check_refused(visit(site, where, platform, openid_configuration=f"{platform.issuer}/jwks"), "field")
    nowhere = "http://localhost:1/openid-configuration"
    check_refused(visit(site, where, platform, openid_configuration=nowhere), "unreachable", 502)
    told = {"openid_configuration": f"{platform.issuer}/openid-configuration"}
    check_refused(site.get(where, params=told, headers={"host": "evil.example"}), "address")
    assert "Péguela" in site.get("/es" + where).text
    assert platform.registered == []


def test_nothing_inside_the_network_is_asked_unless_the_invitation_says_so(site, registry, platform):
    where = address(registry, private=False)
    for host in ("localhost", "127.0.0.1", "10.0.0.7", "[::1]", "169.254.169.254", "[::ffff:10.0.0.7]", "0.0.0.0"):
        response = visit(site, where, platform, openid_configuration=f"https://{host}/x")
        check_refused(response, "private")
    check_refused(visit(site, where, platform), "private")
    assert platform.registered == []


@pytest.mark.parametrize(
    ("written", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("10.1.2.3", False), ("172.16.0.1", False),
        ("192.168.1.1", False), ("100.64.0.1", False), ("169.254.169.254", False), ("127.0.0.1", False),
        ("0.0.0.0", False), ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fd00::1", False),
        ("::ffff:127.0.0.1", False), ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False), ("64:ff9b::808:808", True), ("224.0.0.1", False), ("ff0e::1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(written, public):
    assert is_public(written) == public


@contextlib.contextmanager
def serving(send, tls=None):
    """A server on loopback; `send` gets the handler of each request."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):
                send(self)

        def log_message(self, *_):
            return None

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):  # a client that doesn't trust it leaves in the middle
            return None

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"{'https' if tls else 'http'}://localhost:{server.server_address[1]}/"
    server.shutdown()
    thread.join(20)
    server.server_close()


def test_a_server_that_never_ends_is_left(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.5)

    def drip(handler):
        while True:  # neither a line of the head nor a read ever takes long
            handler.wfile.write(b"X")
            time.sleep(0.05)

    began = time.monotonic()
    with serving(drip) as url, pytest.raises(NotFetched) as refused:
        fetch(url, private=True)
    assert refused.value.kind == "unreachable"
    assert time.monotonic() - began < 20


def test_a_redirection_is_not_followed():
    def away(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://localhost:1/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with serving(away) as url:
        assert fetch(url, private=True).status == 302


def test_a_certificate_that_nobody_vouches_for_is_refused(learning_platform, tmp_path):
    key, name = learning_platform.key, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (tmp_path / "certificate").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form, bare = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (tmp_path / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, bare))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    with serving(lambda handler: None, tls) as url, pytest.raises(NotFetched) as refused:
        fetch(url, private=True)
    assert refused.value.kind == "certificate"


def test_a_platform_is_asked_for_places_that_it_has_and_for_messages_that_it_sends():
    told = metadata("https://example.edu/t", {})[TOOL]["messages"]
    assert [m["type"] for m in told] == ["LtiResourceLinkRequest", "LtiDeepLinkingRequest"]
    assert not any("placements" in m for m in told)
    sends = [{"type": "LtiResourceLinkRequest", "placements": ["course_navigation", "x"]}, "?", {"type": []}]
    [message] = metadata("https://example.edu/t", {"messages_supported": sends})[TOOL]["messages"]
    assert message["placements"] == ["course_navigation"]
    assert message[CANVAS + "course_navigation/default_enabled"] is False


def test_a_platform_that_tells_no_deployment_may_launch_from_any(site, registry, platform):
    platform.described = {PLATFORM: {"product_family_code": "x", "messages_supported": "none"}}
    platform.replies = (200, {"client_id": platform.client_id})
    assert visit(site, address(registry), platform).status_code == 200
    platform.more = {"deployment_id": "another"}
    assert launched(site, platform).status_code == 303


def test_the_keys_of_a_platform_outside_are_read_from_outside_alone(site, registry, platform, tmp_path):
    visit(site, address(registry), platform)
    [file] = (tmp_path / "lti" / "platforms").iterdir()
    told = json.loads(file.read_text()) | {"private": False}
    file.with_name("other.json").write_text(json.dumps(told))
    file.unlink()
    assert launched(site, platform).status_code == 502


def test_what_registers_again_takes_its_place_and_portals_toml_comes_first(
    site, make_site, registry, platform, tmp_path
):
    for number in range(2):
        platform.described = {"authorization_endpoint": f"{platform.issuer}/authorize{number}"}
        assert visit(site, address(registry), platform).status_code == 200
    [kept] = registry.registrations().values()
    assert kept.authorization_url.endswith("/authorize1")
    (tmp_path / "portals.toml").write_text(platform.entry())
    begun = make_site().get("/lti/login", params=platform.login())
    assert urlsplit(begun.headers["location"]).path == "/authorize"


def test_a_file_that_cannot_be_read_is_left_out_and_a_folder_that_cannot_be_written_is_told(
    site, registry, platform, tmp_path, caplog, monkeypatch
):
    visit(site, address(registry), platform)
    (tmp_path / "lti" / "platforms" / "bad.json").write_text("{")
    assert launched(site, platform).status_code == 303
    assert sum("bad.json can't be read" in record.getMessage() for record in caplog.records) == 1
    where = address(registry)

    def full(*_):
        raise StorageError("full")

    monkeypatch.setattr(Registry, "add", full)
    check_refused(visit(site, where, platform), "storage")
    assert len(registry.invitations()) == 1


def test_who_is_invited_may_be_the_only_one_who_asks(make_site, registry, platform, tmp_path):
    (tmp_path / "portals.toml").write_text("[visitors]\nanonymous = false\n")
    with pytest.raises(InvalidInput, match="trustbot lti invite"):
        make_site()
    where = address(registry)
    assert visit(make_site(), where, platform).status_code == 200
    assert launched(make_site(), platform).status_code == 303


def test_what_the_command_refuses(run, monkeypatch, tmp_path):
    assert "none is invited" in run("lti", "list").out
    assert "--url" in run("lti", "invite").err
    assert "--hours 0" in run("lti", "invite", "--url", SITE, "--hours", "0").err
    assert "--origin" in run("lti", "invite", "--url", SITE, "--origin", "x").err
    monkeypatch.setattr("trustbot.web.lti.command.find_spec", lambda _: None)
    assert "trustbot[lti]" in run("lti", "invite", "--url", SITE).err
    assert not (tmp_path / "lti").exists()

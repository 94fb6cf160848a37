"""Behind a real nginx with TLS, under a path: the documented configuration, and what a careless one leaves out."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trustbot.settings import Settings
from trustbot.web.server import Server, create_app, listen, url_of

pytestmark = pytest.mark.browser

PREFIX = "/tools/trustbot"
CONF = """
daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    {servers}
}}
"""
SERVER = "server {{ listen 127.0.0.1:{port} ssl; server_name localhost; {location} }}"


@pytest.fixture(scope="module")
def nginx_program() -> str:
    """nginx of the system. Absent, the tests are skipped; on a build server that is a failure."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("no nginx on the path. To run these tests, install it (Debian: apt-get install nginx-light)")
    return found


@pytest.fixture(scope="module")
def location(repository: Path) -> str:
    """The configuration that the documentation tells to copy."""
    found = re.search(
        r"```nginx\n(location .*?)```", (repository / "docs" / "portal.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert found
    return found[1]


@dataclass(frozen=True)
class Proxied:
    """A server under three configurations of nginx, and one that was told its whole address, under one more."""

    direct: str
    cut: str
    """The documentation's: the path is cut off."""
    whole: str
    """The same without the slash: the path is passed on."""
    bare: str
    """Sets no header, as who knows nothing of proxies would have it: the server is asked by its own name."""
    told: str
    """The same, where the server was told its whole public address."""
    bot: Any
    """What answers."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def certificate(folder: Path) -> None:
    """A key and a certificate of its own signature for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(pem)


@contextlib.contextmanager
def nginx(program: str, folder: Path, locations: dict[int, str]) -> Iterator[None]:
    """nginx with these locations, each on a port of its own, until the block ends."""
    certificate(folder)
    servers = "\n".join(SERVER.format(port=port, location=text) for port, text in locations.items())
    (folder / "nginx.conf").write_text(CONF.format(folder=folder, servers=servers), encoding="utf-8")
    process = subprocess.Popen(
        [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + 180
        for port in locations:
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < end
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr:
            process.stderr.close()


@pytest.fixture(scope="module")
def proxied(
    nginx_program: str,
    location: str,
    tmp_path_factory: pytest.TempPathFactory,
    portal,
    make_bot: Callable,
    serve_app: Callable,
    wait_until: Callable,
) -> Iterator[Proxied]:
    folder, ports = tmp_path_factory.mktemp("nginx"), [free_port() for _ in range(4)]
    settings = Settings(root_path=PREFIX, widget_origins=portal.address(), data_dir=folder / "data")
    public = settings.model_copy(update={"root_path": f"https://localhost:{ports[3]}{PREFIX}/"})
    bot = make_bot()
    with contextlib.ExitStack() as running:
        addresses = []
        for chosen in (settings, public):
            addresses.append(running.enter_context(serve_app(create_app(chosen, lambda _: bot))))
            # One after the other: two chats that are made at once in one process end up in each other.
            wait_until(f"{addresses[-1]}/")
        direct, other = addresses
        cut = location.replace("http://127.0.0.1:7860", direct)
        assert cut != location
        whole = cut.replace(f"{direct}/;", f"{direct};")
        bare = f"location {PREFIX}/ {{ proxy_pass {direct}/; }}"
        locations = (cut, whole, bare, bare.replace(direct, other))
        running.enter_context(nginx(nginx_program, folder, dict(zip(ports, locations, strict=True))))
        yield Proxied(direct, *(f"https://localhost:{port}{PREFIX}" for port in ports), bot)


@pytest.fixture
def gate(proxied: Proxied) -> Iterator[threading.Event]:
    """Answers wait for it after their stages."""
    proxied.bot.gate = threading.Event()
    yield proxied.bot.gate
    proxied.bot.gate = None


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, timeout=60) as opened:
        yield opened


@pytest.fixture(params=["cut", "whole", "bare", "told"])
def address(request: pytest.FixtureRequest, proxied: Proxied) -> str:
    return str(getattr(proxied, request.param))


def test_the_chat_answers_through_the_proxy(address, proxied, visit):
    seen = visit(address, path="/", ignore_https_errors=True)
    seen.ask("What does the article say about direct observation?")
    seen.answer()
    seen.page.locator("#tb-a0 a.tb-cite").first.click()
    seen.page.locator("#tb-a0 mark, #tb-sheet mark, #tb-evidence mark").first.wait_for()
    assert all(url.startswith((address, "data:", "blob:")) for url in seen.requests)
    assert proxied.direct not in seen.page.content()


def test_the_spanish_site_stands_under_the_same_path(proxied, visit):
    seen = visit(proxied.cut, path="/es", ignore_https_errors=True)
    assert seen.page.url == f"{proxied.cut}/es/"
    seen.ask("What does the article say about direct observation?")
    seen.answer()
    seen.options()
    seen.page.locator("#tb-languages a").first.click()
    seen.page.wait_for_url(f"{proxied.cut}/*")
    assert all(url.startswith((proxied.cut, "data:", "blob:")) for url in seen.requests)


@pytest.mark.parametrize("path", ["/audit", "/browse", "/es/audit", "/api/docs", "/documents/article", "/widget"])
def test_every_page_finds_its_files_and_its_links(proxied, visit, path):
    seen = visit(proxied.cut, path=path, ignore_https_errors=True)
    links = seen.page.evaluate(
        "[...document.querySelectorAll('a[href], link[href], script[src]')].map(e => e.href || e.src)"
    )
    own = [link for link in links if link.startswith(("https://localhost", "http://127", "http://localhost"))]
    assert own
    assert [link for link in own if not link.startswith(proxied.cut)] == []
    assert all(url.startswith((proxied.cut, "data:", "blob:")) for url in seen.requests)


def test_the_addresses_that_programs_use_work(address, proxied, client):
    paths = (
        "/healthz",
        "/readyz",
        "/api/sources",
        "/es/api/sources",
        "/widget/status",
        "/favicon.ico",
        "/manifest.json",
    )
    assert [client.get(address + path).status_code for path in paths] == [200] * len(paths)
    asked = {"question": "What does the article say about direct observation?"}
    answer = client.post(f"{address}/api/ask", json=asked)
    assert answer.json()["outcome"] == "answered"
    for path in ("export", "verify"):
        sent = {"format": "md", "turns": [{**asked, "answer": answer.json()}]}
        here, there = (client.post(f"{site}/api/{path}", json=sent) for site in (address, proxied.direct))
        assert (here.status_code, here.text) == (there.status_code, there.text)
        assert here.headers["content-type"] == there.headers["content-type"]


def test_stages_come_through_while_the_answer_is_still_being_made(address, proxied, client, gate):
    asked = {
        "json": {"question": "What does the article say about direct observation?"},
        "headers": {"Accept": "text/event-stream"},
    }
    with client.stream("POST", f"{address}/api/ask", **asked) as response:
        lines = response.iter_lines()
        early = next(line for line in lines if line.startswith("event:"))
        gate.set()
        assert (early, [line for line in lines if line.startswith("event:")][-1]) == ("event: stage", "event: answer")


@pytest.mark.parametrize(
    "path", ["", "/es", "/api/ask/", "/api/sources/", "/widget/", "/audit/", "/api", "/es/api/docs/"]
)
def test_no_redirect_leads_away(address, proxied, client, path):
    response = client.get(address + path)
    where = response.headers.get("location", "")
    assert not where.startswith("http:")
    assert proxied.direct.removeprefix("http://") not in where + response.text
    if where:
        led = response.next_request
        assert led is not None
        assert str(led.url).startswith(f"{address}/")
        assert client.get(led.url).status_code in (200, 405)


def test_what_to_paste_names_the_public_address(proxied, client):
    """As it was set, or as the proxy tells it; and as it was asked, where nobody tells."""
    for address in (proxied.cut, proxied.whole, proxied.told):
        page = client.get(f"{address}/es/widget/setup").text
        assert f"src=&quot;{address}/widget-" in page
    assert f"src=&quot;{proxied.direct}{PREFIX}/widget-" in client.get(f"{proxied.bare}/widget/setup").text


def test_the_widget_comes_through_the_proxy_to_another_site(proxied, portal, browser):
    portal.server = proxied.cut
    portal.shows('<script src="{server}/widget.js" data-corpus="" data-mode="launcher" async></script>')
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(180_000)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(portal.address())
    page.locator("trustbot-chat .launch").click()
    frame = page.frame_locator("trustbot-chat iframe")
    box = frame.locator("#tb-box textarea")
    box.wait_for()
    frame.locator("#tb-boot").wait_for(state="detached")
    box.fill("What does the article say about direct observation?")
    box.press("Enter")
    frame.locator("#tb-a0 a.tb-cite").first.wait_for()
    assert all(url.startswith((proxied.cut, portal.address(), "data:", "blob:")) for url in asked)
    context.close()


def test_only_a_listed_proxy_is_believed(make_bot, client, tmp_path, wait_until):
    """Asked from an address that is not in the list, the program knows what it sees itself."""
    app = create_app(Settings(data_dir=tmp_path), lambda _: make_bot())
    sock = listen("127.0.0.1", 0)
    server = Server(app, "192.0.2.1, 192.0.2.0/28")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        url = url_of(sock)
        wait_until(f"{url}/readyz")
        forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "203.0.113.9"}
        page = client.get(f"{url}/widget/setup", headers=forged).text
        assert f"src=&quot;{url}/widget-" in page
        assert "https://127" not in page
        assert "evil" not in page
    finally:
        server.should_exit = True
        thread.join(120)
        sock.close()
    assert not thread.is_alive()


def test_a_header_from_anybody_changes_no_page(proxied, client):
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Prefix": "/evil"}
    for path in ("/", "/es/", "/config", "/widget", "/browse", "/api/docs", "/api/openapi.json"):
        page = client.get(proxied.cut + path, headers=forged)
        assert page.status_code == 200
        assert "evil" not in page.text + str(page.headers)
        assert proxied.direct not in page.text

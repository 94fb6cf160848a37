"""Several corpora on one server, each with its own index: chosen as they may be, and nothing of one at another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from ingest.build import build_index
from ingest.manifest import load_manifest
from trustbot.bot import Bot
from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.web.auth.portals import load_portals
from trustbot.web.auth.tokens import Signer, mint
from trustbot.web.i18n import english
from trustbot.web.kept.conversations import keep, restore
from trustbot.web.kept.form import Exchange
from trustbot.web.server import create_app
from trustbot.web.service import Service

ISSUER, BOTH = "https://north.example.edu", "https://both.example.edu"
NORTH_SITE, WARD_SITE = "https://north-portal.example.edu", "https://ward-portal.example.edu"
QUESTION = "When does the clinic open?"
SAID = {
    "ward": "The ward clinic opens at nine in the morning.",
    "north": "The clinic of the north opens at seven in the morning.",
    "south": "The clinic of the south opens at eleven in the morning.",
    "later": "The clinic of the east opens at noon.",
}
MANIFEST = """\
schema = 1
id = "{id}"
title = "Hours of the {id}"
version = "1"
language = "en"
scope = "The hours of one clinic, the {id} one."
disclaimer = "For education only."

[[licence]]
id = "own"
index = true
ship = true

[[source]]
id = "hours-{id}"
number = 1
kind = "work"
title = "Opening hours, {id}"
licence = "own"
intranet = true

[[document]]
id = "note-{id}"
source = "hours-{id}"
kind = "note"
title = "Opening hours, {id}"
path = "note.md"
licence = "own"
"""
PORTALS = f"""\
[corpus.ward]
concurrency = 1
origins = ["{WARD_SITE}"]

[corpus.north]
questions_per_minute = 3
waiting = 0
origins = ["{NORTH_SITE}"]

[corpus.south]
anonymous = false

[[portal]]
issuer = "{ISSUER}"
secret_file = "north.secret"
corpora = ["north"]

[[portal]]
issuer = "{BOTH}"
secret_file = "both.secret"
"""
NORTH_SECRET, BOTH_SECRET = b"north shares this secret, and it is long", b"both share this other secret, also long"


@dataclass
class Place:
    """A running server, and what it opened."""

    url: str
    data: Path
    bots: dict[str, Bot] = field(default_factory=dict)

    def ask(self, path: str = "/api/ask", **more) -> httpx.Response:
        headers = {"X-Forwarded-For": more.pop("sender", "198.51.100.1"), **more.pop("headers", {})}
        body = {"question": QUESTION, **more}
        return httpx.post(self.url + path, json=body, headers=headers, timeout=120)


@pytest.fixture(scope="module")
def ingest(tmp_path_factory, models_dir):
    data = tmp_path_factory.mktemp("corpora")
    (data / "models").symlink_to(models_dir)

    def one(corpus_id: str) -> Path:
        folder = data / "corpus" / corpus_id
        folder.mkdir(parents=True)
        (folder / "manifest.toml").write_text(MANIFEST.format(id=corpus_id), encoding="utf-8")
        (folder / "note.md").write_text(f"# Opening hours\n\n{SAID[corpus_id]}\n", encoding="utf-8")
        build_index(load_manifest(folder), data / "index" / corpus_id, models_dir, progress=False)
        return data

    return one


@pytest.fixture(scope="module")
def place(ingest, serve_app, wait_until) -> Iterator[Place]:
    _, _, data = (ingest(one) for one in ("ward", "north", "south"))
    (data / "portals.toml").write_text(PORTALS, encoding="utf-8")
    for name, secret in (("north", NORTH_SECRET), ("both", BOTH_SECRET)):
        (data / f"{name}.secret").write_bytes(secret)
        (data / f"{name}.secret").chmod(0o600)
    bots: dict[str, Bot] = {}

    def open_bot(settings: Settings) -> Bot:
        return bots.setdefault(settings.corpus, Bot(settings))

    settings = Settings(data_dir=data, corpus="ward", corpora="*", corpora_open="use", corpus_dir=data / "corpus")
    with serve_app(create_app(settings, open_bot)) as url:
        wait_until(f"{url}/readyz")
        assert set(bots) == {"ward"}  # the others wait to be asked
        for one in ("north", "south"):
            assert httpx.get(f"{url}/c/{one}/").status_code == 503  # the waiting page, which begins to open it
            wait_until(f"{url}/c/{one}/readyz")
        yield Place(url, data, bots)


def signed(secret: bytes, issuer: str, corpus_id: str, visitor: str = "v-1") -> dict[str, str]:
    """The header of a visitor for whom a portal vouches."""
    return {"Authorization": f"Bearer {mint(Signer(issuer, secret), visitor, corpus_id)}"}


@pytest.fixture(scope="module")
def south():
    """What asks at the corpus that answers signed visitors only."""
    return signed(BOTH_SECRET, BOTH, "south", "v-9")


@pytest.fixture(scope="module")
def services(place):
    """The services of two corpora, as the server has them."""
    made = {}
    for one in ("north", "south"):
        settings = Settings(data_dir=place.data, corpus=one, corpus_dir=place.data / "corpus")
        made[one] = Service(settings, lambda s: place.bots[s.corpus])
        made[one].open()
    return made


def quotes(response: httpx.Response) -> set[str]:
    assert response.status_code == 200, response.text
    return {c["quote"] for c in response.json()["citations"]}


def sentence(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    return response.json()["detail"]


def test_each_answers_from_its_own_documents_at_its_own_address(place, south):
    assert quotes(place.ask()) == {SAID["ward"]}
    assert quotes(place.ask("/c/north/api/ask", sender="198.51.100.2")) == {SAID["north"]}
    assert quotes(place.ask("/c/south/api/ask", headers=south)) == {SAID["south"]}
    for path in ("/api/sources", "/c/north/api/sources", "/api/sources?corpus=north"):
        told = httpx.get(place.url + path).text
        one = "north" if "north" in path else "ward"
        assert all((f"hours-{other}" in told) == (other == one) for other in ("ward", "north", "south")), path


def test_a_request_chooses_by_its_body(place, south):
    assert quotes(place.ask(corpus="ward")) == {SAID["ward"]}
    assert quotes(place.ask(corpus="north", sender="198.51.100.3")) == {SAID["north"]}
    assert quotes(place.ask("/c/south/api/ask", corpus="south", headers=south)) == {SAID["south"]}
    # A corpus of its own address answers for no other.
    assert "south" in sentence(place.ask("/c/south/api/ask", corpus="north", headers=south), 422)
    body = {"model": "north", "messages": [{"role": "user", "content": QUESTION}]}
    headers = {"X-Forwarded-For": "198.51.100.4"}
    chosen = httpx.post(f"{place.url}/v1/chat/completions", json=body, headers=headers, timeout=120).json()
    assert chosen["model"] == "north"
    assert SAID["north"].rstrip(".") in chosen["choices"][0]["message"]["content"]
    call = {"name": "ask", "arguments": {"question": QUESTION, "corpus": "north"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accept = {"Accept": "application/json, text/event-stream", "X-Forwarded-For": "198.51.100.5"}
    result = httpx.post(f"{place.url}/mcp", json=message, headers=accept, timeout=120).json()["result"]
    assert result["isError"] is False
    assert {c["quote"] for c in result["structuredContent"]["citations"]} == {SAID["north"]}


@pytest.mark.parametrize(
    "path", ["/c/west/api/ask", "/c/west/", "/es/c/west/x", "/api/ask?corpus=west", "/c/..%2fward/x"]
)
def test_an_id_of_no_corpus_is_one_sentence(place, path):
    expected = english.NO_CORPUS.format(corpus="west")
    told = sentence(place.ask(path), 404)
    if "west" in path and not path.startswith("/es"):
        assert told == expected
    page = httpx.get(place.url + path.replace("/api/ask", "/api/sources"), headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "ward" not in page.text.replace("..%2fward", "")


def test_an_id_of_no_corpus_in_a_body_is_refused(place):
    assert "west" in sentence(place.ask(corpus="west"), 422)
    body = {"model": "west", "messages": [{"role": "user", "content": QUESTION}]}
    assert httpx.post(f"{place.url}/v1/chat/completions", json=body).status_code == 404


def test_the_first_corpus_has_an_address_by_its_id_too(place):
    for path, leads in (("/c/ward", "/"), ("/c/ward/", "/"), ("/c/ward/api/sources?x=1", "/api/sources?x=1")):
        response = httpx.get(place.url + path)
        assert response.status_code == 308
        assert response.next_request.url == place.url + leads
    response = httpx.get(f"{place.url}/es/c/north/browse")
    assert response.next_request.url == f"{place.url}/c/north/es/browse"
    assert httpx.get(f"{place.url}/c/north").next_request.url == f"{place.url}/c/north/"


def test_pages_are_of_their_corpus(place):
    for path in ("/", "/es/", "/browse", "/widget", "/widget/setup"):
        page = httpx.get(f"{place.url}/c/north{path}", headers={"Accept": "text/html"})
        assert page.status_code == 200, path
        assert "Hours of the north" in page.text, path
        assert not any(name in page.text for name in ("Hours of the ward", "Hours of the south")), path
    setup = httpx.get(f"{place.url}/c/north/widget/setup").text
    assert "/c/north/widget-" in setup
    config = httpx.get(f"{place.url}/c/north/config").text
    assert "Hours of the ward" not in config


def test_the_widget_chooses_by_its_tag(place):
    for path, leads in (
        ("/widget?corpus=north&theme=dark", "/c/north/widget?corpus=north&theme=dark"),
        ("/es/widget?corpus=north", "/c/north/es/widget?corpus=north"),
    ):
        assert httpx.get(place.url + path).next_request.url == place.url + leads
    origin = {"Origin": NORTH_SITE}
    assert httpx.get(f"{place.url}/widget/status?corpus=north", headers=origin).json() == {"open": True}
    assert httpx.get(f"{place.url}/es/widget/status?corpus=north", headers=origin).json() == {"open": True}
    assert httpx.get(f"{place.url}/widget/status?corpus=south", headers=origin).json()["reason"] == "origin"
    assert httpx.get(f"{place.url}/widget/status?corpus=west", headers=origin).json()["reason"] == "corpus"


def test_origins_are_those_of_a_corpus(place):
    def asked(path: str, origin: str, **more) -> httpx.Response:
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        return place.ask(path, headers=headers, sender="127.0.0.1", **more)

    assert asked("/c/north/api/ask", NORTH_SITE).headers["access-control-allow-origin"] == NORTH_SITE
    assert asked("/api/ask", WARD_SITE).headers["access-control-allow-origin"] == WARD_SITE
    for path, origin, more in (
        ("/api/ask", NORTH_SITE, {}),
        ("/c/south/api/ask", NORTH_SITE, {}),
        ("/c/north/api/ask", WARD_SITE, {}),
        ("/api/ask", WARD_SITE, {"corpus": "north"}),
        ("/api/ask", NORTH_SITE, {"corpus": "north"}),
    ):
        told = asked(path, origin, **more)
        assert told.status_code == 403, (path, origin, more)
        assert "quote" not in told.text
    # Nor does a browser that doesn't say where its page is from show one corpus to the pages of another.
    assert place.ask(corpus="north", headers={"Origin": WARD_SITE}).status_code == 403
    for path, listed in (("/widget", WARD_SITE), ("/c/north/widget", NORTH_SITE), ("/c/south/widget", "")):
        policy = httpx.get(place.url + path).headers["content-security-policy"]
        assert policy.rpartition("frame-ancestors ")[2] == f"'self' {listed}".strip()


def test_a_token_holds_for_its_corpus_only(place):
    north = signed(NORTH_SECRET, ISSUER, "north")
    assert quotes(place.ask("/c/north/api/ask", headers=north)) == {SAID["north"]}
    assert quotes(place.ask(corpus="north", headers=north)) == {SAID["north"]}
    assert "north" in sentence(place.ask(headers=north), 401)  # the portal is unknown there
    both = signed(BOTH_SECRET, BOTH, "north", "v-2")
    assert quotes(place.ask("/c/north/api/ask", headers=both)) == {SAID["north"]}
    for path, more in (("/api/ask", {}), ("/c/south/api/ask", {}), ("/api/ask", {"corpus": "south"})):
        assert "north" in sentence(place.ask(path, headers=both, **more), 403)
    # A portal of one corpus vouches for nobody at another.
    assert sentence(place.ask("/c/south/api/ask", headers=signed(NORTH_SECRET, ISSUER, "south")), 401)
    assert sentence(place.ask("/c/south/api/ask"), 403) == english.SIGNED_ONLY
    assert sentence(place.ask(corpus="south"), 403) == english.SIGNED_ONLY


def test_how_often_is_counted_for_each_corpus(place):
    sender = "198.51.100.77"
    paths = ["/c/north/api/ask", "/api/ask", "/c/north/api/ask"]
    assert [
        place.ask(path, corpus="north" if path == "/api/ask" else None, sender=sender).status_code for path in paths
    ] == [200] * 3
    refused = place.ask("/c/north/api/ask", sender=sender)
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert place.ask(sender=sender).status_code == 200


def test_documents_and_answers_of_one_are_unknown_at_another(place, south):
    answer = place.ask("/c/north/api/ask", sender="198.51.100.8").json()
    (citation,) = answer["citations"]
    stored = f"/api/documents/{citation['document_hash']}"
    assert httpx.get(f"{place.url}/c/north{stored}").json()["text"]
    for root in ("", "/c/south"):
        assert httpx.get(place.url + root + stored).status_code == 404
        assert httpx.get(f"{place.url}{root}/api/documents/note-north").status_code == 404
        assert httpx.get(f"{place.url}{root}/documents/note-north").status_code == 404
    body = {"format": "json", "turns": [{"question": QUESTION, "answer": answer}]}
    made = httpx.post(f"{place.url}/c/north/api/export", json=body)
    assert made.status_code == 200, made.text
    assert httpx.post(f"{place.url}/api/export?corpus=north", json=body).status_code == 200
    assert sentence(httpx.post(f"{place.url}/api/export", json=body), 422)
    assert sentence(httpx.post(f"{place.url}/c/south/api/export", json=body, headers=south), 422)
    assert httpx.post(f"{place.url}/c/north/api/verify", json=made.json()).json()["holds"] is True
    # The record says whose it is: another corpus doesn't check it.
    assert "north" in sentence(httpx.post(f"{place.url}/api/verify", json=made.json()), 422)


def test_a_kept_conversation_of_one_is_not_restored_at_another(place, services):
    answer = place.bots["north"].ask(QUESTION)
    answer = services["north"].signer.answer(answer)
    exchanges = [Exchange(0, QUESTION, "", answer.text, answer, "a-token")]
    kept = keep(exchanges, "north")
    assert restore(services["north"], kept).changed == 0
    there = restore(services["south"], kept)
    assert there.problem == english.KEPT_OTHER.format(served="Hours of the south")
    assert not there.exchanges
    nameless = restore(services["south"], keep(exchanges))
    assert nameless.changed == 1
    assert SAID["north"] not in "".join(e.shown for e in nameless.exchanges)


def test_feedback_and_what_was_not_answered_stay_with_their_corpus(place, services):
    answer = place.bots["north"].ask(QUESTION)
    assert services["north"].feedback(answer, "t" * 24, "not helpful")
    assert place.ask("/c/north/api/ask", question="Who won the cup in 1998?", sender="198.51.100.9").json()["abstained"]
    for kind in ("feedback", "unanswered"):
        assert [p.name for p in (place.data / kind).glob("*.sqlite3")] == ["north.sqlite3"]


def test_what_is_large_is_in_memory_once(place):
    embedders = {id(bot._embedder) for bot in place.bots.values()}
    assert len(embedders) == 1


def test_limits_are_those_of_a_corpus(place):
    portals = load_portals(place.data / "portals.toml")
    given = {
        one: portals.limited(Settings(corpus=one, concurrency=8, waiting=24)) for one in ("ward", "north", "south")
    }
    found = {one: (s.concurrency, s.waiting, s.widget_origins) for one, s in given.items()}
    assert found == {"ward": (1, 24, WARD_SITE), "north": (8, 0, NORTH_SITE), "south": (8, 24, "")}
    assert [p.issuer for p in portals.of("south").portals] == [BOTH]


def test_a_corpus_that_is_published_later_is_served_from_then_on(place, ingest, wait_until):
    assert httpx.get(f"{place.url}/c/later/readyz").status_code == 404
    ingest("later")
    wait_until(f"{place.url}/c/later/readyz")
    assert quotes(place.ask("/c/later/api/ask")) == {SAID["later"]}


def test_listed_corpora_are_opened_with_the_server_and_one_that_is_missing_holds_up_none(place, serve_app, wait_until):
    bots: dict[str, Bot] = {}
    said: list[str] = []

    def open_bot(settings: Settings) -> Bot:
        bots[settings.corpus] = place.bots[settings.corpus] if settings.corpus in place.bots else Bot(settings)
        return bots[settings.corpus]

    settings = Settings(data_dir=place.data, corpus="ward", corpora="absent, north", corpus_dir=place.data / "corpus")
    with serve_app(create_app(settings, open_bot, said.append)) as url:
        wait_until(f"{url}/readyz")
        end = wait_until(f"{url}/c/north/readyz")
        assert end.json()["corpus"] == "north"
        assert httpx.get(f"{url}/c/south/readyz").status_code == 404  # published, and not listed
        assert "There is no index" in httpx.get(f"{url}/c/absent/readyz").json()["detail"]
    assert any(sentence.startswith("absent: There is no index") for sentence in said)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"corpora": "../etc"}, "TRUSTBOT_CORPORA"),
        ({"corpora": "a,b c"}, "TRUSTBOT_CORPORA"),
        ({"corpora": "a", "root_path": "/c/x"}, "TRUSTBOT_ROOT_PATH"),
    ],
)
def test_a_setting_that_cannot_be_used_is_a_sentence(tmp_path, given, named):
    with pytest.raises(InvalidInput, match=named):
        create_app(Settings(data_dir=tmp_path, **given))


def test_behind_a_path_each_stands_below_it(tmp_path, make_bot, serve_app, wait_until):
    settings = Settings(data_dir=tmp_path, corpus="ward", corpora="north", root_path="/tools/trust")
    with serve_app(create_app(settings, lambda _: make_bot())) as url:
        wait_until(f"{url}/c/north/readyz")
        for root in ("/tools/trust", ""):
            assert httpx.get(f"{url}{root}/c/north/").status_code == 200
            moved = httpx.get(f"{url}{root}/widget?corpus=north").next_request.url
            assert moved == f"{url}{root}/c/north/widget?corpus=north"

"""The index on a Chroma server: a real `chroma run` on loopback, from which replicas without a shared disk answer."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ingest.build import build_index
from ingest.manifest import Manifest, load_manifest
from ingest.publish import published
from trustbot.bot import Bot
from trustbot.errors import IndexMissing, IndexUnreachable, InvalidInput
from trustbot.index.published import fetch, up_to_date, vectors_name
from trustbot.index.server import FILES, FORMAT, VECTORS, Server, server_of
from trustbot.presentation import wording
from trustbot.presentation.wire import answer_to_dict
from trustbot.settings import Settings
from trustbot.web.corpora import Corpora
from trustbot.web.server import create_app

QUESTIONS = (
    "How does direct observation build trust?",
    "Who says that preceptors found trust hard to judge?",
    "What is feedback for?",
    "Does trust develop over time?",
    "How many preceptors were interviewed?",
    "What should a student do in the first week?",
    "How is trust lost?",
    "Which studies were done in North America?",
    "What is the capital of France?",
    "Is the article right about continuity?",
)
MANIFEST = """\
schema = 1
id = "huddles"
title = "Morning huddles"
version = "{version}"
language = "en"
scope = "One page about morning huddles."
disclaimer = "For education only."

[[licence]]
id = "own"
index = true
ship = true

[[source]]
id = "page"
number = 1
kind = "work"
title = "Why huddles"
licence = "own"
intranet = true

[[document]]
id = "page"
source = "page"
kind = "note"
title = "Why huddles"
path = "page.md"
licence = "own"
"""
PAGE = "# Why huddles\n\n## Benefits\n\nHuddles help a ward to plan its day.\n\n{said}\n"
QUESTION = "What do huddles save?"


class Chroma:
    """A server that can be ended and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        command = [program, "run", "--path", self._folder / "store", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("Chroma did not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    server = Chroma(tmp_path_factory.mktemp("chroma"))
    yield server
    server.kill()


class Place:
    """A corpus of one page and the folder that it is ingested in, and folders of replicas."""

    def __init__(self, folder: Path, models_dir: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.corpus = folder / "corpus" / "huddles"
        self.corpus.mkdir(parents=True)
        (folder / "models").symlink_to(models_dir)
        self.settings = Settings(data_dir=folder, corpus="huddles", corpus_dir=folder / "corpus", chroma_url=url)
        self.index_dir = folder / "index" / "huddles"

    def ingest(self, version: str, said: str = "Huddles save the time of nurses.", *, rebuild: bool = False) -> str:
        (self.corpus / "manifest.toml").write_text(MANIFEST.format(version=version), encoding="utf-8")
        (self.corpus / "page.md").write_text(PAGE.format(said=said), encoding="utf-8")
        manifest = load_manifest(self.corpus)
        build = partial(build_index, manifest, self.index_dir, self.folder / "models", progress=False, rebuild=rebuild)
        return published(self.settings, "huddles", self.index_dir, build, anew=rebuild).sent

    def replica(self, name: str) -> Settings:
        """Of another machine: nothing is in its folder, and the corpus isn't there."""
        return self.settings.model_copy(update={"data_dir": self.folder / name, "corpus_dir": self.folder / "none"})


@pytest.fixture(scope="module")
def place(chroma: Chroma, models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("huddles"), models_dir, chroma.url)
    assert made.ingest("1") == f"On the Chroma server at {chroma.url}: published."
    return made


@pytest.fixture
def server(chroma: Chroma) -> Iterator[Server]:
    with closing(Server(chroma.url, {})) as opened:
        yield opened


def said(bot: Bot, question: str) -> dict:
    """What an answer says, cites and was chosen from; not how long it took."""
    told = answer_to_dict(bot.ask(question))
    told["trace"] = {name: value for name, value in told["trace"].items() if name != "timings_ms"}
    return told


def test_a_replica_answers_as_the_index_on_disk_does(
    chroma: Chroma,
    built_index: Path,
    models_dir: Path,
    default_manifest: Manifest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trustbot.chain.is_small", lambda corpus: False)  # which is read whole, without a search
    here = Settings(data_dir=tmp_path / "here")
    shutil.copytree(built_index, here.index_dir)
    (here.data_dir / "models").symlink_to(models_dir)
    away = here.model_copy(update={"chroma_url": chroma.url})
    build = partial(build_index, default_manifest, here.index_dir, models_dir, progress=False)
    report = published(away, default_manifest.id, here.index_dir, build)
    assert report.unchanged
    assert published(away, default_manifest.id, here.index_dir, build).sent.endswith("published already.")
    replica = away.model_copy(update={"data_dir": tmp_path / "replica"})
    with closing(Bot(here)) as own, closing(Bot(replica)) as other:
        for question in QUESTIONS:
            assert said(own, question) == said(other, question)
            mine, theirs = (
                [(p.chunk.id, p.rank) for p in bot._serving.current.chain._retriever.search(question, 30)]
                for bot in (own, other)
            )
            assert mine == theirs
        document = own.corpus.documents[0]
        assert other.document(document.content_hash).document.text == document.text
    assert not (replica.index_dir / "chroma").exists()
    assert {p.name for p in (replica.data_dir / "models").iterdir()} <= {p.name for p in models_dir.iterdir()}


def test_a_running_server_follows_what_is_ingested_elsewhere(
    place: Place, server: Server, serve_app, wait_until
) -> None:
    with serve_app(create_app(place.replica("follower"), Bot)) as url:
        wait_until(f"{url}/readyz")
        statuses = []
        for version in ("2", "3", "4"):
            place.ingest(version, f"Huddles save {version} hours of each nurse.")
            for _ in range(200):
                given = httpx.post(f"{url}/api/ask", json={"question": QUESTION}, timeout=60)
                statuses.append(given.status_code)
                if given.json()["trace"]["corpus_version"] == version:
                    break
                time.sleep(0.1)
            else:
                raise AssertionError(f"nobody was answered from version {version}")
            assert f"{version} hours" in given.text
        assert set(statuses) == {200}
        first = load_manifest(place.corpus)
        assert first.version == "4"
    left = [name for name in server.names(VECTORS) if ".huddles." in name]
    assert left == sorted(left)
    assert len(left) == 2, "the version before is kept for who is just reading it, and no other"
    assert vectors_name("huddles", server.pointer("huddles").version) == left[-1]


def test_what_was_altered_is_refused_and_made_again(place: Place, server: Server) -> None:
    def told() -> str:
        with pytest.raises(IndexMissing) as refused:
            Bot(place.replica("careful")).close()
        return str(refused.value)

    def vectors():
        return server.find(vectors_name("huddles", server.pointer("huddles").version))

    ids = vectors().get(include=[])["ids"]
    row = vectors().get(ids=ids[:1], include=["embeddings"])["embeddings"][0]
    moved = row.copy()
    moved[0] = -moved[0]
    vectors().update(ids=ids[:1], embeddings=[moved])
    assert "its vectors are not what was published. Run `trustbot-ingest --rebuild`." in told()
    vectors().delete(ids=ids[:1])
    assert "its vectors are incomplete." in told()
    place.ingest("5", rebuild=True)
    vectors().modify(metadata={"fingerprint": "sha256:other"})
    assert "its vectors belong to another index." in told()
    server.remove(vectors().name)
    assert "its vectors are missing." in told()
    place.ingest("6", rebuild=True)
    files = server.find(f"{FILES}huddles.{FORMAT}")
    shutil.rmtree(place.replica("careful").data_dir)
    rows = files.get(include=["metadatas"])
    for part, data in zip(rows["ids"], rows["metadatas"], strict=True):
        files.update(ids=[part], metadatas=[{"data": data["data"][:-8]}])
    assert "is missing or is not what was published. Run `trustbot-ingest --rebuild`." in told()
    # The list itself can't be read any more, so what was published before is not taken over either.
    server.remove(f"{FILES}huddles.{FORMAT}")
    server.remove(f"trustbot-corpus.huddles.{FORMAT}")
    place.ingest("7", rebuild=True)
    with closing(Bot(place.replica("careful"))) as bot:
        assert bot.corpus.version == "7"


def test_what_lies_damaged_in_a_replica_is_fetched_anew(place: Place, server: Server) -> None:
    settings = place.replica("damaged")
    version = up_to_date(settings) / server.pointer("huddles").version
    (version / "snapshot.json").write_bytes(b"{}")
    text = next((version.parent / "documents").glob("*.txt"))
    text.unlink()
    (version.parent / "CURRENT").unlink()
    with closing(Bot(settings)) as bot:
        assert bot.ask(QUESTION).outcome == "answered"
    assert text.is_file()


def test_an_ingest_that_was_stopped_goes_on_where_it_was(
    place: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.pointer("huddles")
    sent: list[int] = []
    add = Server.add

    def counted(self: Server, collection, ids, **columns) -> None:
        sent.append(len(ids))
        add(self, collection, ids, **columns)

    def fails(self: Server, corpus_id: str, pointer: object) -> None:
        raise IndexUnreachable("gone")

    monkeypatch.setattr(Server, "add", counted)
    with monkeypatch.context() as patch:
        patch.setattr(Server, "point", fails)
        with pytest.raises(IndexUnreachable):
            place.ingest("8", "Huddles save a walk.")
    assert server.pointer("huddles") == before, "nothing half-made is published"
    assert sent
    sent.clear()
    assert place.ingest("8", "Huddles save a walk.").endswith("published.")
    assert not sent, "all of it was there"


def test_a_server_that_is_gone_costs_a_question_and_nothing_else(
    place: Place,
    chroma: Chroma,
    serve_app,
    wait_until,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trustbot.chain.is_small", lambda corpus: False)  # which is read whole, without a search
    with serve_app(create_app(place.replica("patient"), Bot)) as url, httpx.Client(timeout=60) as client:
        wait_until(f"{url}/readyz")
        assert client.post(f"{url}/api/ask", json={"question": QUESTION}).status_code == 200
        chroma.kill()
        try:
            began = time.monotonic()
            given = client.post(f"{url}/api/ask", json={"question": QUESTION})
            assert time.monotonic() - began < 10
            assert (given.status_code, given.json()["detail"]) == (503, wording.INDEX_AWAY)
            assert int(given.headers["retry-after"]) > 0
            assert chroma.url in caplog.text, "the operator is told which"
            assert client.get(f"{url}/healthz").status_code == 200
        finally:
            chroma.start()
        given = client.post(f"{url}/api/ask", json={"question": QUESTION})
        assert (given.status_code, given.json()["outcome"]) == (200, "answered")


def test_every_corpus_of_the_server_is_served_where_all_are_wanted(place: Place, server: Server) -> None:
    settings = place.replica("all").model_copy(update={"corpora": "*", "corpus": "preceptor-trust"})
    assert "huddles" in server.corpora()
    assert Corpora(settings, None, lambda given: None).knows("huddles")
    assert not Corpora(settings, None, lambda given: None).knows("nobody")


def test_one_sentence_says_what_is_wrong_with_a_server(chroma: Chroma, tmp_path: Path) -> None:
    def told(**given: str) -> str:
        with pytest.raises((IndexMissing, InvalidInput)) as refused:
            up_to_date(Settings(data_dir=tmp_path, **given))
        return str(refused.value)

    assert told(chroma_url="http://127.0.0.1:9") == (
        "The Chroma server at http://127.0.0.1:9 doesn't answer (ConnectError). Check that it runs, and "
        "TRUSTBOT_CHROMA_URL."
    )
    assert "holds no index of nobody. Run `trustbot-ingest`" in told(chroma_url=chroma.url, corpus="nobody")
    assert "doesn't answer" in told(chroma_url=f"{chroma.url}/elsewhere"), "what answers there is no Chroma"
    wrong = told(chroma_url=chroma.url, chroma_headers="Authorization Bearer s3cret")
    assert wrong.startswith("TRUSTBOT_CHROMA_HEADERS can't be used: line 1 is no header.")
    assert "s3cret" not in wrong
    with pytest.raises(ValueError, match="chroma_url"):
        Settings(chroma_url="ftp://127.0.0.1")
    assert "s3cret" not in repr(Settings(chroma_headers="X-Key: s3cret"))


@contextmanager
def proxy(chroma: Chroma, folder: Path) -> Iterator[str]:
    """HTTPS with a certificate of its own, under a path, for who sends a key; no body of more than 300 kB."""
    subprocess.run(
        (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out ca.pem -subj /CN=localhost "
            "-addext subjectAltName=IP:127.0.0.1"
        ).split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, content = 403, b"{}"
            if len(body) > 300_000:
                status = 413
            elif self.headers.get("x-key") == "s3cret" and self.path.startswith("/chroma/"):
                asked = httpx.request(
                    self.command, chroma.url + self.path.removeprefix("/chroma"), content=body, timeout=60
                )
                status, content = asked.status_code, asked.content
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.server_port}/chroma"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the certificate is made with openssl")
def test_a_proxy_is_told_its_headers_over_a_connection_that_is_verified(
    place: Place, chroma: Chroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(chroma, tmp_path) as url:
        known = place.replica("proxied").model_copy(update={"chroma_url": url})
        settings = Settings(**known.model_dump() | {"chroma_headers": "X-Key: s3cret\nX-More: a b\n"})
        with pytest.raises(IndexUnreachable, match=r"doesn't answer \(ConnectError\)"):
            up_to_date(settings)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with pytest.raises(IndexUnreachable, match=r"refuses to answer \(403\). Check TRUSTBOT_CHROMA_HEADERS"):
            up_to_date(known)
        with closing(server_of(settings)) as through:
            assert through.pointer("huddles") is not None
            many = through.create("trustbot-proxied")
            through.add(many, [f"row{i}" for i in range(40)], embeddings=[[float(i)] * 4000 for i in range(40)])
            assert many.count() == 40, "what is too large for the proxy goes in more requests"
            through.remove("trustbot-proxied")
            fetch(through, "huddles", tmp_path / "huddles", tmp_path / "models")


def test_nothing_but_the_server_is_connected_to(place: Place, chroma: Chroma) -> None:
    code = (
        "import sys, json; seen = set()\n"
        "def hook(event, given):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'socket.sendto'):\n"
        "        seen.add(json.dumps([event, str(given[1] if event == 'socket.connect' else given[:2])]))\n"
        "sys.addaudithook(hook)\n"
        "from trustbot.cli import main\n"
        f"main(['ask', '--json', {QUESTION!r}])\n"
        "print(sorted(seen), file=sys.stderr)\n"
    )
    settings = place.replica("quiet")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUSTBOT_")} | {
        "TRUSTBOT_CHROMA_URL": chroma.url,
        "TRUSTBOT_DATA_DIR": str(settings.data_dir),
        "TRUSTBOT_CORPUS": "huddles",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ANONYMIZED_TELEMETRY": "True",
        "CHROMA_SERVER_HOST": "chroma.example.org",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=settings.corpus_dir.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "answered"
    seen = done.stderr.strip().splitlines()[-1]
    assert str(chroma.port) in seen
    assert seen.count("socket.") == seen.count(str(chroma.port)), seen

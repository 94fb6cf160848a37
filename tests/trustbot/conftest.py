"""A small corpus and a bot that replies from a script, made of the real types, for tests of what is shown."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from trustbot.answer import replies
from trustbot.cli import main
from trustbot.corpus.contacts import contacts_for
from trustbot.index.documents import DocumentVersion
from trustbot.presentation import wording
from trustbot.query.safety import Safety, Screened
from trustbot.testing.provider import PlayedProvider
from trustbot.types import (
    Answer,
    Audit,
    Chunk,
    Citation,
    Contact,
    Corpus,
    Document,
    DocumentKind,
    Notice,
    Query,
    Quote,
    SafetyKind,
    SafetyNote,
    Source,
    Stage,
    Study,
    Suggestion,
    Trace,
    Turn,
    chunk_id,
    sha256_text,
)
from trustbot.verify import citations

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from trustbot.bot import Bot

ARTICLE_TEXT = """# Guidance on trust

## How Trust Develops in Clinical Education

### Direct Observation

- Direct observations of clinical skills are crucial for building trust [4]
- Preceptors face challenges in determining trust due to limited opportunities to observe [4]
- Active engagement of students in learning, identified as a key attribute, builds trust [3]

## Feedback

- When trust is established early, feedback becomes an explicit component of the relationship [2]
"""
NOTE_TEXT = """# Note on reference 4

This is a note in our own words; none of it is the paper's text.

## What it found

The preceptors in Penner's study described direct observation as a second driver of trust.
Penner and colleagues suggest that it may help to promote direct observation.
"""


HELP_TEXT = """# Help: what this is and how to check it

## Patients

Type nothing that could identify a patient: no name, no date of birth, no record number.
"""


def document(doc_id: str, source_id: str, kind: DocumentKind, text: str) -> Document:
    return Document(
        doc_id, source_id, kind, f"Document {doc_id}", "text/markdown", "CC BY 4.0", text, sha256_text(text)
    )


def work(number: int, source_id: str, title: str, summary: str) -> Source:
    study = Study(
        "Qualitative interviews",
        "16 faculty preceptors",
        "Two continuity clinics",
        summary,
        period="2018-2020",
    )
    return Source(
        id=source_id,
        number=number,
        title=title,
        authors=("John C Penner", "Karen E Hauer", "Katherine A Julian", "Leslie Sheu"),
        year=2022,
        container="Perspectives on Medical Education",
        address="https://doi.org/10.1007/s40037-021-00694-5",
        licence="CC BY 4.0",
        issue="2",
        pages="73-79",
        doi="10.1007/s40037-021-00694-5",
        study=study,
        confidence="very high",
    )


GUIDANCE = Source(
    id="guidance",
    number=6,
    title="What is the importance of building trust?",
    authors=(),
    year=2025,
    container="Example articles",
    address="https://articles.example.org/267765",
    licence="quoted for comment",
    kind="guidance",
    status="pending human review",
    last_updated="2025-08-18",
)
HELP = Source(
    id="trustbot-help",
    number=7,
    title="Help: what this is and how to check it",
    authors=(),
    year=None,
    container="trustbot",
    address="https://www.apache.org/licenses/LICENSE-2.0",
    licence="Apache License 2.0",
    kind="help",
)
AUDIT_GOOD = Audit(
    "C13",
    "Direct observations of clinical skills are crucial for building trust",
    4,
    "supported",
    "The study names direct observation as a driver of trust.",
    "preceptor trusts resident",
)
AUDIT_PARTLY = Audit(
    "C04",
    "When trust is established early, feedback becomes an explicit component of the relationship",
    2,
    "partly",
    "The study says that feedback becomes explicit because goals are negotiated.",
    "trust is background; the study is about feedback",
    "The article credits trust; the study credits goal negotiation.",
)


@dataclass
class World:
    """The corpus, and citations and answers made from it."""

    corpus: Corpus

    def citation(
        self,
        quote: str,
        number: int = 4,
        document: str = "article",
        audit: Audit | None = AUDIT_GOOD,
        supports: tuple[tuple[int, int], ...] = (),
    ) -> Citation:
        stored = self.corpus.document(document)
        start = stored.text.index(quote)
        headings = ("How Trust Develops in Clinical Education", "Direct Observation")
        chunk = Chunk(
            id=chunk_id(stored.id, stored.content_hash, start, quote),
            document_id=stored.id,
            source_id=stored.source_id,
            document_hash=stored.content_hash,
            headings=headings,
            text=quote,
            start=start,
            end=start + len(quote),
            sentences=((0, len(quote)),),
            kind="statement",
            reference=number,
        )
        source = self.corpus.numbered(number)
        assert source is not None
        return Citation(number, Quote(chunk, start, start + len(quote), quote), source, stored, audit, supports)

    def answer(self, text: str, citations: Sequence[Citation], **more: object) -> Answer:
        values = {
            "outcome": "answered",
            "text": text,
            "query": Query("How does observation help?", "How does observation help?"),
            "disclaimer": self.corpus.disclaimer,
            "trace": Trace({"total": 12.0}, "all-MiniLM-L6-v2", "f00d", self.corpus.version),
            "citations": tuple(citations),
        }
        return Answer(**{**values, **more})  # type: ignore[arg-type]

    def answered(self) -> Answer:
        first = "Direct observations of clinical skills are crucial for building trust [4]."
        second = "When trust is established early, feedback becomes an explicit component of the relationship [2]."
        text = f"{first}\n{second}"
        place = (len(first) + 1, len(text))
        return self.answer(
            text,
            [
                self.citation(AUDIT_PARTLY.quote, 2, audit=AUDIT_PARTLY, supports=(place,)),
                self.citation(AUDIT_GOOD.quote, 4, supports=((0, len(first)),)),
                self.citation(
                    "Penner and colleagues suggest that it may help to promote direct observation.",
                    4,
                    "penner-2022",
                    None,
                    ((0, len(first)),),
                ),
            ],
            notices=(Notice("overreach", AUDIT_PARTLY.notice or ""),),
            followups=("What limits direct observation?", "What is said about feedback?"),
        )

    def partly(self) -> Answer:
        """An answer that may not be all that was asked for."""
        given = self.answered()
        return replace(given, outcome="partly", notices=(*given.notices, Notice("partial", wording.PARTIAL)))

    def closest(self) -> Answer:
        """No answer, and what lies near: two statements, one of them doubted, and a note."""
        note = "Penner and colleagues suggest that it may help to promote direct observation."
        return self.answer(
            f"{wording.CLOSEST} {self.corpus.scope}",
            [],
            outcome="closest",
            reason=wording.CLOSEST,
            closest=(
                self.citation(AUDIT_PARTLY.quote, 2, audit=AUDIT_PARTLY),
                self.citation(AUDIT_GOOD.quote, 4),
                self.citation(note, 4, "penner-2022", None),
            ),
            nearest=("Feedback",),
            followups=("What is said about feedback?",),
            query=Query("Do patients trust surgical robots?", "Do patients trust surgical robots?"),
        )

    def helped(self) -> Answer:
        """An answer in the words of the help text."""
        said = "Type nothing that could identify a patient: no name, no date of birth, no record number"
        text = f"{wording.HELP_LEAD}{said} [7]."
        return self.answer(text, [self.citation(f"{said}.", 7, "help", None, ((0, len(text)),))])

    def abstained(self) -> Answer:
        return self.answer(
            "",
            [],
            outcome="abstained",
            reason="Nothing in the article or the works it cites says anything about doses.",
            nearest=("Feedback",),
            followups=("What is said about feedback?",),
            query=Query("What dose of amoxicillin?", "What dose of amoxicillin?"),
        )


def help_first(
    world: World, kind: SafetyKind = "self_harm", contacts: Sequence[Contact] | None = None, **more: object
) -> Answer:
    """What somebody is told who needs help first; with statements where `closest` is among `more`."""
    note = SafetyNote(kind, bool(more.pop("again", False)), contacts_for(kind, contacts or (), ()))
    said = replies.help_first(note)
    values = {"notices": (replies.help_notice(kind),), "followups": ("What is said about feedback?",), **more}
    return world.answer(replies.with_contacts(said, note), [], outcome="safety", reason=said, safety=note, **values)


@pytest.fixture(scope="session")
def helping(world: World) -> Callable[..., Answer]:
    """`helping(kind, contacts, again=…, closest=…)`: an answer of the outcome `safety`."""

    def made(*given: Any, **more: Any) -> Answer:
        return help_first(world, *given, **more)

    return made


@dataclass(frozen=True)
class Marked:
    """A classifier and a masker that know marked texts and nothing else."""

    kinds: Mapping[str, SafetyKind] = field(default_factory=dict)
    """Message, as it is once it is masked -> its kind."""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Identifier -> its kind."""

    def kind_of(self, text: str, turns: Sequence[str]) -> SafetyKind | None:
        return self.kinds.get(text)

    def is_sure(self, text: str, turns: Sequence[str]) -> bool:
        """Always."""
        return True

    def mask(self, text: str, public: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
        found = [one for one in self.identifiers if one in text]
        for one in found:
            text = text.replace(one, f"[{self.identifiers[one]}]")
        return text, tuple(dict.fromkeys(self.identifiers[one] for one in found))


@pytest.fixture(scope="session")
def marking() -> Callable[..., Safety]:
    """The safety stage over stand-ins: `marking({text: kind}, {identifier: kind})`."""

    def made(kinds: Mapping[str, SafetyKind] = {}, identifiers: Mapping[str, str] = {}) -> Safety:
        known = Marked(kinds, identifiers)
        return Safety(known, known)

    return made


@dataclass
class ScriptedBot:
    """Replies by the first key that a question contains (an Answer, or an error) and keeps what was asked."""

    corpus: Corpus
    replies: dict[str, Answer | Exception]
    gate: threading.Event | None = None
    """Where given, an answer waits for it after its stages."""
    grid: Callable[[str], str] | None = None
    """Where given, what tells the question of the bank that stands for what was asked."""
    asked: list[tuple[str, tuple[Turn, ...], str | None]] = field(default_factory=list)
    fingerprint: str = "f00d"
    embedder_name: str = "all-MiniLM-L6-v2"
    built_at: str = "2026-11-22T10:00:00Z"

    def stream(
        self, question: str, history: Sequence[Turn] = (), persona: str | None = None, *, worded: bool = True
    ) -> Iterator[Stage | Answer]:
        self.asked.append((question, tuple(history), persona))
        reply = next(r for key, r in self.replies.items() if key in question)
        if isinstance(reply, Exception) and "late" not in question:
            raise reply
        yield Stage("search", "Searching 5 works and the article…")
        yield Stage("check", "Checking 6 passages…")
        if isinstance(reply, Exception):
            raise reply
        if self.gate:
            self.gate.wait(120)
        masked = any(n.kind == "identifier" for n in reply.notices)
        yield reply if masked else replace(reply, query=replace(reply.query, asked=question))

    def screened(self, text: str) -> Screened:
        known = Marked({"I give up.": "self_harm"}, {"Jane Roe": "NAME"})
        return Safety(known, known).screen(text)

    def warm_up(self) -> None:
        return None

    def cluster(self, text: str) -> str | None:
        return self.grid(text) if self.grid else None

    def refresh(self) -> None:
        return None

    def document(self, content_hash: str, document_id: str | None = None) -> DocumentVersion | None:
        found = next((d for d in self.corpus.documents if d.content_hash == content_hash), None)
        if found is None or document_id not in (None, found.id):
            return None
        source = self.corpus.source(found.source_id)
        when = self.built_at
        return DocumentVersion(found, source.number, source.title, self.corpus.version, when, found.content_hash)


@contextlib.contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """The address of `app` on a real server on loopback, stopped at the end; port 0 takes a free one."""
    from trustbot.web.server import Server, listen, url_of

    sock = listen("127.0.0.1", port)
    server = Server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield url_of(sock)
    finally:
        server.should_exit = True
        thread.join(120)
        sock.close()
        assert not thread.is_alive()


def wait_for(url: str, status: int = 200, seconds: float = 120) -> httpx.Response:
    """The response of `url` once it has `status`."""
    import httpx

    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(httpx.TransportError):
            response = httpx.get(url, timeout=30)
            if response.status_code == status:
                return response
        assert time.monotonic() < end, f"{url} did not answer {status} within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def serve_app() -> Callable[[FastAPI], contextlib.AbstractContextManager[str]]:
    import httpx

    from trustbot.web.chat.components import import_gradio

    for phase in ("connect", "read", "write", "pool"):  # a machine with other work answers late, and that is no fault
        setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, phase, 60.0)
    # Once, and before any server's thread does it: the filters for warnings are the process's own, and a test
    # that starts while a thread still imports would turn the warnings of other people's modules into errors.
    import_gradio()
    return serving


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., httpx.Response]:
    return wait_for


@pytest.fixture(scope="session")
def provider_key() -> Iterator[str]:
    """The key of every chat model in tests, and no other address than the one that a test gives."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_ORGANIZATION", "OPENAI_PROJECT", "OPENAI_PROXY"):
            patch.delenv(name, raising=False)
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            patch.setenv(name, "sk-never-to-be-seen")
        yield "sk-never-to-be-seen"


@pytest.fixture(scope="module")
def playing(provider_key: str) -> Iterator[PlayedProvider]:
    """A loopback server that plays a chat model's provider; take `provider` in tests."""
    made = PlayedProvider()
    yield made
    made.close()


@pytest.fixture
def provider(playing: PlayedProvider) -> PlayedProvider:
    """The same, as if it had just been made."""
    playing.reset()
    return playing


@pytest.fixture(scope="session")
def make_bot(world: World) -> Callable[..., ScriptedBot]:
    def make(**replies: Answer | Exception) -> ScriptedBot:
        usual: dict[str, Answer | Exception] = {
            "dose": world.abstained(),
            "robots": world.closest(),
            "boom": RuntimeError("a secret detail"),
            "": world.answered(),
        }
        return ScriptedBot(world.corpus, {**replies, **usual})

    return make


@pytest.fixture(scope="session")
def world() -> World:
    works = (
        work(
            2,
            "farrell-2017",
            "An autoethnographic exploration of goal oriented feedback",
            "1 preceptor, self-study, 2017",
        ),
        work(3, "huggett-2008", "Early learner perceptions of preceptors", "110 students, journals, 2008"),
        work(4, "penner-2022", "How preceptors develop trust in residents", "16 preceptors, interviews, 2022"),
    )
    article = document("article", "guidance", "article", ARTICLE_TEXT)
    note = document("penner-2022", "penner-2022", "note", NOTE_TEXT)
    corpus = Corpus(
        id="preceptor-trust",
        title=GUIDANCE.title,
        scope="Trust between preceptors and medical learners, as one article and its references see it.",
        version="2025-08-18",
        language="en",
        disclaimer="This information is intended for healthcare professionals. It replaces no discretion.",
        sources=(*works, GUIDANCE, HELP),
        documents=(article, note, document("help", HELP.id, "help", HELP_TEXT)),
        chunks=(),
        audits=(AUDIT_GOOD, AUDIT_PARTLY),
    )
    made = World(corpus)
    chunk = made.citation(AUDIT_GOOD.quote).quote.chunk
    asked = Suggestion("Does watching somebody at work build trust?", (chunk.id,), (chunk.id,))
    return World(replace(corpus, chunks=(chunk,), suggestions=(asked,)))


@pytest.fixture(scope="session")
def data_dir(built_index: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, as `TRUSTBOT_DATA_DIR` names one: the default corpus's index and the embedder."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "index").symlink_to(built_index.parent)
    (folder / "models").symlink_to(models_dir)
    return folder


@pytest.fixture(scope="session")
def bot(data_dir: Path, repository: Path) -> Iterator[Bot]:
    """The real bot over the default corpus, warmed up."""
    from trustbot.bot import Bot
    from trustbot.settings import Settings

    made = Bot(Settings(data_dir=data_dir, corpus_dir=repository / "corpus"))
    made.warm_up()
    yield made
    made.close()


@pytest.fixture(scope="session")
def closest(bot: Bot) -> Answer:
    """No answer, and what lies near it: three statements of the default corpus, one of which goes beyond its work."""
    corpus = bot.corpus
    claims = {a.claim_id for a in corpus.audits if a.notice}
    doubted = next(c for c in corpus.chunks if c.claim_id in claims)
    others = [c for c in corpus.chunks if c.kind == "statement" and c.claim_id not in claims]
    quotes = [Quote(c, c.start, c.end, c.text) for c in (doubted, *others[:2])]
    question = "Do patients trust surgical robots?"
    return Answer(
        outcome="closest",
        text=f"{wording.CLOSEST} {corpus.scope}",
        query=Query(question, question),
        disclaimer=corpus.disclaimer,
        trace=Trace({}, bot.embedder_name, bot.fingerprint, corpus.version),
        reason=wording.CLOSEST,
        closest=tuple(citations.cite(quote, (), corpus) for quote in quotes),
    )


@pytest.fixture(scope="session")
def talk(bot: Bot) -> Callable[..., Answer]:
    """The answer to the last of the turns given, each asked with the history so far."""

    def ask(*turns: str) -> Answer:
        history: list[Turn] = []
        for question in turns:
            answer = bot.ask(question, history)
            history += [Turn("user", question), Turn("assistant", answer.text)]
        return answer

    return ask


class Ran(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command in this process, with bytes for standard input."""
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(data_dir))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = main([str(a) for a in arguments])
        return Ran(code, *capsys.readouterr())

    return command


@pytest.fixture(scope="session")
def spawn(data_dir: Path) -> Callable[..., Ran]:
    """The command as a process of its own, as a user runs it."""

    def command(*arguments: str | bytes, stdin: bytes = b"", **environment: str) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "trustbot.cli", *arguments],
            input=stdin,
            capture_output=True,
            env=os.environ | {"TRUSTBOT_DATA_DIR": str(data_dir), "PYTHONIOENCODING": "utf-8"} | environment,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return command


@pytest.fixture
def numberless(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a cross-encoder's folder; the scores of the copy are no numbers."""
    from safetensors.torch import load_file, save_file

    def make(folder: Path) -> Path:
        broken = tmp_path / "nan"
        shutil.copytree(folder, broken)
        weights = load_file(broken / "model.safetensors")
        weights["classifier.bias"] = weights["classifier.bias"] * float("nan")
        save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
        return broken

    return make


LTI = "https://purl.imsglobal.org/spec/lti/claim/"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
LTI_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


class LearningPlatform:
    """A learning platform on loopback: its keys and their address, a course that frames a tool, and the page that posts
    launches. `http://localhost` is another site than `http://127.0.0.1`, where tools are."""

    client_id = "10000000000001"
    deployment = "1:abc"

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.tool = ""
        """Address of the tool that is launched."""
        self.more: dict[str, object] = {}
        """Claims of the next launches."""
        self.returned: list[str] = []
        """Responses that came back of deep linking."""
        self.sender = ""
        """Origin of the page that sent the last one."""
        self.described: dict[str, object] = {}
        """What its description says otherwise; None leaves a key out."""
        self.replies: tuple[int, object] = (
            201,
            {"client_id": self.client_id, TOOL: {"deployment_id": self.deployment}},
        )
        """What it replies to who registers."""
        self.registered: list[tuple[str, dict[str, object]]] = []
        """Authorization and body of those who did."""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(20)
        self._server.server_close()

    def entry(self) -> str:
        """What stands of this platform in portals.toml."""
        return f"""[[platform]]
issuer = "{self.issuer}"
client_id = "{self.client_id}"
authorization_url = "{self.issuer}/authorize"
jwks_url = "{self.issuer}/jwks"
deployments = ["{self.deployment}"]
"""

    def login(self, target: str = "/lti/launch") -> dict[str, str]:
        """The parameters with which it begins a login."""
        told = {"iss": self.issuer, "client_id": self.client_id, "login_hint": "somebody"}
        return {**told, "target_link_uri": self.tool + target, "lti_message_hint": "course 7"}

    def claims(self, nonce: str, /, **more: object) -> dict[str, object]:
        """A launch by a learner; `more` replaces claims, None leaves one out, short names are those of LTI."""
        now = int(time.time())
        told: dict[str, object] = {
            "iss": self.issuer, "aud": self.client_id, "sub": "8d3f", "nonce": nonce, "iat": now, "exp": now + 300,
            "name": "Ada Learner", "email": "ada@example.edu",
            LTI + "version": "1.3.0",
            LTI + "message_type": "LtiResourceLinkRequest",
            LTI + "deployment_id": self.deployment,
            LTI + "target_link_uri": f"{self.tool}/lti/launch",
            LTI + "resource_link": {"id": "link-1"},
            LTI + "roles": [f"{LTI_ROLE}Learner"],
        }  # fmt: skip
        registered = ("iss", "aud", "sub", "nonce", "iat", "exp", "azp", "nbf")
        told |= {n if n in registered or ":" in n else LTI + n: value for n, value in (self.more | more).items()}
        return {name: value for name, value in told.items() if value is not None}

    def token(self, claims: dict[str, object], kid: str | None = "one", key: object = None, alg: str = "RS256") -> str:
        import jwt

        headers = {"kid": kid} if kid else {}
        # Any claims whatever: the usual function would refuse to write some.
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key or self.key, algorithm=alg, headers=headers)  # type: ignore[arg-type]

    def _page(self, path: str, query: dict[str, str]) -> tuple[str, str]:
        import jwt

        if path == "/jwks":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return "application/json", json.dumps({"keys": [{**public, "kid": "one", "use": "sig"}]})
        if path == "/openid-configuration":
            told = {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "registration_endpoint": f"{self.issuer}/register", "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }  # fmt: skip
            return "application/json", json.dumps({k: v for k, v in (told | self.described).items() if v is not None})
        if path == "/authorize":
            fields = {"id_token": self.token(self.claims(query["nonce"])), "state": query["state"]}
            inputs = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in fields.items())
            form = f'<form method="post" action="{query["redirect_uri"]}">{inputs}</form>'
            return "text/html", f"<!doctype html>{form}<script>document.forms[0].submit()</script>"
        source = f"{self.tool}/lti/login?{urlencode(self.login())}".replace("&", "&amp;")
        frame = f'<iframe title="tool" src="{source}" style="width:100%;height:700px"></iframe>'
        return "text/html", f'<!doctype html><html lang="en"><title>Course</title><main><h1>Course</h1>{frame}</main>'

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._send(*platform._page(parts.path, dict(parse_qsl(parts.query))))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/register":
                    platform.registered.append((self.headers["Authorization"] or "", json.loads(body)))
                    status, told = platform.replies
                    self._send("application/json", told if isinstance(told, str) else json.dumps(told), status)
                    return
                platform.sender = self.headers["Origin"] or ""
                platform.returned.append(dict(parse_qsl(body))["JWT"])
                self._send("text/html", '<!doctype html><html lang="en"><title>Course</title><p>Added</p>')

            def _send(self, kind: str, text: str, status: int = 200) -> None:
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return None

        return Handler


@pytest.fixture(scope="session")
def learning_platform() -> Iterator[LearningPlatform]:
    made = LearningPlatform()
    yield made
    made.close()


PAPERS = """schema = 1
id = "papers"
title = "The night house"
version = "1"
language = "en"
scope = "The papers of one house."
disclaimer = "For education only."

[[licence]]
id = "own"
index = true
ship = true

[[licence]]
id = "short"
index = true
quote_words = 8
ship = false
"""
PAPER = """
[[source]]
id = "s{i}"
number = {i}
kind = "work"
title = {title}
licence = "own"
{source}

[[document]]
id = "d{i}"
source = "s{i}"
kind = "full text"
title = {title}
path = "documents/{i}.md"
{document}
"""


@pytest.fixture(scope="module")
def bot_of(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Callable[..., Bot]]:
    """Ingests papers and answers from them: title -> text, lines of its document's entry, lines of its source's; and
    further files of the corpus, name -> text.

    The ids are d1, d2 and so on.
    """
    from ingest.build import build_index
    from ingest.manifest import load_manifest
    from trustbot.bot import Bot
    from trustbot.settings import Settings

    opened: list[Bot] = []

    def make(papers: Mapping[str, tuple[str, ...]], files: Mapping[str, str] | None = None) -> Bot:
        folder = tmp_path_factory.mktemp("papers")
        (folder / "corpus" / "documents").mkdir(parents=True)
        manifest = PAPERS
        for i, (title, (text, *lines)) in enumerate(papers.items(), 1):
            (folder / "corpus" / "documents" / f"{i}.md").write_text(text, encoding="utf-8")
            document, source = (*lines, "", "")[:2]
            document += "" if "licence" in document else '\nlicence = "own"'
            manifest += PAPER.format(i=i, title=json.dumps(title), source=source, document=document)
        (folder / "corpus" / "manifest.toml").write_text(manifest, encoding="utf-8")
        for name, text in (files or {}).items():
            (folder / "corpus" / name).write_text(text, encoding="utf-8")
        (folder / "models").symlink_to(models_dir)
        build_index(load_manifest(folder / "corpus"), folder / "index" / "papers", models_dir, progress=False)
        opened.append(Bot(Settings(data_dir=folder, corpus="papers")))
        return opened[-1]

    yield make
    for one in opened:
        one.close()

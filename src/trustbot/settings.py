"""Settings: the one place that reads the environment.

In: environment variables that start with `TRUSTBOT_`, or keyword arguments. Out: one frozen `Settings`. This
module knows no stage: stages take plain values, and the composition root hands them over.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from trustbot.errors import InvalidInput

PREFIX = "TRUSTBOT_"
PROXIES = "FORWARDED_ALLOW_IPS"
"""uvicorn's own name, which operators of its servers know."""
LOOPBACK_PROXIES = "127.0.0.1,::1"


def checkout_root() -> Path | None:
    """The source checkout this package runs from, or None where it was installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "corpus").is_dir() and (root / "pyproject.toml").is_file() else None


def default_data_dir() -> Path:
    """`.trustbot/` in a checkout, so that two checkouts never share an index; else the user's data folder."""
    root = checkout_root()
    return root / ".trustbot" if root else platformdirs.user_data_path("trustbot")


def default_corpus_dir() -> Path:
    """`corpus/` of the checkout, or the copy that the wheel carries."""
    root = checkout_root()
    return root / "corpus" if root else Path(__file__).resolve().parent / "_corpus"


class Settings(BaseSettings):
    """All settings. Each is an environment variable of the same name in capitals, prefixed `TRUSTBOT_`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    corpus: str = Field(
        "preceptor-trust",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._{}-]*$",
        description="Id of the corpus to answer from; it stands at `/`.",
    )
    corpora: str = Field(
        "",
        description="Ids of further corpora that the same server serves at `/c/ID/`, separated by commas; `*` for all "
        "that have an index.",
    )
    corpora_open: Literal["start", "use"] = Field(
        "start", description="When a further corpus is opened: with the server, or as it is first asked for."
    )
    corpus_dir: Path = Field(default_factory=default_corpus_dir, description="Folder that holds one folder per corpus.")
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where the index, the exported embedder and readers' feedback are written.",
    )
    chroma_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$",
        description="Address of a Chroma server that holds the index; empty, it lies in the data folder.",
    )
    chroma_headers: SecretStr = Field(
        SecretStr(""),
        description="Headers that a proxy before the Chroma server asks for: `Name: value`, one a line.",
    )
    embedder: str = Field(
        "all-MiniLM-L6-v2",
        description="The packaged embedder's name, or the path of a sentence-transformers model folder.",
    )
    reranker: str = Field(
        "", description="Folder with a sentence-transformers CrossEncoder of one label, to order passages with."
    )
    chat_model: str = Field(
        "",
        description="Chat model that reads questions and words answers: `openai:…`, `anthropic:…` or `ollama:…`.",
    )
    chat_base_url: str = Field("", description="Address of the chat model's server, where it isn't the provider's own.")
    chat_timeout: float = Field(
        10.0,
        ge=0.1,
        le=600.0,
        description="Seconds that a reply of the chat model, or the next part of one that is streamed, is waited for.",
    )
    chat_answers: bool = Field(True, description="Let the chat model word answers; where not, it only reads questions.")
    chat_tokens: int = Field(
        2000,
        ge=200,
        le=100_000,
        description="Most tokens (cl100k) sent to the chat model for an answer, and most that come back.",
    )
    chat_retries: int = Field(
        1, ge=0, le=5, description="Further tries after a failure of the chat model that may pass."
    )
    chat_concurrency: int = Field(4, ge=1, le=64, description="Requests to the chat model at the same time.")
    verifier: str = Field(
        "",
        description="Second opinion on worded sentences: folder with a CrossEncoder for NLI, or `chat` (chat model).",
    )
    chunk_tokens: int = Field(
        200,
        ge=32,
        le=2000,
        description="Most tokens (cl100k) in a chunk; the embedder's own limit holds as well.",
    )
    top_k: int = Field(30, ge=1, le=200, description="Passages kept after fusion, for evidence to be chosen from.")
    question_limit: int = Field(
        2000, ge=50, le=20000, description="Most characters in a question; a longer one is refused."
    )
    history_limit: int = Field(20, ge=0, le=200, description="Most earlier messages that are read.")
    answer_timeout: float = Field(
        20.0,
        ge=0.0,
        le=3600.0,
        description="Seconds that answering a question may take, replies of the chat model apart; then it is stopped.",
    )
    answer_threshold: float | None = Field(
        None,
        ge=0.0,
        le=1.0,
        description="Least probability of being answerable at which an answer is given; unset, the reader's own.",
    )
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port that the server listens on.")
    root_path: str = Field("", description="Public URL or path prefix when served behind a proxy.")
    widget_origins: str = Field(
        "",
        description="Origins, separated by commas, that may show the widget and call the API from a page; "
        "empty leaves it to the corpus's manifest.",
    )
    concurrency: int = Field(
        8,
        ge=1,
        le=64,
        description="Questions answered at the same time; without a chat model no more than processors, or two.",
    )
    waiting: int = Field(
        24, ge=0, le=1000, description="Questions that may wait for their turn; one more is told to come back (503)."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Bearer token that reads `/metrics`; empty leaves them to this machine itself.",
    )
    coordinator_token: SecretStr = Field(
        SecretStr(""),
        description="Token that opens `/coordinate`, at least 16 characters; empty, there is no such page.",
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How the server writes its log: `text`, or `json` with a line for each request."
    )
    otlp_endpoint: str = Field(
        "",
        description="Address of an OpenTelemetry collector (OTLP over HTTP) that spans of questions and their stages, "
        "without their words, are sent to; empty sends none.",
    )
    log_questions: bool = Field(False, description="Write the text of questions to the log.")
    count_unanswered: bool = Field(
        True, description="Count what was not answered by what was nearest to it, without its words."
    )
    feedback_questions: bool = Field(False, description="Keep the text of a question with the feedback on its answer.")
    feedback_comments: bool = Field(
        False, description="Take a sentence with feedback that an answer didn't help, and keep it without identifiers."
    )

    contact: str = Field(
        "",
        pattern=r"^([^@\s<>;()]+@[^@\s<>;()]+)?$",
        description="Mail address that Crossref, PubMed and Europe PMC are told when `trustbot-ingest` asks them.",
    )
    crossref_url: str = Field(
        "https://api.crossref.org", pattern=r"^https?://\S+$", description="Where Crossref's REST API is."
    )
    pubmed_url: str = Field(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
        pattern=r"^https?://\S+$",
        description="Where PubMed's E-utilities are.",
    )
    europepmc_url: str = Field(
        "https://www.ebi.ac.uk/europepmc/webservices/rest",
        pattern=r"^https?://\S+$",
        description="Where Europe PMC's REST API is.",
    )

    @property
    def index_dir(self) -> Path:
        """Folder of this corpus's index versions; of a copy of what they hold beside vectors, with a Chroma server."""
        return self.data_dir / ("mirror" if self.chroma_url else "index") / self.corpus

    @property
    def feedback_file(self) -> Path:
        """The SQLite file of readers' feedback on answers from this corpus."""
        return self.data_dir / "feedback" / f"{self.corpus}.sqlite3"

    @property
    def unanswered_file(self) -> Path:
        """The SQLite file of counts of what this corpus did not answer."""
        return self.data_dir / "unanswered" / f"{self.corpus}.sqlite3"

    @property
    def portals_file(self) -> Path:
        """The file that says which sites send visitors, and how often a visitor may ask."""
        return self.data_dir / "portals.toml"

    @property
    def records_key(self) -> Path:
        """The key that answers and records are signed with."""
        return self.data_dir / "records.key"

    @property
    def weights_dir(self) -> Path:
        """Folder of downloaded weights of local chat models."""
        return self.data_dir / "weights"

    @property
    def fetched_dir(self) -> Path:
        """Folder of what `trustbot-ingest add` and `check --retractions` got from other machines."""
        return self.data_dir / "fetched"

    @property
    def models_dir(self) -> Path:
        """Folder of exported embedders."""
        return self.data_dir / "models"


def trusted_proxies() -> str:
    """The addresses of proxies whose word is taken for who the client is, as uvicorn has them: a list with commas.

    Raises InvalidInput for what is no address and no network; uvicorn would never match it, and say nothing.
    """
    given = os.environ.get(PROXIES, LOOPBACK_PROXIES).strip()
    for item in () if given == "*" else given.split(","):
        try:
            ipaddress.ip_network(item.strip())
        except ValueError:
            raise InvalidInput(
                f"{PROXIES} holds {item.strip()!r}, which is no address. Write the proxies' addresses or networks, "
                "separated by commas, such as 10.0.0.2,172.16.0.0/12."
            ) from None
    return given


_PATTERNED = {f"{PREFIX}CONTACT": "it is no mail address"} | {
    f"{PREFIX}{name}_URL": "it is no web address" for name in ("CROSSREF", "PUBMED", "EUROPEPMC", "CHROMA")
}


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment and `overrides`, which win.

    Raises InvalidInput for an unknown `TRUSTBOT_` variable or a value out of its range.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(k for k in os.environ if k.upper().startswith(PREFIX) and k.upper() not in known)
    if unknown:
        raise InvalidInput(
            f"{unknown[0]} is not a setting of trustbot. Remove it, or correct its name; "
            "docs/settings.md lists every setting."
        )
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "a setting"
        patterned = first["type"] == "string_pattern_mismatch"
        told = _PATTERNED.get(name, "it may hold letters, digits, dots, dashes and underscores only")
        problem = told if patterned else first["msg"].lower()
        raise InvalidInput(f"{name} can't be used: {problem}. Correct it or unset it.") from None

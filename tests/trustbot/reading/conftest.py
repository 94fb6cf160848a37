"""A corpus with its sentences, an encoder that reads words alone, models made by hand, and readers over them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.build import read_corpus
from ingest.general import GUIDANCES, read_guidance
from ingest.manifest import Manifest
from trustbot.models.cards import PACKAGED, model_dir
from trustbot.reading.local import LocalReader
from trustbot.reading.material import Guidance
from trustbot.reading.model import ReaderModel
from trustbot.reading.sentences import quotable
from trustbot.runtime.stopping import Stop
from trustbot.types import Corpus, Quote

Array = NDArray[np.float32]
SIZE = 512
PLAIN = {
    **{"scale": 16.0, "share": 0.5, "bias": -8.0, "judge": -1.0, "judge_best": 1.0, "judge_second": 0.25},
    **{"few": 1.5, "few_best": 0.75},
}
CLASSES = {
    "C13": "does watching a student at work help",
    "C14": "too few chances to observe",
    "fact:title": "what is the title of the paper",
    "help:keeps": "what do you keep of me",
    "op:shorter": "shorter please",
    "op:thanks": "thank you",
}


class WordEncoder:
    """A text is the sum of directions that its words have; no words, no vector."""

    def embed_query(self, text: str) -> list[float]:
        """A vector of length one, or of none where there is no word."""
        found: list[float] = self.embed_array([text])[0].tolist()
        return found

    def embed_array(self, texts: Sequence[str]) -> Array:
        """A row a text."""
        rows = np.stack([sum((_direction(w) for w in re.findall(r"\w+", t.lower())), np.zeros(SIZE)) for t in texts])
        return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)


def _direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(SIZE)


@dataclass
class Choosing:
    """A chat model that says what a function makes of its prompt, in pieces."""

    reply: Callable[[Mapping[str, Any]], str]
    name: str = "scripted:model"
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def stream(
        self,
        system: str,
        user: str,
        form: Mapping[str, Any] | None = None,
        *,
        stop: Stop | None = None,
        patience: int = 1,
    ) -> Generator[str]:
        """The reply, nine characters at a time."""
        data = json.loads(user[user.index("{") : user.rindex("}") + 1])
        self.asked.append(data)
        text = self.reply(data)
        yield from (text[i : i + 9] for i in range(0, len(text), 9))


@pytest.fixture(scope="session")
def choosing() -> type[Choosing]:
    """A chat model by the function that makes its replies."""
    return Choosing


@pytest.fixture(scope="session")
def corpus(default_manifest: Manifest, models_dir: Path) -> Corpus:
    """The default corpus without its vectors."""
    return read_corpus(default_manifest, models_dir, progress=False)


@pytest.fixture(scope="session")
def sentences(corpus: Corpus) -> tuple[Quote, ...]:
    """Sixty of its sentences: statements, notes, records and help."""
    found = quotable(corpus)
    statements = [q for q in found if q.chunk.kind == "statement"]
    return tuple([*statements[:25], *[q for q in found if q not in statements][::7]][:60])


@pytest.fixture(scope="session")
def words() -> WordEncoder:
    """The encoder that reads words alone."""
    return WordEncoder()


@pytest.fixture(scope="session")
def made() -> Callable[..., ReaderModel]:
    """A model whose classes are asked for in the words of `CLASSES`, as an encoder reads them."""

    def make(encoder: Any, classes: Mapping[str, str] = CLASSES, **changes: Any) -> ReaderModel:
        rows = encoder.embed_array(list(classes.values()))
        values: dict[str, Any] = {
            "classes": tuple(classes),
            "own": rows,
            "joined": rows,
            "bias": np.full(len(rows), -4.0, dtype=np.float32),
            "scale": 5.0,
            "covered": np.zeros(0, dtype=np.float32),
            "plain": PLAIN,
            "metadata": {"name": "by hand"},
        }
        return ReaderModel(**(values | changes))

    return make


@pytest.fixture(scope="session")
def local(words: WordEncoder, made: Callable[..., ReaderModel], corpus: Corpus) -> LocalReader:
    """The local reader over the encoder that reads words alone."""
    return LocalReader(words, made(words), corpus)


@pytest.fixture(scope="session")
def encoder_folder() -> str:
    """The folder of the packaged encoder's weights."""
    return str(model_dir(PACKAGED))


@pytest.fixture(scope="session")
def volunteers() -> Guidance:
    """Six statements of a guidance with sixty questions, some of which nothing answers."""
    whole = read_guidance(GUIDANCES / "volunteers")
    texts = dict(list(whole.texts.items())[:6])
    answered = [e for e in whole.examples if e.gold and e.gold <= set(texts)]
    others = [e for e in whole.examples if not e.gold]
    return Guidance("volunteers", texts, [*answered[:48], *others[:12]])


@pytest.fixture(scope="session")
def _one_thread() -> Iterator[None]:
    """Torch on one thread: several wait for each other, and on a busy machine that takes minutes."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)

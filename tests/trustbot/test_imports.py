"""The package's face, and what it costs to look at it."""

from __future__ import annotations

import json
import subprocess
import sys
import types

import pytest

import trustbot

HEAVY = (
    "torch",
    "gradio",
    "chromadb",
    "safetensors",
    "langchain",
    "langchain_core",
    "langchain_chroma",
    "langchain_openai",
    "langsmith",
    "openai",
    "onnxruntime",
    "numpy",
    "scipy",
    "sentence_transformers",
    "transformers",
    "tokenizers",
    "tiktoken",
    "bm25s",
    "wordfreq",
    "fastapi",
    "uvicorn",
)
LIGHT = (
    "types",
    "errors",
    "settings",
    "presentation.wire",
    "text.terms",
    "presentation.wording",
    "query.guard",
    "verify.citations",
    "verify.attribution",
    "models.prompts",
    "models.chat",
    "answer.compose",
    "answer.replies",
    "answer.suggestions",
    "query.condense",
    "evidence",
    "evidence.operations",
    "reading.bank",
    "reading.chat",
    "reading.local",
    "reading.model",
    "reading.weights",
    "retrieval.rerank",
    "testing.fakes",
    "chain",
    "bot",
    "terminal",
    "cli",
)


def loaded(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter holds after `code`."""
    script = (
        f"import json, sys\n{code}\nsys.stdout.write('\\n' + json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        f"import contextlib, trustbot.cli\nwith contextlib.suppress(SystemExit):\n    trustbot.cli.main({arguments!r})"
    )
    assert loaded(code) == set()


def test_a_question_that_is_none_costs_nothing_heavy() -> None:
    assert loaded("import trustbot.cli\ntrustbot.cli.main(['ask', ''])") == set()


def test_importing_any_module_loads_nothing_heavy() -> None:
    imports = "\n".join(f"import trustbot.{name}" for name in LIGHT)
    assert loaded(imports) == set()


def test_the_public_names_are_exactly_what_can_be_imported() -> None:
    assert sorted(trustbot.__all__) == trustbot.__all__
    namespace: dict[str, object] = {}
    exec("from trustbot import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(trustbot.__all__)
    assert all(value is not None for value in namespace.values())
    public = {
        name
        for name, value in vars(trustbot).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public <= set(trustbot.__all__) | {"annotations", "TYPE_CHECKING", "Any"}


def test_each_public_name_is_the_one_of_its_home() -> None:
    from trustbot.bot import Bot, build_bot
    from trustbot.errors import TrustbotError
    from trustbot.types import Answer

    assert (trustbot.Bot, trustbot.build_bot) == (Bot, build_bot)
    assert (trustbot.TrustbotError, trustbot.Answer) == (TrustbotError, Answer)


def test_a_name_that_is_not_there_is_missing_like_any_other() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        trustbot.no_such_name  # noqa: B018
    with pytest.raises(ImportError):
        from trustbot import no_such_name  # noqa: F401

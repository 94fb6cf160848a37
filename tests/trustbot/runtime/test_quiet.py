"""Libraries are switched off before any of them is loaded, whatever an operator's environment says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from trustbot.runtime.quiet import DEFAULTS, SWITCHES

TRACING = [name for name in SWITCHES if name.endswith(("TRACING", "TRACING_V2"))]
SPEAKING = dict.fromkeys(SWITCHES, "true") | {"ORT_DISABLE_TELEMETRY": "0", "CHROMA_OTEL_GRANULARITY": "all"}


def told(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    env = {name: value for name, value in os.environ.items() if name not in SWITCHES | DEFAULTS}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env | environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("package", ["trustbot", "trustbot.cli", "ingest", "ingest.__main__"])
def test_whichever_package_comes_first_sets_all_of_it(package: str) -> None:
    code = f"import os, {package}; print(sorted((n, os.environ.get(n)) for n in {sorted(SWITCHES | DEFAULTS)}))"
    assert told(code) == str(sorted((SWITCHES | DEFAULTS).items()))
    assert told(code, **SPEAKING) == told(code), "no setting of an operator's lets anything leave"


def test_an_operator_may_set_what_sends_nothing() -> None:
    code = "import os, trustbot; print(os.environ['TIKTOKEN_CACHE_DIR'])"
    assert told(code, TIKTOKEN_CACHE_DIR="/ranks") == "/ranks"


def test_each_library_takes_its_switch_as_it_is_meant() -> None:
    """As each of them reads it: a name that is mistyped, or that a newer version no longer knows, shows here."""
    code = (
        "import trustbot, warnings; warnings.simplefilter('ignore')\n"
        "from chromadb.config import Settings; from huggingface_hub import constants; from gradio import analytics\n"
        "chroma = Settings()\n"
        "print(chroma.anonymized_telemetry, chroma.chroma_otel_granularity, constants.HF_HUB_OFFLINE, \n"
        "      constants.HF_HUB_DISABLE_TELEMETRY, analytics.analytics_enabled())"
    )
    assert told(code) == told(code, **SPEAKING) == "False none True True False"


@pytest.mark.parametrize("name", TRACING)
def test_questions_are_never_sent_to_a_tracing_service(name: str) -> None:
    code = "from langsmith import utils; print(utils.tracing_is_enabled())"
    assert told(code, **{name: "true"}) == "True"
    assert told(f"import trustbot; {code}", **{name: "true"}) == "False"

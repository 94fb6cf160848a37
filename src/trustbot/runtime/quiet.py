"""What libraries would do unasked, switched off before any of them is loaded.

In: nothing. Out: the environment of this process, as the libraries and every child process find it. The package itself
goes through here when it is imported, and so does each program, because most switches are read only once, when their
library is loaded. Nothing else changes the environment.
"""

from __future__ import annotations

import os
from pathlib import Path

SWITCHES = {
    # onnxruntime: writes a device id and a queue of events to the home folder, and sends them to its maker.
    "ORT_DISABLE_TELEMETRY": "1",
    # Chroma: product statistics, and a trace of each operation for whichever collector is named.
    "ANONYMIZED_TELEMETRY": "False",
    "CHROMA_OTEL_GRANULARITY": "none",
    "OTEL_SDK_DISABLED": "true",
    # Hugging Face's libraries: look for newer files of each model, and say who loads which.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    # Gradio: says that it was started and by which program, and may ask for a tunnel or for Node.
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_RUN_HISTORY": "False",
    # LangSmith: every question and answer, wherever one of its four names was left in somebody's environment.
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}
"""Names and values that nobody's own setting overrides: each of them keeps something on this machine."""

DEFAULTS = {
    # Unset, tiktoken copies its ranks to a folder that every user of the machine shares; empty means no copy.
    "TIKTOKEN_CACHE_DIR": "",
    # Gradio sums up its last 10,000 events after each one, for a monitoring page that is switched off here.
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}
"""What an operator may set otherwise: it costs time or room, and sends nothing."""


def hush() -> None:
    """Set what is above in the environment of this process."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.update(SWITCHES)


def caches_in(folder: Path) -> None:
    """Let what libraries keep for their next start lie in `folder`, not in the home folder or the temporary one."""
    os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))  # a list of the machine's fonts
    os.environ.setdefault(
        "TORCHINDUCTOR_CACHE_DIR", str(folder / "torch")
    )  # nothing, which training makes a folder for

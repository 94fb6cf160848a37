"""OpenTelemetry: a span for each question that the server answers, with one below it for each stage.

In: the address of a collector, and what became of a question. Out: spans, sent by OTLP over HTTP in the background.
They hold names of stages, times and outcomes: no word of a question, and nothing of who asked. What somebody asks who
needs help leaves no span at all, since even its time would be theirs; so all spans of a question are made when it has
ended. Without the setting nothing is imported and nothing is sent.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from trustbot.errors import InvalidInput
from trustbot.text.origins import address_parts
from trustbot.types import Answer, Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

PATH = "/v1/traces"
"""Where a collector takes spans, below the address that is set."""
SECONDS = 5.0
"""Longest that a batch may take to be sent, also when the program ends."""
EVERY_MS = 2000


class Traced:
    """One question on its way; nothing is kept of it where there is no tracer."""

    def __init__(self, tracer: Tracer | None, attributes: Mapping[str, str]) -> None:
        self._tracer = tracer
        self._attributes = dict(attributes)
        self._began = time.time_ns()
        self._stages: list[tuple[str, int]] = []
        self._timings: Mapping[str, float] = {}

    def saw(self, item: object) -> None:
        """Take note of a stage that begins, or of what an answer says of its own times."""
        if isinstance(item, Stage):
            self._stages.append((item.name, time.time_ns()))
        elif isinstance(item, Answer):
            self._timings = item.trace.timings_ms

    def end(self, outcome: str) -> None:
        """Make the spans."""
        if self._tracer is None or outcome == "safety":
            return
        from opentelemetry.trace import StatusCode, set_span_in_context

        ended = time.time_ns()
        told = self._attributes | {"trustbot.outcome": outcome}
        timings = {f"trustbot.{name}_ms": float(ms) for name, ms in self._timings.items()}
        span = self._tracer.start_span("question", attributes={**told, **timings}, start_time=self._began)
        if outcome == "failed":
            span.set_status(StatusCode.ERROR)
        within = set_span_in_context(span)
        ends = [*(start for _, start in self._stages), ended][1:]
        for (name, start), end in zip(self._stages, ends, strict=True):
            self._tracer.start_span(name, within, start_time=start).end(end)
        span.end(ended)


class Tracing:
    """What sends spans; safe to share between threads."""

    def __init__(self, endpoint: str, corpus: str) -> None:
        """`endpoint` is a collector's address, empty for none. Raises InvalidInput for one that can't be used."""
        self._provider = _provider(endpoint) if endpoint else None
        self._tracer = self._provider.get_tracer("trustbot") if self._provider else None
        self._corpus = corpus

    def question(self, channel: str) -> Traced:
        """A question that begins now."""
        return Traced(self._tracer, {"trustbot.channel": channel, "trustbot.corpus": self._corpus})

    def close(self) -> None:
        """Send what is left."""
        if self._provider is not None:
            self._provider.shutdown()


def _provider(endpoint: str) -> TracerProvider:
    if address_parts(endpoint) is None:
        raise InvalidInput(
            f"TRUSTBOT_OTLP_ENDPOINT can't be used: {endpoint!r} is no address. Write the collector's, such as "
            "http://127.0.0.1:4318."
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
    except ImportError:
        raise InvalidInput(
            "TRUSTBOT_OTLP_ENDPOINT is set, and the package for OpenTelemetry is not installed. Install it with "
            "`pip install 'trustbot[otel]'`, or unset it."
        ) from None
    from trustbot import __version__

    # Not the detected one, which names the machine and the process.
    about = Resource({"service.name": "trustbot", "service.version": __version__})
    made = TracerProvider(sampler=ALWAYS_ON, resource=about)
    # `quiet` switches OpenTelemetry off for every library; this provider is the operator's own wish, and nobody else's.
    made._disabled = False
    exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=SECONDS)
    made.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=EVERY_MS))
    return made

"""Counters for the operator, in Prometheus's text format. They never hold a word of a question.

In: observations. Out: the text of `GET /metrics`. One registry per application, so that tests don't share.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

MEDIA_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class Metrics:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.ready = Gauge("trustbot_ready", "1 once the index is open and the embedder warm.", registry=self.registry)
        self.questions = Counter(
            "trustbot_questions",
            "Questions by channel (api, openai, mcp, chat) and outcome (answered, partly, closest, abstained, refused, "
            "safety, invalid or failed).",
            ("channel", "outcome"),
            registry=self.registry,
        )
        self.open = Gauge(
            "trustbot_questions_open",
            "Questions, exports and checks that are being worked on or wait for their turn.",
            registry=self.registry,
        )
        self.seconds = Histogram(
            "trustbot_answer_seconds",
            "Seconds from question to answer.",
            ("channel",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.feedback = Counter(
            "trustbot_feedback",
            "Feedback on answers by verdict (helpful, not helpful), withdrawn, or failed; a change counts again.",
            ("verdict",),
            registry=self.registry,
        )
        self.refusals = Counter(
            "trustbot_refusals",
            "Questions that were not taken by reason: busy, too many, unsigned, or a token that is expired, invalid or "
            "for another corpus.",
            ("reason",),
            registry=self.registry,
        )
        self.responses = Counter(
            "trustbot_http_responses", "HTTP responses by status code.", ("code",), registry=self.registry
        )

    def text(self) -> bytes:
        """Every metric in the text format that Prometheus reads."""
        return generate_latest(self.registry)

"""Spans of questions, sent to a real receiver of OTLP over HTTP on loopback: what they say, and what they never do."""

from __future__ import annotations

import http.server
import sys
import threading

import pytest

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.types import Answer
from trustbot.web.service import Service

WORD = "zebrafish"


class Collector:
    """Takes spans as a collector does, and keeps every byte."""

    def __init__(self):
        self.bodies = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.path == "/v1/traces"
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                return None

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join(20)
        self._server.server_close()

    def resources(self):
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        return [found for body in self.bodies for found in ExportTraceServiceRequest.FromString(body).resource_spans]

    def spans(self):
        return [span for found in self.resources() for scope in found.scope_spans for span in scope.spans]


@pytest.fixture
def collector():
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter", reason="the extra otel")
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def ask(collector, make_bot, helping, tmp_path):
    """Asks each question, ends the tracing, and gives the spans."""
    service = Service(
        Settings(data_dir=tmp_path, otlp_endpoint=f"{collector.url}/"), lambda _: make_bot(hurt=helping("distress"))
    )
    service.open()

    def put(*questions):
        for question in questions:
            try:
                items = list(service.stream(question, (), "api", asker="address 203.0.113.7"))
            except RuntimeError:
                continue
            assert isinstance(items[-1], Answer)
        service.tracing.close()
        return collector.spans()

    return put


def attributes(span):
    return {a.key: a.value.string_value or a.value.double_value for a in span.attributes}


def test_a_question_is_a_span_with_one_below_it_for_each_stage(ask, collector):
    spans = ask(f"How does {WORD} build trust?")
    [whole] = [span for span in spans if span.name == "question"]
    parts = [span for span in spans if span.name != "question"]
    assert [span.name for span in parts] == ["search", "check"]
    assert {span.parent_span_id for span in parts} == {whole.span_id}
    assert {span.trace_id for span in spans} == {whole.trace_id}
    assert not whole.parent_span_id
    search, check = parts
    assert whole.start_time_unix_nano <= search.start_time_unix_nano <= search.end_time_unix_nano
    assert search.end_time_unix_nano == check.start_time_unix_nano
    assert check.end_time_unix_nano == whole.end_time_unix_nano
    told = attributes(whole)
    assert (told["trustbot.channel"], told["trustbot.outcome"]) == ("api", "answered")
    assert told["trustbot.corpus"] == "preceptor-trust"
    [resource] = collector.resources()
    assert {a.key for a in resource.resource.attributes} == {"service.name", "service.version"}


def test_spans_hold_no_word_and_nothing_of_who_asked(ask, collector):
    ask(f"How does {WORD} build trust?", f"Do robots trust {WORD}?", f"boom {WORD}")
    sent = b"".join(collector.bodies)
    assert b"question" in sent
    for secret in (WORD, "robots", "203.0.113", "a secret detail", "RuntimeError"):
        assert secret.encode() not in sent


def test_what_fails_is_an_error_and_who_needs_help_leaves_no_span(ask):
    spans = ask("boom", "I hurt")
    assert [span.name for span in spans if not span.parent_span_id] == ["question"]
    [whole] = [span for span in spans if span.name == "question"]
    assert (whole.status.code, whole.status.message, len(whole.events)) == (2, "", 0)
    assert attributes(whole)["trustbot.outcome"] == "failed"


def test_a_collector_that_is_gone_holds_nobody_up(collector, make_bot, tmp_path):
    service = Service(Settings(data_dir=tmp_path, otlp_endpoint="http://127.0.0.1:1"), lambda _: make_bot())
    service.open()
    assert isinstance(list(service.stream("What?", (), "api"))[-1], Answer)
    service.tracing.close()


def test_without_the_setting_nothing_is_imported_and_a_wrong_one_is_told(make_bot, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    service = Service(Settings(data_dir=tmp_path), lambda _: make_bot())
    service.open()
    assert isinstance(list(service.stream("What?", (), "api"))[-1], Answer)
    service.tracing.close()
    with pytest.raises(InvalidInput, match=r"trustbot\[otel\]"):
        Service(Settings(data_dir=tmp_path, otlp_endpoint="http://127.0.0.1:1"), lambda _: make_bot())
    with pytest.raises(InvalidInput, match="is no address"):
        Service(Settings(data_dir=tmp_path, otlp_endpoint="collector:4318"), lambda _: make_bot())

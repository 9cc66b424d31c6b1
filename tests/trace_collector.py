"""An OpenTelemetry collector, as far as one is asked: it takes spans by OTLP over HTTP, and keeps them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Span:
    """As it came. `parent` is the id of another one, or empty; `error` is the class of what went wrong, or None."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    seconds: float
    error: str | None
    attributes: dict[str, str | int | bool | float]


def named(spans: list[Span], name: str) -> Span:
    """The only one of that name."""
    (found,) = [one for one in spans if one.name == name]
    return found


def way_up(spans: list[Span], span: Span) -> list[Span]:
    """It and all that it is a part of, from the inside to the outside."""
    by_id, way = {one.id: one for one in spans}, [span]
    while way[-1].parent in by_id:
        way.append(by_id[way[-1].parent])
    return way


class TraceCollector:
    """`status` is that of its answers."""

    def __init__(self) -> None:
        self.status = 200
        self.requests = 0
        self.url = ""
        self.received = b""
        """Everything, as it came."""
        self._spans: list[Span] = []
        self._lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[TraceCollector]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces", self.path
                collector._take(body)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
                """Says nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            serving.start()
            try:
                yield self
            finally:
                server.shutdown()
                serving.join()

    @property
    def spans(self) -> list[Span]:
        with self._lock:
            return list(self._spans)

    def _take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self.requests += 1
            self.received += body
            if self.status != 200:
                return
            for resource in request.resource_spans:
                service = _attributes(list(resource.resource.attributes))["service.name"]
                for scope in resource.scope_spans:
                    self._spans += [_span(str(service), one) for one in scope.spans]


def _span(service: str, span: ProtoSpan) -> Span:
    return Span(
        service=service,
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        error=span.status.message if span.status.code == Status.STATUS_CODE_ERROR else None,
        attributes=_attributes(list(span.attributes)),
    )


def _attributes(pairs: list[KeyValue]) -> dict[str, str | int | bool | float]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in pairs}

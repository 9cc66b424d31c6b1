"""Spans by OpenTelemetry, sent to a collector by OTLP over HTTP. Only adapters.tracing imports this, where it is asked
for."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as OpenSpan
from opentelemetry.trace import Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from adapters.tracing import Attribute, Span

_SEND_SECONDS = 2.0
"""How long spans wait to be sent together, and how long sending them may take."""
_QUIET_SECONDS = 60.0
_SCOPE = "agridrone"
_HEADER = "traceparent"
_log = structlog.get_logger(__name__)
_propagator = TraceContextTextMapPropagator()


@contextmanager
def recording(collector: str, service: str) -> Iterator[OpenTelemetry]:
    """`collector` is its address, to which `/v1/traces` is added. While it is away, spans are dropped, nothing is held
    up, and a warning is logged once a minute."""
    # What it complains of with every batch, we say once in a while.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    resource = Resource.create({"service.name": service, "service.version": version("agridrone-ops")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = _Exporter(f"{collector.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_SEND_SECONDS * 1000))
    try:
        yield OpenTelemetry(provider.get_tracer(_SCOPE))
    finally:
        # The library gives each batch its time: a thread that is left to itself when ours is over.
        sending = threading.Thread(target=provider.shutdown, daemon=True)
        sending.start()
        sending.join(_SEND_SECONDS)


class OpenTelemetry:
    """Fulfils adapters.tracing.Recorder."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        # Not as the library would do it, which writes the text of an error and its traceback down.
        with self._tracer.start_as_current_span(
            name, attributes=_known(attributes), record_exception=False, set_status_on_exception=False
        ) as begun:
            span = _Recorded(begun)
            try:
                yield span
            except Exception as error:
                span.failed(type(error).__name__)
                raise

    def current(self) -> Span:
        return _Recorded(trace.get_current_span())

    def past(self, name: str, seconds: float, **attributes: Attribute) -> None:
        now = time.time_ns()
        span = self._tracer.start_span(name, attributes=_known(attributes), start_time=now - int(seconds * 1e9))
        span.end(now)

    @contextmanager
    def within(self, parent: str | None) -> Iterator[None]:
        carrier = {_HEADER: parent} if parent else {}
        token = context.attach(_propagator.extract(carrier, context.Context()))
        try:
            yield
        finally:
            context.detach(token)

    def parent(self) -> str | None:
        carrier: dict[str, str] = {}
        _propagator.inject(carrier)
        return carrier.get(_HEADER)


class _Recorded(Span):
    def __init__(self, span: OpenSpan) -> None:
        self._span = span

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, **attributes: Attribute) -> None:
        self._span.set_attributes(_known(attributes))

    def failed(self, what: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, what))


class _Exporter(SpanExporter):
    """Tells of spans that are lost, but not of each batch."""

    def __init__(self, address: str) -> None:
        self._exporter = OTLPSpanExporter(address, timeout=_SEND_SECONDS)
        self._lost = 0
        self._told = -_QUIET_SECONDS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._lost += len(spans)
            if time.monotonic() - self._told >= _QUIET_SECONDS:
                self._told = time.monotonic()
                _log.warning("spans_lost", spans=self._lost)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _known(attributes: Mapping[str, Attribute]) -> dict[str, str | int | float | bool]:
    return {f"{_SCOPE}.{name}": value for name, value in attributes.items() if value is not None}

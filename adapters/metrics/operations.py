"""What the API is asked, and what its subscribers are told."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from adapters.metrics.registry import REGISTRY
from domain.models.detection import FallbackReason
from domain.models.event import Event
from domain.ports import OperationStatus

_operations = Counter(
    "agridrone_operations", "GraphQL operations that are over.", ["kind", "field", "status"], registry=REGISTRY
)
_seconds = Histogram(
    "agridrone_operation_seconds",
    "From a query or mutation to its answer.",
    ["kind", "field"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
_open = Gauge("agridrone_subscriptions_open", "Subscriptions of this process.", ["field"], registry=REGISTRY)
_lag = Histogram(
    "agridrone_event_lag_seconds",
    "From an event's time to when it was handed to all who listen in this process.",
    ["stream"],
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
_fallbacks = Counter(
    "agridrone_detection_fallbacks",
    "Detections that Roboflow answered in place of the local side.",
    ["reason"],
    registry=REGISTRY,
)


class OperationMetrics:
    """Fulfils domain.ports.Observer."""

    def __init__(self) -> None:
        for reason in FallbackReason:
            _fallbacks.labels(reason.value)  # from 0 on, so that the first one shows as a rise

    def answered(self, kind: str, field: str, status: OperationStatus, seconds: float) -> None:
        _counter(kind, field, status.value).inc()
        if kind != "subscription":
            _timer(kind, field).observe(seconds)

    def subscribed(self, field: str) -> None:
        _open.labels(field).inc()

    def unsubscribed(self, field: str) -> None:
        _open.labels(field).dec()

    def told(self, event: Event) -> None:
        lag = (datetime.now(UTC) - event.at).total_seconds()
        # The clock of who wrote it may be ahead of ours.
        _lag.labels(event.stream.partition(":")[0]).observe(max(lag, 0))

    def fell_back(self, reason: FallbackReason) -> None:
        _fallbacks.labels(reason.value).inc()


# To look a series up takes longer than to count on.
_counter = cache(_operations.labels)
_timer = cache(_seconds.labels)

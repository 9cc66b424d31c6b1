"""What the log and the traces say of each operation of the API."""

from __future__ import annotations

import structlog

from adapters.metrics.operations import OperationMetrics
from adapters.tracing import current_span
from domain.ports import OperationStatus

_log = structlog.get_logger(__name__)


class OperationLog(OperationMetrics):
    """Besides counting them, logs each operation when it is over, and names the span that it ran in."""

    def answered(self, kind: str, field: str, status: OperationStatus, seconds: float) -> None:
        super().answered(kind, field, status, seconds)
        _log.info("operation", kind=kind, field=field, status=status.value, seconds=round(seconds, 4))
        span = current_span()
        span.name(f"{kind} {field}")
        span.note(status=status.value)
        if status is OperationStatus.ERROR:
            span.failed(status.value)

"""Whoever watches what this process does, as a Protocol that `adapters` fulfil."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from domain.models.detection import FallbackReason
from domain.models.event import Event


class OperationStatus(StrEnum):
    """How an operation went. REFUSED is for what the caller can mend, ERROR for what was wrong on this side."""

    OK = "ok"
    REFUSED = "refused"
    ERROR = "error"


class Observer(Protocol):
    """Is told, and keeps nobody waiting. `kind` is query, mutation or subscription and `field` a root field of the
    schema; both are `none` where the request was refused before that was known."""

    def answered(self, kind: str, field: str, status: OperationStatus, seconds: float) -> None:
        """An operation is over; a subscription took `seconds` from its first event to its end."""

    def subscribed(self, field: str) -> None:
        """A subscription begins, to be followed by its end."""

    def unsubscribed(self, field: str) -> None: ...

    def told(self, event: Event) -> None:
        """An event of the log was handed to all who listen in this process."""

    def fell_back(self, reason: FallbackReason) -> None:
        """Roboflow answered a detection in place of the local side."""

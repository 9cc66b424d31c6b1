"""The stages of a job: each is timed for its kind, and a span of the job's trace."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.metrics.work import stage_done
from adapters.tracing import Span, span
from domain.jobs import JobKind


@contextmanager
def stage(kind: JobKind, name: str) -> Iterator[Span]:
    """What goes on while this is open. Only what is seen through is timed: how long it took until something went wrong
    says nothing of the stage."""
    began = time.monotonic()
    with span(f"{kind.value} {name}") as opened:
        yield opened
    stage_done(kind, name, time.monotonic() - began)

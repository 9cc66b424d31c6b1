"""What workers do, and what they wait for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from prometheus_client import Counter, Gauge, Histogram

from adapters.metrics.registry import REGISTRY
from domain.jobs import JobKind
from domain.models.gpu import GpuHolder

_LONG = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600)

_attempts = Counter("agridrone_job_attempts", "Attempts at jobs that are over.", ["kind", "outcome"], registry=REGISTRY)
_seconds = Histogram(
    "agridrone_job_seconds", "Attempts that saw their job through.", ["kind"], registry=REGISTRY, buckets=_LONG
)
_stages = Histogram(
    "agridrone_job_stage_seconds", "Stages that were seen through.", ["kind", "stage"], registry=REGISTRY, buckets=_LONG
)
_images = Counter(
    "agridrone_rendered_images", "Images for exports and trainings, each copy one.", ["source"], registry=REGISTRY
)
_waits = Histogram(
    "agridrone_gpu_wait_seconds",
    "Waiting for the host's GPU, by those who got it.",
    ["holder"],
    registry=REGISTRY,
    buckets=(0.01, 0.1, 1, 5, 30, 60, 300, 1800, 3600, 6 * 3600, 24 * 3600),
)
_waiting = Gauge("agridrone_gpu_waiting", "Who waits for the host's GPU now.", ["holder"], registry=REGISTRY)
_deliveries = Counter(
    "agridrone_webhook_deliveries", "Tries to tell a webhook's receiver.", ["outcome"], registry=REGISTRY
)


class Outcome(StrEnum):
    """What became of an attempt at a job."""

    COMPLETED = "completed"
    FAILED = "failed"
    RETRIED = "retried"
    """Something went wrong that may pass: the job is taken up again."""
    POSTPONED = "postponed"
    """What it needs is away; the job waits, at no cost to it."""
    HANDED_BACK = "handed_back"
    """The worker was told to end."""
    CLAIM_LOST = "claim_lost"


class Delivered(StrEnum):
    """What became of a try to tell a webhook's receiver."""

    TAKEN = "taken"
    REFUSED = "refused"
    """The receiver's answer was no success."""
    UNREACHABLE = "unreachable"


def expect(kinds: Iterable[JobKind]) -> None:
    """This process works on those: their counters begin at 0, so that the first of each shows as a rise."""
    for kind in kinds:
        for outcome in Outcome:
            _attempts.labels(kind.value, outcome.value)


def attempted(kind: JobKind, outcome: Outcome, seconds: float) -> None:
    """An attempt is over."""
    _attempts.labels(kind.value, outcome.value).inc()
    if outcome is Outcome.COMPLETED:
        _seconds.labels(kind.value).observe(seconds)


def stage_done(kind: JobKind, name: str, seconds: float) -> None:
    """A stage of a job was seen through."""
    _stages.labels(kind.value, name).observe(seconds)


@contextmanager
def waiting_for_gpu(holder: GpuHolder) -> Iterator[None]:
    """Within, the holder waits; it has the GPU unless an exception comes out."""
    began = time.monotonic()
    with _waiting.labels(holder.value).track_inprogress():
        yield
    _waits.labels(holder.value).observe(time.monotonic() - began)


def images_rendered(rendered: int, cached: int) -> None:
    """So many copies of an image were rendered, and so many lay in the cache."""
    _images.labels("rendered").inc(rendered)
    _images.labels("cache").inc(cached)


def delivered(outcome: Delivered) -> None:
    """A webhook's receiver was told, or not."""
    _deliveries.labels(outcome.value).inc()

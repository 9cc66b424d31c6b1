"""What is written down besides: the event log, the counters of upload batches, deliveries, and why work failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from domain.jobs import JobKind
from domain.models.audit import BatchCounts, DeliveryFate, FailedWork, Portion, StreamExtent
from domain.models.event import StreamKind
from domain.ports import Database, UnitOfWork
from domain.webhook_delivery import WAIT_SECONDS
from workers.audit.check import Check
from workers.audit.finding import Finding
from workers.audit.row_check import RowCheck

EVENTS, BATCHES, DELIVERIES, REASONS = "event-streams", "upload-batches", "webhook-deliveries", "failure-reasons"
_LONGEST_WAIT = timedelta(seconds=WAIT_SECONDS[-1] + 3600)


@dataclass(frozen=True, slots=True)
class Stream:
    """`objectless` is known of streams that do not begin at 1: what they tell of is gone."""

    extent: StreamExtent
    objectless: bool

    @property
    def id(self) -> str:
        return self.extent.id


def record_checks(database: Database) -> list[Check]:
    return [
        RowCheck(database, EVENTS, "streams", _streams, event_stream),
        RowCheck(database, EVENTS, "streams", _uncounted, event_stream),
        RowCheck(database, BATCHES, "upload batches", lambda uow, portion: uow.audit.batches(portion), upload_batch),
        RowCheck(
            database, DELIVERIES, "deliveries", lambda uow, portion: uow.audit.deliveries(portion), webhook_delivery
        ),
        *(
            RowCheck(database, REASONS, "failures", partial(_failed, kind=kind), partial(failure_reason, kind))
            for kind in JobKind
        ),
    ]


def event_stream(one: Stream) -> Finding | None:
    """A stream's events are numbered without a gap up to its counter, and from 1 on, but where retention removes them:
    the old ones of projects, and those of objects that are gone."""
    extent = one.extent
    shortened = one.objectless or extent.id.startswith(StreamKind.PROJECT.of(""))
    fault = None
    if extent.head is None:
        fault = f"It has {extent.kept:,} events and no counter, so that the next one will be numbered 1 again"
    elif extent.first is None or extent.last is None:
        if extent.head and not shortened:
            fault = f"Its {extent.head:,} events are gone"
    elif extent.last != extent.head:
        fault = f"Its last event is number {extent.last:,}, but {extent.head:,} were counted"
    elif extent.kept != extent.last - extent.first + 1:
        fault = f"Of its events {extent.first:,} to {extent.last:,} only {extent.kept:,} are there"
    elif extent.first != 1 and not shortened:
        fault = f"Its events before number {extent.first:,} are gone"
    if fault is None:
        return None
    message = f"{fault}: who follows it misses something. Restore EventLog and EventStream from a backup together."
    return Finding(EVENTS, f"stream {extent.id}", message)


def upload_batch(one: BatchCounts) -> Finding | None:
    """A batch counts its files by what became of each, so that it is DONE exactly when each is verified, refused or
    expired."""
    counted = (one.announced, one.submitted, one.verified, one.refused)
    there = (one.uploads, one.completed, one.taken, one.turned_down)
    if counted == there:
        return None
    message = (
        "It counts {:,} files announced, {:,} completed, {:,} verified and {:,} refused or expired, but its uploads "
        "are {:,}, {:,}, {:,} and {:,}: it is never DONE, or too early. Set its counters in UploadBatch to the latter."
    )
    return Finding(BATCHES, f"upload batch {one.id} of project {one.project_id}", message.format(*counted, *there))


def webhook_delivery(one: DeliveryFate) -> Finding | None:
    """A delivery is either to be tried, within the longest wait, or over: delivered, or given up with a reason."""
    fault = None
    if one.due_at is not None and one.delivered_at is not None:
        fault = "It was delivered, and is to be sent again"
    elif one.due_at is None and one.delivered_at is None and one.error is None:
        fault = "It was neither delivered nor given up, and nobody will try it again"
    elif one.due_at is not None and one.due_at - one.now > _LONGEST_WAIT:
        fault = f"It waits until {one.due_at:%Y-%m-%d %H:%M} UTC, longer than any delivery should"
    if fault is None:
        return None
    message = f"{fault}; set dueAt of that row of WebhookDelivery to now to have it sent, or to null to end it."
    return Finding(DELIVERIES, f"delivery {one.id} to webhook {one.webhook_id}", message)


def failure_reason(kind: JobKind, one: FailedWork) -> Finding | None:
    """What failed says why, so that somebody can act on it."""
    if one.reason:
        return None
    message = "It failed, and nothing says why; look for its id in the workers' logs."
    return Finding(REASONS, f"{kind.value} {one.id}", message)


async def _streams(uow: UnitOfWork, portion: Portion) -> Sequence[Stream]:
    extents = await uow.audit.streams(portion)
    gone = await uow.events.objectless(one.id for one in extents if one.first != 1)
    return [Stream(one, one.id in gone) for one in extents]


async def _uncounted(uow: UnitOfWork, portion: Portion) -> Sequence[Stream]:
    return [Stream(one, False) for one in await uow.audit.uncounted_streams(portion)]


async def _failed(uow: UnitOfWork, portion: Portion, kind: JobKind) -> Sequence[FailedWork]:
    return await uow.audit.failed(kind, portion)

"""The loop of every worker: take a row up, beat its heart while the work runs, give it back or see it through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog
from structlog.contextvars import bind_contextvars, bound_contextvars

from adapters.metrics.work import Outcome, attempted, expect
from adapters.origins import Origin, Origins
from adapters.tracing import span, within
from domain.errors import ClaimLostError, DomainError
from domain.jobs import HEARTBEAT_SECONDS, LEASE_SECONDS, MAX_STRIKES, SWEEP_SECONDS, Claim, JobKind
from domain.ports import Database

_RETRY_SECONDS = 5
_LEFT_AT_ONCE = frozenset({JobKind.TRAINING})
"""Takes hours, and goes on elsewhere from where it stood: a worker that leaves does not wait for it."""
_log = structlog.get_logger(__name__)


class PermanentError(Exception):
    """Trying again would not help; the message is the row's failure reason, a sentence a person can act on."""


class PostponedError(Exception):
    """What the work needs is away for now, through no fault of the row: it keeps its place, and costs no strike."""


class CrashedError(Exception):
    """Something outside the request went wrong: it is tried again. The message is a sentence, and the row's failure
    reason when it keeps happening."""


class Handler(Protocol):
    """What one kind of work consists of."""

    kind: JobKind
    slots: int

    async def run(self, claim: Claim) -> None:
        """Does the work. Raises PermanentError for what no further attempt would mend, PostponedError for what is to
        wait; anything else is tried again, a few times."""

    async def fail(self, claim: Claim, reason: str) -> None:
        """Brings the row to FAILED."""


def _repeated(strikes: int, error: Exception) -> str:
    """Not an unforeseen error's own text, which may name hosts, paths or statements; but what the system says of
    itself."""
    if isinstance(error, CrashedError):
        return f"It was interrupted {strikes} times in a row without getting further. {error}"
    what = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return f"It failed {strikes} times in a row ({what}); the worker's log has the details."


class ClaimLoops:
    """Claims and runs the work of its handlers until it leaves, or is cancelled. Each handler has `slots` rows in work
    at once."""

    def __init__(
        self, database: Database, worker: str, handlers: Sequence[Handler], origins: Origins | None = None
    ) -> None:
        self._database = database
        self._origins = origins
        self._worker = worker
        self._handlers = handlers
        expect(handler.kind for handler in handlers)
        self._nudges: Mapping[JobKind, asyncio.Event] = {handler.kind: asyncio.Event() for handler in handlers}
        self._leaving = asyncio.Event()
        self._held: dict[Claim, asyncio.Task[None]] = {}

    def at_work(self) -> list[str]:
        """What is in work: kinds and ids."""
        return [f"{claim.kind} {claim.id}" for claim in self._held]

    def leave(self) -> None:
        """Nothing more is taken up, and `run` returns when what is in work is done. A training is given back at
        once."""
        self._leaving.set()
        for nudge in self._nudges.values():
            nudge.set()
        for claim, work in self._held.items():
            if claim.kind in _LEFT_AT_ONCE:
                work.cancel()

    def nudge(self, kind: JobKind) -> None:
        """Somebody says that there is work of that kind."""
        if kind in self._nudges:
            self._nudges[kind].set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for handler in self._handlers:
                for _ in range(handler.slots):
                    group.create_task(self._slot(handler))

    async def _slot(self, handler: Handler) -> None:
        while not self._leaving.is_set():
            nudge = self._nudges[handler.kind]
            nudge.clear()
            try:
                claim = await self._database.write(lambda uow: uow.claims.take(handler.kind, self._worker))
            except Exception:
                _log.exception("claim_failed", kind=handler.kind)
                claim = None
            if claim is not None:
                nudge.set()  # another slot may find the next row
                try:
                    with bound_contextvars(**_known_by(claim), request_id=None):
                        await self._counted(handler, claim)
                except PostponedError:
                    # The next row may well fare alike. But it has its turn before this one, which is not free yet: were
                    # only this one's object away, it would keep all others waiting.
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._leaving.wait(), LEASE_SECONDS / 2)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(nudge.wait(), SWEEP_SECONDS)

    async def _counted(self, handler: Handler, claim: Claim) -> None:
        began, outcome = time.monotonic(), Outcome.HANDED_BACK
        try:
            outcome = await self._work(handler, claim)
        except PostponedError:
            outcome = Outcome.POSTPONED
            raise
        finally:
            attempted(claim.kind, outcome, time.monotonic() - began)

    async def _work(self, handler: Handler, claim: Claim) -> Outcome:
        try:
            origin = await self._origins.of(claim) if self._origins is not None else Origin()
            bind_contextvars(request_id=origin.request_id)
            if claim.exhausted:
                reason = f"It was interrupted {MAX_STRIKES} times without getting further; see the worker's log."
                await handler.fail(claim, reason)
                return Outcome.FAILED
            if self._leaving.is_set():
                await self._release(claim)
                return Outcome.HANDED_BACK
            named = {**_known_by(claim), "request_id": origin.request_id}
            with within(origin.traceparent), span(claim.kind.value, **named):
                await self._with_heartbeat(handler, claim)
            _log.info("work_done")
            return Outcome.COMPLETED
        except ClaimLostError:
            _log.warning("claim_lost")
            return Outcome.CLAIM_LOST
        except asyncio.CancelledError:
            # Shutdown: the next worker need not wait for the lease.
            await asyncio.shield(self._release(claim))
            raise
        except PostponedError as error:
            _log.warning("work_postponed", reason=str(error))
            await self._spare(claim)
            raise
        except Exception as error:
            return await self._sort_failure(handler, claim, error)

    async def _release(self, claim: Claim) -> None:
        try:
            await self._database.write(lambda uow: uow.claims.release(claim))
        except Exception:
            _log.exception("release_failed")  # it is free when its lease has run out

    async def _spare(self, claim: Claim) -> None:
        try:
            await self._database.write(lambda uow: uow.claims.spare(claim))
        except Exception:
            _log.exception("sparing_failed")

    async def _sort_failure(self, handler: Handler, claim: Claim, error: Exception) -> Outcome:
        permanent = isinstance(error, PermanentError | DomainError)
        _log.error("work_failed", reason=str(error), exc_info=not permanent)
        try:
            # It may have got further since it was claimed, and the strikes before that are forgotten.
            strikes = await self._database.read(lambda uow: uow.claims.strikes(claim))
            if not permanent and strikes < MAX_STRIKES:
                if isinstance(error, CrashedError):
                    await self._database.write(lambda uow: uow.claims.give_back(claim, _RETRY_SECONDS * strikes))
                return Outcome.RETRIED  # taken up again then, or else when the lease has run out
            await handler.fail(claim, str(error) if permanent else _repeated(strikes, error))
            return Outcome.FAILED
        except ClaimLostError:
            _log.warning("claim_lost")
            return Outcome.CLAIM_LOST
        except Exception:
            _log.exception("failing_failed")
            return Outcome.RETRIED

    async def _with_heartbeat(self, handler: Handler, claim: Claim) -> None:
        work = self._held[claim] = asyncio.create_task(handler.run(claim))
        try:
            while True:
                done, _ = await asyncio.wait([work], timeout=HEARTBEAT_SECONDS)
                if done:
                    return work.result()
                if not await self._alive(claim):
                    raise ClaimLostError(f"{claim.kind} {claim.id} was taken over.")
        finally:
            work.cancel()
            await asyncio.wait([work])
            del self._held[claim]

    async def _alive(self, claim: Claim) -> bool:
        try:
            return await self._database.write(lambda uow: uow.claims.beat(claim))
        except Exception:
            # The lease outlasts several missed beats; writes are fenced in any case.
            _log.exception("heartbeat_failed")
            return True


def _known_by(claim: Claim) -> dict[str, str | int]:
    """What each log line of the work says, and its span."""
    known = {
        "kind": claim.kind.value,
        "job_id": claim.id,
        "attempt": claim.attempt,
        "project_id": claim.project_id,
        "version_id": claim.version_id,
        "batch_id": claim.batch_id,
    }
    return {name: value for name, value in known.items() if value is not None}

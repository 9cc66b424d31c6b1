"""The loop of every worker: take a row up, beat its heart while the work runs, give it back or see it through."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from domain.errors import ClaimLostError, DomainError
from domain.jobs import HEARTBEAT_SECONDS, LEASE_SECONDS, MAX_STRIKES, SWEEP_SECONDS, Claim, JobKind
from domain.ports import Database

_RETRY_SECONDS = 5
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
    """Claims and runs the work of its handlers until it is cancelled. Each handler has `slots` rows in work at once."""

    def __init__(self, database: Database, worker: str, handlers: Sequence[Handler]) -> None:
        self._database = database
        self._worker = worker
        self._handlers = handlers
        self._nudges: Mapping[JobKind, asyncio.Event] = {handler.kind: asyncio.Event() for handler in handlers}

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
        while True:
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
                    await self._work(handler, claim)
                except PostponedError:
                    # The next row may well fare alike. But it has its turn before this one, which is not free yet: were
                    # only this one's object away, it would keep all others waiting.
                    await asyncio.sleep(LEASE_SECONDS / 2)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(nudge.wait(), SWEEP_SECONDS)

    async def _work(self, handler: Handler, claim: Claim) -> None:
        log = _log.bind(kind=claim.kind, id=claim.id, attempt=claim.attempt)
        try:
            if claim.exhausted:
                reason = f"It was interrupted {MAX_STRIKES} times without getting further; see the worker's log."
                await handler.fail(claim, reason)
            else:
                await self._with_heartbeat(handler, claim)
        except ClaimLostError:
            log.warning("claim_lost")
        except asyncio.CancelledError:
            # Shutdown: the next worker need not wait for the lease.
            await asyncio.shield(self._database.write(lambda uow: uow.claims.release(claim)))
            raise
        except PostponedError as error:
            log.warning("work_postponed", reason=str(error))
            await self._spare(claim)
            raise
        except Exception as error:
            await self._sort_failure(handler, claim, error)

    async def _spare(self, claim: Claim) -> None:
        try:
            await self._database.write(lambda uow: uow.claims.spare(claim))
        except Exception:
            _log.exception("sparing_failed", kind=claim.kind, id=claim.id)

    async def _sort_failure(self, handler: Handler, claim: Claim, error: Exception) -> None:
        permanent = isinstance(error, PermanentError | DomainError)
        fate = {"kind": claim.kind, "id": claim.id, "attempt": claim.attempt, "reason": str(error)}
        _log.error("work_failed", **fate, exc_info=not permanent)
        try:
            # It may have got further since it was claimed, and the strikes before that are forgotten.
            strikes = await self._database.read(lambda uow: uow.claims.strikes(claim))
            if not permanent and strikes < MAX_STRIKES:
                if isinstance(error, CrashedError):
                    await self._database.write(lambda uow: uow.claims.give_back(claim, _RETRY_SECONDS * strikes))
                return  # taken up again then, or else when the lease has run out
            await handler.fail(claim, str(error) if permanent else _repeated(strikes, error))
        except ClaimLostError:
            _log.warning("claim_lost", kind=claim.kind, id=claim.id)
        except Exception:
            _log.exception("failing_failed", kind=claim.kind, id=claim.id)

    async def _with_heartbeat(self, handler: Handler, claim: Claim) -> None:
        work = asyncio.create_task(handler.run(claim))
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

    async def _alive(self, claim: Claim) -> bool:
        try:
            return await self._database.write(lambda uow: uow.claims.beat(claim))
        except Exception:
            # The lease outlasts several missed beats; writes are fenced in any case.
            _log.exception("heartbeat_failed", kind=claim.kind, id=claim.id)
            return True

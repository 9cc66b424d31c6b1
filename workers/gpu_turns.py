"""Turns on the host's GPU for detections, which are short and come in crowds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from redis.exceptions import RedisError

from adapters.gpu_mutex import RedisGpuMutex
from adapters.metrics.work import waiting_for_gpu
from domain.models.gpu import GpuHolder, GpuLease
from domain.ports import Database
from workers.gpu_leasing import GpuLeasing, GpuLostError
from workers.gpu_room import GpuBusyError, GpuRoom

DETECTIONS_SUBJECT = "detections"
"""What the GPU is held for, in the words of a lease."""
_LINGER_SECONDS = 1.0
_LONGEST_SECONDS = 30.0
_LOOKS_A_TTL = 300
_LEAST_PATIENCE_SECONDS = 1.0
_WAITER_LOOKS_A_TTL = 60
"""How often whoever waits for the GPU looks (workers.gpu_leasing)."""


class GpuTurns(Protocol):
    def turn(self, wait_seconds: float) -> AbstractAsyncContextManager[None]:
        """Within it the GPU may be used for detections, as many at once as come. Raises GpuBusyError when others have
        it for longer than `wait_seconds`, and when it is lost meanwhile."""

    async def is_free(self) -> bool:
        """Whether a turn could begin now, at nobody's cost."""

    async def close(self) -> None:
        """Gives the GPU back at once."""


class FreeTurns:
    """Fulfils GpuTurns where everybody computes at once."""

    @asynccontextmanager
    async def turn(self, wait_seconds: float) -> AsyncIterator[None]:
        yield

    async def is_free(self) -> bool:
        return True

    async def close(self) -> None:
        return


class LeasedTurns:
    """Fulfils GpuTurns by the mutex of the host. The first detection takes the GPU, those that come while it is held
    join, and a moment after the last one it is given back: so it is not taken anew for each. Nobody joins after
    `longest_seconds`; then it is given back, and whoever waits has it before these detections do again."""

    def __init__(
        self, database: Database, mutex: RedisGpuMutex, room: GpuRoom, longest_seconds: float = _LONGEST_SECONDS
    ) -> None:
        self._leasing = GpuLeasing(database, mutex)
        self._mutex = mutex
        self._room = room
        self._longest_seconds = longest_seconds
        self._stretch: _Stretch | None = None
        self._beginning: asyncio.Task[None] | None = None
        # Whoever waits for the GPU looks at least once in so long.
        self._rest_seconds = 1.5 * mutex.ttl_seconds / _WAITER_LOOKS_A_TTL
        self._ends_at = self._not_before = self._rested_at = 0.0

    @asynccontextmanager
    async def turn(self, wait_seconds: float) -> AsyncIterator[None]:
        with waiting_for_gpu(GpuHolder.INFERENCE):
            stretch = await self._joined(wait_seconds)
        watch = asyncio.timeout(None)
        stretch.watches.add(watch)
        try:
            async with watch:
                yield
        except TimeoutError as error:
            if not watch.expired():
                raise
            raise GpuBusyError(f"The GPU of {self._mutex.host} was lent to somebody else meanwhile.") from error
        finally:
            stretch.watches.discard(watch)
            stretch.leave()

    async def is_free(self) -> bool:
        if self._stretch is not None and not self._stretch.closing:
            return True
        try:
            # SAM3 that stays loaded after its turn would have to unload.
            return not self._room.sam3_loaded and await self._mutex.is_free()
        except (RedisError, OSError):
            return False

    async def close(self) -> None:
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait([self._beginning])
        if self._stretch is not None:
            self._stretch.holding.cancel()
            await asyncio.wait([self._stretch.holding])

    async def _joined(self, wait_seconds: float) -> _Stretch:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_seconds
        while True:
            if self._stretch is not None and self._stretch.enter():
                return self._stretch
            if self._beginning is None or self._beginning.done():
                self._beginning = asyncio.create_task(self._begin())
                # Who waited for it may be gone by then.
                self._beginning.add_done_callback(lambda task: task.cancelled() or task.exception())
            patience = max(deadline - loop.time(), _LEAST_PATIENCE_SECONDS)
            done, _ = await asyncio.wait([self._beginning], timeout=patience)
            if not done:
                raise GpuBusyError(f"The GPU of {self._mutex.host} is being freed for detections; try again.")
            refusal = self._beginning.exception()
            if refusal is None:
                continue
            if not isinstance(refusal, GpuBusyError) or loop.time() >= deadline:
                raise refusal
            await asyncio.sleep(self._mutex.ttl_seconds / _LOOKS_A_TTL)

    async def _begin(self) -> None:
        """One attempt for all who wait. Raises GpuBusyError."""
        loop = asyncio.get_running_loop()
        if self._stretch is not None:
            # Until it is given back: these very detections have the GPU.
            await asyncio.wait([self._stretch.holding])
        await asyncio.sleep(max(self._not_before - loop.time(), 0))
        lease = await self._leasing.taken_now(GpuHolder.INFERENCE, DETECTIONS_SUBJECT)
        if loop.time() >= self._rested_at:
            self._ends_at = loop.time() + self._longest_seconds
        stretch = _Stretch(self._ends_at)
        stretch.holding = asyncio.create_task(self._hold(lease, stretch))
        try:
            await self._room.make(GpuHolder.INFERENCE)
        except BaseException:
            # Not cancelled: it may not have begun yet, and would give nothing back.
            stretch.over.set()
            await asyncio.wait([stretch.holding])
            raise
        if not stretch.holding.done():
            self._stretch = stretch
            stretch.linger()

    async def _hold(self, lease: GpuLease, stretch: _Stretch) -> None:
        try:
            async with self._leasing.kept(lease):
                await stretch.over.wait()
        except GpuLostError:
            stretch.lose()
        finally:
            if self._stretch is stretch:
                self._stretch = None
            # Stretches with less than a rest between them are one, as far as its length goes.
            self._rested_at = asyncio.get_running_loop().time() + self._rest_seconds
            if stretch.closing:
                self._not_before = self._rested_at


class _Stretch:
    """A time in which the GPU is held for detections, from the first to the last of them; `ends_at` is by the event
    loop's clock."""

    def __init__(self, ends_at: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends_at = ends_at
        self._users = 0
        self.over = asyncio.Event()
        self.watches: set[asyncio.Timeout] = set()
        self.holding: asyncio.Task[None]

    @property
    def closing(self) -> bool:
        """Nobody joins any more."""
        return self._loop.time() >= self._ends_at

    def enter(self) -> bool:
        if self.closing or self.over.is_set():
            return False
        self._users += 1
        return True

    def leave(self) -> None:
        self._users -= 1
        if self._users == 0:
            self.linger()

    def linger(self) -> None:
        if self.closing:
            self.over.set()
        else:
            self._loop.call_at(min(self._loop.time() + _LINGER_SECONDS, self._ends_at), self._end_if_idle)

    def lose(self) -> None:
        """The GPU is somebody else's: whoever is at it must stop."""
        self.over.set()
        for watch in self.watches:
            with suppress(RuntimeError):  # it has ended by itself
                watch.reschedule(self._loop.time())

    def _end_if_idle(self) -> None:
        # Another detection may have come and gone meanwhile; then the GPU is given back a little early.
        if self._users == 0:
            self.over.set()

"""Copies of a training's state in the object store, from which another worker, on another host, can go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from domain.jobs import Claim
from domain.keys import state_key, states_prefix
from domain.models.training import ResumePoint, TrainingJob
from domain.ports import Database, ObjectStore
from domain.training_progress import noticed, state_kept
from workers.child.protocol import ResumeState, StateReport
from workers.digest import sha256_of

KEPT = 2
"""With the newest copy damaged or lost, the one before still serves."""
# A copy may take a fiftieth of the time between two: the training hardly notices, and a host that is lost takes little
# with it. Never longer than five minutes.
_SHARE = 50
_LONGEST_SECONDS = 300.0
_log = structlog.get_logger(__name__)


class TrainingStates:
    """Keeps the newest of the states that are offered. Each file that is offered is deleted in the end."""

    def __init__(self, database: Database, store: ObjectStore, claim: Claim, job: TrainingJob) -> None:
        self._database = database
        self._store = store
        self._claim = claim
        self._job = job
        self._points = job.resume_points
        self._stored = _digests(job.resume_points)
        self._newest: StateReport | None = None
        self._offered = asyncio.Event()
        self._keeping = asyncio.Lock()
        self._store_is_away = False

    def offer(self, state: StateReport) -> None:
        if self._newest is not None:
            _forget(self._newest)
        self._newest = state
        self._offered.set()

    async def run(self) -> None:
        """Copies until it is cancelled. Raises ClaimLostError."""
        while True:
            await self._offered.wait()
            self._offered.clear()
            started = time.monotonic()
            await self.keep()
            await asyncio.sleep(min((time.monotonic() - started) * _SHARE, _LONGEST_SECONDS))

    async def keep(self) -> None:
        """Copies the newest state that was offered, unless that is done. Raises ClaimLostError; a store that is away is
        told of once, and keeps nothing from going on."""
        async with self._keeping:
            state, self._newest = self._newest, None
            if state is None:
                return
            try:
                await self._copy(state)
                self._store_is_away = False
            except OSError as error:
                _log.warning("state_not_kept", job=self._job.id, epoch=state.epoch, error=str(error))
                self._put_back(state)
                await self._tell_once()
            except BaseException:
                self._put_back(state)
                raise
            else:
                _forget(state)

    def _put_back(self, state: StateReport) -> None:
        if self._newest is None:
            self._newest = state
        else:
            _forget(state)

    async def _tell_once(self) -> None:
        if not self._store_is_away:
            self._store_is_away = True
            text = "The object store does not take the training's state. The training goes on, and that is tried again."
            await self._database.write(noticed(self._claim, text))

    async def _copy(self, state: StateReport) -> None:
        last = await asyncio.to_thread(sha256_of, state.last)
        best = await asyncio.to_thread(sha256_of, state.best)
        whole = _digests(self._points)
        for sha256, path in {last: state.last, best: state.best}.items():
            if sha256 not in whole:
                await self._store.put_file(self._key(sha256), path, "application/octet-stream")
        points = (ResumePoint(state.epoch, last, best), *self._points)[:KEPT]
        await self._database.write(state_kept(self._claim, points))
        unneeded = self._stored - _digests(points)
        self._points, self._stored = points, _digests(points)
        await self._delete([self._key(sha256) for sha256 in unneeded])

    async def forget_all(self) -> None:
        """For a training that is completed: nobody goes on with it. Also what no row ever named."""
        try:
            keys = [one.key async for one in self._store.under(states_prefix(self._job.team_id, self._job.id))]
        except OSError as error:
            _log.warning("state_not_deleted", job=self._job.id, error=str(error))
            return
        await self._delete(keys)

    async def _delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                await self._store.delete(key)
            except OSError as error:  # whoever collects strays will find it
                _log.warning("state_not_deleted", job=self._job.id, error=str(error))

    async def local(self) -> ResumeState | None:
        """The newest state that was offered, as long as it could not be copied."""
        if (state := self._newest) is None:
            return None
        last = await asyncio.to_thread(sha256_of, state.last)
        best = await asyncio.to_thread(sha256_of, state.best)
        return ResumeState(state.last, last, state.best, best)

    async def newest_intact(self, folder: Path) -> tuple[int, ResumeState] | None:
        """How many epochs the newest copy that is whole had completed, and the copy, in `folder`; None without one.
        Damaged ones are not kept beside the next. Raises OSError while the store is away."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, point in enumerate(self._points):
            last = await self._fetched(point.last_sha256, folder)
            best = last if point.best_sha256 == point.last_sha256 else await self._fetched(point.best_sha256, folder)
            if last is not None and best is not None:
                self._points = self._points[number:]
                return point.epoch, ResumeState(last, point.last_sha256, best, point.best_sha256)
            _log.error("state_damaged", job=self._job.id, epoch=point.epoch)
        self._points = ()
        return None

    async def _fetched(self, sha256: str, folder: Path) -> Path | None:
        path = folder / f"{sha256}.pt"
        with suppress(KeyError):
            await self._store.download(self._key(sha256), path)
            if await asyncio.to_thread(sha256_of, path) == sha256:
                return path
        return None

    def _key(self, sha256: str) -> str:
        return state_key(self._job.team_id, self._job.id, sha256)


def _digests(points: tuple[ResumePoint, ...]) -> set[str]:
    return {sha256 for point in points for sha256 in (point.last_sha256, point.best_sha256)}


def _forget(state: StateReport) -> None:
    for path in (state.last, state.best):
        path.unlink(missing_ok=True)

"""What every worker process does around its work: arq queues that wake it, a scratch folder, an orderly end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from structlog.contextvars import bound_contextvars

from adapters.origins import Origin
from adapters.tracing import span, within
from domain.jobs import JobKind
from workers.claims import ClaimLoops

_POLL_SECONDS = 0.05
_CALM_AFTER_SECONDS, _CALM_POLL_SECONDS = 2.0, 0.05
_WAKES_AT_ONCE = 10
_PARENT_SECONDS = 1.0
_STOPS = (signal.SIGINT, signal.SIGTERM)
_log = structlog.get_logger(__name__)

PARENT_VARIABLE = "AGRIDRONE_PARENT"
"""Set by `up` to its own process id: a part ends when that process is gone, however it went."""


def worker_name(kind: str) -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{kind}"


@dataclass(frozen=True, slots=True)
class Served:
    """A function that the messages of a queue call by `name`, each once, `at_once` of them at a time at most; its
    result is kept for `keep_seconds`."""

    name: str
    function: Callable[..., Coroutine[Any, Any, Any]]
    keep_seconds: int
    at_once: int


def wake_queue(redis: ArqRedis, queue: str, loops: ClaimLoops, *more: Served) -> Worker:
    """Listens to a queue of wakes, which mean no more than `look for work of this kind`, and serves `more` on it."""

    async def wake(_: dict[Any, Any], kind: str) -> None:
        loops.nudge(JobKind(kind))

    return queue_worker(redis, queue, [Served("wake", wake, 0, _WAKES_AT_ONCE), *more], _POLL_SECONDS)


def queue_worker(redis: ArqRedis, queue: str, served: Sequence[Served], poll_seconds: float) -> Worker:
    """An arq worker that runs these functions. Together they may fill all places; a function that takes long sees to
    it by itself that it leaves the others theirs."""
    return _QueueWorker(
        functions=[
            func(_of_its_request(one), name=one.name, keep_result=one.keep_seconds, max_tries=1) for one in served
        ],
        queue_name=queue,
        redis_pool=redis,
        handle_signals=False,
        max_jobs=sum(one.at_once for one in served),
        poll_delay=poll_seconds,
        job_serializer=orjson.dumps,
        job_deserializer=orjson.loads,
        log_results=False,
    )


class _QueueWorker(Worker):  # type: ignore[misc]  # arq is untyped here
    """Looks less often where nothing came for a while: to ask Redis a hundred times a second whether anything is there
    takes a tenth of a core."""

    _came_at = _looked_at = 0.0

    async def _poll_iteration(self) -> None:
        now = time.monotonic()
        calm = not self.tasks and now - self._came_at > _CALM_AFTER_SECONDS
        if calm and now - self._looked_at < _CALM_POLL_SECONDS:
            return
        self._looked_at = now
        await super()._poll_iteration()
        if self.tasks:
            self._came_at = now


def _of_its_request(served: Served) -> Callable[..., Coroutine[Any, Any, Any]]:
    """The function; its log lines and spans are of the request that asked for an answer."""

    async def run(message: dict[Any, Any], *arguments: Any) -> Any:
        origin = Origin.of_message(message["job_id"])
        if origin is None:
            return await served.function(message, *arguments)
        with bound_contextvars(request_id=origin.request_id), within(origin.traceparent), span(served.name):
            return await served.function(message, *arguments)

    return run


async def run_until_told(
    loops: ClaimLoops,
    parts: Sequence[Coroutine[Any, Any, None]],
    queues: Sequence[Worker],
    seconds: float,
    to_the_end: Sequence[Coroutine[Any, Any, None]],
) -> None:
    """Runs everything until this process is told to stop. Then what is in work has so many seconds to end, and the rest
    is given back; what runs `to_the_end`, as signs of life, tells of that too."""
    working = asyncio.create_task(loops.run())
    beside = [asyncio.create_task(part) for part in parts]
    watching = [asyncio.create_task(part) for part in to_the_end]
    listening = [asyncio.create_task(_listen(queue)) for queue in queues]
    told = asyncio.create_task(told_to_stop())
    try:
        endless = [working, *beside, *watching, *listening]
        done, _ = await asyncio.wait([*endless, told], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        _log.info("worker_leaves", at_work=loops.at_work(), seconds=seconds)
        loops.leave()
        for part in beside:
            part.cancel()
        answering = [asyncio.create_task(_answered(queue)) for queue in queues]
        listening += answering
        await asyncio.wait([working, *beside, *answering], timeout=seconds)
        if working.done():
            working.result()
        else:
            _log.info("worker_hands_back", at_work=loops.at_work())
    finally:
        tasks = [working, *beside, *watching, *listening, told]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def told_to_stop() -> None:
    """Returns at the first SIGINT or SIGTERM, or when the process that started this one is gone. The next signal ends
    this process on the spot."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _STOPS:
        loop.add_signal_handler(number, told.set)
    ends = [asyncio.create_task(told.wait()), asyncio.create_task(_orphaned())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for number in _STOPS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        for end in ends:
            end.cancel()


async def _orphaned() -> None:
    """Returns when the `up` that started this process is gone; never without one."""
    parent = os.environ.get(PARENT_VARIABLE)
    while parent is None or os.getppid() == int(parent):  # noqa: ASYNC110 - the system tells nobody of it
        await asyncio.sleep(_PARENT_SECONDS)


async def _answered(queue: Worker) -> None:
    """Takes no more messages of the queue, and returns when those that it has are answered."""
    queue.allow_pick_jobs = False
    await asyncio.sleep(queue.poll_delay_s)  # what was just being taken is among them then
    while unanswered := [task for task in queue.tasks.values() if not task.done()]:
        await asyncio.wait(unanswered)


async def _listen(queue: Worker) -> None:
    """Keeps a queue's listener going: while Redis is away, the sweep finds the work."""
    while True:
        try:
            await queue.main()
        except Exception as error:
            _log.warning("queue_reconnects", queue=queue.queue_name, error=str(error))
            await asyncio.sleep(_PARENT_SECONDS)


@contextmanager
def scratch_folder(work_dir: Path, kind: str) -> Iterator[Path]:
    """This process's own folder of disposable files; what dead predecessors on this host left is swept away first."""
    work_dir.mkdir(parents=True, exist_ok=True)
    # With the host's name: several hosts may share the data folder, and each knows only its own processes.
    stem = f"{kind}-{socket.gethostname()}-"
    for left in work_dir.glob(f"{stem}*"):
        pid = left.name.removeprefix(stem)
        if pid == str(os.getpid()) or not _runs(pid):
            shutil.rmtree(left, ignore_errors=True)
    folder = work_dir / f"{stem}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True

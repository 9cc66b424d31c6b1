"""Asking a worker for an answer at once, over an arq queue, and not for long where none is there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis
from arq.jobs import ResultNotFound
from redis.exceptions import RedisError

from adapters.origins import Origin
from adapters.presence import is_present
from domain.errors import DomainError, ErrorCode
from domain.ports import WorkerUnavailableError

_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class WorkerService:
    """What can be asked for: `function` on `queue`, by workers that announce `presence` (adapters.presence).
    `unstaffed` is the sentence for when none does."""

    presence: str
    queue: str
    function: str
    unstaffed: str

    async def answer(self, redis: ArqRedis, seconds: float, *arguments: object) -> dict[str, Any]:
        """The worker's answer; an `error` in it is what it refused, raised as a DomainError. Raises
        WorkerUnavailableError after `seconds` without an answer, and at once when no worker runs."""
        try:
            async with asyncio.timeout(seconds):  # of Redis too, which may be there and say nothing
                if not await is_present(redis, self.presence):
                    raise WorkerUnavailableError(self.unstaffed)
                mine = {"_job_id": Origin.here().message_id(), "_queue_name": self.queue, "_expires": seconds}
                job = await redis.enqueue_job(self.function, *arguments, **mine)
                if job is None:
                    raise WorkerUnavailableError("It could not be queued; try again.")
                answer: dict[str, Any] = await job.result(poll_delay=_POLL_SECONDS)
        except (TimeoutError, ResultNotFound) as error:
            text = f"No worker answered within {seconds:g} seconds; try again."
            raise WorkerUnavailableError(text, late=True) from error
        except (RedisError, OSError) as error:
            raise WorkerUnavailableError("The queue of the workers cannot be reached; try again.") from error
        if "error" in answer:
            raise DomainError(ErrorCode(answer["error"]), answer["message"])
        return answer

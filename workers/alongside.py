"""Work that has company: tasks that run as long as it does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def alongside(work: Coroutine[Any, Any, T], *company: Coroutine[Any, Any, None]) -> T:
    """The result of `work`. When it ends, so does the company; when one of the company fails, all ends, and its failure
    is raised. Nothing runs on when this returns or is cancelled."""
    task = asyncio.ensure_future(work)
    others = [asyncio.ensure_future(one) for one in company]
    try:
        waiting: set[asyncio.Future[Any]] = {task, *others}
        while not task.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        return task.result()
    finally:
        for one in (task, *others):
            one.cancel()
        await asyncio.gather(task, *others, return_exceptions=True)

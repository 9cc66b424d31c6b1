"""Work in threads cannot be called off; what waits for it sees it through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def seen_through(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """As asyncio.to_thread; but who is cancelled meanwhile goes only when the thread has finished: what it uses, as the
    GPU, is somebody else's only then."""
    work = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise

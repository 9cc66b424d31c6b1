"""Renderers with child processes and a cache of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rendering.cache import RenderCache
from workers.renderer import MEMORY_BYTES, Renderer
from workers.sandbox.pool import SandboxPool


@asynccontextmanager
async def renderer(folder: Path, processes: int = 1, limit_bytes: int = 10**9) -> AsyncIterator[Renderer]:
    """One whose cache lies in `folder`, which may be used again."""
    async with SandboxPool(processes, memory=MEMORY_BYTES) as pool:
        yield Renderer(pool, RenderCache(folder / "pictures", limit_bytes), processes)

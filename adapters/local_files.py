"""Files on this process's own disk that can be had again at any time: those used longest ago make room for others."""

from __future__ import annotations

import asyncio
import shutil
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

Fetch = Callable[[Path], Awaitable[None]]
"""Writes the files of one name into a folder, which is empty."""

LIMIT_BYTES = 2 << 30
_BLOCK = 4096


@dataclass(slots=True, eq=False)
class _Entry:
    """`size` is what is expected until the files are there."""

    folder: Path
    size: int
    fetched: asyncio.Task[None]
    users: int = 0


class LocalFiles:
    """A folder of files for each name, within `limit_bytes` but for what is in use. `folder` itself need not be there;
    nothing else may lie in it."""

    def __init__(self, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._numbers = count()
        self.size_bytes = 0
        """What lies here, or is on its way."""

    @asynccontextmanager
    async def open(self, name: str, size_bytes: int, fetch: Fetch) -> AsyncIterator[Path]:
        """The folder of that name, which stays until the block ends. Where it is not there, `fetch` fills it, about
        `size_bytes` of it: once, however many ask meanwhile; what it raises is raised here, and the next one tries
        anew."""
        entry = self._entries.get(name)
        if entry is None:
            folder = self._folder / str(next(self._numbers))
            entry = _Entry(folder, size_bytes, asyncio.create_task(self._fetch(name, folder, fetch)))
            self._entries[name] = entry
            self.size_bytes += size_bytes
        self._entries.move_to_end(name)
        entry.users += 1
        self._make_room()
        try:
            # Who asked first may go away; the others still want the files.
            await asyncio.shield(entry.fetched)
            yield entry.folder
        finally:
            entry.users -= 1
            self._make_room()

    async def _fetch(self, name: str, folder: Path, fetch: Fetch) -> None:
        try:
            await asyncio.to_thread(folder.mkdir, parents=True)
            await fetch(folder)
            size = await asyncio.to_thread(_size, folder)
        except BaseException:
            self._forget(name)
            raise
        entry = self._entries[name]
        self.size_bytes += size - entry.size
        entry.size = size

    def _make_room(self) -> None:
        while self.size_bytes > self._limit:
            idle = (name for name, entry in self._entries.items() if not entry.users and entry.fetched.done())
            oldest = next(idle, None)
            if oldest is None:
                return
            self._forget(oldest)

    def _forget(self, name: str) -> None:
        entry = self._entries.pop(name)
        self.size_bytes -= entry.size
        # In a thread, since deleting a large file takes a while.
        remove = partial(shutil.rmtree, entry.folder, ignore_errors=True)
        asyncio.get_running_loop().run_in_executor(None, remove)


def _size(folder: Path) -> int:
    """As the disk counts it: in whole blocks, and one for the folder."""
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return sum(-(-size // _BLOCK) for size in [*sizes, 1]) * _BLOCK

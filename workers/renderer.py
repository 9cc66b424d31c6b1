"""The pictures of a version's images, in order: out of the cache, or rendered by child processes."""

from __future__ import annotations

import asyncio
import errno
import resource
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.metrics.work import images_rendered
from adapters.settings import Settings
from domain.models.manifest import FrozenImage
from rendering.cache import RenderCache
from rendering.decode import ImageUnreadable
from rendering.fingerprint import fingerprint
from rendering.order import Order
from rendering.pack import Pack
from rendering.picture import Picture
from workers.sandbox.outcome import UnreadableFileError
from workers.sandbox.pool import SandboxPool
from workers.sources import Sources

MEMORY_BYTES = 3 * 1024**3
"""Of one child: an image of 250 megapixels is 750 MB, and is held twice while it is turned."""
_AT_ONCE = 2
"""Images fetched or rendered for each process, so that none waits for the next."""
_LEAST_AHEAD = 32
"""Images on their way at least: between those that are in the cache, new ones are found early."""
_BASE_SECONDS, _SECONDS_A_PICTURE = 120.0, 5.0


@dataclass(frozen=True, slots=True)
class Rendered:
    """An image with its pictures. Close it after use."""

    image: FrozenImage
    order: Order
    packs: tuple[Pack, ...]

    def pictures(self) -> Iterator[Picture]:
        """Copy by copy, the tiles of each in order. Raises PackDamagedError."""
        for pack in self.packs:
            yield from pack.pictures()

    def close(self) -> None:
        for pack in self.packs:
            pack.close()


class Renderer:
    """Renders for any team, with `processes` children at a time."""

    def __init__(self, pool: SandboxPool, cache: RenderCache, processes: int) -> None:
        self._pool = pool
        self._cache = cache
        self._ahead = max(_AT_ONCE * processes, _LEAST_AHEAD)
        self._gate = asyncio.Semaphore(_AT_ONCE * processes)
        self._fingerprint = fingerprint()

    async def rendered(
        self, team_id: str, orders: Iterable[tuple[FrozenImage, Order]], sources: Sources
    ) -> AsyncGenerator[Rendered, None]:
        """Each image in turn; it is closed when the next one is asked for.

        Raises ImageUnreadable and PermanentError, both with the file's name, OSError, SandboxKilledError and
        SandboxStartError. Closing the generator ends all work at once.
        """
        under_way: deque[asyncio.Task[Rendered]] = deque()
        try:
            waiting = iter(orders)
            # In a thread: an order is read and made when it is asked for, and thousands of objects take a while.
            while (wanted := await asyncio.to_thread(next, waiting, None)) is not None:
                under_way.append(asyncio.create_task(self._one(team_id, *wanted, sources)))
                if len(under_way) > self._ahead:
                    with closing(await under_way.popleft()) as one:
                        yield one
            while under_way:
                with closing(await under_way.popleft()) as one:
                    yield one
        finally:
            await _end(under_way)

    async def _one(self, team_id: str, image: FrozenImage, order: Order, sources: Sources) -> Rendered:
        with ExitStack() as opened:
            keys, packs = await asyncio.to_thread(self._find, team_id, order)
            for pack in packs.values():
                opened.callback(pack.close)
            missing = {copy: key for copy, key in keys.items() if copy not in packs}
            if missing:
                async with self._gate:
                    packs |= await self._made(team_id, image, order, sources, missing)
            images_rendered(len(missing), len(packs) - len(missing))
            opened.pop_all()
            return Rendered(image, order, tuple(packs[copy] for copy in sorted(packs)))

    def _find(self, team_id: str, order: Order) -> tuple[dict[int, str], dict[int, Pack]]:
        """The keys of the copies wanted, none where no tile is; and the packs that are there."""
        copies = range(order.copies) if order.tiles != () else ()
        keys = {copy: order.key(copy, self._fingerprint) for copy in copies}
        found = {copy: self._cache.find(team_id, key) for copy, key in keys.items()}
        return keys, {copy: pack for copy, pack in found.items() if pack is not None}

    async def _made(
        self, team_id: str, image: FrozenImage, order: Order, sources: Sources, keys: Mapping[int, str]
    ) -> dict[int, Pack]:
        path = await sources.fetch(image)
        try:
            return await self._render(team_id, image, order, path, keys)
        finally:
            path.unlink(missing_ok=True)

    async def _render(
        self, team_id: str, image: FrozenImage, order: Order, source: Path, keys: Mapping[int, str]
    ) -> dict[int, Pack]:
        paths = {copy: self._cache.incoming() for copy in keys}
        pictures = len(keys) * (len(order.tiles) if order.tiles is not None else order.preprocessing.tiles)
        try:
            answer = await self._pool.call(
                "render",
                seconds=_BASE_SECONDS + _SECONDS_A_PICTURE * pictures,
                order=order.to_json(),
                source=source,
                packs={str(copy): path for copy, path in paths.items()},
            )
            if answer:
                raise await self._unwritten(image, answer["errno"], answer["strerror"])
            return await asyncio.to_thread(self._admit, team_id, keys, paths)
        except UnreadableFileError as error:
            raise ImageUnreadable(f"{image.filename}: {error.message}") from error
        finally:
            for path in paths.values():
                path.unlink(missing_ok=True)

    async def _unwritten(self, image: FrozenImage, number: int, reason: str) -> Exception:
        """What is wrong when a child could not write its packs."""
        if number == errno.EFBIG:
            return ImageUnreadable(
                f"{image.filename}: The pictures of one copy are too large for a file; make a version of fewer tiles, "
                "or of smaller pictures."
            )
        if number == errno.ENOSPC:
            # What is kept for later must not keep the present from being done.
            await asyncio.to_thread(self._cache.make_room)
        return OSError(number, f"Rendered pictures cannot be written: {reason}")

    def _admit(self, team_id: str, keys: Mapping[int, str], paths: Mapping[int, Path]) -> dict[int, Pack]:
        return {copy: self._cache.admit(paths[copy], team_id, key) for copy, key in keys.items()}


@asynccontextmanager
async def open_renderer(settings: Settings) -> AsyncIterator[Renderer]:
    """With a process for each of the host's threads, and the cache that its workers share."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # where the system allows less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each image on its way has an open pack a copy
    cache = RenderCache(settings.pictures_dir, round(settings.picture_cache_gb * 1e9))
    async with SandboxPool(settings.threads, memory=MEMORY_BYTES) as pool:
        yield Renderer(pool, cache, settings.threads)


async def _end(tasks: Iterable[asyncio.Task[Rendered]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Rendered):
            outcome.close()

"""Rendering by child processes: once for all versions, stopped at once, and going on where it was stopped."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from adapters.local_store import LocalStore
from domain.models.config import Augmentation, Preprocessing, Resize, Tile, VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from renderers import renderer
from rendering.cache import RenderCache
from rendering.decode import ImageUnreadable
from rendering.order import Order, order_of
from rendering.picture import Picture
from scrapes import of_this_process
from stored_images import TEAM, stored_version
from workers.claims import PermanentError
from workers.renderer import Renderer
from workers.sandbox.outcome import SandboxKilledError
from workers.sandbox.pool import SandboxPool
from workers.sources import Sources

PATIENCE = 60
IMAGES = "agridrone_rendered_images_total"
CONFIG = VersionConfig(
    Preprocessing(tile=Tile(2, 2), resize=Resize(96, 96)), Augmentation(multiplier=3, horizontal_flip=True, rotation=10)
)
SLOW = VersionConfig(Preprocessing(tile=Tile(16, 16), resize=Resize(1024, 1024)), CONFIG.augmentation)


class CountingPool(SandboxPool):
    """A pool that says which copies it was asked for."""

    def __init__(self, processes: int) -> None:
        super().__init__(processes, memory=3 * 1024**3)
        self.copies: list[set[str]] = []
        self.asked = asyncio.Event()

    async def call(self, task: str, /, *, seconds: float, **arguments: Any) -> dict[str, Any]:
        self.copies.append(set(arguments["packs"]))
        self.asked.set()
        return await super().call(task, seconds=seconds, **arguments)


def wanted(images: Iterable[FrozenImage], config: VersionConfig = CONFIG) -> list[tuple[FrozenImage, Order]]:
    return [(image, order_of(image, config)) for image in images]


async def all_pictures(
    rendering: Renderer, orders: list[tuple[FrozenImage, Order]], sources: Sources, team: str = TEAM
) -> list[list[Picture]]:
    async with aclosing(rendering.rendered(team, orders, sources)) as images:
        return [list(one.pictures()) async for one in images]


@pytest.fixture
def sources(store: LocalStore, tmp_path: Path) -> Sources:
    folder = tmp_path / "sources"
    folder.mkdir()
    return Sources(store, folder)


async def test_every_picture_comes_in_order_on_any_number_of_processes(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=7)
    results = []
    for processes in (1, 3):
        async with renderer(tmp_path / str(processes), processes) as rendering:
            results.append(await all_pictures(rendering, wanted(version.images), sources))
    assert results[0] == results[1]
    for image, pictures in zip(version.images, results[0], strict=True):
        places = [(picture.copy, picture.tile) for picture in pictures]
        tiles = [(row, column) for row in range(2) for column in range(2)]
        copies = 3 if image.split is Split.TRAIN else 1
        assert places == [(copy, tile) for copy in range(copies) for tile in tiles]
    assert list((tmp_path / "sources").iterdir()) == []


async def test_what_was_rendered_before_is_rendered_no_more(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=8)
    cache = RenderCache(tmp_path / "cache", 10**9)
    before = of_this_process()
    async with CountingPool(2) as pool:
        rendering = Renderer(pool, cache, 2)
        first = await all_pictures(rendering, wanted(version.images[:6]), sources)
        assert len(pool.copies) == 6
        told = sum(len(copies) for copies in pool.copies)
        assert of_this_process().value(IMAGES, source="rendered") == before.value(IMAGES, source="rendered") + told
        assert of_this_process().value(IMAGES, source="cache") == before.value(IMAGES, source="cache")
        second = await all_pictures(rendering, wanted(version.images), sources)
        assert len(pool.copies) == 8
        assert second[:6] == first
        assert of_this_process().value(IMAGES, source="cache") == before.value(IMAGES, source="cache") + told
        # Of a fourth copy, only that one; of another team's same image, everything.
        more = VersionConfig(CONFIG.preprocessing, Augmentation(multiplier=4, horizontal_flip=True, rotation=10))
        await all_pictures(rendering, wanted(version.images, more), sources)
        training = sum(image.split is Split.TRAIN for image in version.images)
        assert pool.copies[8:] == [{"3"}] * training
        await all_pictures(rendering, wanted(version.images[:1]), sources, team="another")
        assert len(pool.copies) == 8 + training + 1


async def test_an_image_of_which_no_picture_is_wanted_is_not_even_fetched(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=2)
    await store.delete(version.images[0].s3_key)
    orders = wanted(version.images)
    orders[0] = version.images[0], replace(orders[0][1], tiles=())
    async with renderer(tmp_path) as rendering:
        pictures = await all_pictures(rendering, orders, sources)
    assert pictures[0] == []
    assert pictures[1] != []


async def test_the_event_loop_makes_no_orders(store: LocalStore, sources: Sources, tmp_path: Path) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=2)
    threads: list[int] = []

    def orders() -> Iterator[tuple[FrozenImage, Order]]:
        for one in wanted(version.images):
            threads.append(threading.get_ident())
            yield one

    async with renderer(tmp_path) as rendering, aclosing(rendering.rendered(TEAM, orders(), sources)) as images:
        assert len([one async for one in images]) == 2
    assert threading.get_ident() not in threads


async def test_a_damaged_pack_is_rendered_again(store: LocalStore, sources: Sources, tmp_path: Path) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=2)
    async with renderer(tmp_path) as rendering:
        first = await all_pictures(rendering, wanted(version.images), sources)
        for path in (tmp_path / "pictures" / "teams").rglob("*"):
            if path.is_file():
                data = bytearray(path.read_bytes())
                data[-60] ^= 1  # in the index
                path.write_bytes(data)
        assert await all_pictures(rendering, wanted(version.images), sources) == first


async def test_closing_it_ends_every_process_and_leaves_nothing_behind(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, SLOW, images=4)
    cache = RenderCache(tmp_path / "cache", 10**9)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    async with CountingPool(2) as pool:
        images = Renderer(pool, cache, 2).rendered(TEAM, wanted(version.images, SLOW), sources)
        first = asyncio.create_task(anext(images))
        await asyncio.wait_for(pool.asked.wait(), PATIENCE)
        while not any((tmp_path / "cache" / "incoming").iterdir()):  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.01)
        first.cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(first, return_exceptions=True)
            await images.aclose()
        running = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
        assert [child for child in running if child.status() != psutil.STATUS_ZOMBIE] == []
    assert list((tmp_path / "cache" / "incoming").iterdir()) == []
    assert list((tmp_path / "sources").iterdir()) == []


async def test_a_killed_process_is_no_fault_of_the_image_and_leaves_nothing_behind(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, SLOW, images=1)
    before = {child.pid for child in psutil.Process().children()}
    async with renderer(tmp_path) as rendering:
        first = asyncio.create_task(all_pictures(rendering, wanted(version.images, SLOW), sources))
        while not any((tmp_path / "pictures" / "incoming").iterdir()):  # noqa: ASYNC110 - files tell nobody
            await asyncio.sleep(0.01)
        (rendering_child,) = (child for child in psutil.Process().children() if child.pid not in before)
        rendering_child.kill()
        with pytest.raises(SandboxKilledError):
            await asyncio.wait_for(first, PATIENCE)
        assert list((tmp_path / "pictures" / "incoming").iterdir()) == []
        assert list((tmp_path / "sources").iterdir()) == []
        assert len(await all_pictures(rendering, wanted(version.images), sources)) == 1


async def test_what_was_done_before_a_stop_is_not_done_again(
    store: LocalStore, sources: Sources, tmp_path: Path
) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=6)
    cache = RenderCache(tmp_path / "cache", 10**9)
    async with (
        CountingPool(1) as pool,
        aclosing(Renderer(pool, cache, 1).rendered(TEAM, wanted(version.images), sources)) as images,
    ):
        async for _ in images:
            break
    packs = sum(path.is_file() for path in (tmp_path / "cache" / "teams").rglob("*"))
    assert packs >= 1
    async with CountingPool(1) as pool:
        await all_pictures(Renderer(pool, cache, 1), wanted(version.images), sources)
        assert 1 <= len(pool.copies) < 6


class FullCache(RenderCache):
    """One whose disk has no room."""

    def incoming(self) -> Path:
        path = super().incoming()
        path.symlink_to("/dev/full")
        return path


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
async def test_a_full_disk_is_no_fault_of_the_image(store: LocalStore, sources: Sources, tmp_path: Path) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=1)
    async with SandboxPool(1) as pool:
        full = Renderer(pool, FullCache(tmp_path / "cache", 10**9), 1)
        with pytest.raises(OSError, match="No space left"):
            await all_pictures(full, wanted(version.images), sources)
        # The process that met the full disk serves on.
        room = Renderer(pool, RenderCache(tmp_path / "cache", 10**9), 1)
        assert len(await all_pictures(room, wanted(version.images), sources)) == 1
    assert list((tmp_path / "cache" / "incoming").iterdir()) == []


async def test_an_image_at_fault_is_named(store: LocalStore, sources: Sources, tmp_path: Path) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=2)
    too_many = VersionConfig(Preprocessing(tile=Tile(200, 1)))  # more than the contract lets anybody ask for
    async with renderer(tmp_path) as rendering:
        with pytest.raises(ImageUnreadable, match=r"field \d\.jpg: A side of 160 pixels cannot be cut into 200"):
            await all_pictures(rendering, wanted(version.images, too_many), sources)


@pytest.mark.parametrize(("loss", "reason"), [("missing", "is missing from"), ("changed", "has changed since")])
async def test_a_lost_original_is_named_unless_its_pictures_are_there(
    store: LocalStore, sources: Sources, tmp_path: Path, loss: str, reason: str
) -> None:
    version = await stored_version(store, tmp_path, CONFIG, images=1)
    key = version.images[0].s3_key
    async with renderer(tmp_path) as rendering:
        data = await store.get(key)
        await (store.delete(key) if loss == "missing" else store.put(key, data[:-1], "image/jpeg"))
        with pytest.raises(PermanentError, match=rf"field 0\.jpg {reason}"):
            await all_pictures(rendering, wanted(version.images), sources)
        await store.put(key, data, "image/jpeg")
        pictures = await all_pictures(rendering, wanted(version.images), sources)
        await store.delete(key)
        assert await all_pictures(rendering, wanted(version.images), sources) == pictures

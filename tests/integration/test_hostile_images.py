"""Hostile image files through the real sandbox: a sentence that says why, or the right facts; and on it goes."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from hostile_images import HostileImage, hostile_images
from pictures import jpeg
from workers.sandbox.image import sandboxed_image_facts
from workers.sandbox.limits import MEMORY_BYTES
from workers.sandbox.outcome import SandboxRefusal
from workers.sandbox.pool import SandboxPool

# The goal is 2 s; a machine that does other things too may take longer.
GENEROUS_SECONDS = 10.0
IMAGES = list(hostile_images())


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[SandboxPool]:
    async with SandboxPool(1) as pool:
        yield pool


def resident_bytes() -> int:
    """The memory of the children of this process."""
    total = 0
    for child in psutil.Process().children():
        try:
            if "workers.sandbox" in child.cmdline():
                total += child.memory_info().rss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return total


async def highest_resident_bytes(task: asyncio.Task[None]) -> int:
    highest = 0
    while not task.done():
        highest = max(highest, resident_bytes())
        await asyncio.wait([task], timeout=0.01)
    return highest


async def read(pool: SandboxPool, image: HostileImage, path: Path) -> None:
    if image.refused is None:
        facts = await sandboxed_image_facts(pool, path, path.parent)
        assert (facts.width, facts.height, facts.content_type) == (*image.size, image.content_type)
        assert (facts.gps_latitude is None) == (facts.gps_longitude is None)
        return
    with pytest.raises(SandboxRefusal) as caught:
        await sandboxed_image_facts(pool, path, path.parent)
    assert caught.value.kind == "NotAnImageError"
    assert re.search(image.refused, caught.value.message), caught.value.message
    assert str(path.parent) not in caught.value.message


@pytest.mark.parametrize("image", IMAGES, ids=str)
async def test_it_is_refused_with_a_reason_or_taken_with_its_facts(
    pool: SandboxPool, image: HostileImage, tmp_path: Path
) -> None:
    good, hostile = tmp_path / "good.jpg", tmp_path / image.filename
    good.write_bytes(jpeg(1, 100, 80))
    hostile.write_bytes(image.make())
    before = await sandboxed_image_facts(pool, good)
    resting, start = resident_bytes(), time.monotonic()
    reading = asyncio.create_task(read(pool, image, hostile))
    highest = await highest_resident_bytes(reading)
    await reading
    assert time.monotonic() - start < GENEROUS_SECONDS
    assert highest - resting <= MEMORY_BYTES
    assert await sandboxed_image_facts(pool, good) == before


def test_every_row_of_the_matrix_has_three_files_at_least() -> None:
    rows = [image.row for image in IMAGES]
    few = {row for row in rows if rows.count(row) < 3} - {"text", "BMP"}
    assert few == set()
    assert len({str(image) for image in IMAGES}) == len(IMAGES)

"""Registering an image against its floor: read the file, hash it, decode it at an eighth of its size; nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bench.photographs import real_photographs, write_photographs
from workers.digest import sha256_of
from workers.image_facts import read_image_facts
from workers.sandbox.image import sandboxed_image_facts
from workers.sandbox.pool import SandboxPool

PHOTOGRAPHS, ROUNDS = 6, 5
_MEGABYTE = 1_000_000


@dataclass(slots=True)
class _Seconds:
    """Of each round over all files."""

    floor: list[float] = field(default_factory=list)
    facts: list[float] = field(default_factory=list)
    thumbnails: list[float] = field(default_factory=list)
    sandboxed: list[float] = field(default_factory=list)


async def measure_registering() -> None:
    """Prints how many images a second each takes on one core, and that as a share of the floor's rate."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        made = await asyncio.to_thread(write_photographs, Path(name), PHOTOGRAPHS)
        await _measure("generated", made, Path(name))
        if real := real_photographs():
            await _measure("real", real, Path(name))


async def _measure(kind: str, files: Sequence[Path], folder: Path) -> None:
    async with SandboxPool(1) as sandbox:
        await _round(files, folder, sandbox, _Seconds())  # starts the sandbox, and has the files read once
        seconds = _Seconds()
        for _ in range(ROUNDS):
            await _round(files, folder, sandbox, seconds)
    megabytes = sum(path.stat().st_size for path in files) / len(files) / _MEGABYTE
    least = statistics.median(seconds.floor)
    sys.stdout.write(
        f"registering {len(files)} {kind} photographs of {_sizes(files)} pixels, {megabytes:.1f} MB on average: "
        f"floor {len(files) / least:.1f} images a second\n"
    )
    for what, times in (
        ("checksum, header, EXIF, perceptual hash", seconds.facts),
        ("the same with thumbnails", seconds.thumbnails),
        ("the same with thumbnails, in the sandbox", seconds.sandboxed),
    ):
        # Within a round both ran beside the same neighbours.
        shares = [floor / taken for floor, taken in zip(seconds.floor, times, strict=True)]
        sys.stdout.write(
            f"  {what}: {len(files) / statistics.median(times):.1f} a second, {statistics.median(shares):.2f} of the "
            f"floor's rate ({min(shares):.2f} to {max(shares):.2f})\n"
        )


async def _round(files: Sequence[Path], folder: Path, sandbox: SandboxPool, seconds: _Seconds) -> None:
    """Adds what each took; they take turns at every file."""
    floor = facts = thumbnails = sandboxed = 0.0
    for path in files:
        started = time.perf_counter()
        _floor(path)
        floor += (now := time.perf_counter()) - started
        sha256_of(path)
        read_image_facts(path)
        facts += (then := time.perf_counter()) - now
        sha256_of(path)
        read_image_facts(path, folder)
        thumbnails += (now := time.perf_counter()) - then
        sha256_of(path)
        await sandboxed_image_facts(sandbox, path, folder)
        sandboxed += time.perf_counter() - now
    seconds.floor.append(floor)
    seconds.facts.append(facts)
    seconds.thumbnails.append(thumbnails)
    seconds.sandboxed.append(sandboxed)


def _floor(path: Path) -> None:
    content = path.read_bytes()
    hashlib.sha256(content).hexdigest()
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        image.draft(None, (image.width // 8, image.height // 8))
        image.load()


def _sizes(files: Sequence[Path]) -> str:
    found = set()
    for path in files:
        with Image.open(path) as image:
            found.add(f"{image.width}×{image.height}")
    return ", ".join(sorted(found))

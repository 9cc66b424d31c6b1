"""Rendering drone photographs against its floors, in one process and on the whole machine, and beside what others use.

The floors are what no renderer can leave out: of the whole image a decode at the JPEG's own scale, a resize and an
encode; of tiles a decode, and a resize and an encode for each. Ours does what a training asks for: labels, checksums
and packs for the cache included.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import cv2
import psutil
import simplejpeg

from adapters.local_store import LocalStore
from bench.photographs import real_photographs, write_photographs
from bench.rendering_peers import peer_seconds
from domain.augmentation_presets import PRESETS
from domain.models.annotation import AnnotationSource
from domain.models.config import AugmentationPreset, Preprocessing, Resize, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from domain.tiling import tile_windows
from rendering.cache import RenderCache
from rendering.order import order_of
from rendering.tree import TreeWriter
from workers.render_task import render_image
from workers.renderer import MEMORY_BYTES, Renderer
from workers.sandbox.pool import SandboxPool
from workers.sources import Sources

SIDE, GRID, COPIES = 640, 4, 3
ROUNDS, IMAGES = 5, {"whole": 80, "tiled": 40}
_BOXES = 20
_SAMPLE_SECONDS = 0.02

WHOLE = VersionConfig(Preprocessing(resize=Resize(SIDE, SIDE)))
TILED = VersionConfig(
    Preprocessing(resize=Resize(SIDE, SIDE), tile=Tile(GRID, GRID)), PRESETS[AugmentationPreset.MEDIUM]
)
CONFIGS = {"whole": WHOLE, "tiled": TILED}


async def measure_rendering() -> None:
    """Prints ratios to the floors and to other tools, the cost of a next version, and the memory that all takes."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        folder = Path(name)
        photographs = real_photographs() or write_photographs(folder, 4)
        for kind, config in CONFIGS.items():
            _against_floor(kind, config, photographs, folder)
        for kind, config in CONFIGS.items():
            await _on_the_machine(kind, config, photographs, folder / kind)


def _against_floor(kind: str, config: VersionConfig, photographs: Sequence[Path], folder: Path) -> None:
    """One process: the two take turns at every file."""
    floor, ours = list[float](), list[float]()
    cv2.setNumThreads(1)
    images = [_frozen(path, 0) for path in photographs]
    for number in range(ROUNDS + 1):
        least = taken = 0.0
        for path, image in zip(photographs, images, strict=True):
            started = time.perf_counter()
            _floor(path, config)
            least += (now := time.perf_counter()) - started
            _rendered(path, image, config, folder)
            taken += time.perf_counter() - now
        if number:  # in the first everything is loaded
            floor.append(least)
            ours.append(taken)
    shares = [one / other for one, other in zip(floor, ours, strict=True)]
    _print(
        f"rendering, {kind}: a process takes {_each(ours, photographs)} ms a photograph, its floor "
        f"{_each(floor, photographs)} ms: {statistics.median(shares):.2f} of the floor's rate "
        f"({min(shares):.2f} to {max(shares):.2f})"
    )


def _floor(path: Path, config: VersionConfig) -> None:
    data = path.read_bytes()
    if config.preprocessing.tile is None:
        pixels = simplejpeg.decode_jpeg(data, "RGB", min_width=SIDE, min_height=SIDE)
        _resized_and_encoded(pixels)
        return
    pixels = simplejpeg.decode_jpeg(data, "RGB")
    for window in tile_windows(pixels.shape[1], pixels.shape[0], config.preprocessing.tile):
        for _ in range(COPIES):
            _resized_and_encoded(pixels[window.y : window.bottom, window.x : window.right])


def _resized_and_encoded(pixels: cv2.typing.MatLike) -> None:
    simplejpeg.encode_jpeg(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), 95, "RGB", "420")


def _rendered(path: Path, image: FrozenImage, config: VersionConfig, folder: Path) -> None:
    """As a child process is asked to."""
    order = order_of(image, config)
    packs = {str(copy): str(folder / f"pack-{copy}") for copy in range(order.copies)}
    render_image(order.to_json(), str(path), packs)
    for pack in packs.values():
        Path(pack).unlink()


async def _on_the_machine(kind: str, config: VersionConfig, photographs: Sequence[Path], folder: Path) -> None:
    """All cores, from the object store to a folder that YOLO reads."""
    folder.mkdir()
    store = LocalStore(folder / "objects", "http://127.0.0.1", b"bench")
    images = [await _stored(store, photographs, number) for number in range(IMAGES[kind] * 11 // 10)]
    before, after = images[: IMAGES[kind]], images[IMAGES[kind] // 10 :]
    ours, peak = await _ours(store, before, config, folder / "first", folder / "cache")
    anew, _ = await _ours(store, after, config, folder / "second", folder / "cache")
    full, _ = await _ours(store, after, config, folder / "third", folder / "another-cache")
    _print(
        f"rendering, {kind}: {len(before)} photographs on {os.cpu_count()} cores in {ours:.2f} s, "
        f"{ours / len(before) * 1000:.1f} ms each; a next version with a tenth new {anew:.2f} s, {anew / full:.2f} of "
        f"all anew ({full:.2f} s); peak memory of all processes {peak / 1e6:.0f} MB"
    )
    for name, seconds in peer_seconds(kind, folder, [(_path(store, one), one) for one in before]).items():
        _print(f"rendering, {kind}: {name} {seconds:.2f} s, {seconds / ours:.2f} × ours")


async def _ours(
    store: LocalStore, images: Sequence[FrozenImage], config: VersionConfig, folder: Path, cache: Path
) -> tuple[float, int]:
    """Seconds, the processes started before, and the bytes that all of them held at most."""
    processes = os.cpu_count() or 1
    (folder / "sources").mkdir(parents=True)
    async with SandboxPool(processes, memory=MEMORY_BYTES) as pool:
        rendering = Renderer(pool, RenderCache(cache, 10**12), processes)
        await _warmed(pool, rendering, images[:1], folder, processes)
        watching = asyncio.create_task(_peak())
        writer = TreeWriter(folder / "tree", ("palm",), [Split.TRAIN])
        manifest = sorted(images, key=lambda image: image.sha256)
        orders = ((image, order_of(image, config)) for image in manifest)
        os.sync()  # what was written before is not paid for here
        started = time.perf_counter()
        async with aclosing(rendering.rendered("team", orders, Sources(store, folder / "sources"))) as results:
            async for one in results:
                await asyncio.to_thread(writer.add, one.image, one.order, one.pictures())
        writer.finish()
        seconds = time.perf_counter() - started
        watching.cancel()
        (peak,) = await asyncio.gather(watching)
    shutil.rmtree(folder)
    return seconds, peak


async def _warmed(
    pool: SandboxPool, rendering: Renderer, images: Sequence[FrozenImage], folder: Path, processes: int
) -> None:
    """Has every process started: a worker's are, from its first job on."""
    path = folder / "warm.jpg"
    path.write_bytes(simplejpeg.encode_jpeg(cv2.UMat(8, 8, cv2.CV_8UC3).get(), 95, "RGB", "420"))
    image = replace(images[0], width=8, height=8, annotations=())
    order = order_of(image, VersionConfig()).to_json()
    calls = (
        pool.call("render", seconds=60, order=order, source=path, packs={"0": folder / f"warm-{number}"})
        for number in range(processes)
    )
    await asyncio.gather(*calls)


async def _peak() -> int:
    """The most bytes that this process and its children held together, until it is cancelled."""
    process, most = psutil.Process(), 0
    try:
        while True:
            held = 0
            for one in (process, *process.children(recursive=True)):
                try:
                    held += one.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            most = max(most, held)
            await asyncio.sleep(_SAMPLE_SECONDS)
    except asyncio.CancelledError:
        return most


async def _stored(store: LocalStore, photographs: Sequence[Path], number: int) -> FrozenImage:
    """A photograph again, with other bytes behind its end."""
    path = photographs[number % len(photographs)]
    data = path.read_bytes() + number.to_bytes(4)
    image = replace(_frozen(path, number), sha256=hashlib.sha256(data).hexdigest())
    image = replace(image, s3_key=f"teams/team/originals/{image.sha256}.jpg")
    await store.put(image.s3_key, data, "image/jpeg")
    return image


def _path(store: LocalStore, image: FrozenImage) -> Path:
    return store.path(image.s3_key)


def _frozen(path: Path, number: int) -> FrozenImage:
    height, width = simplejpeg.decode_jpeg_header(path.read_bytes())[:2]
    boxes = [
        Box((17 * i + number) * 97 % (width - 200), 53 * i * 41 % (height - 200), 60 + 7 * i, 90) for i in range(_BOXES)
    ]
    annotations = tuple(
        FrozenAnnotation(str(i), "palm", box, None, None, AnnotationSource.MANUAL, True) for i, box in enumerate(boxes)
    )
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    name = f"{path.stem}-{number}.jpg"
    return FrozenImage(name, name, name, sha256, 1, width, height, 1, None, None, name, Split.TRAIN, annotations)


def _each(seconds: Sequence[float], photographs: Sequence[Path]) -> str:
    return f"{statistics.median(seconds) / len(photographs) * 1000:.1f}"


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

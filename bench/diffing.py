"""Comparing two versions against reading their manifests: files alone, without a database."""

from __future__ import annotations

import hashlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from adapters.diff_file import read_totals, write_diff
from adapters.manifest import image_to_json
from adapters.manifest_diff import changed_images
from domain.ids import new_id
from domain.models.annotation import AnnotationSource
from domain.models.diff import DiffTotals
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split

IMAGES, ANNOTATIONS_AN_IMAGE, ROUNDS = 100_000, 10, 3
Edit = Callable[[int, FrozenImage], FrozenImage]


async def measure_diffing() -> None:
    """Prints the median seconds of a later version of mostly the same images, and of one where each image changed."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        before, after = Path(name) / "before.json", Path(name) / "after.json"
        _write(before, lambda _, image: image)
        for what, edit in (
            ("one image in a hundred changed", _some),
            ("every annotation of every image changed", _all),
        ):
            _write(after, edit)
            reading, ours = [], []
            for _ in range(ROUNDS):
                reading.append(_seconds(lambda: _read(before, after)))
                ours.append(_seconds(lambda: _diff(before, after)))
            shares = [mine / least for least, mine in zip(reading, ours, strict=True)]
            sys.stdout.write(
                f"diff of two versions of {IMAGES:,} images and {IMAGES * ANNOTATIONS_AN_IMAGE:,} annotations, {what}: "
                f"{statistics.median(ours):.2f} s, {statistics.median(shares):.2f} x reading both manifests line by "
                f"line with orjson ({min(shares):.2f} to {max(shares):.2f})\n"
            )


def _diff(before: Path, after: Path) -> DiffTotals:
    path = before.with_name("diff.json")
    write_diff(path, changed_images(before, after), IMAGES)
    return read_totals(path)


def _read(*paths: Path) -> None:
    for path in paths:
        with path.open("rb") as file:
            next(file)
            for line in file:
                if line != b"]}\n":
                    orjson.loads(line.removesuffix(b",\n"))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _write(path: Path, edit: Edit) -> None:
    end = b""
    with path.open("wb") as file:
        file.write(b'{"header":{},"images":[\n')
        for number, image in enumerate(_images()):
            file.write(end + orjson.dumps(image_to_json(edit(number, image)), option=orjson.OPT_SORT_KEYS))
            end = b",\n"
        file.write(b"\n]}\n")


def _images() -> Iterator[FrozenImage]:
    chance = random.Random(1)  # noqa: S311 - the same images every time
    for sha256 in sorted(hashlib.sha256(b"%d" % number).hexdigest() for number in range(IMAGES)):
        yield FrozenImage(
            asset_id=sha256[:24],
            filename=f"DJI_{sha256[:4]}.JPG",
            s3_key=f"teams/bench/originals/{sha256[:2]}/{sha256}",
            sha256=sha256,
            size_bytes=4_000_000,
            width=4000,
            height=3000,
            orientation=1,
            gps_latitude=-27.5,
            gps_longitude=153.0,
            group=sha256,
            split=Split.TRAIN,
            annotations=tuple(_annotation(chance, f"{sha256[:20]}{one}") for one in range(ANNOTATIONS_AN_IMAGE)),
        )


def _annotation(chance: random.Random, id_: str) -> FrozenAnnotation:
    box = Box(round(chance.uniform(0, 3800), 1), round(chance.uniform(0, 2800), 1), 50.5, 40.25)
    return FrozenAnnotation(id_, "wattle", box, None, None, AnnotationSource.MANUAL, verified=True)


def _some(number: int, image: FrozenImage) -> FrozenImage:
    return _all(number, image) if number % 100 == 0 else image


def _all(_: int, image: FrozenImage) -> FrozenImage:
    """Half of the annotations edited, the other half drawn again as they were."""
    notes = [
        replace(one, weed_type="gorse") if number % 2 else replace(one, id=new_id())
        for number, one in enumerate(image.annotations)
    ]
    return replace(image, annotations=tuple(notes))

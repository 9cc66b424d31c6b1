"""What uploads let in is rendered, however odd it is; what they keep out ends with a sentence."""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from domain.models.config import Augmentation, ContrastMode, Preprocessing, Resize, ResizeMode, Tile, VersionConfig
from domain.models.geometry import Box, Point
from domain.models.imports import ExportFormat
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from frozen_images import frozen_image
from hostile_images import hostile_images
from marked_images import marked_image
from renderers import renderer
from rendering.decode import ImageUnreadable, decode, read_orientation
from rendering.order import order_of
from rendering.picture import Picture
from stored_images import written_version
from workers.dataset_archives import DatasetArchives
from workers.renderer import Renderer
from workers.sources import Sources

CONFIG = VersionConfig(
    Preprocessing(resize=Resize(96, 64, ResizeMode.FIT_REFLECT), contrast=ContrastMode.ADAPTIVE),
    Augmentation(multiplier=2, horizontal_flip=True, rotation=20, noise=0.05),
)
TAKEN = [image for image in hostile_images() if image.refused is None]
REFUSED = [image for image in hostile_images() if image.refused is not None]
OUTLINES: list[tuple[Point, ...] | None] = [
    None,
    (),
    ((5.0, 5.0), (30.0, 30.0)),
    ((5.0, 5.0), (40.0, 40.0), (40.0, 5.0), (5.0, 40.0)),  # crosses itself
    ((-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)),
    ((5.0, 5.0),) * 4,
]
LONG_OUTLINE = tuple((50 + 30 * math.cos(i), 50 + 30 * math.sin(i)) for i in range(100_000))
# What is not finite no manifest can hold.
BOXES = [
    *(Box(5, 5, 30, 30), Box(-20, -20, 30, 30), Box(-500, -500, 20, 20), Box(0, 0, 0, 10), Box(40, 40, -10, -10)),
    *(Box(-1e12, -1e12, 2e12, 2e12), Box(0, 0, 1e-9, 1e-9)),
]


async def pictures_of(
    rendering: Renderer, store: LocalStore, folder: Path, data: bytes, size: tuple[int, int], orientation: int
) -> list[Picture]:
    sha256 = hashlib.sha256(data).hexdigest()
    await store.put(f"originals/{sha256}", data, "image/jpeg")
    image = replace(
        frozen_image(sha256, name="odd.jpg"), s3_key=f"originals/{sha256}", width=size[0], height=size[1],
        orientation=orientation,
    )  # fmt: skip
    images = rendering.rendered("team", [(image, order_of(image, CONFIG))], Sources(store, folder))
    return [picture async for one in images for picture in one.pictures()]


@pytest.mark.filterwarnings("ignore")
async def test_what_uploads_take_is_rendered(store: LocalStore, tmp_path: Path) -> None:
    assert TAKEN
    async with renderer(tmp_path) as rendering:
        for image in TAKEN:
            data = image.make()
            try:
                orientation = read_orientation(data)
                pictures = await pictures_of(rendering, store, tmp_path, data, image.size, orientation)
            except ImageUnreadable as error:
                raise AssertionError(f"{image}: {error}") from error
            assert len(pictures) == 2, image
            for picture in pictures:
                assert decode(picture.jpeg, 1).shape == (64, 96, 3)
                assert b"Exif" not in picture.jpeg[:64], "neither place nor camera is in a derivative"


async def test_what_uploads_refuse_ends_with_a_sentence_or_is_shown(store: LocalStore, tmp_path: Path) -> None:
    reasons = {str(image): "odd.jpg: It is shown." for image in REFUSED}
    async with renderer(tmp_path) as rendering:
        for image in REFUSED:
            try:
                await pictures_of(rendering, store, tmp_path, image.make(), (96, 64), 1)
            except ImageUnreadable as error:
                reasons[str(image)] = str(error)
    assert [one for one in reasons.values() if not (one.startswith("odd.jpg: ") and one.endswith("."))] == []


@pytest.mark.parametrize("format_", ExportFormat)
async def test_odd_annotations_make_sound_labels_or_none(
    store: LocalStore, tmp_path: Path, format_: ExportFormat
) -> None:
    image, path = marked_image(tmp_path, [Box(5, 5, 30, 30)], split=Split.TRAIN)
    one = image.annotations[0]
    pairs = [*((box, outline) for box in BOXES for outline in OUTLINES), (BOXES[0], LONG_OUTLINE)]
    odd = [replace(one, id=str(i), box=box, polygon=outline) for i, (box, outline) in enumerate(pairs)]
    odd += [replace(one, weed_type=name) for name in ('a "quoted" <name> & é', "=1+1", "\U0001f33f", "x" * 191)]
    stored = await stored_image(store, replace(image, annotations=tuple(odd)), path)
    config = VersionConfig(
        Preprocessing(tile=Tile(2, 2, overlap=0.3, min_visible=0.0)), Augmentation(multiplier=2, rotation=45, crop=0.5)
    )
    version = written_version(tmp_path, [stored], config)
    classes = tuple(sorted({annotation.weed_type for annotation in odd}))
    version = replace(version, version=replace(version.version, classes=classes))
    (tmp_path / "work").mkdir()
    async with renderer(tmp_path) as rendering:
        archives = DatasetArchives(store, rendering)
        archive = archives.archive(version.version, version.manifest, format_, tmp_path / "work", lambda *_: None)
        data = b"".join([chunk async for chunk in archive.chunks()])
    counts = {notice.code: notice.count for notice in archive.notices}
    assert counts["LABELS_WITHOUT_AREA"] == 3 * len(OUTLINES)
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        texts = {name: files.read(name) for name in files.namelist() if not name.endswith((".jpg", "manifest.json"))}
    assert sum(name.endswith(".jpg") for name in files.namelist()) == 8
    assert not [name for name, text in texts.items() if re.search(rb"\b(nan|inf)\b", text, re.IGNORECASE)]


async def stored_image(store: LocalStore, image: FrozenImage, path: Path) -> FrozenImage:
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    await store.put(f"originals/{sha256}", data, "image/jpeg")
    return replace(image, sha256=sha256, s3_key=f"originals/{sha256}")

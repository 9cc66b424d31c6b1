"""Filling the spool: the rows of images and of their annotations, as one consistent read gives them, merged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from adapters.manifest_lines import AnnotationBytes, FrozenFacts, annotation_bytes, image_digest, json_list
from db.frozen_coordinates import frozen_coordinates
from db.snapshot import AnnotationRow, ImageRow, SnapshotRead
from domain.gps_cells import gps_cell
from domain.models.config import SplitGroup, VersionConfig
from domain.models.geometry import Box
from domain.models.version import Split
from workers.spool import Spool

_BUFFER = 1 << 20
_LARGE = 1 << 20
"""Characters of coordinates that would hold the event loop too long, and with it the heartbeat; a thread costs more
than most parts take."""
_NAMED_FILES = 3
_FACTS = len(FrozenFacts._fields)
_SPLITS = {split.value: split for split in Split}


async def spool(read: SnapshotRead, config: VersionConfig, folder: Path) -> Spool:
    """Writes what passes the filters to `folder`, the annotations of one image in memory at a time."""
    result = Spool(folder / "images.jsonl", folder / "annotations.jsonl")
    with result.images_path.open("wb", _BUFFER) as images, result.annotations_path.open("wb", _BUFFER) as annotations:
        writer = _Writer(result, config, images, annotations)
        for where in await read.ranges():
            merge = _Merge(writer, await read.images(where), config.filters.include_empty)
            async for rows in read.annotations(where):
                if sum(len(row.coordinates) for row in rows) > _LARGE:
                    await asyncio.to_thread(merge.take, rows)
                else:
                    merge.take(rows)
            await asyncio.to_thread(merge.finish)
    return result


class _Merge:
    """The images of a range, and their annotations in the same order."""

    def __init__(self, writer: _Writer, images: Sequence[ImageRow], include_empty: bool) -> None:
        self._writer = writer
        self._include_empty = include_empty
        self._images: Iterator[ImageRow] = iter(images)
        self._image = next(self._images, None)
        self._rows: list[AnnotationRow] = []

    def take(self, rows: Sequence[AnnotationRow]) -> None:
        """Rows of one image are held until the next image's come."""
        for row in rows:
            while self._image is not None and self._image.sha256 != row.sha256:
                self._advance()
            self._rows.append(row)

    def finish(self) -> None:
        while self._image is not None:
            self._advance()
        if self._rows:
            raise RuntimeError(f"Annotations of an image that was not read: {self._rows[0].sha256}.")

    def _advance(self) -> None:
        if self._image is not None and (self._rows or self._include_empty):
            self._writer.add(self._image, self._rows, self._include_empty)
        self._image = next(self._images, None)
        self._rows = []


class _Writer:
    def __init__(self, spool: Spool, config: VersionConfig, images: BinaryIO, annotations: BinaryIO) -> None:
        self._spool = spool
        self._group_by = config.splits.group_by
        self._renamed = config.preprocessing.class_names
        self._images = images
        self._annotations = annotations
        self._group_names: dict[str, str] = {}

    def add(self, image: ImageRow, rows: Sequence[AnnotationRow], include_empty: bool) -> None:
        """The next image, with all its annotations; left out when none of them can be read and none is needed."""
        facts = FrozenFacts._make(image[:_FACTS])
        frozen = _frozen(rows, facts, self._renamed)
        self._note_skipped(image, frozen.skipped)
        if not (frozen.all or include_empty):
            return
        self._note(image, frozen)
        digest = image_digest(facts, (content for content, _ in frozen.all))
        self._images.write(orjson.dumps([*facts, len(frozen.all), digest], option=orjson.OPT_APPEND_NEWLINE))
        self._annotations.write(json_list(line for _, line in frozen.all) + b"\n")

    def _note(self, image: ImageRow, frozen: _Annotations) -> None:
        """What splits and counts need of the image."""
        spool = self._spool
        spool.sha256.append(bytes.fromhex(image.sha256))
        spool.groups.append(self._group(image))
        spool.inherited.append(_SPLITS[image.inherited_split] if image.inherited_split else None)
        spool.imported.append(_SPLITS[image.imported_split] if image.imported_split else None)
        spool.perceptual_hashes.append(int(image.perceptual_hash, 16) if image.perceptual_hash else None)
        spool.tally.add(frozen.classes)

    def _note_skipped(self, image: ImageRow, count: int) -> None:
        skipped = self._spool.skipped
        skipped.count += count
        if count and len(skipped.filenames) < _NAMED_FILES:
            skipped.filenames.append(image.filename)

    def _group(self, image: ImageRow) -> str | None:
        """One string for all images of a group: there may be hundreds of thousands."""
        name = None
        if self._group_by is SplitGroup.UPLOAD_BATCH:
            name = image.upload_batch_id
        elif self._group_by is SplitGroup.GPS_CELL:
            name = gps_cell(image.gps_latitude, image.gps_longitude)
        return self._group_names.setdefault(name, name) if name is not None else None


@dataclass(slots=True)
class _Annotations:
    """Those of one image: as they are written, the classes of those that count, and how many make no label."""

    all: list[AnnotationBytes]
    classes: list[str]
    skipped: int


def _frozen(rows: Sequence[AnnotationRow], facts: FrozenFacts, renamed: Mapping[str, str | None]) -> _Annotations:
    """What cannot be read, or is not finite, cannot be written either: it is left out, and counted as skipped."""
    found = _Annotations([], [], 0)
    for _, id_, annotated, coordinates, geometry, confidence, verified, source in rows:
        name = renamed.get(annotated, annotated)
        try:
            box, polygon = frozen_coordinates(coordinates)
            geo = orjson.loads(geometry) if geometry is not None else None
        except ValueError:
            found.skipped += name is not None
            continue
        found.all.append(annotation_bytes(id_, annotated, box, polygon, geo, confidence, source, bool(verified)))
        if name is not None:
            found.classes.append(name)
            found.skipped += not _shows(box, facts.width, facts.height)
    found.all.sort()
    return found


def _shows(box: Sequence[float], image_width: int, image_height: int) -> bool:
    """Something of the box lies in the image, as rendering.labels asks it."""
    x, y, width, height = box
    if x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= image_width and y + height <= image_height:
        return True  # most are
    return Box(x, y, width, height).clipped(image_width, image_height).area > 0

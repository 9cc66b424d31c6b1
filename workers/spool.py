"""A snapshot's rows on local disk, so that the database is read once, quickly, and memory stays flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from adapters.manifest import annotation_from_json, annotation_to_json, image_from_json, image_to_json
from db.snapshot import SnapshotRead
from domain.models.config import SnapshotFilters
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import ClassCount, Split
from domain.ports import SelectedImage
from domain.splits import Assignment


@dataclass(slots=True)
class Spool:
    """The images of one snapshot in the order of their SHA-256 values, with what splits and counts need of them."""

    path: Path
    images: list[SelectedImage] = field(default_factory=list)
    annotations_of: Counter[str] = field(default_factory=Counter)
    images_of: Counter[str] = field(default_factory=Counter)

    @property
    def annotation_count(self) -> int:
        return self.annotations_of.total()

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(sorted(self.annotations_of))

    def class_counts(self) -> tuple[ClassCount, ...]:
        return tuple(ClassCount(name, self.annotations_of[name], self.images_of[name]) for name in self.classes)

    def frozen(self, assignment: Assignment) -> Iterator[FrozenImage]:
        """The images with their groups and splits, one in memory at a time."""
        for line in _read(self.path):
            image = image_from_json(line)
            yield replace(image, group=assignment.groups[image.sha256], split=assignment.splits[image.sha256])

    def classes_by_split(self, assignment: Assignment) -> dict[Split, dict[str, int]]:
        """Annotations by split and class."""
        counts: dict[Split, Counter[str]] = {split: Counter() for split in Split}
        for image in self.frozen(assignment):
            counts[image.split].update(one.weed_type for one in image.annotations)
        return {split: dict(counter) for split, counter in counts.items()}


async def spool(read: SnapshotRead, project_id: str, filters: SnapshotFilters, folder: Path) -> Spool:
    """Writes what passes the filters to `folder`: two ordered streams of the same instant, merged."""
    notes = folder / "annotations.jsonl"
    with notes.open("wb") as file:
        async for asset_id, annotation in read.annotations(project_id, filters):
            file.write(orjson.dumps([asset_id, annotation_to_json(annotation)], option=orjson.OPT_APPEND_NEWLINE))
    result = Spool(folder / "images.jsonl")
    with result.path.open("wb") as file:
        async for image, batch_id in _merged(read, project_id, filters, notes):
            names = Counter(one.weed_type for one in image.annotations)
            result.images.append(SelectedImage(image.sha256, batch_id))
            result.annotations_of.update(names)
            result.images_of.update(names.keys())
            file.write(orjson.dumps(image_to_json(image), option=orjson.OPT_APPEND_NEWLINE))
    return result


async def _merged(
    read: SnapshotRead, project_id: str, filters: SnapshotFilters, notes: Path
) -> AsyncIterator[tuple[FrozenImage, str | None]]:
    grouped = groupby(_read(notes), key=itemgetter(0))
    waiting = next(grouped, None)
    async for row in read.images(project_id, filters):
        mine: tuple[FrozenAnnotation, ...] = ()
        if waiting is not None and waiting[0] == row.image.asset_id:
            mine = tuple(annotation_from_json(one) for _, one in waiting[1])
            waiting = next(grouped, None)
        yield replace(row.image, annotations=mine), row.upload_batch_id


def _read(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        for line in file:
            yield orjson.loads(line)

"""What a version froze, once its splits are drawn: the manifest, the asset rows, and the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson

from adapters.manifest import WrittenManifest, image_from_json, write_manifest
from adapters.manifest_lines import image_line
from domain.ids import new_id
from domain.models.config import SplitGroup
from domain.models.manifest import FrozenImage
from domain.models.version import DatasetVersion, Notice, SplitCounts, VersionAsset
from domain.similarity import leaked_pairs, similar_groups
from domain.splits import Assignment, assign, split_counts
from domain.version_notices import (
    class_notices,
    leak_notices,
    rare_class_notices,
    skipped_notices,
    unread_notices,
)
from rendering.empties import empty_limit, written_counts
from workers.spool import Spool


class FrozenVersion:
    """A version with its spool. Making it and writing it take long: they are for a thread."""

    def __init__(self, version: DatasetVersion, at: datetime, spool: Spool, unread: int) -> None:
        """`unread` images could not be frozen, because their bytes were never read. Raises ImageUnreadable where the
        share of empty pictures is limited and an image is too small to be cut."""
        self.at = at
        self.spool = spool
        self._version = version
        config = version.config.splits
        if config.group_by is SplitGroup.SIMILAR:
            spool.groups = similar_groups(spool.perceptual_hashes, spool.sha256)
        self._assignment: Assignment = assign(spool.candidates, config)
        self.leaked_pairs = 0  # which is what SIMILAR is for
        if config.group_by is not SplitGroup.SIMILAR:
            self.leaked_pairs = leaked_pairs(spool.perceptual_hashes, self._assignment.splits)
        self.split_counts: SplitCounts = split_counts(self._assignment, version.config)
        if limit := empty_limit(self._images(), version.config):
            self.split_counts = written_counts(self.split_counts, limit, version.config)
        self.notices = self._notices(unread)

    def write_manifest(self, path: Path) -> WrittenManifest:
        """The file's header and one line an image; the same bytes from the same spool."""
        spool, version = self.spool, self._version
        header = {
            "snapshotAt": self.at.isoformat(),
            "project": version.project_id,
            "version": version.version,
            "name": version.name,
            "displayName": version.display_name,
            **version.config.to_json(),
            "classes": spool.tally.classes,
            "classCounts": [asdict(count) for count in spool.tally.class_counts()],
            "images": spool.image_count,
            "annotations": spool.tally.annotation_count,
            "splitCounts": asdict(self.split_counts),
        }
        return write_manifest(path, header, version.config, self._lines())

    def rows(self) -> Iterator[VersionAsset]:
        """In the order of the manifest's lines, one in memory at a time."""
        splits, dataset_id = self._assignment.splits, self._version.id
        for position, (facts, count, _) in enumerate(self.spool.images()):
            yield VersionAsset(
                id=new_id(),
                dataset_id=dataset_id,
                asset_id=facts.asset_id,
                position=position,
                split=splits[position],
                filename=facts.filename,
                s3_key=facts.s3_key,
                sha256=facts.sha256,
                width=facts.width,
                height=facts.height,
                gps_latitude=facts.gps_latitude,
                gps_longitude=facts.gps_longitude,
                annotation_count=count,
            )

    def _images(self) -> Iterator[FrozenImage]:
        return (image_from_json(orjson.loads(line)) for line, _ in self._lines())

    def _lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Of each image its line, and its content with its split."""
        splits, group_of = self._assignment.splits, self._assignment.group_of
        both = zip(self.spool.images(), self.spool.annotations(), strict=True)
        for position, ((facts, _, digest), drawn) in enumerate(both):
            split = splits[position]
            yield image_line(facts, drawn, group_of(position), split), f"{digest} {split.value}".encode()

    def _notices(self, unread: int) -> tuple[Notice, ...]:
        spool, tally = self.spool, self.spool.tally
        return (
            *self._assignment.notices,
            *leak_notices(self.leaked_pairs),
            *unread_notices(unread),
            *skipped_notices(spool.skipped.count, spool.skipped.filenames),
            *rare_class_notices(tally.class_counts()),
            *class_notices(tally.by_split(self._assignment.splits), self.split_counts),
        )

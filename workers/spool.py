"""A snapshot's rows on local disk, so that the database is read once, quickly, and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

from adapters.manifest_lines import FrozenFacts
from domain.models.version import Split
from domain.splits import Candidates
from workers.class_tally import ClassTally

_BUFFER = 1 << 20


@dataclass(slots=True)
class SkippedLabels:
    """Annotations that no label can be made of, and the first files they are in."""

    count: int = 0
    filenames: list[str] = field(default_factory=list)


class SpooledImage(NamedTuple):
    """An image without group and split. `digest` is that of its content."""

    facts: FrozenFacts
    annotation_count: int
    digest: str


@dataclass(slots=True)
class Spool:
    """The images of one snapshot in the order of their SHA-256 values: whole in two files, and in memory what splits
    and counts need of them, an entry an image in each list."""

    images_path: Path
    annotations_path: Path
    """Of each image a line: the JSON list of its annotations."""
    sha256: list[bytes] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    inherited: list[Split | None] = field(default_factory=list)
    imported: list[Split | None] = field(default_factory=list)
    perceptual_hashes: list[int | None] = field(default_factory=list)
    tally: ClassTally = field(default_factory=ClassTally)
    skipped: SkippedLabels = field(default_factory=SkippedLabels)

    @property
    def image_count(self) -> int:
        return len(self.sha256)

    @property
    def candidates(self) -> Candidates:
        return Candidates(self.sha256, self.groups, self.inherited, self.imported)

    def images(self) -> Iterator[SpooledImage]:
        """One in memory at a time."""
        with self.images_path.open("rb", _BUFFER) as file:
            for line in file:
                *facts, count, digest = orjson.loads(line)
                yield SpooledImage(FrozenFacts._make(facts), count, digest)

    def annotations(self) -> Iterator[bytes]:
        """Of each image the JSON list of its annotations."""
        with self.annotations_path.open("rb", _BUFFER) as file:
            for line in file:
                yield line[:-1]

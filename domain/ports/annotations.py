"""What was drawn on images, what waits for review, and the files that both are written to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from domain.models.annotation import (
    Annotation,
    AnnotationCall,
    AnnotationFileFormat,
    ExportedAnnotation,
    PendingAnnotation,
    ReviewStatus,
)


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """Which annotations an export takes; None means no restriction. Those without a confidence pass."""

    upload_batch_id: str | None = None
    class_names: tuple[str, ...] | None = None
    min_confidence: float | None = None
    include_pending: bool = False


class Annotations(Protocol):
    async def add(self, annotations: Sequence[Annotation], author_id: str | None) -> None:
        """At least one. Raises NOT_FOUND when an image of theirs is gone."""

    async def of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[Annotation]]: ...
    async def get_many(self, ids: Iterable[str]) -> dict[str, Annotation]: ...
    async def lock(self, annotation_id: str) -> Annotation | None:
        """Takes the annotation's row lock until the end of the transaction and reads it."""

    async def update(self, annotation: Annotation) -> None:
        """Writes all that can be edited of one annotation."""

    async def delete(self, ids: Iterable[str]) -> None: ...
    async def rename_class(self, project_id: str, old: str, new: str, at: datetime) -> int:
        """Gives every annotation of the class `old`, byte by byte, the class `new`; returns how many."""

    async def class_names(self, project_id: str, limit: int) -> Sequence[str]:
        """The first names, in their order, of the classes that were drawn or wait for review."""

    def exported(self, project_id: str, where: ExportFilter) -> AsyncIterator[Sequence[ExportedAnnotation]]:
        """Pages of all that pass, oldest image first, the annotations of an image together, all as of one instant."""


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """Which annotations that wait are meant; None means no restriction, and all that is given has to hold."""

    ids: tuple[str, ...] | None = None
    min_confidence: float | None = None
    class_name: str | None = None
    upload_batch_id: str | None = None


class PendingAnnotations(Protocol):
    """What models found; what was reviewed stays, under its new status."""

    async def get(self, id_: str) -> PendingAnnotation | None: ...
    async def get_many(self, ids: Iterable[str]) -> dict[str, PendingAnnotation]: ...
    async def add(self, *entities: PendingAnnotation) -> None: ...
    async def of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[PendingAnnotation]]:
        """Those that still wait."""

    async def all_of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[PendingAnnotation]]:
        """Whatever became of them."""

    async def waiting(self, project_id: str, where: PendingFilter) -> list[str]:
        """The ids of all that still wait and match; those of an image follow one another."""

    async def set_status(self, ids: Iterable[str], status: ReviewStatus) -> None: ...
    async def rename_class(self, project_id: str, old: str, new: str) -> int:
        """As for annotations. What was accepted keeps the name that its model gave it: the annotation made of it bears
        the new one."""


class AnnotationCalls(Protocol):
    async def find(self, project_id: str, key: str) -> AnnotationCall | None: ...
    async def add(self, *entities: AnnotationCall) -> None: ...


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file; its SHA-256 is hex."""

    path: Path
    sha256: str
    size_bytes: int


class AnnotationFile(Protocol):
    """A file that is being written."""

    async def write(self, page: Sequence[ExportedAnnotation]) -> None:
        """Appends; the annotations of one image come one after the other, across pages too."""

    async def close(self) -> WrittenFile:
        """Ends the file; nothing can be written any more."""


class AnnotationFiles(Protocol):
    def open(self, format_: AnnotationFileFormat) -> AbstractAsyncContextManager[AnnotationFile]:
        """A new file of that format, deleted when the context ends."""

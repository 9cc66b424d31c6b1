"""Live annotations as one file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import invalid
from domain.keys import annotation_export_key
from domain.models.annotation import AnnotationFileFormat
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project
from domain.ports import AnnotationFiles, Database, ObjectStore, UnitOfWork
from domain.ports.annotations import AnnotationFile, ExportFilter, WrittenFile
from domain.shapes import check_confidence
from domain.store_answers import answering

MAX_CLASSES = 1000

_KINDS = {
    AnnotationFileFormat.GEOJSON: ("geojson", "application/geo+json"),
    AnnotationFileFormat.CSV: ("csv", "text/csv"),
    AnnotationFileFormat.COCO: ("json", "application/json"),
}
"""File name extension and media type."""


@dataclass(frozen=True, slots=True)
class ExportAnnotations:
    project_id: str
    format: AnnotationFileFormat
    where: ExportFilter


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A time-limited address, bytes, and how many annotations are in it."""

    url: str
    size_bytes: int
    count: int


async def export_annotations(
    database: Database, store: ObjectStore, files: AnnotationFiles, principal: Principal, command: ExportAnnotations
) -> ExportedFile:
    """Writes what passes the filter, as of one instant, to the object store; nothing at all gives a valid, empty file.

    Raises INVALID for an empty list of classes, UNAVAILABLE when the object store cannot be reached.
    """
    check_confidence(command.where.min_confidence, "input", "minConfidence")
    names = command.where.class_names
    if names is not None and not 1 <= len(names) <= MAX_CLASSES:
        text = f"Name 1 to {MAX_CLASSES:,} classes, or leave the list out for all."
        raise invalid(text, "input", "classNames")
    async with files.open(command.format) as file:

        async def work(uow: UnitOfWork) -> tuple[Project, int]:
            project = await authorize_project(uow, principal, command.project_id, Action.EXPORT)
            return project, await _write(uow, file, command)

        project, count = await database.read(work)
        written = await file.close()
        with answering():
            url = await _store(store, project, command.format, written)
    return ExportedFile(url, written.size_bytes, count)


async def _write(uow: UnitOfWork, file: AnnotationFile, command: ExportAnnotations) -> int:
    count = 0
    async for page in uow.annotations.exported(command.project_id, command.where):
        await file.write(page)
        count += len(page)
    return count


async def _store(store: ObjectStore, project: Project, format_: AnnotationFileFormat, written: WrittenFile) -> str:
    extension, content_type = _KINDS[format_]
    key = annotation_export_key(project.team_id, project.id, written.sha256, extension)
    await store.put_file(key, written.path, content_type)
    return await store.get_url(key, f"annotations.{extension}", content_type, datetime.now(UTC))

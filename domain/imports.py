"""Annotations for many images at once, from a file; a background job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import invalid, not_found
from domain.events import tell_import_status
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import file_key
from domain.models.imports import ExportFormat, ImportJob, ImportStatus
from domain.models.people import Principal
from domain.models.version import Notice
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, UnitOfWork
from domain.transitions import transition


@dataclass(frozen=True, slots=True)
class ImportAnnotations:
    """With `keep_splits` the train, valid and test folders of the file become the images' imported split."""

    project_id: str
    format: ExportFormat
    upload_id: str
    keep_splits: bool


async def import_annotations(
    database: Database, store: ObjectStore, principal: Principal, command: ImportAnnotations
) -> ImportJob:
    """A queued job. Raises INVALID when the project has no such file, or its bytes did not come yet."""

    async def find(uow: UnitOfWork) -> str | None:
        await authorize_project(uow, principal, command.project_id, Action.IMPORT)
        file = await uow.files.get(command.upload_id)
        return file_key(file.team_id, file.id) if file is not None else None

    key = await database.read(find)
    stored = await store.size(key) if key is not None else None

    async def work(uow: UnitOfWork) -> ImportJob:
        project = await authorize_project(uow, principal, command.project_id, Action.IMPORT)
        await uow.projects.lock(project.id)
        file = await uow.files.get(command.upload_id)
        if file is None or file.project_id != project.id:
            raise invalid("There is no such file in this project; it may have expired.", "input", "uploadId")
        if stored != file.size_bytes:
            text = f"The bytes of {file.filename} did not come yet: PUT them to the address of requestFileUpload."
            raise invalid(text, "input", "uploadId")
        job = ImportJob(
            id=new_id(),
            project_id=project.id,
            team_id=project.team_id,
            file_id=file.id,
            filename=file.filename,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            format=command.format,
            keep_splits=command.keep_splits,
            status=ImportStatus.QUEUED,
            imported=0,
            skipped=0,
            warnings=(),
            failure_reason=None,
            created_by_id=principal.user_id,
            created_at=datetime.now(UTC),
            finished_at=None,
        )
        await uow.imports.add(job)
        tell_import_status(uow, project.id, job.id)
        uow.wake(JobKind.IMPORT)
        return job

    return await database.write(work)


async def readable_import(uow: UnitOfWork, principal: Principal, job_id: str) -> ImportJob:
    """The job, when the caller may read its project. Raises NOT_FOUND otherwise."""
    job = await uow.imports.get(job_id)
    if job is None:
        raise not_found("import job")
    await authorize_project(uow, principal, job.project_id, Action.READ, "import job")
    return job


async def begin_import(uow: UnitOfWork, claim: Claim, job: ImportJob) -> None:
    """A worker has taken the job up."""
    await uow.imports.write_claimed(claim, status=transition(job.status, ImportStatus.RUNNING))
    tell_import_status(uow, job.project_id, job.id)


async def complete_import(
    uow: UnitOfWork, claim: Claim, job: ImportJob, imported: int, skipped: int, warnings: Sequence[Notice]
) -> None:
    """All that the file has is in, or skipped with a reason."""
    status = transition(ImportStatus.RUNNING, ImportStatus.COMPLETED)
    await uow.imports.write_claimed(
        claim,
        status=status,
        imported=imported,
        skipped=skipped,
        warnings=tuple(warnings),
        finished_at=datetime.now(UTC),
    )
    tell_import_status(uow, job.project_id, job.id, imported + skipped, imported + skipped)


async def fail_import(uow: UnitOfWork, claim: Claim, job: ImportJob, reason: str) -> None:
    status = transition(job.status, ImportStatus.FAILED)
    await uow.imports.write_claimed(claim, status=status, failure_reason=reason, finished_at=datetime.now(UTC))
    tell_import_status(uow, job.project_id, job.id)

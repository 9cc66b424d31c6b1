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
from domain.models.imports import ExportFormat, FileUpload, ImportJob, ImportStatus
from domain.models.people import Principal
from domain.models.project import Project
from domain.models.version import Notice
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, UnitOfWork
from domain.store_answers import answering
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

    async def find(uow: UnitOfWork) -> tuple[Project, FileUpload]:
        project = await authorize_project(uow, principal, command.project_id, Action.IMPORT)
        file = await uow.files.get(command.upload_id)
        if file is None or file.project_id != project.id:
            raise invalid("There is no such file in this project; it may have expired.", "input", "uploadId")
        return project, file

    project, file = await database.read(find)
    with answering():
        stored = await store.size(file_key(file.team_id, file.id))
    if stored != file.size_bytes:
        text = f"The bytes of {file.filename} did not come yet: PUT them to the address of requestFileUpload."
        raise invalid(text, "input", "uploadId")
    job = _new_job(command, file, principal)

    async def work(uow: UnitOfWork) -> None:
        await uow.imports.add(job)
        tell_import_status(uow, project.id, job.id)
        uow.wake(JobKind.IMPORT, job.id)

    await database.write(work)
    return job


def _new_job(command: ImportAnnotations, file: FileUpload, principal: Principal) -> ImportJob:
    return ImportJob(
        id=new_id(),
        project_id=file.project_id,
        team_id=file.team_id,
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

"""Exports of versions: asking for one, cancelling it, and what its worker writes down."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from domain.errors import ClaimLostError, DomainError, ErrorCode, not_found
from domain.events import tell_export, tell_export_status
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.export import ExportStatus, StoredArchive, VersionExport
from domain.models.imports import ExportFormat
from domain.models.people import Principal
from domain.models.version import DatasetVersion
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, UnitOfWork
from domain.store_answers import answering
from domain.transitions import transition
from domain.versions import readable_version, require_usable

_LONGEST_STEM = 80


async def export_version(
    database: Database, store: ObjectStore, principal: Principal, version_id: str, format_: ExportFormat
) -> VersionExport:
    """The version's export in that format: one that is not finished yet, a READY one whose zip file is still in the
    store, or else a new one, QUEUED. Raises NOT_READY for a version that cannot be read whole, UNAVAILABLE when the
    store cannot be asked."""

    async def look(uow: UnitOfWork) -> VersionExport | None:
        version = await readable_version(uow, principal, version_id, Action.EXPORT_VERSION)
        await require_usable(uow, version, "id")
        return await uow.exports.newest_usable(version.id, format_)

    seen = await database.read(look)
    # Asked outside of any lock. A later export than this one is whole: it was made a moment ago.
    lost = seen.id if seen is not None and not await _is_stored(store, seen) else None

    async def work(uow: UnitOfWork) -> VersionExport:
        version = await readable_version(uow, principal, version_id, Action.EXPORT_VERSION)
        await uow.projects.lock(version.project_id)  # the export's row refers to it, and a project is locked first
        locked = await uow.versions.lock(version.id)
        if locked is None:
            raise not_found("version")
        await require_usable(uow, locked, "id")
        newest = await uow.exports.newest_usable(locked.id, format_)
        if newest is not None and newest.id != lost:
            return newest
        export = _new_export(locked, format_, principal)
        await uow.exports.add(export)
        tell_export_status(uow, export, 0, locked.image_count)
        uow.wake(JobKind.EXPORT, export.id)
        return export

    return await database.write(work)


async def _is_stored(store: ObjectStore, export: VersionExport) -> bool:
    """True of one that is not READY too: its file is still to come."""
    if export.s3_key is None:
        return True
    with answering():
        return await store.size(export.s3_key) == export.size_bytes


def _new_export(version: DatasetVersion, format_: ExportFormat, principal: Principal) -> VersionExport:
    return VersionExport(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        format=format_,
        status=ExportStatus.QUEUED,
        failure_reason=None,
        image_count=0,
        s3_key=None,
        size_bytes=None,
        sha256=None,
        warnings=(),
        created_at=datetime.now(UTC),
        created_by_id=principal.user_id,
        finished_at=None,
        attempt=0,
    )


async def cancel_export(database: Database, principal: Principal, export_id: str) -> VersionExport:
    """CANCELLED at once, whether it waited or was being made: its worker is shut out, and stops as soon as it notices.
    A CANCELLED one stays so. Raises NOT_READY for one that is READY or FAILED."""

    async def work(uow: UnitOfWork) -> VersionExport:
        seen = await readable_export(uow, principal, export_id, Action.EXPORT_VERSION)
        export = await uow.exports.lock(seen.id)
        if export is None:
            raise not_found("export")
        if export.status is ExportStatus.CANCELLED:
            return export
        if export.status.final:
            raise DomainError(ErrorCode.NOT_READY, f"The export is {export.status.value} already.", ("id",))
        cancelled = replace(
            export,
            status=transition(export.status, ExportStatus.CANCELLED),
            finished_at=datetime.now(UTC),
            attempt=export.attempt + 1,  # whoever holds it, or takes it at this moment, can write nothing any more
        )
        changes = {name: getattr(cancelled, name) for name in ("status", "finished_at", "attempt")}
        await uow.exports.update(export.id, **changes)
        tell_export_status(uow, cancelled, message="Cancelled.")
        return cancelled

    return await database.write(work)


async def readable_export(uow: UnitOfWork, principal: Principal, export_id: str, action: Action) -> VersionExport:
    """The export, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    export = await uow.exports.get(export_id)
    if export is None:
        raise not_found("export")
    await authorize_project(uow, principal, export.project_id, action, "export")
    return export


def export_filename(project_name: str, version: int, format_: ExportFormat) -> str:
    """What the zip file is called where it is downloaded, as `North_block-v3-yolo.zip`: letters and digits of ASCII,
    `.`, `_` and `-` alone."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", project_name)[:_LONGEST_STEM].strip("._-") or "project"
    return f"{stem}-v{version}-{format_.value.lower()}.zip"


# What the worker that holds the claim writes. Each is one transaction's work, and raises ClaimLostError.


def export_begun(claim: Claim, total: int) -> Callable[[UnitOfWork], Awaitable[None]]:
    """A worker has taken the export up; the version has `total` images."""

    async def work(uow: UnitOfWork) -> None:
        export = await _held(uow, claim)
        status = transition(export.status, ExportStatus.RENDERING)
        await uow.exports.write_claimed(claim, status=status)
        again = f"Taken up again, attempt {claim.attempt}." if claim.attempt > 1 else None
        tell_export_status(uow, export, 0, total, again)

    return work


def export_moved(claim: Claim, done: int, total: int) -> Callable[[UnitOfWork], Awaitable[None]]:
    """So many of the version's images are in the zip file."""

    async def work(uow: UnitOfWork) -> None:
        await uow.exports.write_claimed(claim)
        tell_export(uow, claim.id, done, total)

    return work


def export_held(claim: Claim) -> Callable[[UnitOfWork], Awaitable[None]]:
    """Nothing is new, but that the export is still this worker's."""

    async def work(uow: UnitOfWork) -> None:
        await uow.exports.write_claimed(claim)

    return work


def export_made(claim: Claim, archive: StoredArchive, total: int) -> Callable[[UnitOfWork], Awaitable[None]]:
    """The zip file lies in the store; all `total` images of the version are in it."""

    async def work(uow: UnitOfWork) -> None:
        export = await _held(uow, claim)
        await uow.exports.write_claimed(
            claim,
            status=transition(export.status, ExportStatus.READY),
            image_count=archive.image_count,
            s3_key=archive.s3_key,
            size_bytes=archive.size_bytes,
            sha256=archive.sha256,
            warnings=archive.warnings,
            finished_at=datetime.now(UTC),
        )
        notices = " ".join(f"{notice.message} ({notice.count:,})" for notice in archive.warnings)
        tell_export_status(uow, export, total, total, notices or None)

    return work


def export_failed(claim: Claim, reason: str) -> Callable[[UnitOfWork], Awaitable[None]]:
    """It could not be made, for a reason that a person can act on."""

    async def work(uow: UnitOfWork) -> None:
        export = await _held(uow, claim)
        status = transition(export.status, ExportStatus.FAILED)
        await uow.exports.write_claimed(claim, status=status, failure_reason=reason, finished_at=datetime.now(UTC))
        tell_export_status(uow, export, message=reason)

    return work


async def _held(uow: UnitOfWork, claim: Claim) -> VersionExport:
    """Raises ClaimLostError when it is another's, whose status says nothing about what this one may write."""
    export = await uow.exports.get(claim.id)
    if export is None or export.attempt != claim.attempt:
        raise ClaimLostError(f"Export {claim.id} is no longer held by attempt {claim.attempt}.")
    return export

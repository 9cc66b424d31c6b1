"""What becomes of a version once it was asked for: renamed, archived, restored, made again, set right.

A call that comes again because its answer was lost finds the version as it left it, and answers with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.errors import DomainError, ErrorCode, not_found
from domain.events import tell_version, tell_version_changed
from domain.jobs import JobKind
from domain.models.people import Principal
from domain.models.version import DatasetStatus, DatasetVersion, VersionStage
from domain.policies import Action
from domain.ports import Database, UnitOfWork
from domain.projects import checked_name
from domain.transitions import transition
from domain.versions import readable_version, refresh_training_status
from domain.webhook_news import announce_version

_NOT_TO_ARCHIVE = {
    DatasetStatus.CREATING: "v{} is still being made; wait until it is READY or FAILED, then archive it.",
    DatasetStatus.TRAINING: "v{} is being trained from; cancel its trainings or wait for their end, then archive it.",
}
_NOT_TO_RESTORE = {
    DatasetStatus.CREATING: "v{} is still being made, not archived; wait until it is READY.",
    DatasetStatus.TRAINING: "v{} is being trained from, not archived; there is nothing to restore.",
}
_MAKE_ANOTHER = "to freeze the data as it is now, make another version."
_NOT_TO_RETRY = {
    DatasetStatus.CREATING: "v{} is being made right now; follow versionProgress, and retry it should it end FAILED.",
    DatasetStatus.READY: f"v{{}} is READY, and what it froze stays as it is; {_MAKE_ANOTHER}",
    DatasetStatus.TRAINING: f"v{{}} is being trained from, and what it froze stays as it is; {_MAKE_ANOTHER}",
    DatasetStatus.ARCHIVED: "v{} is archived; restore it first, then retry it should it be FAILED.",
}


async def rename_version(
    database: Database, principal: Principal, version_id: str, display_name: str
) -> DatasetVersion:
    """Gives the version another display name, whatever its status. Raises INVALID unless it has 1 to 200 characters."""

    async def work(uow: UnitOfWork) -> DatasetVersion:
        version = await _locked(uow, principal, version_id)
        shown = checked_name(display_name, "displayName")
        return version if shown == version.display_name else await _change(uow, version, display_name=shown)

    return await database.write(work)


async def archive_version(database: Database, principal: Principal, version_id: str) -> DatasetVersion:
    """A READY or FAILED version becomes ARCHIVED; one that is archived stays so. Raises NOT_READY otherwise."""

    async def work(uow: UnitOfWork) -> DatasetVersion:
        version = await _locked(uow, principal, version_id)
        if version.status is DatasetStatus.ARCHIVED:
            return version
        _refuse(version, _NOT_TO_ARCHIVE)
        return await _change(uow, version, status=transition(version.status, DatasetStatus.ARCHIVED))

    return await database.write(work)


async def restore_version(database: Database, principal: Principal, version_id: str) -> DatasetVersion:
    """An ARCHIVED version becomes what it was, READY or FAILED; without a manifest it is FAILED, with a reason.

    One that is READY or FAILED stays so. Raises NOT_READY otherwise.
    """

    async def work(uow: UnitOfWork) -> DatasetVersion:
        version = await _locked(uow, principal, version_id)
        if version.status in (DatasetStatus.READY, DatasetStatus.FAILED):
            return version
        _refuse(version, _NOT_TO_RESTORE)
        reason = version.failure_reason
        if reason is None and version.manifest is None:
            reason = await _loss(uow, version)
        status = DatasetStatus.READY if reason is None else DatasetStatus.FAILED
        return await _change(uow, version, status=transition(version.status, status), failure_reason=reason)

    return await database.write(work)


async def retry_version(database: Database, principal: Principal, version_id: str) -> DatasetVersion:
    """A version that FAILED, or is CREATING while no worker's heart beats for it, is to be made again, of the data as
    it is then; a worker that had it before is shut out. Raises NOT_READY otherwise, and for one that was READY once."""

    async def work(uow: UnitOfWork) -> DatasetVersion:
        version = await _locked(uow, principal, version_id)
        stuck = version.status is DatasetStatus.CREATING and not await uow.claims.held(JobKind.SNAPSHOT, version.id)
        if not stuck:
            _refuse(version, _NOT_TO_RETRY)
            if version.snapshot_at is not None:
                # Models may have been trained from it: its number must not come to mean other data.
                text = f"v{version.version} was frozen once, and what it froze is lost; {_MAKE_ANOTHER}"
                raise DomainError(ErrorCode.NOT_READY, text, ("id",))
        changes: dict[str, Any] = {
            "status": transition(version.status, DatasetStatus.CREATING),
            "failure_reason": None,
            "queued_at": datetime.now(UTC),
        }
        await uow.versions.update(version.id, **changes)
        await uow.claims.reopen(JobKind.SNAPSHOT, version.id)
        tell_version(uow, version.project_id, version.id, VersionStage.QUEUED, message="To be made again.")
        uow.wake(JobKind.SNAPSHOT, version.id)
        return replace(version, **changes)

    return await database.write(work)


async def reconcile_version(database: Database, principal: Principal, version_id: str) -> DatasetVersion:
    """The version, its status worked out anew.

    TRAINING exactly while a job of it is unfinished; FAILED, with a reason, when it should be READY and its manifest or
    rows of images are gone; READY again when they are back. A CREATING one that no worker holds is offered to the
    workers again. ARCHIVED ones stay so.
    """

    async def work(uow: UnitOfWork) -> DatasetVersion:
        seen = await readable_version(uow, principal, version_id, Action.MANAGE_VERSION)
        await uow.projects.lock(seen.project_id)
        version = await _locked(uow, principal, version_id)
        if version.status is DatasetStatus.CREATING:
            uow.wake(JobKind.SNAPSHOT, version.id)  # a worker that holds it is not disturbed: the row is not free
        if version.status is DatasetStatus.FAILED and version.snapshot_at and await _loss(uow, version) is None:
            status = transition(transition(version.status, DatasetStatus.ARCHIVED), DatasetStatus.READY)
            await uow.versions.update(version.id, status=status, failure_reason=None)
            tell_version(uow, version.project_id, version.id, VersionStage.READY, message="What was lost is back.")
            version = replace(version, status=status, failure_reason=None)
            await announce_version(uow, version)
        version = await refresh_training_status(uow, version)
        reason = await _loss(uow, version) if version.status is DatasetStatus.READY else None
        if reason is None:
            return version
        # As if it were archived and restored. A READY version cannot become FAILED otherwise: no late failure of the
        # worker that made it may undo it.
        status = transition(transition(version.status, DatasetStatus.ARCHIVED), DatasetStatus.FAILED)
        await uow.versions.update(version.id, status=status, failure_reason=reason)
        tell_version(uow, version.project_id, version.id, VersionStage.FAILED, message=reason)
        version = replace(version, status=status, failure_reason=reason)
        await announce_version(uow, version)
        return version

    return await database.write(work)


async def step_in_line(uow: UnitOfWork, version_id: str) -> None:
    """TRAINING exactly while a job of the version is unfinished."""
    version = await uow.versions.lock(version_id)
    if version is not None:
        await refresh_training_status(uow, version)


async def _locked(uow: UnitOfWork, principal: Principal, version_id: str) -> DatasetVersion:
    seen = await readable_version(uow, principal, version_id, Action.MANAGE_VERSION)
    version = await uow.versions.lock(seen.id)
    if version is None:
        raise not_found("version")
    return version


def _refuse(version: DatasetVersion, sentences: Mapping[DatasetStatus, str]) -> None:
    """Raises NOT_READY when there is a sentence for the version's status."""
    if version.status in sentences:
        raise DomainError(ErrorCode.NOT_READY, sentences[version.status].format(version.version), ("id",))


async def _change(uow: UnitOfWork, version: DatasetVersion, **changes: Any) -> DatasetVersion:
    await uow.versions.update(version.id, **changes)
    tell_version_changed(uow, version.project_id, version.id)
    return replace(version, **changes)


async def _loss(uow: UnitOfWork, version: DatasetVersion) -> str | None:
    """What a version that should be READY lacks, and what to do; None when it is whole."""
    again = f"Restore it from a backup of the database, and reconcile the version; or, {_MAKE_ANOTHER}"
    if version.snapshot_at is None:
        return "It was never frozen; retry it to make its snapshot."
    if version.manifest is None:
        return f"It has no manifest, so what it froze is lost. {again}"
    rows = (await uow.version_assets.counts([version.id], None)).get(version.id, 0)
    if rows != version.image_count:
        return f"It froze {version.image_count:,} images, but {rows:,} rows of them are there. {again}"
    return None

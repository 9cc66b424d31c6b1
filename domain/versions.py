"""Making dataset versions: the numbered row and what is known of it before the snapshot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from domain.config_paths import config_changes
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_version, tell_version_changed
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.config import VersionConfig
from domain.models.people import Principal
from domain.models.project import Project
from domain.models.version import (
    DatasetStatus,
    DatasetVersion,
    SplitCounts,
    VersionStage,
)
from domain.policies import Action, authorize_project
from domain.ports import Database, UnitOfWork
from domain.projects import MAX_NAME, checked_name
from domain.transitions import transition
from domain.version_input import check_upload_batches, check_version_config
from domain.version_notices import unread_notices

MAX_IDEMPOTENCY_KEY = 191
_HALF = 32


@dataclass(frozen=True, slots=True)
class CreateVersion:
    project_id: str
    idempotency_key: str | None
    name: str | None
    display_name: str | None
    config: VersionConfig

    def digest(self) -> str:
        """A fingerprint of the two names, half of it for each.

        Of the settings there is none: they are compared as they were stored, so that the same call stays the same
        across a release that adds a setting with a default.
        """
        return "".join(
            hashlib.sha256(json.dumps(name).encode()).hexdigest()[:_HALF] for name in (self.name, self.display_name)
        )


def checked_idempotency_key(key: str | None) -> str | None:
    if key is not None and not (1 <= len(key) <= MAX_IDEMPOTENCY_KEY and key == key.rstrip()):
        # MySQL takes "key" and "key " for the same.
        text = f"An idempotency key has 1 to {MAX_IDEMPOTENCY_KEY} characters, and no blank at its end."
        raise invalid(text, "input", "idempotencyKey")
    return key


async def create_version(
    database: Database, principal: Principal, command: CreateVersion
) -> tuple[DatasetVersion, bool]:
    """The version, and whether this call made it. Calls with the same key and input answer with the same version.

    Raises INVALID for settings outside their ranges, IDEMPOTENCY_MISMATCH for a key used with other input, and
    NO_MATCHING_IMAGES when no annotated image passes the filters.
    """

    async def look(uow: UnitOfWork) -> DatasetVersion | None:
        await authorize_project(uow, principal, command.project_id, Action.CREATE_VERSION)
        wanted = _checked(command)
        existing = await _existing(uow, wanted)
        if existing is None:
            # Asked before the lock, because the answers can take long; the snapshot asks again.
            await check_upload_batches(uow, wanted.project_id, wanted.config.filters)
            await _require_match(uow, wanted)
        return existing

    async def create(uow: UnitOfWork) -> tuple[DatasetVersion, bool]:
        # Before anything is read: what was read before the lock may be old once the lock is held.
        await uow.projects.lock(command.project_id)
        project = await authorize_project(uow, principal, command.project_id, Action.CREATE_VERSION)
        wanted = _checked(command)
        existing = await _existing(uow, wanted)
        if existing is not None:
            return existing, False
        numbers = await uow.versions.next_numbers([project.id])
        version = _new_version(wanted, project, principal, numbers[project.id])
        await uow.versions.add(version)
        tell_version(uow, project.id, version.id, VersionStage.QUEUED)
        uow.wake(JobKind.SNAPSHOT, version.id)
        return version, True

    existing = await database.read(look)
    return (existing, False) if existing is not None else await database.write(create)


def _checked(command: CreateVersion) -> CreateVersion:
    """The command with its names trimmed. Raises INVALID for the first value outside its range."""
    checked_idempotency_key(command.idempotency_key)
    name, shown = command.name, command.display_name
    if name is not None:
        name = checked_name(name, "input", "name")
    if shown is not None:
        shown = checked_name(shown, "input", "displayName")
    check_version_config(command.config)
    return replace(command, name=name, display_name=shown)


async def _require_match(uow: UnitOfWork, command: CreateVersion) -> None:
    """Raises NO_MATCHING_IMAGES, at the filters or at the classes to drop, whichever left nothing."""
    project_id, filters, dropped = command.project_id, command.config.filters, command.config.preprocessing.drop_classes
    if await uow.versions.any_match(project_id, filters, dropped):
        return
    field: tuple[str, ...] = ("input", "filters")
    text = "No annotated image passes these filters; annotate images or widen the filters."
    if dropped and await uow.versions.any_match(project_id, filters):
        field = ("input", "preprocessing", "dropClasses")
        text = "All annotations that pass the filters are of classes to drop; drop fewer, or annotate other classes."
    unread = unread_notices(await uow.versions.unread(project_id, filters))
    text = " ".join((text, *(notice.message for notice in unread)))
    raise DomainError(ErrorCode.NO_MATCHING_IMAGES, text, field)


async def _existing(uow: UnitOfWork, command: CreateVersion) -> DatasetVersion | None:
    """The version that the key made before. Raises IDEMPOTENCY_MISMATCH when it was made with other input."""
    key = command.idempotency_key
    found = await uow.versions.by_idempotency_key(command.project_id, key) if key is not None else None
    # The release before kept another digest, which tells of the names nothing that could be compared.
    if found is None or (found.input_digest in (None, command.digest()) and found.config == command.config):
        return found
    differing = ", ".join(_differing(found, command))
    text = f"This idempotency key made v{found.version} with other input ({differing}); use another key."
    raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH, text, ("input", "idempotencyKey"))


def _differing(found: DatasetVersion, command: CreateVersion) -> list[str]:
    """The contract's names of the fields of createVersion's input in which the two differ."""
    before, now = found.input_digest or "", command.digest()
    halves = {"name": slice(_HALF), "displayName": slice(_HALF, None)}
    names = [field for field, half in halves.items() if before[half] != now[half]]
    return names + [one.path for one in config_changes(found.config, command.config)]


def _new_version(command: CreateVersion, project: Project, principal: Principal, number: int) -> DatasetVersion:
    suffix, now = f"-v{number}", datetime.now(UTC)
    return DatasetVersion(
        id=new_id(),
        project_id=project.id,
        team_id=project.team_id,
        version=number,
        name=command.name or project.name[: MAX_NAME - len(suffix)] + suffix,
        display_name=command.display_name,
        status=DatasetStatus.CREATING,
        failure_reason=None,
        created_at=now,
        created_by_id=principal.user_id,
        config=command.config,
        idempotency_key=command.idempotency_key,
        input_digest=command.digest(),
        snapshot_at=None,
        image_count=0,
        annotation_count=0,
        classes=(),
        class_counts=(),
        split_counts=SplitCounts(),
        manifest=None,
        content_digest=None,
        leaked_pairs=None,
        queued_at=now,
        warnings=(),
    )


async def readable_version(uow: UnitOfWork, principal: Principal, version_id: str, action: Action) -> DatasetVersion:
    """The version, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    version = await uow.versions.get(version_id)
    if version is None:
        raise not_found("version")
    await authorize_project(uow, principal, version.project_id, action, "version")
    return version


_NOT_USABLE = {
    DatasetStatus.CREATING: "v{} is still being made; wait until it is READY.",
    DatasetStatus.FAILED: "v{} is FAILED, so there is nothing to read; retry it first, or make another version.",
    DatasetStatus.ARCHIVED: "v{} is archived; restore it first.",
}


async def require_usable(uow: UnitOfWork, version: DatasetVersion, *field: str) -> None:
    """Raises NOT_READY, with what to do, unless the version can be read whole: it is READY or TRAINING, and its newest
    completed check found nothing missing or corrupt."""
    if version.status in _NOT_USABLE:
        raise DomainError(ErrorCode.NOT_READY, _NOT_USABLE[version.status].format(version.version), field)
    check = await uow.checks.newest_completed(version.id)
    if check is None or check.intact:
        return
    counts = {"missing": check.missing_count, "corrupt": check.corrupt_count}
    found = [f"{count:,} object{'s' if count > 1 else ''} {what}" for what, count in counts.items() if count]
    found += [] if check.manifest_intact else ["its manifest damaged"]
    text = (
        f"The last check of v{version.version} found {' and '.join(found)}; restore them from a backup, then verify "
        "the version again."
    )
    raise DomainError(ErrorCode.NOT_READY, text, field)


async def refresh_training_status(uow: UnitOfWork, version: DatasetVersion) -> DatasetVersion:
    """Brings a locked version's status in line with its jobs: TRAINING exactly while one of them is not final."""
    if version.status not in (DatasetStatus.READY, DatasetStatus.TRAINING):
        return version
    wanted = DatasetStatus.TRAINING if await uow.jobs.unfinished_of(version.id) else DatasetStatus.READY
    if wanted is version.status:
        return version
    await uow.versions.update(version.id, status=transition(version.status, wanted))
    tell_version_changed(uow, version.project_id, version.id)
    return replace(version, status=wanted)

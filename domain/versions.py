"""Making dataset versions: the numbered row and what is known of it before the snapshot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
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
from domain.projects import checked_name
from domain.transitions import transition
from domain.version_input import check_version_config
from domain.version_notices import unread_notices

MAX_IDEMPOTENCY_KEY = 191


@dataclass(frozen=True, slots=True)
class CreateVersion:
    project_id: str
    idempotency_key: str | None
    name: str | None
    display_name: str | None
    config: VersionConfig

    def digest(self) -> str:
        """A fingerprint of all that the caller asked for, but the key."""
        wanted = {"name": self.name, "displayName": self.display_name, **self.config.to_json()}
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()


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
        check_version_config(command.config)
        existing = await _existing(uow, command)
        # Asked before the lock, because the answer can take long; the snapshot asks again.
        if existing is None and not await uow.versions.any_match(command.project_id, command.config.filters):
            unread = await uow.versions.unread(command.project_id, command.config.filters)
            text = "No annotated image passes these filters; annotate images or widen the filters."
            text = " ".join((text, *(notice.message for notice in unread_notices(unread))))
            raise DomainError(ErrorCode.NO_MATCHING_IMAGES, text, ("input", "filters"))
        return existing

    async def create(uow: UnitOfWork) -> tuple[DatasetVersion, bool]:
        # Before anything is read: what was read before the lock may be old once the lock is held.
        await uow.projects.lock(command.project_id)
        project = await authorize_project(uow, principal, command.project_id, Action.CREATE_VERSION)
        existing = await _existing(uow, command)
        if existing is not None:
            return existing, False
        version = _new_version(command, project, principal, await uow.versions.next_number(project.id))
        await uow.versions.add(version)
        tell_version(uow, project.id, version.id, VersionStage.QUEUED)
        uow.wake(JobKind.SNAPSHOT)
        return version, True

    existing = await database.read(look)
    return (existing, False) if existing is not None else await database.write(create)


async def _existing(uow: UnitOfWork, command: CreateVersion) -> DatasetVersion | None:
    key = checked_idempotency_key(command.idempotency_key)
    found = await uow.versions.by_idempotency_key(command.project_id, key) if key is not None else None
    if found is None or found.input_digest == command.digest():
        return found
    differing = ", ".join(one.path for one in config_changes(found.config, command.config)) or "name"
    text = f"This idempotency key made v{found.version} with other input ({differing}); use another key."
    raise DomainError(ErrorCode.IDEMPOTENCY_MISMATCH, text, ("input", "idempotencyKey"))


def _new_version(command: CreateVersion, project: Project, principal: Principal, number: int) -> DatasetVersion:
    name = checked_name(command.name, "input", "name") if command.name is not None else None
    shown = checked_name(command.display_name, "input", "displayName") if command.display_name is not None else None
    return DatasetVersion(
        id=new_id(),
        project_id=project.id,
        team_id=project.team_id,
        version=number,
        name=name or f"{project.name}-v{number}",
        display_name=shown,
        status=DatasetStatus.CREATING,
        failure_reason=None,
        created_at=datetime.now(UTC),
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
        warnings=(),
    )


async def readable_version(uow: UnitOfWork, principal: Principal, version_id: str, action: Action) -> DatasetVersion:
    """The version, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    version = await uow.versions.get(version_id)
    if version is None:
        raise not_found("version")
    await authorize_project(uow, principal, version.project_id, action, "version")
    return version


async def refresh_training_status(uow: UnitOfWork, version: DatasetVersion) -> None:
    """Brings a locked version's status in line with its jobs: TRAINING exactly while one of them is not final."""
    if version.status not in (DatasetStatus.READY, DatasetStatus.TRAINING):
        return
    wanted = DatasetStatus.TRAINING if await uow.jobs.unfinished_of(version.id) else DatasetStatus.READY
    if wanted is not version.status:
        await uow.versions.update(version.id, status=transition(version.status, wanted))
        tell_version_changed(uow, version.project_id, version.id)

"""Checks of versions: asking for one, and what its worker writes down while everything frozen is read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, not_found
from domain.events import tell_check
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.models.check import CheckStatus, VersionCheck
from domain.models.people import Principal
from domain.models.version import DatasetStatus, DatasetVersion
from domain.policies import Action
from domain.ports import Database, UnitOfWork
from domain.transitions import transition
from domain.versions import readable_version

MAX_NAMES = 100
"""Of missing objects, and of corrupt ones, that a check remembers."""

_NOTHING_FROZEN = {
    DatasetStatus.CREATING: "v{} is still being made; wait until it is READY.",
    DatasetStatus.FAILED: "v{} is FAILED, so there is nothing to verify; retry it first, or make another version.",
}


async def verify_version(database: Database, principal: Principal, version_id: str) -> VersionCheck:
    """A QUEUED check of the version, or the one that is not finished yet. Raises NOT_READY for a version without a
    manifest."""

    async def work(uow: UnitOfWork) -> VersionCheck:
        seen = await readable_version(uow, principal, version_id, Action.MANAGE_VERSION)
        await uow.projects.lock(seen.project_id)  # the check's row refers to it, and a project is locked first
        version = await uow.versions.lock(seen.id)
        if version is None:
            raise not_found("version")
        if version.manifest is None or version.status in _NOTHING_FROZEN:
            text = _NOTHING_FROZEN.get(version.status, "v{} has no manifest, so there is nothing to verify.")
            raise DomainError(ErrorCode.NOT_READY, text.format(version.version), ("id",))
        newest = (await uow.checks.newest_of([version.id])).get(version.id)
        if newest is not None and not newest.status.final:
            return newest
        check = _new_check(version, principal)
        await uow.checks.add(check)
        tell_check(uow, check)
        uow.wake(JobKind.CHECK, check.id)
        return check

    return await database.write(work)


def _new_check(version: DatasetVersion, principal: Principal) -> VersionCheck:
    return VersionCheck(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        dataset_id=version.id,
        status=CheckStatus.QUEUED,
        failure_reason=None,
        objects_total=0,
        objects_checked=0,
        manifest_intact=None,
        missing=(),
        missing_count=0,
        corrupt=(),
        corrupt_count=0,
        created_at=datetime.now(UTC),
        created_by_id=principal.user_id,
        finished_at=None,
        attempt=0,
    )


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check knows by now, as its row says it."""

    objects_total: int = 0
    objects_checked: int = 0
    manifest_intact: bool | None = None
    missing: tuple[str, ...] = ()
    missing_count: int = 0
    corrupt: tuple[str, ...] = ()
    corrupt_count: int = 0


async def note_findings(uow: UnitOfWork, claim: Claim, check: VersionCheck, findings: Findings) -> None:
    """The check is under way, and has found that much. Raises ClaimLostError."""
    await _write(uow, claim, check, findings, status=transition(check.status, CheckStatus.RUNNING))


async def complete_check(uow: UnitOfWork, claim: Claim, check: VersionCheck, findings: Findings) -> None:
    """Everything was read back. Raises ClaimLostError."""
    status = transition(CheckStatus.RUNNING, CheckStatus.COMPLETED)
    await _write(uow, claim, check, findings, status=status, finished_at=datetime.now(UTC))


async def fail_check(uow: UnitOfWork, claim: Claim, check: VersionCheck, reason: str) -> None:
    """It could not be done, which says nothing of the version. Raises ClaimLostError."""
    status = transition(check.status, CheckStatus.FAILED)
    await uow.checks.write_claimed(claim, status=status, failure_reason=reason, finished_at=datetime.now(UTC))
    tell_check(uow, check)


async def _write(
    uow: UnitOfWork, claim: Claim, check: VersionCheck, findings: Findings, **changes: CheckStatus | datetime
) -> None:
    found = {name: getattr(findings, name) for name in Findings.__dataclass_fields__}
    await uow.checks.write_claimed(claim, **found, **changes)
    tell_check(uow, check)

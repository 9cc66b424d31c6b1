"""What changed from one version of a project to another."""

from __future__ import annotations

from collections.abc import Mapping

from domain.config_paths import config_changes
from domain.diff import class_deltas
from domain.errors import DomainError, ErrorCode, not_found
from domain.models.diff import AssetDelta, ManifestPair, VersionDiff
from domain.models.people import Principal
from domain.models.version import DatasetStatus, DatasetVersion, Manifest, VersionAsset
from domain.paging import Page, PageRequest
from domain.policies import Action
from domain.ports import Database, UnitOfWork, VersionDiffs
from domain.versions import readable_version

_WITHOUT_MANIFEST = {
    DatasetStatus.CREATING: "v{} is still being made; compare it once it is READY.",
    DatasetStatus.FAILED: "v{} is FAILED, so there is nothing to compare; retry it first, or make another version.",
}


async def compare_versions(
    database: Database, diffs: VersionDiffs, principal: Principal, version: DatasetVersion, against_id: str
) -> VersionDiff:
    """From the version `against_id` to `version`, which the caller may read; either may be the earlier one, and
    archived.

    Raises NOT_FOUND unless both are of one project, NOT_READY for a version that has no manifest, or none that is as it
    was frozen, and UNAVAILABLE when the object store cannot be reached.
    """
    against = await database.read(lambda uow: readable_version(uow, principal, against_id, Action.READ))
    if against.project_id != version.project_id:
        raise not_found("version")
    pair = ManifestPair(version.team_id, _manifest(against, "against"), _manifest(version))
    return VersionDiff(
        before=against,
        after=version,
        manifests=pair,
        totals=await diffs.totals(pair),
        classes=class_deltas(against.class_counts, version.class_counts),
        settings=tuple(config_changes(against.config, version.config)),
    )


def _manifest(version: DatasetVersion, *field: str) -> Manifest:
    if version.manifest is None:
        text = _WITHOUT_MANIFEST.get(version.status, "v{} was never frozen whole; it cannot be compared.")
        raise DomainError(ErrorCode.NOT_READY, text.format(version.version), field or None)
    return version.manifest


async def changed_assets(
    database: Database, diffs: VersionDiffs, diff: VersionDiff, request: PageRequest
) -> Page[AssetDelta]:
    """A page of the changed images, in the order of their SHA-256, with what was frozen of each."""
    page = await diffs.changed(diff.manifests, request)

    async def rows(uow: UnitOfWork) -> list[AssetDelta]:
        then = [image.before for image in page.items if image.before is not None]
        now = [image.after for image in page.items if image.after is not None]
        before = await uow.version_assets.at(diff.before.id, then)
        after = await uow.version_assets.at(diff.after.id, now)
        return [
            AssetDelta(
                image.change,
                _row(diff.before, before, image.before),
                _row(diff.after, after, image.after),
                image.annotations,
            )
            for image in page.items
        ]

    return Page(await database.read(rows), page.keys, page.has_next, page.has_previous)


def _row(version: DatasetVersion, rows: Mapping[int, VersionAsset], position: int | None) -> VersionAsset | None:
    if position is None:
        return None
    if position not in rows:
        text = (
            f"Rows of v{version.version}'s images are lost; reconcile the version, whose failureReason says what to do."
        )
        raise DomainError(ErrorCode.NOT_READY, text)
    return rows[position]

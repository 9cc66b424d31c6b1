"""What changed from one version to another."""

from __future__ import annotations

import strawberry

from domain.models.diff import AssetChange
from domain.models.diff import AssetDelta as AssetDeltaEntity
from domain.models.diff import ClassDelta as ClassDeltaEntity
from domain.models.diff import ConfigChange as ConfigChangeEntity
from domain.models.diff import VersionDiff as VersionDiffEntity
from domain.models.version import Manifest
from domain.models.version import VersionAsset as VersionAssetEntity
from domain.paging import page_request
from domain.version_diffs import changed_assets
from schema.context import Info
from schema.node import Connection, connection
from schema.paging import first_or_default
from schema.versions import DatasetVersion, VersionAsset

strawberry.enum(
    AssetChange,
    description="MOVED: its split changed, whether or not its annotations did too. RELABELLED: its annotations alone.",
)


@strawberry.type(
    description="Annotations of a class in both versions, after each version's dropClasses and classRemap."
)
class ClassDelta:
    name: str
    before: int
    after: int

    @classmethod
    def of(cls, delta: ClassDeltaEntity) -> ClassDelta:
        return cls(name=delta.name, before=delta.before, after=delta.after)


@strawberry.type(
    description="A setting by its path in CreateVersionInput, and its values as JSON; null where it is not set."
)
class ConfigChange:
    path: str
    before: str | None
    after: str | None

    @classmethod
    def of(cls, change: ConfigChangeEntity) -> ConfigChange:
        return cls(path=change.path, before=change.before, after=change.after)


@strawberry.type
class AssetDelta:
    before: VersionAsset | None
    after: VersionAsset | None
    change: AssetChange
    annotations_added: int
    annotations_removed: int
    annotations_changed: int

    @classmethod
    def of(cls, delta: AssetDeltaEntity, before: Manifest, after: Manifest) -> AssetDelta:
        return cls(
            before=_asset(delta.before, before),
            after=_asset(delta.after, after),
            change=delta.change,
            annotations_added=delta.annotations.added,
            annotations_removed=delta.annotations.removed,
            annotations_changed=delta.annotations.changed,
        )


def _asset(row: VersionAssetEntity | None, manifest: Manifest) -> VersionAsset | None:
    return VersionAsset.of(row, manifest) if row is not None else None


@strawberry.type(
    description="Images are the same by their SHA-256. Annotations are matched by id, then by equal content; changed "
    "are those of the same id and other content. Those of added and removed images count as added and removed."
)
class VersionDiff:
    from_: DatasetVersion = strawberry.field(name="from")
    to: DatasetVersion
    assets_added: int
    assets_removed: int
    assets_kept: int
    assets_moved_between_splits: int
    annotations_added: int
    annotations_removed: int
    annotations_changed: int
    classes: list[ClassDelta]
    config_changes: list[ConfigChange] = strawberry.field(
        description="Settings that differ, as `preprocessing.tile.rows: 2 -> 4`."
    )
    entity: strawberry.Private[VersionDiffEntity]

    @classmethod
    def of(cls, diff: VersionDiffEntity) -> VersionDiff:
        totals = diff.totals
        return cls(
            from_=DatasetVersion.of(diff.before),
            to=DatasetVersion.of(diff.after),
            assets_added=totals.assets_added,
            assets_removed=totals.assets_removed,
            assets_kept=totals.assets_kept,
            assets_moved_between_splits=totals.assets_moved,
            annotations_added=totals.annotations.added,
            annotations_removed=totals.annotations.removed,
            annotations_changed=totals.annotations.changed,
            classes=[ClassDelta.of(delta) for delta in diff.classes],
            config_changes=[ConfigChange.of(change) for change in diff.settings],
            entity=diff,
        )

    @strawberry.field(description="In the order of their SHA-256.")
    async def changed_assets(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Connection[AssetDelta]:
        diff, request = self.entity, page_request(first_or_default(first), after)
        pair, count = diff.manifests, diff.totals.changed

        async def counted() -> int:
            return count

        page = await changed_assets(info.context.database, info.context.diffs, diff, request)
        return connection(page, lambda delta: AssetDelta.of(delta, pair.before, pair.after), counted)

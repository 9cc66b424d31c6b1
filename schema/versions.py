"""Dataset versions and what they froze."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.events import encode_event_cursor, version_stream
from domain.models.version import DatasetStatus, Split
from domain.models.version import DatasetVersion as DatasetVersionEntity
from domain.models.version import Manifest as ManifestEntity
from domain.models.version import VersionAsset as VersionAssetEntity
from domain.version_diffs import compare_versions
from domain.version_preview import VersionPreview as VersionPreviewEntity
from schema.annotations import FrozenAnnotation
from schema.assets import Asset
from schema.augmentation_config import AugmentationConfig
from schema.config import PreprocessingConfig, SnapshotFilters, SplitConfig
from schema.context import Info
from schema.lists import no_connection
from schema.node import Connection, Node
from schema.notices import ClassCount, SplitCounts, Warning
from schema.people import User
from schema.required import required
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.checks import VersionCheck
    from schema.diffs import VersionDiff
    from schema.exports import VersionExport
    from schema.models import TrainedModel
    from schema.projects import Project
    from schema.training import TrainingJob

strawberry.enum(DatasetStatus)


@strawberry.type
class VersionManifest:
    s3_key: str
    sha256: str
    size_bytes: BigInt

    @classmethod
    def of(cls, manifest: ManifestEntity) -> VersionManifest:
        return cls(s3_key=manifest.s3_key, sha256=manifest.sha256, size_bytes=BigInt(manifest.size_bytes))

    @strawberry.field
    async def url(self, info: Info) -> str:
        return await info.context.store.get_url(self.s3_key, "manifest.json", "application/json", datetime.now(UTC))


@strawberry.type(
    description="The frozen asset, all of it from the manifest and its row in TrainingDatasetAsset; `asset` is "
    "today's, null once it is gone."
)
class VersionAsset:
    asset_id: strawberry.ID = strawberry.field(description="Also when the asset is gone.")
    filename: str
    width: int
    height: int
    split: Split
    s3_key: str
    sha256: str
    gps_latitude: float | None
    gps_longitude: float | None
    annotation_count: int
    entity: strawberry.Private[VersionAssetEntity]
    manifest: strawberry.Private[ManifestEntity | None]

    @classmethod
    def of(cls, row: VersionAssetEntity, manifest: ManifestEntity | None) -> VersionAsset:
        return cls(
            asset_id=strawberry.ID(row.asset_id),
            filename=row.filename,
            width=row.width,
            height=row.height,
            split=row.split,
            s3_key=row.s3_key,
            sha256=row.sha256,
            gps_latitude=row.gps_latitude,
            gps_longitude=row.gps_longitude,
            annotation_count=row.annotation_count,
            entity=row,
            manifest=manifest,
        )

    @strawberry.field
    async def asset(self, info: Info) -> Asset | None:
        asset = await info.context.loaders.asset.load(self.entity.asset_id)
        return Asset.of(asset) if asset else None

    @strawberry.field
    async def url(self, info: Info) -> str:
        return await info.context.store.get_url(
            self.s3_key, self.filename, "application/octet-stream", datetime.now(UTC)
        )

    @strawberry.field
    async def annotations(self, info: Info) -> list[FrozenAnnotation]:
        manifest = required(self.manifest, "manifest")
        frozen = await info.context.manifests.image(manifest, self.entity.position)
        return [FrozenAnnotation.of(one) for one in frozen.annotations]


@strawberry.type
class DatasetVersion(Node):
    version: int = strawberry.field(description="1, 2, 3 … within the project, without holes or repeats.")
    name: str
    display_name: str | None
    status: DatasetStatus
    failure_reason: str | None = strawberry.field(description="Why the snapshot failed, in words a person can act on.")
    created_at: datetime
    snapshot_at: datetime | None = strawberry.field(
        description="The instant whose data is frozen, by the database's clock."
    )
    image_count: int
    annotation_count: int
    classes: list[str]
    class_counts: list[ClassCount]
    split_counts: SplitCounts
    preprocessing: PreprocessingConfig
    augmentation: AugmentationConfig
    split_config: SplitConfig
    filters: SnapshotFilters
    manifest: VersionManifest | None
    content_digest: str | None = strawberry.field(
        description="A digest of the frozen content and settings alone, without ids and times: equal digests mean "
        "equal data."
    )
    leaked_pairs: int | None = strawberry.field(
        description="Pairs of near-identical images that lie in different splits; with tens of thousands of images "
        "that hardly differ there may be more than it says."
    )
    warnings: list[Warning]
    entity: strawberry.Private[DatasetVersionEntity]

    @classmethod
    def of(cls, version: DatasetVersionEntity) -> DatasetVersion:
        return cls(
            id=strawberry.ID(version.id),
            version=version.version,
            name=version.name,
            display_name=version.display_name,
            status=version.status,
            failure_reason=version.failure_reason,
            created_at=version.created_at,
            snapshot_at=version.snapshot_at,
            image_count=version.image_count,
            annotation_count=version.annotation_count,
            classes=list(version.classes),
            class_counts=[ClassCount.of(one) for one in version.class_counts],
            split_counts=SplitCounts.of(version.split_counts),
            preprocessing=PreprocessingConfig.of(version.config.preprocessing),
            augmentation=AugmentationConfig.of(version.config.augmentation),
            split_config=SplitConfig.of(version.config.splits),
            filters=SnapshotFilters.of(version.config.filters),
            manifest=VersionManifest.of(version.manifest) if version.manifest else None,
            content_digest=version.content_digest,
            leaked_pairs=version.leaked_pairs,
            warnings=[Warning.of(one) for one in version.warnings],
            entity=version,
        )

    @strawberry.field
    async def project(self, info: Info) -> Annotated[Project, strawberry.lazy("schema.projects")]:
        from schema.projects import Project

        return Project.of(required(await info.context.loaders.project.load(self.entity.project_id), "project"))

    @strawberry.field
    async def created_by(self, info: Info) -> User | None:
        user = await info.context.loaders.user.load(self.entity.created_by_id) if self.entity.created_by_id else None
        return User.of(user) if user else None

    @strawberry.field(description="The earliest version of the project with the same contentDigest, when there is one.")
    async def identical_to(self, info: Info) -> DatasetVersion | None:
        first = await info.context.loaders.earliest_equal.load(self.id) if self.content_digest else None
        return DatasetVersion.of(first) if first else None

    @strawberry.field
    async def assets(
        self, info: Info, first: int | None = 50, after: str | None = None, split: Split | None = None
    ) -> Connection[VersionAsset]:
        manifest = self.entity.manifest
        # Without a manifest the rows are those of an attempt that is not through, or never will be.
        if manifest is None:
            return no_connection(first, after)
        lists = info.context.loaders.assets_of_version
        return await lists.connection(self.id, first, after, lambda row: VersionAsset.of(row, manifest), split)

    @strawberry.field
    async def training_jobs(
        self, info: Info, first: int | None = 50, after: str | None = None
    ) -> Annotated[
        Connection[Annotated[TrainingJob, strawberry.lazy("schema.training")]], strawberry.lazy("schema.node")
    ]:
        from schema.training import TrainingJob

        return await info.context.loaders.jobs_of_version.connection(self.id, first, after, TrainingJob.of)

    @strawberry.field
    async def latest_model(self, info: Info) -> Annotated[TrainedModel, strawberry.lazy("schema.models")] | None:
        from schema.models import TrainedModel

        model = await info.context.loaders.latest_model_of_version.load(self.id)
        return TrainedModel.of(model) if model else None

    @strawberry.field(description="Newest first.")
    async def exports(self, info: Info) -> list[Annotated[VersionExport, strawberry.lazy("schema.exports")]]:
        from schema.exports import VersionExport

        return [VersionExport.of(one) for one in await info.context.loaders.exports_of_version.load(self.id)]

    @strawberry.field
    async def event_cursor(self, info: Info) -> str:
        return encode_event_cursor(await info.context.loaders.stream_head.load(version_stream(self.id)))

    @strawberry.field
    async def last_check(self, info: Info) -> Annotated[VersionCheck, strawberry.lazy("schema.checks")] | None:
        from schema.checks import VersionCheck

        check = await info.context.loaders.last_check.load(self.id)
        return VersionCheck.of(check) if check else None

    @strawberry.field(
        description="What changed from `against` (an earlier or later version of the same project) to this one. A "
        "version that has no intact manifest is a top-level error of the code NOT_READY, an object store that cannot "
        "be reached UNAVAILABLE."
    )
    async def diff(self, info: Info, against: strawberry.ID) -> Annotated[VersionDiff, strawberry.lazy("schema.diffs")]:
        from schema.diffs import VersionDiff

        context = info.context
        return VersionDiff.of(
            await compare_versions(context.database, context.diffs, context.principal, self.entity, against)
        )


@strawberry.type(description="Numbers for the create dialog, computed without creating anything.")
class VersionPreview:
    next_version: int
    image_count: int
    annotation_count: int
    class_counts: list[ClassCount]
    split_counts: SplitCounts
    output_images: int = strawberry.field(description="Images after tiling and augmentation, all splits together.")
    exact: bool = strawberry.field(
        description="True when creating now would give exactly these numbers; false where they are an upper bound."
    )
    warnings: list[Warning]

    @classmethod
    def of(cls, preview: VersionPreviewEntity) -> VersionPreview:
        return cls(
            next_version=preview.next_version,
            image_count=preview.image_count,
            annotation_count=preview.annotation_count,
            class_counts=[ClassCount.of(one) for one in preview.class_counts],
            split_counts=SplitCounts.of(preview.split_counts),
            output_images=preview.output_images,
            exact=preview.exact,
            warnings=[Warning.of(one) for one in preview.warnings],
        )

"""Images and the uploads they came by."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.keys import thumbnail_key
from domain.models.asset import Asset as AssetEntity
from domain.models.asset import BatchStatus, UploadState
from domain.models.asset import Upload as UploadEntity
from domain.models.asset import UploadBatch as UploadBatchEntity
from domain.models.version import Split
from domain.thumbnails import thumbnail_size
from domain.uploads import UploadTarget as UploadTargetEntity
from schema.annotations import Annotation, PendingAnnotation
from schema.context import Info
from schema.errors import UserError, UserErrorCode
from schema.node import Connection, Node
from schema.required import required
from schema.scalars import BigInt

if TYPE_CHECKING:
    from schema.versions import DatasetVersion

strawberry.enum(Split)
strawberry.enum(BatchStatus, name="UploadStatus")


@strawberry.type
class Asset(Node):
    filename: str
    width: int | None
    height: int | None
    size_bytes: BigInt | None
    sha256: str | None = strawberry.field(description="SHA-256 of the stored bytes, hex.")
    content_type: str | None
    imported_split: Split | None = strawberry.field(description="The split that an imported data set gave the image.")
    gps_latitude: float | None
    gps_longitude: float | None
    captured_at: datetime | None
    created_at: datetime
    entity: strawberry.Private[AssetEntity]

    @classmethod
    def of(cls, asset: AssetEntity) -> Asset:
        return cls(
            id=strawberry.ID(asset.id),
            filename=asset.filename,
            width=asset.width,
            height=asset.height,
            size_bytes=BigInt(asset.size_bytes) if asset.size_bytes is not None else None,
            sha256=asset.sha256,
            content_type=asset.content_type,
            imported_split=asset.imported_split,
            gps_latitude=asset.gps_latitude,
            gps_longitude=asset.gps_longitude,
            captured_at=asset.captured_at,
            created_at=asset.created_at,
            entity=asset,
        )

    @strawberry.field
    async def upload_batch(self, info: Info) -> UploadBatch | None:
        if self.entity.upload_batch_id is None:
            return None
        batch = await info.context.loaders.batch.load(self.entity.upload_batch_id)
        return UploadBatch.of(batch) if batch else None

    @strawberry.field(description="A time-limited address of the original.")
    async def url(self, info: Info) -> str:
        return await self._address(info)

    async def _address(self, info: Info) -> str:
        content_type = self.content_type or "application/octet-stream"
        return await info.context.store.get_url(self.entity.s3_key, self.filename, content_type, datetime.now(UTC))

    @strawberry.field(
        description="A time-limited address of a small JPEG, at most `size` pixels (64 or more) on its longer side. It "
        "is never larger than 640 pixels, and has no metadata. The original's, while an adopted image has no thumbnail."
    )
    async def thumbnail_url(self, info: Info, size: int | None = 320) -> str:
        asset = self.entity
        wanted = thumbnail_size(size if size is not None else 320)
        if asset.sha256 is None or asset.perceptual_hash is None:
            return await self._address(info)
        team_id = required(await info.context.loaders.project.load(asset.project_id), "project").team_id
        key, name = thumbnail_key(team_id, asset.sha256, wanted), f"{PurePosixPath(asset.filename).stem}.jpg"
        return await info.context.store.get_url(key, name, "image/jpeg", datetime.now(UTC))

    @strawberry.field
    async def annotations(self, info: Info) -> list[Annotation]:
        return [Annotation.of(one) for one in await info.context.loaders.annotations_of_asset.load(self.id)]

    @strawberry.field
    async def pending_annotations(self, info: Info) -> list[PendingAnnotation]:
        return [PendingAnnotation.of(one) for one in await info.context.loaders.pending_of_asset.load(self.id)]

    @strawberry.field(description="The versions that froze this asset.")
    async def versions(self, info: Info) -> list[Annotated[DatasetVersion, strawberry.lazy("schema.versions")]]:
        from schema.versions import DatasetVersion

        return [DatasetVersion.of(one) for one in await info.context.loaders.versions_of_asset.load(self.id)]


@strawberry.type(description="One file of a batch after its bytes were checked: an asset, or why not.")
class UploadResult:
    upload_id: strawberry.ID
    filename: str
    error: UserError | None
    asset_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, upload: UploadEntity) -> UploadResult:
        code = "NOT_READY" if upload.status is UploadState.EXPIRED else upload.error_code
        text = upload.error_message or "The upload expired before its bytes came; request it again."
        return cls(
            upload_id=strawberry.ID(upload.id),
            filename=upload.filename,
            error=UserError(code=UserErrorCode(code), message=text, field=None) if code else None,
            asset_id=upload.asset_id,
        )

    @strawberry.field
    async def asset(self, info: Info) -> Asset | None:
        asset = await info.context.loaders.asset.load(self.asset_id) if self.asset_id else None
        return Asset.of(asset) if asset else None


@strawberry.type
class UploadBatch(Node):
    name: str
    created_at: datetime
    status: BatchStatus
    verified: int
    refused: int

    @classmethod
    def of(cls, batch: UploadBatchEntity) -> UploadBatch:
        return cls(
            id=strawberry.ID(batch.id),
            name=batch.name,
            created_at=batch.created_at,
            status=batch.status,
            verified=batch.verified,
            refused=batch.refused,
        )

    @strawberry.field
    async def asset_count(self, info: Info) -> int:
        return await info.context.loaders.batch_assets.load(self.id)

    @strawberry.field
    async def results(self, info: Info, first: int | None = 50, after: str | None = None) -> Connection[UploadResult]:
        return await info.context.loaders.results_of_batch.connection(self.id, first, after, UploadResult.of)


@strawberry.type
class HttpHeader:
    name: str
    value: str


@strawberry.type
class UploadTarget:
    upload_id: strawberry.ID | None
    url: str | None
    headers: list[HttpHeader]
    existing_asset: Asset | None

    @classmethod
    def of(cls, target: UploadTargetEntity) -> UploadTarget:
        address = target.address
        return cls(
            upload_id=strawberry.ID(target.upload_id) if target.upload_id else None,
            url=address.url if address else None,
            headers=[HttpHeader(name=name, value=value) for name, value in address.headers.items()] if address else [],
            existing_asset=Asset.of(target.existing) if target.existing else None,
        )

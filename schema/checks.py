"""Checks of versions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.models.check import CheckStatus
from domain.models.check import VersionCheck as VersionCheckEntity
from schema.context import Info
from schema.node import Node
from schema.payload import Payload
from schema.required import required

if TYPE_CHECKING:
    from schema.versions import DatasetVersion

strawberry.enum(CheckStatus)


@strawberry.type(description="Every frozen object read back and held against its checksum.")
class VersionCheck(Node):
    status: CheckStatus
    failure_reason: str | None = strawberry.field(
        description="Why the check could not be done, which says nothing of the version."
    )
    objects_total: int
    objects_checked: int
    intact: bool | None = strawberry.field(description="Null until the check has completed.")
    manifest_intact: bool | None
    missing: list[str] = strawberry.field(description="At most 100 names of each; the counts are whole.")
    missing_count: int
    corrupt: list[str]
    corrupt_count: int
    created_at: datetime
    finished_at: datetime | None
    dataset_id: strawberry.Private[str]

    @classmethod
    def of(cls, check: VersionCheckEntity) -> VersionCheck:
        return cls(
            id=strawberry.ID(check.id),
            status=check.status,
            failure_reason=check.failure_reason,
            objects_total=check.objects_total,
            objects_checked=check.objects_checked,
            intact=check.intact,
            manifest_intact=check.manifest_intact,
            missing=list(check.missing),
            missing_count=check.missing_count,
            corrupt=list(check.corrupt),
            corrupt_count=check.corrupt_count,
            created_at=check.created_at,
            finished_at=check.finished_at,
            dataset_id=check.dataset_id,
        )

    @strawberry.field
    async def version(self, info: Info) -> Annotated[DatasetVersion, strawberry.lazy("schema.versions")]:
        from schema.versions import DatasetVersion

        return DatasetVersion.of(required(await info.context.loaders.version.load(self.dataset_id), "version"))


@strawberry.type
class VersionCheckPayload(Payload):
    check: VersionCheck | None = None

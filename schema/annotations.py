"""Boxes, polygons and annotations, in pixels of the upright source image."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from domain.models.annotation import Annotation as AnnotationEntity
from domain.models.annotation import AnnotationSource
from domain.models.annotation import PendingAnnotation as PendingAnnotationEntity
from domain.models.geometry import Box
from domain.models.geometry import Point as PointEntity
from domain.models.manifest import FrozenAnnotation as FrozenAnnotationEntity
from schema.context import Info
from schema.node import Node
from schema.required import required

if TYPE_CHECKING:
    from schema.assets import Asset
    from schema.models import TrainedModel

strawberry.enum(AnnotationSource)


@strawberry.type
class BoundingBox:
    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box) -> BoundingBox:
        return cls(x=box.x, y=box.y, width=box.width, height=box.height)


@strawberry.type
class Point:
    x: float
    y: float


def _points(polygon: Sequence[PointEntity] | None) -> list[Point] | None:
    return [Point(x=x, y=y) for x, y in polygon] if polygon else None


@strawberry.type(description="`weedType` is the class name, as the annotation tables of AgriDrone Ops call it.")
class Annotation(Node):
    weed_type: str
    box: BoundingBox
    polygon: list[Point] | None
    geo_coordinates: JSON | None = strawberry.field(
        description="GeoJSON geometry, when the annotation was placed on the map."
    )
    confidence: float | None
    verified: bool
    source: AnnotationSource
    created_at: datetime
    updated_at: datetime
    asset_id: strawberry.Private[str]

    @classmethod
    def of(cls, one: AnnotationEntity) -> Annotation:
        return cls(
            id=strawberry.ID(one.id),
            weed_type=one.weed_type,
            box=BoundingBox.of(one.box),
            polygon=_points(one.polygon),
            geo_coordinates=JSON(one.geo_coordinates) if one.geo_coordinates is not None else None,
            confidence=one.confidence,
            verified=one.verified,
            source=one.source,
            created_at=one.created_at,
            updated_at=one.updated_at,
            asset_id=one.asset_id,
        )

    @strawberry.field
    async def asset(self, info: Info) -> Annotated[Asset, strawberry.lazy("schema.assets")]:
        from schema.assets import Asset

        return Asset.of(required(await info.context.loaders.asset.load(self.asset_id), "asset"))


@strawberry.type(description="A detection that waits for a person to accept or reject it.")
class PendingAnnotation(Node):
    weed_type: str
    box: BoundingBox
    polygon: list[Point] | None
    confidence: float
    source: AnnotationSource
    created_at: datetime
    asset_id: strawberry.Private[str]
    model_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, one: PendingAnnotationEntity) -> PendingAnnotation:
        return cls(
            id=strawberry.ID(one.id),
            weed_type=one.weed_type,
            box=BoundingBox.of(one.box),
            polygon=_points(one.polygon),
            confidence=one.confidence,
            source=one.source,
            created_at=one.created_at,
            asset_id=one.asset_id,
            model_id=one.model_id,
        )

    @strawberry.field
    async def asset(self, info: Info) -> Annotated[Asset, strawberry.lazy("schema.assets")]:
        from schema.assets import Asset

        return Asset.of(required(await info.context.loaders.asset.load(self.asset_id), "asset"))

    @strawberry.field
    async def model(self, info: Info) -> Annotated[TrainedModel, strawberry.lazy("schema.models")] | None:
        from schema.models import TrainedModel

        model = await info.context.loaders.model.load(self.model_id) if self.model_id else None
        return TrainedModel.of(model) if model else None


@strawberry.type
class FrozenAnnotation:
    id: strawberry.ID
    weed_type: str
    box: BoundingBox
    polygon: list[Point] | None
    confidence: float | None
    source: AnnotationSource
    verified: bool

    @classmethod
    def of(cls, one: FrozenAnnotationEntity) -> FrozenAnnotation:
        return cls(
            id=strawberry.ID(one.id),
            weed_type=one.weed_type,
            box=BoundingBox.of(one.box),
            polygon=_points(one.polygon),
            confidence=one.confidence,
            source=one.source,
            verified=one.verified,
        )

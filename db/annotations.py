"""What was drawn on images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import chunks, columns_of
from db.tables import annotation_sessions, manual_annotations
from domain.ids import new_id
from domain.models.annotation import Annotation
from domain.models.geometry import Box, Point, bounding_box


def coordinates(box: Box, polygon: tuple[Point, ...] | None) -> dict[str, Any]:
    """The JSON that the `coordinates` columns hold, pixels of the upright image."""
    return {
        "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        "polygon": [[x, y] for x, y in polygon] if polygon else None,
    }


def read_coordinates(value: Any) -> tuple[Box, tuple[Point, ...] | None]:
    """The inverse; rows from before versioning hold a bare list of points, as pairs or as {x, y}."""
    if isinstance(value, list):
        points = tuple(_point(item) for item in value)
        return bounding_box(points), points
    polygon = value.get("polygon")
    return Box(**value["box"]), tuple(_point(item) for item in polygon) if polygon else None


def _point(item: Any) -> Point:
    return (float(item["x"]), float(item["y"])) if isinstance(item, dict) else (float(item[0]), float(item[1]))


_ANNOTATION = select(*columns_of(manual_annotations), annotation_sessions.c.asset_id.label("asset_id")).join(
    annotation_sessions, annotation_sessions.c.id == manual_annotations.c.session_id
)


class SqlAnnotations:
    """Fulfils domain.ports.Annotations."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, annotations: Sequence[Annotation], author_id: str) -> None:
        """One session for each image of the call, as the annotation tool of AgriDrone Ops made one for each visit."""
        sessions = {asset_id: new_id() for asset_id in dict.fromkeys(one.asset_id for one in annotations)}
        at = annotations[0].created_at
        await self._connection.execute(
            insert(annotation_sessions),
            [
                {"id": id_, "asset_id": asset_id, "user_id": author_id, "created_at": at}
                for asset_id, id_ in sessions.items()
            ],
        )
        await self._connection.execute(
            insert(manual_annotations),
            [
                {
                    "id": one.id,
                    "session_id": sessions[one.asset_id],
                    "weed_type": one.weed_type,
                    "coordinates": coordinates(one.box, one.polygon),
                    "geo_coordinates": one.geo_coordinates,
                    "confidence": one.confidence,
                    "verified": one.verified,
                    "source": one.source,
                    "created_at": one.created_at,
                    "updated_at": one.updated_at,
                }
                for one in annotations
            ],
        )

    async def of_assets(self, asset_ids: Iterable[str]) -> dict[str, list[Annotation]]:
        found: dict[str, list[Annotation]] = {}
        for chunk in chunks(asset_ids):
            mine = _ANNOTATION.where(annotation_sessions.c.asset_id.in_(chunk))
            statement = mine.order_by(manual_annotations.c.created_at, manual_annotations.c.id)
            for row in (await self._connection.execute(statement)).mappings():
                found.setdefault(row["asset_id"], []).append(_annotation(row))
        return found

    async def get_many(self, ids: Iterable[str]) -> dict[str, Annotation]:
        found: dict[str, Annotation] = {}
        for chunk in chunks(ids):
            statement = _ANNOTATION.where(manual_annotations.c.id.in_(chunk))
            rows = (await self._connection.execute(statement)).mappings()
            found.update({row["id"]: _annotation(row) for row in rows})
        return found


def _annotation(row: RowMapping) -> Annotation:
    box, polygon = read_coordinates(row["coordinates"])
    return Annotation(
        id=row["id"],
        asset_id=row["asset_id"],
        weed_type=row["weed_type"],
        box=box,
        polygon=polygon,
        geo_coordinates=row["geo_coordinates"],
        confidence=row["confidence"],
        verified=row["verified"],
        source=row["source"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )

"""What was drawn on images."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from db.bulk import insert_rows
from db.repository import chunks, columns_of
from db.tables import annotation_sessions, assets, manual_annotations, pending_annotations
from domain.errors import not_found
from domain.ids import new_id
from domain.models.annotation import Annotation, ExportedAnnotation, ReviewStatus
from domain.models.geometry import Box, Point, bounding_box
from domain.ports.annotations import ExportFilter

_EXPORT_PAGE = 200


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
_DRAWN = assets.join(annotation_sessions, annotation_sessions.c.asset_id == assets.c.id).join(
    manual_annotations, manual_annotations.c.session_id == annotation_sessions.c.id
)
_WAITING = assets.join(pending_annotations, pending_annotations.c.asset_id == assets.c.id)


def exactly(column: ColumnElement[str], value: str) -> ColumnElement[bool]:
    """Byte by byte: MySQL's comparisons ignore blanks at the end."""
    return and_(column == value, func.char_length(column) == len(value))


class SqlAnnotations:
    """Fulfils domain.ports.Annotations."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, annotations: Sequence[Annotation], author_id: str | None) -> None:
        """One session for each image of the call, as the annotation tool of AgriDrone Ops made one for each visit.

        Raises NOT_FOUND when one of the images was deleted meanwhile.
        """
        await self._hold_images({one.asset_id for one in annotations})
        sessions = {asset_id: new_id() for asset_id in dict.fromkeys(one.asset_id for one in annotations)}
        at = annotations[0].created_at
        made = [(id_, asset_id, author_id, at) for asset_id, id_ in sessions.items()]
        await insert_rows(self._connection, annotation_sessions, made)
        drawn = [
            (
                one.id,
                sessions[one.asset_id],
                one.weed_type,
                orjson.dumps(coordinates(one.box, one.polygon)).decode(),
                one.geo_coordinates,
                one.confidence,
                one.verified,
                one.created_at,
                one.updated_at,
                one.source,
            )
            for one in annotations
        ]
        await insert_rows(self._connection, manual_annotations, drawn, ready=("coordinates",))

    async def _hold_images(self, asset_ids: Iterable[str]) -> None:
        for chunk in chunks(sorted(asset_ids)):
            held = select(assets.c.id).where(assets.c.id.in_(chunk)).with_for_update(read=True)
            if len((await self._connection.execute(held)).all()) < len(chunk):
                raise not_found("asset")

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

    async def lock(self, annotation_id: str) -> Annotation | None:
        # Locked alone, and then read: MariaDB cannot lock one table of a join.
        mine = manual_annotations.c.id == annotation_id
        await self._connection.execute(select(manual_annotations.c.id).where(mine).with_for_update())
        return (await self.get_many([annotation_id])).get(annotation_id)

    async def update(self, annotation: Annotation) -> None:
        values = {
            "weed_type": annotation.weed_type,
            "coordinates": coordinates(annotation.box, annotation.polygon),
            "geo_coordinates": annotation.geo_coordinates,
            "verified": annotation.verified,
            "updated_at": annotation.updated_at,
        }
        mine = manual_annotations.c.id == annotation.id
        await self._connection.execute(update(manual_annotations).where(mine).values(values))

    async def delete(self, ids: Iterable[str]) -> None:
        # In one order, so that two calls with some ids in common cannot wait for each other.
        for chunk in chunks(sorted(ids)):
            await self._connection.execute(delete(manual_annotations).where(manual_annotations.c.id.in_(chunk)))

    async def rename_class(self, project_id: str, old: str, new: str, at: datetime) -> int:
        # A join rather than a subquery, which MariaDB would ask anew for every annotation of every team.
        of_project = [
            manual_annotations.c.session_id == annotation_sessions.c.id,
            annotation_sessions.c.asset_id == assets.c.id,
            assets.c.project_id == project_id,
            exactly(manual_annotations.c.weed_type, old),
        ]
        renamed = update(manual_annotations).where(*of_project).values(weed_type=new, updated_at=at)
        return (await self._connection.execute(renamed)).rowcount

    async def class_names(self, project_id: str, limit: int) -> Sequence[str]:
        mine = assets.c.project_id == project_id
        drawn = select(manual_annotations.c.weed_type.label("name")).select_from(_DRAWN).where(mine)
        waiting = select(pending_annotations.c.weed_type).select_from(_WAITING).where(mine, _waits())
        names = union(drawn, waiting).subquery()
        statement = select(names.c.name).order_by(names.c.name).limit(limit)
        return (await self._connection.execute(statement)).scalars().all()

    async def exported(self, project_id: str, where: ExportFilter) -> AsyncIterator[Sequence[ExportedAnnotation]]:
        """One statement whose rows are streamed: the pages need no order to be found again."""
        rows = _export_rows(project_id, where).subquery()
        statement = select(rows).order_by(rows.c.asset_created_at, rows.c.asset_id, rows.c.id)
        async with self._connection.stream(statement, execution_options={"yield_per": _EXPORT_PAGE}) as result:
            async for page in result.mappings().partitions():
                # In a thread, because reading the JSON of large polygons takes long.
                yield await asyncio.to_thread(_exported, page)


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


def _waits() -> ColumnElement[bool]:
    return pending_annotations.c.status == ReviewStatus.PENDING


def _export_rows(project_id: str, where: ExportFilter) -> Select[Any] | Any:
    """Drawn and, when asked for, pending annotations that pass, with the facts of their images; unordered. JSON is
    left as the text it is."""
    of_image = [
        assets.c.id.label("asset_id"),
        assets.c.created_at.label("asset_created_at"),
        *(assets.c[name] for name in ("filename", "sha256", "width", "height")),
        *(assets.c[name] for name in ("gps_latitude", "gps_longitude", "captured_at")),
    ]
    chosen = [assets.c.project_id == project_id]
    if where.upload_batch_id is not None:
        chosen.append(assets.c.upload_batch_id == where.upload_batch_id)
    table = manual_annotations
    drawn = select(
        *of_image,
        table.c.id,
        table.c.weed_type,
        type_coerce(table.c.coordinates, Text).label("coordinates"),
        type_coerce(table.c.geo_coordinates, Text).label("geo_coordinates"),
        table.c.confidence,
        table.c.verified,
        table.c.source,
        literal(False).label("pending"),
    ).select_from(_DRAWN)
    drawn = drawn.where(*chosen, *_passing(table.c.weed_type, table.c.confidence, where))
    if not where.include_pending:
        return drawn
    table = pending_annotations
    pending = select(
        *of_image,
        table.c.id,
        table.c.weed_type,
        type_coerce(table.c.coordinates, Text),
        null(),
        table.c.confidence,
        literal(False),
        table.c.source,
        literal(True),
    ).select_from(_WAITING)
    return union_all(drawn, pending.where(*chosen, _waits(), *_passing(table.c.weed_type, table.c.confidence, where)))


def _passing(
    weed_type: ColumnElement[str], confidence: ColumnElement[Any], where: ExportFilter
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if where.class_names is not None:
        conditions.append(weed_type.in_(where.class_names))
    if where.min_confidence is not None:
        conditions.append(or_(confidence.is_(None), confidence >= where.min_confidence))
    return conditions


def _exported(rows: Sequence[RowMapping]) -> list[ExportedAnnotation]:
    return [_exported_one(row) for row in rows]


def _exported_one(row: RowMapping) -> ExportedAnnotation:
    box, polygon = read_coordinates(json.loads(row["coordinates"]))
    geometry = row["geo_coordinates"]
    return ExportedAnnotation(
        id=row["id"],
        weed_type=row["weed_type"],
        box=box,
        polygon=polygon,
        geo_coordinates=json.loads(geometry) if geometry is not None else None,
        confidence=row["confidence"],
        verified=bool(row["verified"]),
        source=row["source"],
        pending=bool(row["pending"]),
        asset_id=row["asset_id"],
        filename=row["filename"],
        sha256=row["sha256"],
        width=row["width"],
        height=row["height"],
        gps_latitude=row["gps_latitude"],
        gps_longitude=row["gps_longitude"],
        captured_at=row["captured_at"],
    )

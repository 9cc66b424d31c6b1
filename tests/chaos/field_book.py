"""Thousands of images, written straight into the database: arrangement for a snapshot that takes a while."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from db.annotations import coordinates
from db.engine import WRITES
from db.tables import annotation_sessions, assets, manual_annotations, training_dataset_assets
from domain.ids import new_id
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box

ANNOTATIONS_AN_IMAGE = 3
_WEEDS = ("lantana", "pine_sapling", "wattle")
_AT = datetime(2024, 5, 1, tzinfo=UTC)


async def fill(engine: AsyncEngine, project_id: str, images: int) -> None:
    """Annotated images of which only the rows exist, the same content in every project."""
    photos = [_photo(project_id, number) for number in range(images)]
    sessions = [{"id": new_id(), "asset_id": photo["id"], "created_at": _AT} for photo in photos]
    async with engine.connect() as raw:
        connection = await raw.execution_options(**{WRITES: True})
        async with connection.begin():
            await connection.execute(insert(assets), photos)
            await connection.execute(insert(annotation_sessions), sessions)
            await connection.execute(
                insert(manual_annotations), [note for one in sessions for note in _notes(str(one["id"]))]
            )


async def frozen_rows(engine: AsyncEngine, version_id: str) -> list[int]:
    """The positions of the version's asset rows, in order."""
    table = training_dataset_assets
    rows = select(table.c.position).where(table.c.dataset_id == version_id).order_by(table.c.position)
    async with engine.connect() as connection:
        return list((await connection.execute(rows)).scalars())


async def frozen_images(engine: AsyncEngine, version_id: str) -> int:
    """How many different images those rows name."""
    table = training_dataset_assets
    count = select(func.count(table.c.asset_id.distinct())).where(table.c.dataset_id == version_id)
    async with engine.connect() as connection:
        return int((await connection.execute(count)).scalar_one())


def _photo(project_id: str, number: int) -> dict[str, Any]:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return {
        "id": new_id(),
        "project_id": project_id,
        "filename": f"DJI_{number:05}.JPG",
        "s3_key": f"teams/test/originals/{sha256[:2]}/{sha256}",
        "size_bytes": 8_000_000,
        "content_type": "image/jpeg",
        "width": 4000,
        "height": 3000,
        "created_at": _AT,
        "sha256": sha256,
        "orientation": 1,
    }


def _notes(session_id: str) -> Iterator[dict[str, Any]]:
    for number in range(ANNOTATIONS_AN_IMAGE):
        yield {
            "id": new_id(),
            "session_id": session_id,
            "weed_type": _WEEDS[number % len(_WEEDS)],
            "coordinates": coordinates(Box(100.0 * number, 50.0, 80.0, 60.0), None),
            "verified": True,
            "source": AnnotationSource.MANUAL,
            "created_at": _AT,
            "updated_at": _AT,
        }

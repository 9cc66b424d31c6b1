"""Ten thousand images with a hundred thousand annotations are frozen whole, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import select

from adapters.local_store import LocalStore
from db.annotations import coordinates
from db.bulk import insert_rows
from db.database import SqlDatabase
from db.engine import WRITES
from db.tables import annotation_sessions, assets, latest_splits, manual_annotations
from domain.ids import new_id
from domain.keys import original_key
from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from domain.models.version import Split
from seeds import HEIGHT, WIDTH, Home, digest_of, make_home
from snapshots import frozen, manifest_of, rows_of

_IMAGES, _CLASSES = 10_000, ("wattle", "gorse", "lantana", "pine_sapling", "wattle")
_EACH = 10
_AT = datetime(2026, 5, 1, tzinfo=UTC)
_SECONDS = 300


async def fill(database: SqlDatabase, home: Home) -> None:
    """Images with ten annotations each, one of them with an outline."""
    async with database.engine.connect() as raw:
        connection = await raw.execution_options(**{WRITES: True})
        async with connection.begin():
            for start in range(0, _IMAGES, 1000):
                images = [_image(home, number) for number in range(start, start + 1000)]
                sessions = [(new_id(), str(image["id"]), None, _AT) for image in images]
                notes = [_note(id_, index) for id_, *_ in sessions for index in range(_EACH)]
                await insert_rows(connection, assets, [tuple(map(image.get, assets.c.keys())) for image in images])
                await insert_rows(connection, annotation_sessions, sessions)
                await insert_rows(connection, manual_annotations, notes, ready=("coordinates",))


def _image(home: Home, number: int) -> dict[str, object]:
    sha256 = digest_of(str(number))
    return {
        "id": new_id(),
        "project_id": home.project.id,
        "filename": f"DJI_{number:05}.JPG",
        "s3_key": original_key(home.team.id, sha256),
        "sha256": sha256,
        "width": WIDTH,
        "height": HEIGHT,
        "orientation": 1,
        "created_at": _AT,
    }


def _note(session_id: str, index: int) -> tuple[object, ...]:
    class_name = _CLASSES[index % len(_CLASSES)]
    polygon = ((1.0, 1.0), (20.5, 1.0), (20.5, 30.0)) if index == 3 else None
    where = orjson.dumps(coordinates(Box(index * 10.0, 5.0, 40.0, 30.0), polygon)).decode()
    return (new_id(), session_id, class_name, where, None, None, True, _AT, _AT, AnnotationSource.MANUAL)


async def test_a_hundred_thousand_annotations_are_frozen_whole(
    database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    home = await make_home(database)
    await fill(database, home)
    async with asyncio.timeout(_SECONDS):
        version = await frozen(database, store, tmp_path, home)
    assert (version.image_count, version.annotation_count) == (_IMAGES, _IMAGES * _EACH)
    assert {one.name: one.annotations for one in version.class_counts} == {
        "gorse": 20_000,
        "lantana": 20_000,
        "pine_sapling": 20_000,
        "wattle": 40_000,
    }
    data = await manifest_of(store, version)
    assert version.manifest is not None
    assert hashlib.sha256(data).hexdigest() == version.manifest.sha256
    images = orjson.loads(data)["images"]
    assert [image["sha256"] for image in images] == sorted(digest_of(str(number)) for number in range(_IMAGES))
    assert {len(image["annotations"]) for image in images} == {_EACH}
    assert all(sum(note["polygon"] is not None for note in image["annotations"]) == 1 for image in images)
    assert len({note["id"] for image in images for note in image["annotations"]}) == _IMAGES * _EACH
    rows = await rows_of(database, version)
    assert [row["position"] for row in rows] == list(range(_IMAGES))
    assert [row["sha256"] for row in rows] == [image["sha256"] for image in images]
    assert [row["asset_id"] for row in rows] == [image["assetId"] for image in images]
    assert Counter(row["split"] for row in rows) == {Split.TRAIN: 5000, Split.VAL: 2500, Split.TEST: 2500}
    async with database.engine.connect() as connection:
        latest = dict((await connection.execute(select(latest_splits.c.sha256, latest_splits.c.split))).all())
    assert latest == {row["sha256"]: row["split"] for row in rows}

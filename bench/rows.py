"""Rows to measure on: a person with a project, and images and annotations in numbers."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from db.annotations import coordinates
from db.bulk import insert_rows
from db.database import SqlDatabase
from db.engine import WRITES
from db.tables import annotation_sessions, assets, manual_annotations
from domain.ids import new_id
from domain.models.annotation import AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box, Point
from domain.models.people import Principal
from domain.models.project import Project
from domain.projects import create_project
from domain.sign_in import user_with_team

WIDTH, HEIGHT = 4000, 3000
_BATCH = 500
_FIRST_SHOT = datetime(2026, 5, 1, tzinfo=UTC)
_OUTLINED, _POINTS = 4, 12
"""Every fourth annotation has an outline of so many points."""


async def add_project(database: SqlDatabase, name: str) -> tuple[Principal, Project]:
    """A project of the one user that measures."""
    user = await user_with_team(database, "bench@example.org")
    principal = Principal(user.id, user.email)
    teams = await database.read(lambda uow: uow.people.memberships_of(user.id))
    return principal, await create_project(database, principal, teams[0].team_id, name)


async def add_images(
    database: SqlDatabase, project: Project, count: int, batch_ids: Sequence[str | None] = (None,)
) -> list[Asset]:
    """Images of 4000 × 3000 pixels, one a second, oldest first; their batches take turns. Their bytes are nowhere."""
    images = [_image(project.id, number, batch_ids[number % len(batch_ids)]) for number in range(count)]
    for part in _parts(images):
        rows = [tuple(_column(image, column.key) for column in assets.c) for image in part]
        async with _writing(database) as connection:
            await insert_rows(connection, assets, rows)
    return images


async def annotate(database: SqlDatabase, principal: Principal, images: Sequence[Asset], *classes: str) -> None:
    """On each image an annotation for each of the classes: boxes to a tenth of a pixel, and now and then an outline."""
    chance = random.Random(1)  # noqa: S311 - the same rows every time
    for part in _parts(images):
        sessions = [(new_id(), image.id, principal.user_id, image.created_at) for image in part]
        drawn = [
            _annotation(chance, session_id, at, number, name)
            for session_id, _, _, at in sessions
            for number, name in enumerate(classes)
        ]
        async with _writing(database) as connection:
            await insert_rows(connection, annotation_sessions, sessions)
            await insert_rows(connection, manual_annotations, drawn, ready=("coordinates",))


@asynccontextmanager
async def _writing(database: SqlDatabase) -> AsyncIterator[AsyncConnection]:
    async with database.engine.connect() as raw:
        connection = await raw.execution_options(**{WRITES: True})
        async with connection.begin():
            yield connection


def _parts(images: Sequence[Asset]) -> Iterator[Sequence[Asset]]:
    return (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))


def _column(image: Asset, name: str) -> Any:
    if name == "perceptual_hash":
        return image.sha256[:16] if image.sha256 else None
    return getattr(image, name, None)


def _image(project_id: str, number: int, batch_id: str | None) -> Asset:
    sha256 = hashlib.sha256(str(number).encode()).hexdigest()
    return Asset(
        id=new_id(),
        project_id=project_id,
        upload_batch_id=batch_id,
        filename=f"DJI_{number:06}.JPG",
        s3_key=f"teams/bench/originals/{sha256}",
        sha256=sha256,
        size_bytes=1,
        content_type="image/jpeg",
        width=WIDTH,
        height=HEIGHT,
        orientation=1,
        gps_latitude=-27.5 - number / 1e6,
        gps_longitude=153.0 + number / 1e6,
        captured_at=None,
        imported_split=None,
        created_at=_FIRST_SHOT + timedelta(seconds=number),
    )


def _annotation(chance: random.Random, session_id: str, at: datetime, number: int, name: str) -> tuple[Any, ...]:
    x, y = round(chance.uniform(0, WIDTH - 200), 1), round(chance.uniform(0, HEIGHT - 200), 1)
    box = Box(x, y, round(chance.uniform(20, 200), 1), round(chance.uniform(20, 200), 1))
    outline = _outline(chance, box) if number % _OUTLINED == 0 else None
    where = orjson.dumps(coordinates(box, outline)).decode()
    return (new_id(), session_id, name, where, None, None, True, at, at, AnnotationSource.MANUAL)


def _outline(chance: random.Random, box: Box) -> tuple[Point, ...]:
    return tuple(
        (round(box.x + chance.uniform(0, box.width), 1), round(box.y + chance.uniform(0, box.height), 1))
        for _ in range(_POINTS)
    )

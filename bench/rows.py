"""Rows to measure on: a person with a project, and images and annotations in numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from db.database import SqlDatabase
from domain.ids import new_id
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box
from domain.models.people import Principal
from domain.models.project import Project
from domain.ports import UnitOfWork
from domain.projects import create_project
from domain.sign_in import user_with_team

WIDTH, HEIGHT = 4000, 3000
_BATCH = 500
_FIRST_SHOT = datetime(2026, 5, 1, tzinfo=UTC)


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

        async def work(uow: UnitOfWork, part: Sequence[Asset] = part) -> None:
            await uow.assets.add(*part)

        await database.write(work)
    return images


async def annotate(database: SqlDatabase, principal: Principal, images: Sequence[Asset], *classes: str) -> None:
    """On each image a box for each of the classes."""
    for part in _parts(images):
        drawn = [_annotation(image, number, name) for image in part for number, name in enumerate(classes)]
        await database.write(partial(_add, drawn=drawn, author_id=principal.user_id))


async def _add(uow: UnitOfWork, drawn: Sequence[Annotation], author_id: str) -> None:
    await uow.annotations.add(drawn, author_id)


def _parts(images: Sequence[Asset]) -> Iterator[Sequence[Asset]]:
    return (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))


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
        gps_latitude=None,
        gps_longitude=None,
        captured_at=None,
        imported_split=None,
        created_at=_FIRST_SHOT + timedelta(seconds=number),
    )


def _annotation(image: Asset, number: int, class_name: str) -> Annotation:
    return Annotation(
        id=new_id(),
        asset_id=image.id,
        weed_type=class_name,
        box=Box(10.0 * number, 10.0, 40.0, 40.0),
        polygon=None,
        geo_coordinates=None,
        confidence=None,
        verified=True,
        source=AnnotationSource.MANUAL,
        created_at=image.created_at,
        updated_at=image.created_at,
    )

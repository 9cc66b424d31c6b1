"""A write that is cut off in the middle leaves nothing behind, on SQLite and MariaDB: neither rows nor locks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from db.database import SqlDatabase
from domain.ids import new_id
from domain.models.annotation import Annotation, AnnotationSource
from domain.models.asset import Asset
from domain.models.geometry import Box
from seeds import add_images, make_home

_ROWS = 5000
_LOCK_SECONDS = 10
"""Far more than a write takes, and far less than SQLite waits for a lock."""


def notes(image: Asset) -> list[Annotation]:
    now, box = datetime.now(UTC), Box(1, 1, 9, 9)
    return [
        Annotation(new_id(), image.id, "wattle", box, None, None, None, False, AnnotationSource.MANUAL, now, now)
        for _ in range(_ROWS)
    ]


async def test_after_a_cancelled_write_others_write_at_once(database: SqlDatabase) -> None:
    home = await make_home(database)
    (image,) = await add_images(database, home.project, ["a"])
    held: list[BaseException | None] = []
    written = 0
    for milliseconds in (0, 3, 10, 20, 40, 60, 80, 120):
        rows = notes(image)
        writing = asyncio.create_task(database.write(lambda uow, rows=rows: uow.annotations.add(rows, None)))  # type: ignore[misc]
        await asyncio.sleep(milliseconds / 1000)
        writing.cancel()
        outcome = (await asyncio.gather(writing, return_exceptions=True))[0]
        # Its traceback refers to the cursor, as it does for whoever logs it.
        held.append(outcome)
        written += outcome is None
        async with asyncio.timeout(_LOCK_SECONDS):
            await add_images(database, home.project, [f"after {milliseconds}"])
    assert any(isinstance(outcome, asyncio.CancelledError) for outcome in held)
    found = await database.read(lambda uow: uow.annotations.of_assets([image.id]))
    # One that was cut off while it committed may have come to its end, but none is there by half.
    assert len(found.get(image.id, [])) in range(written * _ROWS, len(held) * _ROWS + 1, _ROWS)

"""A snapshot sees one instant: what one transaction wrote is frozen wholly or not at all, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from db import snapshot
from db.database import SqlDatabase
from domain.annotations import create_annotations
from domain.models.annotation import Annotation
from domain.models.asset import Asset
from domain.models.geometry import Box
from domain.ports import UnitOfWork
from seeds import Home, add_images, drawn, make_home
from snapshots import frozen, images_of, manifest_of

_IMAGES, _SNAPSHOTS = 40, 8


class PairWriter:
    """Inserts, edits and deletes annotations two at a time, on two images, in one transaction each.

    A pair is known by its box's x, and how often it was edited by the box's y.
    """

    def __init__(self, database: SqlDatabase, home: Home, images: Sequence[Asset]) -> None:
        self._database = database
        self._home = home
        self._images = images
        self._chance = random.Random(4)
        self._pairs: dict[int, list[Annotation]] = {}
        self._count = 0
        self.done = {"inserted": 0, "edited": 0, "deleted": 0}

    async def insert(self) -> None:
        self._count += 1
        boxes = Box(self._count, 0, 5, 5)
        pair = [drawn(asset, "wattle", boxes) for asset in self._chance.sample(self._images, 2)]
        self._pairs[self._count] = await create_annotations(
            self._database, self._home.principal, self._home.project.id, pair
        )
        self.done["inserted"] += 1

    async def edit(self) -> None:
        number = self._chance.choice(list(self._pairs))
        changed = [replace(one, box=replace(one.box, y=one.box.y + 1)) for one in self._pairs[number]]

        async def work(uow: UnitOfWork) -> None:
            for one in changed:
                await uow.annotations.update(one)

        await self._database.write(work)
        self._pairs[number] = changed
        self.done["edited"] += 1

    async def delete(self) -> None:
        gone = [one.id for one in self._pairs.pop(self._chance.choice(list(self._pairs)))]
        await self._database.write(lambda uow: uow.annotations.delete(gone))
        self.done["deleted"] += 1

    async def write_until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            for step in (self.insert, self.insert, self.edit, self.edit, self.delete):
                await step()
                await asyncio.sleep(0.005)  # SQLite has one writer at a time: the snapshot wants its turn too


async def test_no_manifest_holds_half_of_what_one_transaction_wrote(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_IMAGES_AT_ONCE", 2)  # many statements, between which the writer writes
    home = await make_home(database)
    images = await add_images(database, home.project, [f"image-{index}" for index in range(_IMAGES)])
    writer, over = PairWriter(database, home, images), asyncio.Event()
    await writer.insert()
    writing = asyncio.create_task(writer.write_until(over))
    digests = []
    try:
        for _ in range(_SNAPSHOTS):
            version = await frozen(database, store, tmp_path, home)
            digests.append(version.content_digest)
            states = defaultdict(list)
            for image in images_of(await manifest_of(store, version)):
                for note in image.annotations:
                    states[note.box.x].append(note.box.y)
            torn = {pair: found for pair, found in states.items() if len(found) != 2 or len(set(found)) != 1}
            assert torn == {}
            assert version.annotation_count == 2 * len(states)
    finally:
        over.set()
        await writing
    assert len(set(digests)) > 1, "nothing was written between the snapshots"
    assert all(writer.done.values()), writer.done

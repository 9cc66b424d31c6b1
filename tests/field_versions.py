"""A version, in a database and a store, whose images are real pictures."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from db.database import SqlDatabase
from domain.annotations import create_annotations
from domain.keys import original_key
from domain.models.geometry import Box
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore, UnitOfWork
from seeds import HEIGHT, WIDTH, Home, add_images, drawn, freeze, make_home, request_version

_WATTLE = (230, 210, 40)


def field(number: int) -> tuple[bytes, Box]:
    """A picture of grey ground with one yellow block, and where that is."""
    chance = np.random.default_rng(number)
    pixels = chance.integers(90, 130, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    x, y = int(chance.integers(20, WIDTH - 200)), int(chance.integers(20, HEIGHT - 200))
    pixels[y : y + 160, x : x + 160] = _WATTLE
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG")
    return data.getvalue(), Box(float(x), float(y), 160, 160)


async def _set(uow: UnitOfWork, asset_id: str, facts: Mapping[str, object]) -> None:
    await uow.assets.update(asset_id, **facts)


async def field_version(
    database: SqlDatabase, store: ObjectStore, folder: Path, images: int = 12
) -> tuple[Home, DatasetVersion]:
    """One READY version of that many fields, with a team and a person of its own."""
    home = await make_home(database)
    for number, asset in enumerate(await add_images(database, home.project, [f"field {n}" for n in range(images)])):
        data, box = field(number)
        sha256 = hashlib.sha256(data).hexdigest()
        key = original_key(home.team.id, sha256)
        await store.put(key, data, "image/jpeg")
        facts = {"sha256": sha256, "s3_key": key, "size_bytes": len(data)}
        await database.write(partial(_set, asset_id=asset.id, facts=facts))
        await create_annotations(database, home.principal, home.project.id, [drawn(asset, box=box)])
    return home, await freeze(database, store, folder, await request_version(database, home))

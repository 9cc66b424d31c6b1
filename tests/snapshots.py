"""What a snapshot froze, read back for a test to look at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from adapters.manifest import image_from_json
from db.database import SqlDatabase
from db.repository import columns_of
from db.tables import assets, training_dataset_assets
from domain.models.asset import Asset
from domain.models.config import SplitConfig, VersionConfig
from domain.models.manifest import FrozenImage
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore
from seeds import Home, add_images, annotate, freeze, make_home, request_version

HALVES = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))


async def frozen_home(database: SqlDatabase, name: str, images: int = 12) -> Home:
    """A project whose images are the same, and marked the same, whatever its name is."""
    home = await make_home(database, name)
    made = await add_images(database, home.project, [f"image-{index}" for index in range(images)])
    await annotate(database, home, made, "wattle", "pine_sapling")
    return home


async def frozen(
    database: SqlDatabase, store: ObjectStore, folder: Path, home: Home, config: VersionConfig = HALVES
) -> DatasetVersion:
    """A new version of the project, with its snapshot made."""
    return await freeze(database, store, folder, await request_version(database, home, config))


async def manifest_of(store: ObjectStore, version: DatasetVersion) -> bytes:
    assert version.manifest is not None
    return await store.get(version.manifest.s3_key)


def images_of(data: bytes) -> list[FrozenImage]:
    return [image_from_json(orjson.loads(line.removesuffix(b","))) for line in data.split(b"\n")[1:-2]]


async def frozen_images(store: ObjectStore, version: DatasetVersion) -> dict[str, FrozenImage]:
    """The images of the version's manifest by their names."""
    return {image.filename: image for image in images_of(await manifest_of(store, version))}


async def rows_of(database: SqlDatabase, version: DatasetVersion) -> list[dict[str, Any]]:
    """The version's rows of TrainingDatasetAsset in the order of their positions."""
    table = training_dataset_assets
    mine = select(*columns_of(table)).where(table.c.dataset_id == version.id).order_by(table.c.position)
    async with database.engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(mine)).mappings()]


def codes(version: DatasetVersion) -> Mapping[str, int]:
    """The counts of the version's notices by their codes."""
    return {notice.code: notice.count for notice in version.warnings}


async def set_columns(database: SqlDatabase, asset: Asset, **values: object) -> None:
    """Columns of the image's row that the domain has no field for."""
    async with database.engine.begin() as connection:
        await connection.execute(assets.update().where(assets.c.id == asset.id).values(**values))

"""Versions whose images have bytes, and checks of them carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from db.database import SqlDatabase
from domain.checks import verify_version
from domain.jobs import JobKind
from domain.models.check import CheckStatus, VersionCheck
from domain.models.version import DatasetVersion
from domain.ports import ObjectStore
from seeds import Home, add_images, annotate, freeze, make_home, request_version, take
from workers.check import Check


@dataclass(frozen=True, slots=True)
class Frozen:
    """A version whose images have bytes: each those of its name."""

    home: Home
    version: DatasetVersion
    keys: Sequence[str]


async def frozen_version(database: SqlDatabase, store: ObjectStore, folder: Path, images: int = 12) -> Frozen:
    home = await make_home(database)
    names = [f"image-{number:03}" for number in range(images)]
    assets = await add_images(database, home.project, names)
    await annotate(database, home, assets)
    for asset, name in zip(assets, names, strict=True):
        await store.put(asset.s3_key, name.encode(), "image/jpeg")
    version = await freeze(database, store, folder, await request_version(database, home))
    return Frozen(home, version, [asset.s3_key for asset in assets])


async def flip(store: ObjectStore, key: str) -> None:
    """Changes one bit of the object, another one for each length and key."""
    data = bytearray(await store.get(key))
    bit = sum(key.encode()) % (8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    await store.put(key, bytes(data), "image/jpeg")


def manifest_key(frozen: Frozen) -> str:
    assert frozen.version.manifest is not None
    return frozen.version.manifest.s3_key


async def current(database: SqlDatabase, frozen: Frozen) -> VersionCheck:
    """The newest check of the version."""
    return (await database.read(lambda uow: uow.checks.newest_of([frozen.version.id])))[frozen.version.id]


async def checked(database: SqlDatabase, store: ObjectStore, folder: Path, frozen: Frozen) -> VersionCheck:
    """Asks for a check, and carries it out."""
    asked = await verify_version(database, frozen.home.principal, frozen.version.id)
    assert asked.status is CheckStatus.QUEUED
    await Check(database, store, folder).run(await take(database, JobKind.CHECK))
    done = await current(database, frozen)
    assert (done.id, done.status) == (asked.id, CheckStatus.COMPLETED)
    assert done.finished_at is not None
    assert list(folder.glob("check-*")) == []
    return done

"""The restore drill of docs/backup.md: work goes on while copies are made, all is destroyed, and the copies do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from adapters.queue import connect_queue
from adapters.settings import Settings
from db import migrate
from db.database import SqlDatabase
from docs.blocks import ROOT, blocks
from domain.ports import ObjectStore
from s3_server import S3Server
from seeds import Home, add_images, annotate, freeze, make_home, request_version, silent_database
from stored_versions import Frozen, checked
from workers.audit.auditor import Auditor

_, DUMP, _, EMBEDDED, DOCTOR, RESTORE = (block.text for block in blocks(ROOT / "docs" / "backup.md"))
"""What the page has a person run; without the account, and the copy of a bucket to another one."""


def run(commands: str, folder: Path, **variables: str) -> None:
    """As a person does who follows the page in that folder."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def sound(database: SqlDatabase, store: ObjectStore, redis_url: str) -> None:
    redis = await connect_queue(redis_url)
    try:
        assert [finding async for finding in Auditor(database, store, redis, read_back=True).findings()] == []
    finally:
        await redis.aclose()


async def make_version(database: SqlDatabase, store: ObjectStore, folder: Path, home: Home, *names: str) -> Frozen:
    """Freezes the project with images more whose bytes are their names."""
    added = await add_images(database, home.project, names)
    for asset, name in zip(added, names, strict=True):
        await store.put(asset.s3_key, name.encode(), "image/jpeg")
        size = len(name.encode())
        await database.write(lambda uow, id_=asset.id, size=size: uow.assets.update(id_, size_bytes=size))  # type: ignore[misc]
    await annotate(database, home, added)
    version = await freeze(database, store, folder, await request_version(database, home))
    return Frozen(home, version, [asset.s3_key for asset in added])


async def goes_on(database: SqlDatabase, store: ObjectStore, redis_url: str, folder: Path, kept: Frozen) -> None:
    """A restored site is sound and its version whole; the next one, which was made after the dump, is made again."""
    await sound(database, store, redis_url)
    check = await checked(database, store, folder, kept)
    assert (check.manifest_intact, check.missing_count, check.corrupt_count) == (True, 0, 0)
    again = await make_version(database, store, folder, kept.home, "an image of the time after")
    assert (again.version.version, again.version.image_count) == (2, 3)
    await sound(database, store, redis_url)


@pytest.fixture
def account(mariadb_url: str, tmp_path: Path) -> str:
    """The file that the page speaks of, and the name of an empty database."""
    server = make_url(mariadb_url)
    lines = ["[client]", f"host = {server.host}", f"port = {server.port or 3306}", f"user = {server.username}"]
    for name in ("backup.cnf", "restore.cnf"):
        (tmp_path / name).write_text("\n".join([*lines, f"password = {server.password or ''}", ""]))
    return str(server.database)


async def test_a_dump_and_a_copied_bucket_are_enough(
    account: str, mariadb_url: str, s3_server: S3Server, s3_settings: Settings, redis_url: str, tmp_path: Path
) -> None:
    await migrate.upgrade(mariadb_url)
    copies = s3_server.settings(await s3_server.new_bucket())
    async with open_object_store(s3_settings) as store, open_object_store(copies) as copy:
        database = silent_database(mariadb_url)
        try:
            kept = await make_version(database, store, tmp_path, await make_home(database), "one", "two")
            await sound(database, store, redis_url)
            run(DUMP, tmp_path, DATABASE=account)
            await make_version(database, store, tmp_path, kept.home, "an image after the dump")
        finally:
            await database.close()
        keys = [one.key async for one in store.under("teams/")]
        for key in keys:
            await copy.put(key, await store.get(key), "application/octet-stream")
            await store.delete(key)
        await drop(mariadb_url, account)
        run(RESTORE, tmp_path, DATABASE=account)
        restored = silent_database(mariadb_url)
        try:
            await goes_on(restored, copy, redis_url, tmp_path, kept)
        finally:
            await restored.close()


async def drop(url: str, name: str) -> None:
    engine = create_async_engine(make_url(url).set(database=None), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(sa.text(f"DROP DATABASE `{name}`"))


async def test_a_file_and_a_folder_are_enough_on_one_machine(
    migrated_sqlite: Path, embedded_redis_url: str, tmp_path: Path
) -> None:
    data, backup, work = tmp_path / "data", tmp_path / "backup", tmp_path / "work"
    for folder in (data, work):
        folder.mkdir()
    shutil.copy(migrated_sqlite, data / "agridrone.sqlite")
    (data / "secret").write_text("it signs tokens")
    database, store = opened(data)
    try:
        kept = await make_version(database, store, work, await make_home(database), "one", "two")
        # What is written stands in another file yet, for as long as the database is open.
        assert (data / "agridrone.sqlite-wal").stat().st_size > 0
        run(EMBEDDED, tmp_path, AGRIDRONE_DATA_DIR=str(data))
        await make_version(database, store, work, kept.home, "an image after the copy")
    finally:
        await database.close()
    shutil.rmtree(data)
    run(DOCTOR, tmp_path, DATABASE_URL="", REDIS_URL="", S3_BUCKET="")
    restored, store = opened(backup)
    try:
        await goes_on(restored, store, embedded_redis_url, work, kept)
    finally:
        await restored.close()


def opened(data: Path) -> tuple[SqlDatabase, LocalStore]:
    database = silent_database(f"sqlite+aiosqlite:///{data / 'agridrone.sqlite'}")
    return database, LocalStore(data / "objects", "http://127.0.0.1:8000", b"a secret of the tests")

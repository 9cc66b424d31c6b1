"""The history of the tables, on SQLite, MariaDB and MySQL: legacy rows outlive it, and it ends at db.tables."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from legacy_rows import AT, LEGACY_ROWS, insert_legacy_rows, read_legacy_rows
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from db import migrate
from db.tables import assets, latest_splits, metadata, training_dataset_assets, training_datasets, training_jobs
from domain.models.version import DatasetStatus, Split

HEAD = "20261129_webhooks"


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        yield connection


async def rows(url: str) -> dict[str, list[dict[str, Any]]]:
    async with transaction(url) as connection:
        return await read_legacy_rows(connection)


@pytest.fixture
async def legacy_url(empty_database_url: str) -> str:
    """A database at baseline, with rows in every table."""
    await migrate.upgrade(empty_database_url, migrate.BASELINE)
    async with transaction(empty_database_url) as connection:
        await insert_legacy_rows(connection)
    return empty_database_url


@pytest.fixture
async def migrated_url(empty_database_url: str) -> str:
    """A migrated database of the test's own: it may change the tables."""
    await migrate.upgrade(empty_database_url)
    return empty_database_url


def shape(connection: sa.Connection) -> dict[str, Any]:
    """Tables as the catalogue tells them, in an order that does not depend on how they came to be."""
    inspector = sa.inspect(connection)
    lengths = connection.dialect.name != "sqlite"

    def kind(column: Any) -> str:
        compiled = str(column["type"].compile(dialect=connection.dialect))
        # MySQL tells a column's character set where it was once named; its collation says as much.
        return compiled.replace(" CHARACTER SET utf8mb4", "") if lengths else compiled.partition("(")[0]

    return {
        table: {
            "columns": [(c["name"], kind(c), c["nullable"], c["default"]) for c in inspector.get_columns(table)],
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "references": sorted(
                (str(key["name"]), key["constrained_columns"], key["referred_table"], sorted(key["options"].items()))
                for key in inspector.get_foreign_keys(table)
            ),
            "uniques": sorted((str(u["name"]), u["column_names"]) for u in inspector.get_unique_constraints(table)),
            "indexes": sorted((str(i["name"]), i["column_names"]) for i in inspector.get_indexes(table)),
        }
        for table in sorted(inspector.get_table_names())
        if table != "alembic_version"
    }


async def test_expand_leaves_legacy_rows_as_they_were(legacy_url: str) -> None:
    before = await rows(legacy_url)
    await migrate.upgrade(legacy_url)
    assert await rows(legacy_url) == before
    assert {table: len(found) for table, found in before.items()} == {t: len(r) for t, r in LEGACY_ROWS.items()}
    async with transaction(legacy_url) as connection:
        datasets = (await connection.execute(sa.select(training_datasets).order_by("id"))).mappings().all()
        jobs = (await connection.execute(sa.select(training_jobs).order_by("id"))).mappings().all()
        latitude = await connection.scalar(sa.select(assets.c.gps_latitude).where(assets.c.id == "asset-1"))
    assert [(d["status"], d["version"], d["attempt"]) for d in datasets] == [(DatasetStatus.READY, None, 0)] * 2
    assert [job["project_id"] for job in jobs] == ["project-1", "project-2"]
    assert repr(latitude) == "-33.8688199995"


async def test_the_latest_split_of_each_image_is_worked_out_from_the_versions_that_are_there(legacy_url: str) -> None:
    await migrate.upgrade(legacy_url, "20261123_intake")
    frozen = {"filename": "a.jpg", "s3_key": "a", "width": 1, "height": 1, "annotation_count": 0}
    made = (
        # number, status, hour of its data, splits of the images a and b
        (1, DatasetStatus.ARCHIVED, 3, {"a": Split.TRAIN}),
        (2, DatasetStatus.READY, 1, {"a": Split.VAL, "b": Split.VAL}),
        (3, DatasetStatus.FAILED, 5, {"a": Split.TEST, "b": Split.TEST}),
        (4, DatasetStatus.TRAINING, 2, {"b": Split.TRAIN}),
    )
    async with transaction(legacy_url) as connection:
        columns: list[sa.ColumnClause[Any]] = [
            sa.column(name) for name in ("id", "name", "s3Bucket", "s3Path", "imageCount", "labelCount")
        ]
        columns += [sa.column(name) for name in ("classes", "trainCount", "valCount", "testCount", "projectId")]
        columns += [sa.column(name) for name in ("teamId", "createdAt", "updatedAt", "version", "status")]
        columns.append(sa.column("snapshotAt", sa.DateTime()))
        table = sa.table("TrainingDataset", *columns)
        (team,) = (await connection.execute(sa.text("SELECT teamId FROM Project WHERE id = 'project-1'"))).one()
        for number, status, hour, splits in made:
            values: dict[str, object] = {"id": f"v{number}", "name": f"v{number}", "s3Bucket": "", "s3Path": ""}
            values |= dict.fromkeys(("imageCount", "labelCount", "trainCount", "valCount", "testCount"), 0)
            values |= {"classes": "[]", "projectId": "project-1", "teamId": team, "createdAt": AT, "updatedAt": AT}
            values |= {"version": number, "status": status.value, "snapshotAt": datetime(2026, 1, 1, hour)}
            await connection.execute(sa.insert(table).values(values))
            for position, (image, split) in enumerate(splits.items()):
                ids = {"id": f"v{number}-{image}", "dataset_id": f"v{number}", "asset_id": image}
                row = {**frozen, **ids, "sha256": image * 64, "split": split, "position": position}
                await connection.execute(sa.insert(training_dataset_assets).values(row))
    latest = sa.select(latest_splits.c.sha256, latest_splits.c.split)
    for _ in range(2):
        await migrate.upgrade(legacy_url)
        async with transaction(legacy_url) as connection:
            found = dict((await connection.execute(latest)).all())
            assert found == {"a" * 64: Split.TRAIN, "b" * 64: Split.TRAIN}
            # As an upgrade that was cut off may leave it.
            await connection.execute(sa.delete(latest_splits).where(latest_splits.c.sha256 == "a" * 64))
            await connection.execute(sa.text("UPDATE alembic_version SET version_num = '20261123_intake'"))
    await migrate.upgrade(legacy_url)
    await migrate.downgrade(legacy_url, "20261123_intake")
    assert await migrate.current(legacy_url) == "20261123_intake"


async def test_rows_outlive_the_way_back_and_up_again(legacy_url: str) -> None:
    before = await rows(legacy_url)
    await migrate.upgrade(legacy_url)
    async with transaction(legacy_url) as connection:
        at_head = await connection.run_sync(shape)
    await migrate.downgrade(legacy_url, migrate.BASELINE)
    assert await migrate.current(legacy_url) == migrate.BASELINE
    assert await rows(legacy_url) == before
    async with transaction(legacy_url) as connection:
        assert set(await connection.run_sync(shape)) == set(LEGACY_ROWS)
    await migrate.upgrade(legacy_url)
    assert await rows(legacy_url) == before
    async with transaction(legacy_url) as connection:
        assert await connection.run_sync(shape) == at_head


async def test_downgrade_to_nothing_drops_every_table(migrated_url: str) -> None:
    await migrate.downgrade(migrated_url, "base")
    async with transaction(migrated_url) as connection:
        assert await connection.run_sync(shape) == {}
    assert await migrate.current(migrated_url) is None


async def test_legacy_references_still_hold_after_expand(legacy_url: str) -> None:
    await migrate.upgrade(legacy_url)
    async with transaction(legacy_url) as connection:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        await connection.execute(sa.delete(metadata.tables["UploadBatch"]))
        await connection.execute(sa.delete(metadata.tables["TrainingDataset"]).where(sa.column("id") == "dataset-1"))
        loose = await connection.execute(sa.text("SELECT id FROM Asset WHERE uploadBatchId IS NULL"))
        assert len(loose.all()) == 2
        assert (await connection.execute(sa.text("SELECT id FROM TrainingJob"))).scalars().all() == ["job-2"]


async def number(connection: AsyncConnection, dataset: str, **values: Any) -> None:
    """Turn a legacy dataset into a version."""
    table = training_datasets
    await connection.execute(sa.update(table).where(table.c.id == dataset).values(project_id="project-1", **values))


@pytest.mark.parametrize("values", [{"version": 1}, {"idempotency_key": "key-1"}])
async def test_a_project_has_a_number_and_a_key_once(legacy_url: str, values: dict[str, Any]) -> None:
    await migrate.upgrade(legacy_url)
    async with transaction(legacy_url) as connection:
        await number(connection, "dataset-1", **values)
    with pytest.raises(IntegrityError):
        async with transaction(legacy_url) as connection:
            await number(connection, "dataset-2", **values)
    async with transaction(legacy_url) as connection:
        await number(connection, "dataset-2", version=2, idempotency_key="KEY-1")


async def test_another_project_may_use_the_same_number_and_key(legacy_url: str) -> None:
    await migrate.upgrade(legacy_url)
    async with transaction(legacy_url) as connection:
        await connection.execute(sa.update(training_datasets).values(version=1, idempotency_key="key-1"))
        await connection.execute(sa.update(training_jobs).values(idempotency_key="key-1"))
    with pytest.raises(IntegrityError):
        async with transaction(legacy_url) as connection:
            await connection.execute(sa.update(training_jobs).values(project_id="project-1"))


async def test_a_version_names_an_image_once(legacy_url: str) -> None:
    await migrate.upgrade(legacy_url)
    frozen = {
        "asset_id": "asset-1",
        "split": Split.TRAIN,
        "filename": "a.jpg",
        "s3_key": "a",
        "sha256": "0" * 64,
        "width": 1,
        "height": 1,
        "annotation_count": 0,
    }
    insert = sa.insert(training_dataset_assets)
    async with transaction(legacy_url) as connection:
        await connection.execute(insert.values(id="1", dataset_id="dataset-1", position=0, **frozen))
        await connection.execute(insert.values(id="2", dataset_id="dataset-2", position=0, **frozen))
    with pytest.raises(IntegrityError):
        async with transaction(legacy_url) as connection:
            await connection.execute(insert.values(id="3", dataset_id="dataset-1", position=1, **frozen))


def same_but_for_sqlite_lengths(
    context: MigrationContext, inspected: Any, declared: Any, found: sa.types.TypeEngine[Any], wanted: Any
) -> bool | None:
    """SQLite does not enforce lengths, and expand leaves them alone there."""
    both_text = isinstance(found, sa.VARCHAR) and isinstance(wanted.dialect_impl(context.dialect), sa.String)
    return False if context.dialect.name == "sqlite" and both_text else None


def departures(connection: sa.Connection) -> list[Any]:
    options = {"compare_type": same_but_for_sqlite_lengths, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_history_ends_at_the_tables_of_the_code(migrated_url: str) -> None:
    async with transaction(migrated_url) as connection:
        assert await connection.run_sync(departures) == []
        migrated = await connection.run_sync(shape)
        await connection.run_sync(metadata.drop_all)
        if connection.dialect.name != "sqlite":
            # The code's tables name no collation, the baseline does; MySQL tells it column by column.
            await connection.execute(sa.text("ALTER DATABASE COLLATE utf8mb4_unicode_ci"))
        await connection.run_sync(metadata.create_all)
        assert migrated == await connection.run_sync(shape)


async def test_upgrade_is_done_once(database_url: str) -> None:
    assert await migrate.current(database_url) == HEAD
    await migrate.upgrade(database_url)
    assert await migrate.current(database_url) == HEAD


async def test_an_upgrade_that_was_cut_off_goes_on(legacy_url: str) -> None:
    before = await rows(legacy_url)
    await migrate.upgrade(legacy_url)
    async with transaction(legacy_url) as connection:
        at_head = await connection.run_sync(shape)
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = :at"), {"at": migrate.BASELINE})
        await connection.execute(sa.text("DROP TABLE EventLog"))
        await connection.execute(sa.text("ALTER TABLE PendingAnnotation DROP COLUMN modelId"))
    await migrate.upgrade(legacy_url)
    assert await rows(legacy_url) == before
    async with transaction(legacy_url) as connection:
        assert await connection.run_sync(shape) == at_head


async def test_upgrades_that_start_at_once_all_succeed(empty_database_url: str) -> None:
    code = "import asyncio, sys; from db import migrate; asyncio.run(migrate.upgrade(sys.argv[1]))"
    others = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, empty_database_url),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    await asyncio.gather(*(migrate.upgrade(empty_database_url) for _ in range(2)))
    for other in others:
        _, stderr = await other.communicate()
        assert other.returncode == 0, stderr.decode()
    async with transaction(empty_database_url) as connection:
        assert await connection.run_sync(departures) == []


async def test_tables_without_a_history_are_not_touched(empty_database_url: str) -> None:
    async with transaction(empty_database_url) as connection:
        await connection.execute(sa.text("CREATE TABLE Project (id VARCHAR(191) PRIMARY KEY)"))
    with pytest.raises(migrate.MigrationError, match=r"tables Project.*--stamp-baseline"):
        await migrate.upgrade(empty_database_url)
    async with transaction(empty_database_url) as connection:
        assert list(await connection.run_sync(shape)) == ["Project"]


async def test_a_newer_history_is_refused(migrated_url: str) -> None:
    async with transaction(migrated_url) as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(migrate.MigrationError, match="at revision from_the_future, which this release does not know"):
        await migrate.upgrade(migrated_url)


async def test_sqlite_rows_that_refer_to_nothing_stop_the_upgrade(sqlite_url: str) -> None:
    await migrate.downgrade(sqlite_url, migrate.BASELINE)
    async with transaction(sqlite_url) as connection:
        orphan = sa.table("UploadBatch", *(sa.column(name) for name in ("id", "projectId", "name", "createdAt")))
        await connection.execute(orphan.insert().values(id="1", projectId="gone", name="lost", createdAt=AT))
    with pytest.raises(migrate.MigrationError, match="1 rows of UploadBatch"):
        await migrate.upgrade(sqlite_url)
    assert await migrate.current(sqlite_url) == migrate.BASELINE

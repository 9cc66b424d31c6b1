"""Adopting a database that AgriDrone Ops made: only one of the baseline's shape; a refusal names all that differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from legacy_rows import LEGACY_ROWS, insert_legacy_rows, read_legacy_rows
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db import legacy, migrate
from db.tables import metadata

DOC = Path(__file__).parents[2] / "docs" / "legacy.md"


async def run(url: str, *statements: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def catalogue(url: str) -> dict[str, list[str]]:
    """Every table with its columns' names."""

    def names(connection: sa.Connection) -> dict[str, list[str]]:
        inspector = sa.inspect(connection)
        return {table: [c["name"] for c in inspector.get_columns(table)] for table in inspector.get_table_names()}

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        return await connection.run_sync(names)


async def make_existing(url: str) -> None:
    """A database as AgriDrone Ops left it: the baseline's tables, rows in them, no history."""
    await migrate.upgrade(url, migrate.BASELINE)
    await run(url, "DROP TABLE alembic_version")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await insert_legacy_rows(connection)


@pytest.fixture
async def existing_url(empty_database_url: str) -> str:
    await make_existing(empty_database_url)
    return empty_database_url


@pytest.fixture
async def existing_server_url(empty_server_url: str) -> str:
    await make_existing(empty_server_url)
    return empty_server_url


async def refused(url: str) -> tuple[str, ...]:
    """The differences named by a refusal, which changed nothing."""
    before = await catalogue(url)
    with pytest.raises(migrate.LegacyMismatchError) as refusal:
        await migrate.stamp_baseline(url)
    assert await catalogue(url) == before
    assert await migrate.current(url) is None
    assert all(f"- {difference}" in str(refusal.value) for difference in refusal.value.differences)
    return refusal.value.differences


async def test_an_existing_database_is_adopted_and_expanded(existing_url: str) -> None:
    await migrate.stamp_baseline(existing_url)
    assert await migrate.current(existing_url) == migrate.BASELINE
    await migrate.upgrade(existing_url)
    engine = create_async_engine(existing_url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await read_legacy_rows(connection)
    assert {table: len(rows) for table, rows in found.items()} == {t: len(r) for t, r in LEGACY_ROWS.items()}


async def test_an_adopted_database_is_not_adopted_again(existing_url: str) -> None:
    await migrate.stamp_baseline(existing_url)
    with pytest.raises(migrate.MigrationError, match=f"adopted already: it is at revision {migrate.BASELINE}"):
        await migrate.stamp_baseline(existing_url)


async def test_an_empty_database_lacks_every_table(empty_database_url: str) -> None:
    assert await refused(empty_database_url) == tuple(f"table {table} is missing." for table in legacy.BASELINE)


async def test_all_that_differs_is_named(existing_url: str) -> None:
    await run(
        existing_url,
        "DROP TABLE PendingAnnotation",
        "ALTER TABLE TrainingJob DROP COLUMN learningRate",
        "ALTER TABLE TrainedModel DROP COLUMN classes",
        "ALTER TABLE TrainedModel ADD COLUMN classes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE UploadBatch ADD COLUMN pilot VARCHAR(191) NULL",
        "ALTER TABLE UploadBatch ADD COLUMN drone VARCHAR(191) NOT NULL DEFAULT 'M3M'",
        "ALTER TABLE Project ADD COLUMN features VARCHAR(191)",
        "CREATE TABLE EventLog (id INTEGER PRIMARY KEY)",
    )
    assert await refused(existing_url) == (
        "column Project.features exists already, and `expand` would add it: rename or drop the existing one.",
        "table PendingAnnotation is missing.",
        "column TrainingJob.learningRate is missing (number).",
        "column TrainedModel.classes is INTEGER; it must be of the json family.",
        "table EventLog exists already, and `expand` would make it: rename the existing one.",
    )


async def test_columns_that_would_refuse_our_rows_are_named(existing_server_url: str) -> None:
    await run(
        existing_server_url,
        "ALTER TABLE Project ADD COLUMN updatedAt DATETIME(3) NOT NULL DEFAULT NOW(3)",
        "ALTER TABLE Project ALTER COLUMN updatedAt DROP DEFAULT",
        "ALTER TABLE Project ADD COLUMN serial INT NOT NULL AUTO_INCREMENT UNIQUE",
        "ALTER TABLE Project ADD COLUMN label VARCHAR(200) AS (CONCAT(name, '!')) STORED",
        "UPDATE Asset SET mimeType = 'image/jpeg'",
        "ALTER TABLE Asset MODIFY mimeType VARCHAR(191) NOT NULL",
        "ALTER TABLE Asset MODIFY fileName VARCHAR(191) NULL",
        "ALTER TABLE TrainingJob MODIFY epochs TINYINT NOT NULL",
        "ALTER TABLE PendingAnnotation MODIFY status ENUM('PENDING', 'REJECTED') NOT NULL",
        "ALTER TABLE TrainingDataset MODIFY name ENUM('weeds 1', 'weeds 2') NOT NULL",
        "ALTER TABLE TeamMember DROP PRIMARY KEY, ADD PRIMARY KEY (teamId, userId)",
    )
    assert await refused(existing_server_url) == (
        "table TeamMember has the primary key (teamId, userId); it must be (id).",
        "column Project.updatedAt is NOT NULL without a default. This project does not know it, so what it"
        " inserts would be refused: give the column a default, or allow NULL.",
        "column Asset.fileName allows NULL; this project needs a value there: make it NOT NULL.",
        "column Asset.mimeType is NOT NULL; this project has rows without a value there: allow NULL.",
        "column PendingAnnotation.status is an ENUM without ACCEPTED: add these, or make it VARCHAR(32).",
        "column TrainingDataset.name is an ENUM, which cannot hold any text: make it VARCHAR(191).",
        "column TrainingJob.epochs is TINYINT; it must be of the integer family.",
    )


async def definitions(url: str) -> dict[str, str]:
    """As SHOW CREATE TABLE tells them, less what MySQL alone tells again of each column: the table's own collation."""
    engine = create_async_engine(url, poolclass=NullPool)
    made = {}
    async with engine.connect() as connection:
        for table in await catalogue(url):
            found = (await connection.exec_driver_sql(f"SHOW CREATE TABLE `{table}`")).mappings().one()
            definition = str(found["Create Table"])
            collation = definition.rpartition("COLLATE=")[2]
            made[table] = re.sub(rf"( CHARACTER SET utf8mb4)? COLLATE {collation}\b", "", definition)
    return made


async def test_what_prisma_makes_is_adopted(existing_server_url: str) -> None:
    """Other lengths, precisions, collations and types of the same family; what is wide enough is not narrowed."""
    made = await definitions(existing_server_url)
    await run(
        existing_server_url,
        "SET foreign_key_checks = 0",
        *(f"DROP TABLE `{table}`" for table in made),
        *(made[table].replace("utf8mb4_unicode_ci", "utf8mb4_swedish_ci") for table in legacy.BASELINE),
        "ALTER TABLE Asset MODIFY createdAt DATETIME(3) NOT NULL, MODIFY s3Key TEXT NOT NULL",
        "ALTER TABLE Asset MODIFY fileName TEXT NOT NULL",
        "ALTER TABLE Asset MODIFY imageWidth BIGINT NULL, MODIFY gpsLatitude DECIMAL(10, 8) NULL",
        "ALTER TABLE Project MODIFY name VARCHAR(191) COLLATE utf8mb4_bin NOT NULL DEFAULT 'new' COMMENT 'shown'",
        "ALTER TABLE Project ADD COLUMN updatedAt DATETIME(3) NOT NULL DEFAULT NOW(3)",
        "ALTER TABLE Project ALTER COLUMN updatedAt SET DEFAULT (CURRENT_TIMESTAMP(3))",
        "ALTER TABLE TeamMember MODIFY role ENUM('OWNER', 'MANAGER', 'MEMBER', 'VIEWER', 'BOT') NOT NULL",
        "ALTER TABLE TrainingJob MODIFY errorMessage VARCHAR(191) NULL",
    )
    await migrate.stamp_baseline(existing_server_url)
    await migrate.upgrade(existing_server_url)
    made = await definitions(existing_server_url)
    assert "`s3Key` text NOT NULL" in made["Asset"]
    assert "(`projectId`,`createdAt`,`id`,`fileName`(255))" in made["Asset"]
    assert "`errorMessage` text" in made["TrainingJob"]
    assert "`errorMessage` text NOT NULL" not in made["TrainingJob"]
    assert (
        "`name` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'new' COMMENT 'shown'"
        in made["Project"]
    )
    assert "COLLATE=utf8mb4_swedish_ci" in made["TrainingDatasetAsset"]


async def test_the_list_is_what_the_baseline_makes(existing_url: str) -> None:
    made = {table: set(columns) for table, columns in (await catalogue(existing_url)).items()}
    assert made == {table: {column.name for column in columns} for table, columns in legacy.BASELINE.items()}


def documented(heading: str) -> dict[str, list[str]]:
    """The table under a heading of docs/legacy.md: `| Table | name:family … |`."""
    section = DOC.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {table.strip(" `"): columns.replace("`", "").split() for table, columns in lines}


def test_the_page_for_maintainers_has_the_same_list() -> None:
    assert documented("What is needed") == {
        table: [f"{column.name}:{column.family}{'?' if column.optional else ''}" for column in columns]
        for table, columns in legacy.BASELINE.items()
    }


def test_the_page_for_maintainers_has_all_that_the_revisions_add() -> None:
    known = {table: {column.name for column in columns} for table, columns in legacy.BASELINE.items()}
    added = {
        name: {column.name for column in table.columns if column.name not in known.get(name, ())}
        for name, table in metadata.tables.items()
    }
    told: dict[str, set[str]] = {}
    for heading in (
        "What expand adds",
        "What intake adds",
        "What versions adds",
        "What exports adds",
        "What training adds",
        "What inference adds",
        "What access adds",
        "What webhooks adds",
    ):
        for table, columns in documented(heading).items():
            assert told.get(table, set()).isdisjoint(columns), table
            told.setdefault(table, set()).update(columns)
    assert told == {table: columns for table, columns in added.items() if columns}

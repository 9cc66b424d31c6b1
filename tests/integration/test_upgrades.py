"""Each revision only adds: what stood there, and who works with it, stay as they were."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db import migrate
from db.repository import TableRepository
from db.tables import metadata
from rows_of_the_time import FIRST_WRITTEN, Generation
from seeds import silent_database

Shape = Mapping[str, Mapping[str, Any]]
FORGETS_DIGESTS = "20261124_versions"
"""It changed what TrainingDataset.inputDigest is a digest of: those from before it are NULL since."""


def revisions() -> list[str]:
    """From the first to the newest."""
    return [script.revision for script in ScriptDirectory.from_config(migrate.config()).walk_revisions()][::-1]


async def in_sync(url: str, work: Any) -> Any:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(work)


async def test_rows_of_every_revision_outlive_all_later_ones(empty_database_url: str) -> None:
    generations = [Generation(revision) for revision in revisions()]
    for generation in generations:
        await migrate.upgrade(empty_database_url, generation.revision)
        await in_sync(empty_database_url, generation.write)
    for generation in generations:
        for name, row in generation.rows.items():
            found = await in_sync(empty_database_url, lambda connection, g=generation, n=name: g.read(connection, n))
            forgotten = name == "TrainingDataset" and migrate.BASELINE < generation.revision < FORGETS_DIGESTS
            assert found == {**row, **({"inputDigest": None} if forgotten else {})}, f"{name} of {generation.revision}"
    assert set(generations[-1].rows) == set(metadata.tables)
    await repositories_read(empty_database_url, generations)


async def repositories_read(url: str, generations: list[Generation]) -> None:
    """Whatever has a repository is read by it, but datasets from before there were versions."""
    database = silent_database(url)
    try:
        async with database.engine.connect() as connection:
            for repository in (kind(connection) for kind in TableRepository.__subclasses__()):
                table = repository.table
                for generation in generations:
                    if table.name not in generation.rows:
                        continue
                    key = generation.key(table.name)
                    by_key = repository.get(key["id"]) if set(key) == {"id"} else None
                    found = await (by_key or repository.one(*(table.c[name] == value for name, value in key.items())))
                    legacy = table.name == "TrainingDataset" and generation.revision == migrate.BASELINE
                    assert (found is None) == legacy, f"{table.name} of {generation.revision}"
    finally:
        await database.close()


async def test_no_revision_takes_anything_away(empty_database_url: str) -> None:
    shape: Shape = {}
    for revision in revisions():
        await migrate.upgrade(empty_database_url, revision)
        later = await in_sync(empty_database_url, shape_of)
        nobodys = {name for name, first in FIRST_WRITTEN.items() if first == revision}
        assert taken_away(shape, later, nobodys) == [], revision
        shape = later


def shape_of(connection: sa.Connection) -> Shape:
    inspector = sa.inspect(connection)
    return {
        name: {
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "columns": {one["name"]: one for one in inspector.get_columns(name)},
            "uniques": [tuple(one["column_names"]) for one in inspector.get_unique_constraints(name)],
            "references": [tuple(one["constrained_columns"]) for one in inspector.get_foreign_keys(name)],
        }
        for name in inspector.get_table_names()
    }


def taken_away(before: Shape, after: Shape, nobodys: Collection[str]) -> list[str]:
    """In what ways a release that knows the one shape alone would fail on the other. `nobodys` are tables that it
    writes nothing into."""
    gone = [name for name in before if name not in after]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        gone += [f"{name}: another primary key"] if old["key"] != new["key"] else []
        for column, one in old["columns"].items():
            gone += [f"{name}.{column}: {fault}" for fault in _narrowed(one, new["columns"].get(column))]
        added = new["columns"].keys() - old["columns"].keys()
        for column in added if name not in nobodys else ():
            one = new["columns"][column]
            gone += [f"{name}.{column}: must be given"] if not one["nullable"] and one["default"] is None else []
        for kind in ("uniques", "references"):
            # On columns that the older release writes nothing into, which are NULL then, it refuses nothing.
            gone += [f"{name}: {kind} {one}" for one in new[kind] if one not in old[kind] and not added & set(one)]
    return gone


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any] | None) -> list[str]:
    if new is None:
        return ["is gone"]
    faults = ["must be given"] if old["nullable"] and not new["nullable"] else []
    faults += ["has another default"] if old["default"] != new["default"] else []
    was, now = old["type"], new["type"]
    if isinstance(was, sa.String) and isinstance(now, sa.String):
        faults += ["is shorter"] if now.length is not None and (was.length is None or now.length < was.length) else []
    elif str(was) != str(now):
        faults.append(f"was {was}, is {now}")
    return faults

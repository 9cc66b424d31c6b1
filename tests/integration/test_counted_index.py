"""The index that counts annotations comes and goes on a database whose foreign key brought its own index along."""

from __future__ import annotations

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db import migrate


async def indexes(url: str) -> set[str | None]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_indexes("ManualAnnotation"))
    return {index["name"] for index in found}


async def leave_the_index_to_the_foreign_key(url: str) -> None:
    key = "ManualAnnotation_sessionId_fkey"
    refers = f"CONSTRAINT {key} FOREIGN KEY (sessionId) REFERENCES AnnotationSession (id) ON DELETE CASCADE"
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(text(f"ALTER TABLE ManualAnnotation DROP FOREIGN KEY {key}"))
        await connection.execute(text("ALTER TABLE ManualAnnotation DROP INDEX ManualAnnotation_sessionId_idx"))
        await connection.execute(text(f"ALTER TABLE ManualAnnotation ADD {refers}"))


async def test_the_foreign_key_has_an_index_on_the_way_up_and_down(empty_server_url: str) -> None:
    await migrate.upgrade(empty_server_url, migrate.BASELINE)
    await leave_the_index_to_the_foreign_key(empty_server_url)
    before = await indexes(empty_server_url)
    assert before == {"ManualAnnotation_sessionId_fkey"}
    await migrate.upgrade(empty_server_url)
    assert "ManualAnnotation_counted_idx" in await indexes(empty_server_url)
    await migrate.downgrade(empty_server_url, migrate.BASELINE)
    assert await indexes(empty_server_url) == before
    await migrate.upgrade(empty_server_url)
    assert "ManualAnnotation_counted_idx" in await indexes(empty_server_url)

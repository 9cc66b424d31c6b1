"""How long events are kept, on SQLite and MariaDB, and what a cursor from before then is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from db.database import SqlDatabase
from db.events import OBJECTS
from db.tables import event_log, event_streams, upload_batches
from domain.errors import DomainError, ErrorCode
from domain.events import checked_cursor, project_stream, upload_stream
from domain.ids import new_id
from domain.models.event import StreamKind
from domain.ports import UnitOfWork
from seeds import Home, add_batch, make_home, silent_database
from workers import event_retention
from workers.event_retention import EventRetention

NOW = datetime.now(UTC)


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


async def tell(database: SqlDatabase, stream: str, *days_ago: int) -> None:
    """Events of the stream that are so old, in the order they are told."""

    async def work(uow: UnitOfWork) -> None:
        for _ in days_ago:
            uow.emit(stream, "TOLD", {})

    await database.write(work)
    head, _ = await database.read(lambda uow: uow.events.extent(stream))
    async with database.engine.begin() as connection:
        for seq, days in enumerate(days_ago, head - len(days_ago) + 1):
            mine = (event_log.c.stream == stream) & (event_log.c.seq == seq)
            await connection.execute(update(event_log).where(mine).values(at=NOW - timedelta(days=days)))


async def kept(database: SqlDatabase, stream: str) -> list[int]:
    return [event.seq for event in await database.read(lambda uow: uow.events.after(stream, 0, 1000))]


async def start(database: SqlDatabase, stream: str, after: str | None) -> int | ErrorCode | None:
    """Where a subscription would begin, or why it would not."""
    try:
        return await database.read(lambda uow: checked_cursor(uow, stream, after))
    except DomainError as error:
        return error.code


async def test_a_project_s_events_go_after_thirty_days_and_its_numbers_go_on(database: SqlDatabase, home: Home) -> None:
    stream = project_stream(home.project.id)
    await tell(database, stream, 40, 31, 29, 0)
    await EventRetention(database).look(NOW)
    assert await kept(database, stream) == [3, 4]
    await EventRetention(database).look(NOW + timedelta(days=60))
    assert await kept(database, stream) == []
    await tell(database, stream, 0)
    assert await kept(database, stream) == [5]


async def test_a_cursor_is_good_while_all_behind_it_is_kept(database: SqlDatabase, home: Home) -> None:
    stream = project_stream(home.project.id)
    cursors = [None, "0", "1", "2", "3", "4", "5"]
    assert await start(database, stream, "0") == 0, "nothing was told yet, so nothing is lost"
    await tell(database, stream, 40, 31, 29, 0)
    begun = [await start(database, stream, after) for after in cursors]
    assert begun == [None, 0, 1, 2, 3, 4, ErrorCode.BAD_USER_INPUT]
    await EventRetention(database).look(NOW)
    begun = [await start(database, stream, after) for after in cursors]
    expired = ErrorCode.CURSOR_EXPIRED
    assert begun == [None, expired, expired, 2, 3, 4, ErrorCode.BAD_USER_INPUT], "2 is what comes before the first kept"
    await EventRetention(database).look(NOW + timedelta(days=60))
    begun = [await start(database, stream, after) for after in cursors]
    assert begun == [None, *[expired] * 4, 4, ErrorCode.BAD_USER_INPUT]


async def test_an_event_whose_clock_ran_late_leaves_no_hole(database: SqlDatabase, home: Home) -> None:
    stream = project_stream(home.project.id)
    await tell(database, stream, 40, 29, 31, 0)
    await EventRetention(database).look(NOW)
    assert await kept(database, stream) == [2, 3, 4]


async def test_events_of_an_object_live_as_long_as_it_does(database: SqlDatabase, home: Home) -> None:
    batch = await add_batch(database, home.project)
    stream = upload_stream(batch.id)
    await tell(database, stream, 400, 300)
    await EventRetention(database).look(NOW)
    assert await kept(database, stream) == [1, 2]
    assert await start(database, stream, "0") == 0
    async with database.engine.begin() as connection:
        await connection.execute(delete(upload_batches))
    await EventRetention(database).look(NOW)
    assert await kept(database, stream) == []
    assert await database.read(lambda uow: uow.events.head([stream])) == {}


async def test_a_stream_without_its_object_goes_when_nothing_was_told_for_a_day(database: SqlDatabase) -> None:
    old, young = ([kind.of(new_id()) for kind in StreamKind] for _ in range(2))
    for stream in old:
        await tell(database, stream, 3, 2)
    for stream in young:
        await tell(database, stream, 2, 0)
    await EventRetention(database).look(NOW)
    assert await database.read(lambda uow: uow.events.head([*old, *young])) == dict.fromkeys(young, 2)
    assert [await kept(database, stream) for stream in young] == [[1, 2]] * len(young)


async def test_a_project_that_went_when_its_events_had_gone_leaves_no_counter(database: SqlDatabase) -> None:
    stream = project_stream(new_id())
    await tell(database, stream, 40)
    async with database.engine.begin() as connection:
        await connection.execute(delete(event_log))
    await EventRetention(database).look(NOW)
    assert await database.read(lambda uow: uow.events.head([stream])) == {}


async def test_a_stream_of_a_kind_that_is_not_known_stays(database: SqlDatabase) -> None:
    await tell(database, "weather:1", 400)
    await EventRetention(database).look(NOW)
    assert await kept(database, "weather:1") == [1]


def test_every_kind_of_stream_has_a_table() -> None:
    assert OBJECTS.keys() == set(StreamKind)


async def test_an_id_in_other_letters_is_the_same_object_to_mariadb(migrated_mariadb_url: str) -> None:
    database = silent_database(migrated_mariadb_url)
    home = await make_home(database)
    batch = await add_batch(database, home.project)
    await tell(database, upload_stream(batch.id.upper()), 40)
    await EventRetention(database).look(NOW)
    assert await kept(database, upload_stream(batch.id)) == [1]
    await database.close()


async def test_looks_are_bounded_and_come_round(
    database: SqlDatabase, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_retention, "_STREAMS", 2)
    monkeypatch.setattr(event_retention, "_BATCH", 3)
    monkeypatch.setattr(event_retention, "_BATCHES", 2)
    project = project_stream(home.project.id)
    lost = [upload_stream(new_id()) for _ in range(4)]
    for stream in lost:
        await tell(database, stream, *[9] * 7)
    await tell(database, project, *[40] * 7, 1)
    retention = EventRetention(database)
    before = await count(database)
    for _ in range(12):
        await retention.look(NOW)
        left = await count(database)
        assert before - left <= 6, "two batches of three"
        before = left
    assert await kept(database, project) == [8]
    async with database.engine.connect() as connection:
        streams = (await connection.execute(event_streams.select())).all()
    assert [tuple(row) for row in streams] == [(project, 8)]


async def count(database: SqlDatabase) -> int:
    async with database.engine.connect() as connection:
        return len((await connection.execute(event_log.select())).all())

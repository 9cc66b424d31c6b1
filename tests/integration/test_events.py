"""The event log under many writers, on SQLite and MariaDB: numbers without holes, in the order of the commits."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from db.database import SqlDatabase
from db.tables import event_log
from domain.models.event import Event
from domain.ports import UnitOfWork

WRITERS, ROUNDS = 12, 6


async def all_of(database: SqlDatabase, stream: str) -> list[Event]:
    return list(await database.read(lambda uow: uow.events.after(stream, 0, 10_000)))


async def test_numbers_have_no_holes_and_heads_are_the_last_ones(database: SqlDatabase) -> None:
    async def write(writer: int) -> None:
        for round_ in range(ROUNDS):

            async def work(uow: UnitOfWork, mark: int = writer * ROUNDS + round_) -> None:
                # In an order that two writers disagree about: the log sorts its streams itself.
                streams = ["a", "b", "c"] if writer % 2 else ["c", "b", "a"]
                for stream in streams:
                    uow.emit(stream, "MARK", {"mark": mark})
                uow.emit("b", "AGAIN", {"mark": mark})

            await database.write(work)

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    total = WRITERS * ROUNDS
    for stream, count in (("a", total), ("b", 2 * total), ("c", total)):
        events = await all_of(database, stream)
        assert [event.seq for event in events] == list(range(1, count + 1))
        marks = [event.payload["mark"] for event in events if event.kind == "MARK"]
        assert sorted(marks) == list(range(total)), "every event once"
    assert await database.read(lambda uow: uow.events.head(["a", "b", "c", "d"])) == {
        "a": total,
        "b": 2 * total,
        "c": total,
    }
    orders = [
        [event.payload["mark"] for event in await all_of(database, stream) if event.kind == "MARK"]
        for stream in ("a", "b", "c")
    ]
    assert orders[0] == orders[1] == orders[2], "all streams tell the transactions in the order of their commits"


async def test_a_reader_that_follows_sees_every_event_once_and_in_order(database: SqlDatabase) -> None:
    total = WRITERS * ROUNDS
    seen: list[int] = []

    async def follow() -> None:
        seq = 0
        while seq < total:
            for event in await database.read(lambda uow, after=seq: uow.events.after("s", after, 7)):  # type: ignore[misc]
                seen.append(event.seq)
                seq = event.seq

    async def write() -> None:
        async def work(uow: UnitOfWork) -> None:
            uow.emit("s", "MARK", {})

        for _ in range(ROUNDS):
            await database.write(work)

    async with asyncio.timeout(60):
        await asyncio.gather(follow(), *(write() for _ in range(WRITERS)))
    assert seen == list(range(1, total + 1))


async def test_what_is_rolled_back_leaves_neither_event_nor_hole(database: SqlDatabase) -> None:
    async def fail(uow: UnitOfWork) -> None:
        uow.emit("s", "LOST", {})
        raise RuntimeError("changed its mind")

    async def keep(uow: UnitOfWork) -> None:
        uow.emit("s", "KEPT", {"text": "Ñandú 🌱"})

    for work in (keep, fail, keep):
        if work is fail:
            with pytest.raises(RuntimeError, match="changed its mind"):
                await database.write(work)
        else:
            await database.write(work)
    events = await all_of(database, "s")
    assert [(event.seq, event.kind, event.payload) for event in events] == [
        (1, "KEPT", {"text": "Ñandú 🌱"}),
        (2, "KEPT", {"text": "Ñandú 🌱"}),
    ]
    async with database.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(event_log))).scalar_one() == 2

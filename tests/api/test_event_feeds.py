"""Many who listen to one stream: each is told everything, the log is read once for all of them, and no slow reader
holds up the others."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from db.database import SqlDatabase
from domain import event_feeds
from domain.event_feeds import Listener
from domain.events import tell_training_log
from domain.models.people import TeamRole, User
from domain.models.training import TrainingConfig, TrainingJob, TrainingJobStatus
from domain.training import StartTraining, start_training
from resolvers import streams
from resolvers.websocket import Socket
from seeds import Home, add_images, annotate, freeze, join, make_home, request_version
from stack import PATIENCE, Caller, Stack, hello, running_api, told

PROGRESS = """subscription($id: ID!, $after: String) { trainingProgress(jobId: $id, after: $after) {
  cursor message job { status version { version classCounts { name } } project { name } } model { name } } }"""
PERSONAL = """subscription($id: ID!) { trainingProgress(jobId: $id) {
  cursor message job { project { viewerRole } } } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.fixture
async def job(api: Stack, home: Home) -> TrainingJob:
    return await queued(api, home)


async def queued(api: Stack, home: Home) -> TrainingJob:
    """A training that no worker takes up."""
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    requested = await request_version(api.database, home)
    version = await freeze(api.database, api.services.store, api.services.settings.data_dir, requested)
    return await start_training(
        api.database, home.principal, StartTraining(version.id, TrainingConfig(), None, True, None)
    )


async def say(database: SqlDatabase, job: TrainingJob, *messages: str) -> None:
    """One event each, all in one transaction."""

    async def work(uow: Any) -> None:
        for message in messages:
            tell_training_log(uow, job.id, TrainingJobStatus.QUEUED, 0, message)

    await database.write(work)


async def heard(messages: AsyncIterator[dict[str, Any]], last: str) -> list[dict[str, Any]]:
    """All events up to the one that says `last`."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while not events or events[-1]["message"] != last:
            events.append(told(await anext(messages)))
    return events


@contextmanager
def statements(database: SqlDatabase) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    found: list[str] = []

    def hear(*given: Any) -> None:
        found.append(given[2])

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", hear)


async def asked_for_one_event(api: Stack, caller: Caller, job: TrainingJob, subscribers: int) -> int:
    """Statements from an event's commit until everybody was told."""
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(caller.subscribed(PROGRESS, id=job.id)) for _ in range(subscribers)]
        await say(api.database, job, "before")
        for stream in streams:
            await heard(stream, "before")
        with statements(api.database) as asked:
            await say(api.database, job, "measured")
            for stream in streams:
                assert len(await heard(stream, "measured")) == 1
        return len(asked)


async def test_an_event_costs_as_many_statements_for_forty_as_for_four(
    api: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feeds, "_PULSE_SECONDS", PATIENCE)  # looks at who listens are not of the event
    monkeypatch.setattr(streams, "_TRUST_SECONDS", PATIENCE)
    found = []
    for subscribers in (4, 40):
        home = await make_home(api.database)
        job = await queued(api, home)
        found.append(await asked_for_one_event(api, api.caller(home.owner), job, subscribers))
    assert found[0] == found[1]


async def test_what_depends_on_who_asks_is_answered_to_each(api: Stack, home: Home, job: TrainingJob) -> None:
    callers: list[User] = [home.owner, *[await join(api.database, home.team, role) for role in TeamRole]]
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(api.caller(user).subscribed(PERSONAL, id=job.id)) for user in callers
        ]
        for message in ("one", "two"):
            await say(api.database, job, message)
        roles = [(await heard(stream, "two"))[-1]["job"]["project"]["viewerRole"] for stream in streams]
    assert roles == ["OWNER", *(role.value for role in TeamRole)]


async def test_who_leaves_takes_nothing_from_the_others(api: Stack, home: Home, job: TrainingJob) -> None:
    caller = api.caller(home.owner)
    async with caller.subscribed(PROGRESS, id=job.id) as stays:
        for number in range(5):
            async with caller.subscribed(PROGRESS, id=job.id):
                await say(api.database, job, f"{number}")
        await say(api.database, job, "last")
        messages = [event["message"] for event in await heard(stays, "last")]
    assert messages[-6:] == [*map(str, range(5)), "last"]


async def test_who_falls_behind_reads_the_log(
    api: Stack, home: Home, job: TrainingJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feeds, "_QUEUE_LENGTH", 3)
    dropped = 0
    put = Listener.put

    def counting(listener: Listener, *given: Any) -> None:
        nonlocal dropped
        before = listener.since
        put(listener, *given)
        dropped += listener.since > before

    monkeypatch.setattr(Listener, "put", counting)
    numbers = [str(number) for number in range(700)]
    async with api.caller(home.owner).subscribed(PROGRESS, id=job.id) as stream:
        first = await anext(stream)
        for start in range(0, len(numbers), 50):
            await say(api.database, job, *numbers[start : start + 50])
        events = [told(first), *await heard(stream, numbers[-1])]
    assert dropped > 0
    assert [event["message"] for event in events][-len(numbers) :] == numbers
    cursors = [int(event["cursor"]) for event in events]
    assert cursors == list(range(1, len(cursors) + 1))


async def test_cursors_of_different_subscribers_share_the_answers_and_lose_nothing(
    api: Stack, home: Home, job: TrainingJob
) -> None:
    await say(api.database, job, *(str(number) for number in range(6)))
    caller = api.caller(home.owner)
    async with AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(caller.subscribed(PROGRESS, id=job.id, after=str(seq))) for seq in range(7)
        ]
        await say(api.database, job, "live")
        stories = [[int(event["cursor"]) for event in await heard(stream, "live")] for stream in streams]
    assert stories == [list(range(seq + 1, 9)) for seq in range(7)]


async def test_a_reader_that_takes_nothing_is_cut_off_and_holds_up_nobody(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off = asyncio.Event()
    look = Socket._look

    def looking(one: Socket) -> None:
        look(one)
        if one.stalled:
            cut_off.set()

    monkeypatch.setattr(Socket, "_look", looking)
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, api_send_seconds=1) as api:
        home = await make_home(api.database)
        job, owner = await queued(api, home), api.caller(home.owner)
        lines = [secrets.token_hex(30_000) for _ in range(120)]  # more than the buffers of both sides take
        async with owner.subscribed(PROGRESS, id=job.id) as awake, narrow_connection(api) as asleep:
            await hello(asleep, owner.headers)
            await asleep.send(json.dumps({"id": "1", "type": "subscribe", "payload": operation(job)}))
            await asleep.recv()
            asleep.transport.pause_reading()
            for start in range(0, len(lines), 20):
                await say(api.database, job, *lines[start : start + 20])
            await say(api.database, job, "last")
            assert len(await heard(awake, "last")) > len(lines)
            await asyncio.wait_for(cut_off.wait(), PATIENCE)
            asleep.transport.resume_reading()
            came = 0
            with suppress(ConnectionClosed):
                async with asyncio.timeout(PATIENCE):
                    async for _ in asleep:
                        came += 1
            assert came < len(lines)
            await say(api.database, job, "after")
            assert (await heard(awake, "after"))[-1]["message"] == "after"


def narrow_connection(api: Stack) -> connect:
    """Whose own buffer is small."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    narrow.connect(("127.0.0.1", api.services.settings.port))
    address = f"ws{api.address.removeprefix('http')}/graphql"
    return connect(address, sock=narrow, subprotocols=[Subprotocol("graphql-transport-ws")])


def operation(job: TrainingJob) -> dict[str, Any]:
    return {"query": PROGRESS, "variables": {"id": job.id}}

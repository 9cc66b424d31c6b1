"""Events that are not kept any more, as subscribers meet them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from worlds import make_world

from domain.events import project_stream, tell_upload
from domain.models.event import StreamKind
from domain.ports import UnitOfWork
from domain.projects import ProjectChanges, update_project
from seeds import make_home
from stack import PATIENCE, Caller, Stack, told
from workers.event_retention import EventRetention

EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  cursor subject { ... on Project { name } } } }"""
CURSOR = "query($id: ID!) { project(id: $id) { eventCursor } }"


async def first(caller: Caller, project_id: str, after: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE), caller.subscribed(EVENTS, id=project_id, after=after) as messages:
        return await anext(messages)


async def test_a_cursor_that_is_too_old_is_expired_and_a_new_one_goes_on(api: Stack) -> None:
    home = await make_home(api.database)
    owner, id_ = api.caller(home.owner), home.project.id
    for name in ("one", "two"):
        await update_project(api.database, home.principal, id_, ProjectChanges(name=name))
    before = (await owner.data(CURSOR, id=id_))["eventCursor"]
    assert before == "2"
    await EventRetention(api.database).look(datetime.now(UTC) + timedelta(days=31))
    message = await first(owner, id_, "1")
    (error,) = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"
    assert "eventCursor" in error["message"]
    assert (await owner.data(CURSOR, id=id_))["eventCursor"] == before
    await update_project(api.database, home.principal, id_, ProjectChanges(name="three"))
    assert told(await first(owner, id_, before)) == {"cursor": "3", "subject": {"name": "three"}}


async def test_every_stream_finds_the_object_that_it_tells_of(api: Stack) -> None:
    world = await make_world(api, "told")

    async def upload(uow: UnitOfWork) -> None:
        batch = await uow.batches.get(world.ids["batch"])
        assert batch is not None
        tell_upload(uow, batch, None)

    await api.database.write(upload)
    await EventRetention(api.database).look(datetime.now(UTC) + timedelta(days=400))
    kept = await api.database.read(lambda uow: uow.events.streams("", 1000))
    assert {one.stream.partition(":")[0] for one in kept} == set(StreamKind)
    assert [one.stream for one in kept if one.oldest_at is None] == [project_stream(world.ids["project"])]

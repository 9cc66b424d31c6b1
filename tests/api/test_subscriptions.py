"""Progress over WebSocket: replay from the start, resume by cursor, live, and no event lost with its ring."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import update

from db.database import SqlDatabase
from db.tables import training_datasets
from domain.models.version import DatasetVersion
from domain.projects import ProjectChanges, update_project
from pictures import Picture, jpeg
from seeds import Home, add_images, annotate, freeze, make_home, request_version, silent_database
from stack import PATIENCE, Stack, told
from uploading import PROGRESS as UPLOAD
from uploading import announced, complete, put, request

VERSION = """subscription($id: ID!, $after: String) { versionProgress(versionId: $id, after: $after) {
  cursor at stage done total message version { version status } } }"""
EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  cursor kind subject { __typename ... on Project { name } ... on DatasetVersion { version status } } } }"""
CURSORS = """query($id: ID!) { project(id: $id) { eventCursor } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    return home


@pytest.fixture
async def quiet(sqlite_url: str, api: Stack) -> AsyncIterator[SqlDatabase]:
    """The API's database in another process's hands, whose rings never reach the API."""
    database = silent_database(sqlite_url)
    yield database
    await database.close()


async def next_event(messages: AsyncIterator[dict[str, Any]]) -> dict[str, Any]:
    return told(await asyncio.wait_for(anext(messages), PATIENCE))


async def frozen(api: Stack, home: Home) -> DatasetVersion:
    requested = await request_version(api.database, home)
    return await freeze(api.database, api.services.store, api.services.settings.data_dir, requested)


def cursors(events: list[dict[str, Any]]) -> list[int]:
    return [int(event["cursor"]) for event in events]


async def test_a_version_s_story_is_told_from_its_start_to_its_end(api: Stack, home: Home) -> None:
    version = await frozen(api, home)
    events = await api.caller(home.owner).events(VERSION, id=version.id)
    assert [event["stage"] for event in events][:3] == ["QUEUED", "SELECTING", "FREEZING"]
    assert events[-1]["stage"] == "READY"
    assert (events[-1]["done"], events[-1]["total"]) == (2, 2)
    assert events[-1]["version"] == {"version": 1, "status": "READY"}
    assert cursors(events) == list(range(1, len(events) + 1))
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


async def test_a_cursor_goes_on_where_it_stands_and_gives_nothing_twice(api: Stack, home: Home) -> None:
    version, owner = await frozen(api, home), api.caller(home.owner)
    events = await owner.events(VERSION, id=version.id)
    for index, event in enumerate(events):
        assert await owner.events(VERSION, id=version.id, after=event["cursor"]) == events[index + 1 :]
    assert await owner.events(VERSION, id=version.id, after="0") == events


async def test_a_cursor_of_no_event_is_refused(api: Stack, home: Home) -> None:
    version, owner = await frozen(api, home), api.caller(home.owner)
    for bad in ("nonsense", "-1", "", "99", "1.5"):
        async with asyncio.timeout(PATIENCE), owner.subscribed(VERSION, id=version.id, after=bad) as messages:
            message = await anext(messages)
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert [error["extensions"]["code"] for error in errors] == ["BAD_USER_INPUT"], bad


async def test_who_watches_sees_a_version_being_made(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    version = await request_version(api.database, home)
    async with owner.subscribed(VERSION, id=version.id) as messages:
        seen = [await next_event(messages)]
        assert seen[0]["stage"] == "QUEUED"
        async with asyncio.timeout(PATIENCE), api.io_worker():
            seen += [told(message) async for message in messages]
    assert seen[-1]["stage"] == "READY"
    assert cursors(seen) == list(range(1, len(seen) + 1))


async def test_an_upload_is_followed_to_its_end_and_again_from_anywhere(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    pictures = [Picture(f"{index}.jpg", jpeg(index)) for index in range(4)]
    asked = await request(owner, home.project.id, [announced(picture) for picture in pictures])
    batch_id = asked["batch"]["id"]
    async with owner.subscribed(UPLOAD, batch=batch_id) as messages:
        seen = [await next_event(messages)]
        async with asyncio.timeout(PATIENCE), api.io_worker():
            for picture, target in zip(pictures, asked["uploads"], strict=True):
                assert (await put(owner, target, picture.content)).status_code == 200
            await complete(owner, home.project.id, [target["uploadId"] for target in asked["uploads"]])
            seen += [told(message) async for message in messages]
    assert (seen[-1]["done"], seen[-1]["total"], seen[-1]["batch"]["status"]) == (4, 4, "DONE")
    results = [event["result"]["uploadId"] for event in seen if event["result"]]
    assert sorted(results) == sorted(target["uploadId"] for target in asked["uploads"])
    counts = [event["done"] for event in seen]
    assert counts == sorted(counts)
    again = await owner.events(UPLOAD, batch=batch_id)
    assert cursors(again) == cursors(seen) == list(range(1, len(seen) + 1))
    assert cursors(await owner.events(UPLOAD, batch=batch_id, after=seen[2]["cursor"])) == cursors(seen[3:])


async def test_a_project_s_events_begin_now(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    await update_project(api.database, home.principal, home.project.id, ProjectChanges(name="Before"))
    async with owner.subscribed(EVENTS, id=home.project.id) as messages:
        first = asyncio.ensure_future(next_event(messages))
        await asyncio.sleep(0.5)  # the subscription has begun
        await update_project(api.database, home.principal, home.project.id, ProjectChanges(name="After"))
        event = await first
        assert (event["kind"], event["subject"]) == ("PROJECT_CHANGED", {"__typename": "Project", "name": "After"})
        await nothing_else(messages)


async def nothing_else(messages: AsyncIterator[dict[str, Any]]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(messages), 0.5)


async def test_nothing_falls_between_reading_and_watching(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    await update_project(api.database, home.principal, home.project.id, ProjectChanges(name="Old"))
    cursor = (await owner.data(CURSORS, id=home.project.id))["eventCursor"]
    version = await frozen(api, home)
    async with owner.subscribed(EVENTS, id=home.project.id, after=cursor) as messages:
        seen = [await next_event(messages) for _ in range(2)]
        assert [event["kind"] for event in seen] == ["VERSION_CHANGED"] * 2
        assert seen[-1]["subject"] == {"__typename": "DatasetVersion", "version": version.version, "status": "READY"}
        assert cursors(seen) == [int(cursor) + 1, int(cursor) + 2]
        await update_project(api.database, home.principal, home.project.id, ProjectChanges(name="New"))
        assert (await next_event(messages))["cursor"] == str(int(cursor) + 3)


async def test_an_event_whose_ring_was_lost_still_comes(api: Stack, home: Home, quiet: SqlDatabase) -> None:
    owner = api.caller(home.owner)
    version = await request_version(api.database, home)
    async with owner.subscribed(VERSION, id=version.id) as messages:
        assert (await next_event(messages))["stage"] == "QUEUED"
        await freeze(quiet, api.services.store, api.services.settings.data_dir, version)
        async with asyncio.timeout(PATIENCE):
            stages = [told(message)["stage"] async for message in messages]
    assert (stages[0], stages[-1]) == ("SELECTING", "READY")


async def test_every_watcher_is_told_the_same(api: Stack, home: Home) -> None:
    version = await request_version(api.database, home)
    watchers = [asyncio.create_task(api.caller(home.owner).events(VERSION, id=version.id)) for _ in range(5)]
    async with asyncio.timeout(PATIENCE), api.io_worker():
        stories = await asyncio.gather(*watchers)
    assert len({tuple(cursors(story)) for story in stories}) == 1
    assert [event["stage"] for event in stories[0]][-1] == "READY"


async def test_a_bug_in_a_subscription_is_masked_under_an_id(api: Stack, home: Home) -> None:
    version = await frozen(api, home)
    async with api.database.engine.begin() as connection:
        await connection.execute(update(training_datasets).values(preprocessing=5))
    async with asyncio.timeout(PATIENCE), api.caller(home.owner).subscribed(VERSION, id=version.id) as messages:
        message = await anext(messages)
    (error,) = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["requestId"] in error["message"]
    assert "preprocessing" not in str(error).replace("versionProgress", "")


async def test_a_project_event_whose_subject_is_gone_is_passed_over(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    version = await frozen(api, home)
    async with api.database.engine.begin() as connection:
        await connection.execute(
            update(training_datasets).where(training_datasets.c.id == version.id).values(version=None)
        )
    await update_project(api.database, home.principal, home.project.id, ProjectChanges(name="Later"))
    async with owner.subscribed(EVENTS, id=home.project.id, after="0") as messages:
        assert (await next_event(messages))["subject"] == {"__typename": "Project", "name": "Later"}

"""Versions over HTTP: made, renamed, archived, restored and made again, with errors at the fields that are at fault."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.models.version import DatasetStatus
from seeds import Home, add_batch, add_images, annotate, make_home, request_version
from stack import PATIENCE, Caller, Stack, told
from versions_made import in_status

ERRORS = "userErrors { code message field }"
VERSION = "version { id version name displayName status failureReason }"
CREATE = f"mutation($input: CreateVersionInput!) {{ createVersion(input: $input) {{ created {VERSION} {ERRORS} }} }}"
RENAME = f"mutation($id: ID!, $to: String!) {{ renameVersion(id: $id, displayName: $to) {{ {VERSION} {ERRORS} }} }}"
LIST = """query($id: ID!, $archived: Boolean) { project(id: $id) {
  versions(includeArchived: $archived) { totalCount nodes { version } } } }"""
PROGRESS = """subscription($id: ID!, $after: String) { versionProgress(versionId: $id, after: $after) {
  cursor stage message version { status } } }"""
EVENTS = """subscription($id: ID!) { projectEvents(projectId: $id) {
  kind subject { __typename ... on DatasetVersion { id status displayName } } } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    home = await make_home(api.database)
    await annotate(api.database, home, await add_images(api.database, home.project, ["one", "two"]))
    return home


@pytest.fixture
def owner(api: Stack, home: Home) -> Caller:
    return api.caller(home.owner)


def by_id(field: str) -> str:
    return f"mutation($id: ID!) {{ {field}(id: $id) {{ {VERSION} {ERRORS} }} }}"


async def refused(caller: Caller, document: str, **variables: Any) -> tuple[str, str, str]:
    """Code, path and sentence of the one user error, beside no version."""
    payload = await caller.data(document, **variables)
    assert payload["version"] is None
    (error,) = payload["userErrors"]
    return error["code"], ".".join(error["field"]), error["message"]


async def test_a_version_is_made_once_for_a_key(owner: Caller, home: Home) -> None:
    wanted = {"projectId": home.project.id, "idempotencyKey": "k", "displayName": " March 2025 release "}
    first = await owner.done(CREATE, input=wanted)
    version = first["version"]
    assert first["created"] is True
    assert (version["version"], version["name"], version["status"]) == (1, "North block-v1", "CREATING")
    assert version["displayName"] == "March 2025 release"
    same = {**wanted, "preprocessing": {"autoOrient": True}, "splits": None, "filters": {"includeManual": True}}
    assert await owner.done(CREATE, input=same) == {**first, "created": False}, "the defaults, spelled out"
    other = {
        **wanted,
        "name": "A",
        "filters": {"includeSAM3": True},
        "preprocessing": {"tile": {"rows": 2, "columns": 2}},
    }
    code, path, message = await refused(owner, CREATE, input=other)
    assert (code, path) == ("IDEMPOTENCY_MISMATCH", "input.idempotencyKey")
    for field in ("name", "filters.includeSAM3", "preprocessing.tile.rows"):
        assert field in message
    assert "displayName" not in message


async def test_the_same_tile_is_the_same_input_whether_its_defaults_are_spelled_out(owner: Caller, home: Home) -> None:
    answers = [
        await owner.done(
            CREATE,
            input={"projectId": home.project.id, "idempotencyKey": "k", "preprocessing": {"tile": tile}},
        )
        for tile in ({"rows": 2, "columns": 2}, {"rows": 2, "columns": 2, "overlap": 0, "minVisible": 0.3})
    ]
    assert [answer["created"] for answer in answers] == [True, False]


async def test_what_is_wrong_with_an_input_is_said_at_its_field(api: Stack, owner: Caller, home: Home) -> None:
    elsewhere = await add_batch(api.database, (await make_home(api.database, "South block")).project)
    many = [f"class {number}" for number in range(1001)]
    rename = {"from": "wattle", "to": "gorse"}
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"filters": {"uploadBatchIds": [elsewhere.id]}}, "INVALID", "filters.uploadBatchIds"),
        ({"filters": {"uploadBatchIds": ["unknown"]}}, "INVALID", "filters.uploadBatchIds"),
        ({"filters": {"uploadBatchIds": []}}, "INVALID", "filters.uploadBatchIds"),
        ({"filters": {"weedTypes": many}}, "INVALID", "filters.weedTypes"),
        ({"filters": {"weedTypes": ["w" * 192]}}, "INVALID", "filters.weedTypes"),
        ({"filters": {"weedTypes": ["lantana"]}}, "NO_MATCHING_IMAGES", "filters"),
        ({"preprocessing": {"dropClasses": []}}, "INVALID", "preprocessing.dropClasses"),
        ({"preprocessing": {"dropClasses": many}}, "INVALID", "preprocessing.dropClasses"),
        ({"preprocessing": {"dropClasses": ["a\tb"]}}, "INVALID", "preprocessing.dropClasses"),
        ({"preprocessing": {"dropClasses": ["wattle"]}}, "NO_MATCHING_IMAGES", "preprocessing.dropClasses"),
        ({"preprocessing": {"classRemap": []}}, "INVALID", "preprocessing.classRemap"),
        ({"preprocessing": {"classRemap": [rename, rename]}}, "INVALID", "preprocessing.classRemap"),
        ({"preprocessing": {"classRemap": [{"from": "a", "to": " "}]}}, "INVALID", "preprocessing.classRemap"),
        ({"name": "n" * 201}, "INVALID", "name"),
        ({"displayName": ""}, "INVALID", "displayName"),
        ({"idempotencyKey": "ends with a blank "}, "INVALID", "idempotencyKey"),
    ]
    for settings, code, path in cases:
        found = await refused(owner, CREATE, input={"projectId": home.project.id, **settings})
        assert found[:2] == (code, f"input.{path}"), settings
        assert found[2]
    assert await owner.data(LIST, id=home.project.id, archived=True) == {"versions": {"totalCount": 0, "nodes": []}}


async def test_a_version_is_archived_hidden_and_restored(api: Stack, owner: Caller, home: Home) -> None:
    version = await in_status(api.database, home, DatasetStatus.READY)
    for _ in range(2):
        payload = await owner.done(by_id("archiveVersion"), id=version.id)
        assert payload["version"]["status"] == "ARCHIVED"
    listed = {"totalCount": 1, "nodes": [{"version": 1}]}
    hidden = {"totalCount": 0, "nodes": []}
    assert await owner.data(LIST, id=home.project.id) == {"versions": hidden}
    assert await owner.data(LIST, id=home.project.id, archived=True) == {"versions": listed}
    start = f"mutation($i: StartTrainingInput!) {{ startTraining(input: $i) {{ version: job {{ id }} {ERRORS} }} }}"
    wanted = {"datasetVersionId": version.id, "config": {"epochs": 1}}
    code, path, message = await refused(owner, start, i=wanted)
    assert (code, path) == ("NOT_READY", "input.datasetVersionId")
    assert message == "v1 is archived; restore it first."
    for _ in range(2):
        payload = await owner.done(by_id("restoreVersion"), id=version.id)
        assert payload["version"]["status"] == "READY"
    assert await owner.data(LIST, id=home.project.id) == {"versions": listed}


async def test_a_refused_change_names_the_field_and_what_to_do(api: Stack, owner: Caller, home: Home) -> None:
    training = await in_status(api.database, home, DatasetStatus.TRAINING)
    for field in ("archiveVersion", "restoreVersion", "retryVersion"):
        code, path, message = await refused(owner, by_id(field), id=training.id)
        assert (code, path) == ("NOT_READY", "id")
        assert message.startswith("v1 is being trained from")
    for bad in ("", " ", "d" * 201):
        code, path, _ = await refused(owner, RENAME, id=training.id, to=bad)
        assert (code, path) == ("INVALID", "displayName")
    payload = await owner.done(RENAME, id=training.id, to=" Release ")
    assert payload["version"]["displayName"] == "Release"
    payload = await owner.done(by_id("reconcileVersion"), id=training.id)
    assert payload["version"]["status"] == "TRAINING"


async def test_a_failed_version_is_made_again_while_its_watchers_read_on(api: Stack, owner: Caller, home: Home) -> None:
    version = await in_status(api.database, home, DatasetStatus.FAILED)
    (before,) = await owner.events(PROGRESS, id=version.id)
    payload = await owner.done(by_id("retryVersion"), id=version.id)
    assert (payload["version"]["status"], payload["version"]["failureReason"]) == ("CREATING", None)
    watching = owner.subscribed(PROGRESS, id=version.id, after=before["cursor"])
    async with asyncio.timeout(PATIENCE), watching as messages, api.io_worker():
        seen = [told(message) async for message in messages]
    assert (seen[0]["stage"], seen[0]["message"]) == ("QUEUED", "To be made again.")
    assert (seen[-1]["stage"], seen[-1]["version"]) == ("READY", {"status": "READY"})
    assert [int(event["cursor"]) for event in seen] == list(range(2, len(seen) + 2)), "the same stream goes on"


async def test_every_change_is_told_to_who_watches_the_project(api: Stack, owner: Caller, home: Home) -> None:
    version = await in_status(api.database, home, DatasetStatus.READY)
    calls = [
        (RENAME, {"to": "Release"}, "READY"),
        (by_id("archiveVersion"), {}, "ARCHIVED"),
        (by_id("restoreVersion"), {}, "READY"),
    ]
    async with asyncio.timeout(PATIENCE), owner.subscribed(EVENTS, id=home.project.id) as messages:
        first = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0.5)  # the subscription has begun
        for document, more, status in calls:
            await owner.done(document, id=version.id, **more)
            event = told(await first)
            assert event["kind"] == "VERSION_CHANGED"
            subject = {"__typename": "DatasetVersion", "id": version.id, "status": status, "displayName": "Release"}
            assert event["subject"] == subject
            first = asyncio.ensure_future(anext(messages))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_version_that_waits_is_answered_as_it_is(api: Stack, owner: Caller, home: Home) -> None:
    version = await request_version(api.database, home)
    for field in ("retryVersion", "reconcileVersion"):
        payload = await owner.done(by_id(field), id=version.id)
        assert payload["version"]["status"] == "CREATING"
    code, path, message = await refused(owner, by_id("archiveVersion"), id=version.id)
    assert (code, path) == ("NOT_READY", "id")
    assert message == "v1 is still being made; wait until it is READY or FAILED, then archive it."

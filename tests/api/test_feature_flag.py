"""FEATURE_DISABLED stops what makes and uses versions; reading them stays possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from operations import MUTATIONS, QUERIES
from worlds import World, make_world

from domain.models.people import TeamRole
from stack import Caller, Stack, codes, running_api

BEHIND = (
    "createVersion",
    "renameVersion",
    "archiveVersion",
    "restoreVersion",
    "retryVersion",
    "reconcileVersion",
    "verifyVersion",
    "exportVersion",
    "cancelExport",
    "startTraining",
    "evaluateModel",
)
SWITCH = """mutation($id: ID!, $on: Boolean) { updateProject(input: {id: $id, datasetVersions: $on}) {
  userErrors { code } project { name features { datasetVersions } } } }"""
RENAME = """mutation($id: ID!, $name: String) { updateProject(input: {id: $id, name: $name}) {
  userErrors { code field } project { name features { datasetVersions } } } }"""
PROJECT = """query($id: ID!) { project(id: $id) { features { datasetVersions } nextVersionNumber versionCount
  versions { nodes { version status assets { totalCount } } } } }"""


@pytest.fixture
async def world(api: Stack) -> World:
    """With a version from before its feature was switched off."""
    world = await make_world(api, "flagged")
    await switch(api.caller(world.home.owner), world, False)
    return world


async def switch(caller: Caller, world: World, on: bool) -> None:
    payload = await caller.done(SWITCH, id=world.ids["project"], on=on)
    assert payload["project"]["features"] == {"datasetVersions": on}


async def test_switched_off_stops_mutations_and_not_reading(api: Stack, world: World) -> None:
    owner, ids = api.caller(world.members[TeamRole.OWNER]), world.ids_of(TeamRole.OWNER)
    for name, operation in QUERIES.items():
        assert "errors" not in await owner.ask(operation.document, **operation.filled(ids)), name
    for name, operation in MUTATIONS.items():
        answer = await owner.ask(operation.document, **operation.filled(ids))
        if name in BEHIND or name in ("cancelTraining", "resumeTraining"):
            assert codes(answer) == ["FEATURE_DISABLED"], name
        else:
            assert codes(answer) == [], name
    read = await owner.data(PROJECT, id=world.ids["project"])
    assert (read["nextVersionNumber"], read["versionCount"]) == (2, 1)
    assert read["versions"]["nodes"] == [{"version": 1, "status": "TRAINING", "assets": {"totalCount": 8}}]


async def test_who_may_not_is_told_so_before_the_switch_is(api: Stack, world: World) -> None:
    viewer = api.caller(world.members[TeamRole.VIEWER])
    for name in BEHIND:
        operation = MUTATIONS[name]
        assert codes(await viewer.ask(operation.document, **operation.filled(world.ids))) == ["FORBIDDEN"], name


async def test_the_switch_of_the_project_lets_them_through(api: Stack, world: World) -> None:
    manager = api.caller(world.members[TeamRole.MANAGER])
    await switch(manager, world, True)
    for name in BEHIND:
        operation = MUTATIONS[name]
        assert codes(await manager.ask(operation.document, **operation.filled(world.ids))) == [], name


async def test_changing_something_else_leaves_the_switch_alone(api: Stack, world: World) -> None:
    owner, id_ = api.caller(world.home.owner), world.ids["project"]
    for on in (True, False):
        await switch(owner, world, on)
        payload = await owner.done(RENAME, id=id_, name=f"Now {on}")
        assert payload["project"] == {"name": f"Now {on}", "features": {"datasetVersions": on}}
        payload = await owner.done(RENAME, id=id_, name=None)
        assert payload["project"]["name"] == f"Now {on}"
    refused = await owner.data(RENAME, id=id_, name="  ")
    assert refused["userErrors"] == [{"code": "INVALID", "field": ["input", "name"]}]
    refused = await owner.data(RENAME, id=id_, name="")
    assert refused["userErrors"] == [{"code": "INVALID", "field": ["input", "name"]}]


async def test_the_switch_of_the_server_goes_for_every_project(
    sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, enable_dataset_versions=True) as api:
        world = await make_world(api, "everywhere")
        manager = api.caller(world.members[TeamRole.MANAGER])
        for on in (False, True):
            payload = await manager.done(SWITCH, id=world.ids["project"], on=on)
            assert payload["project"]["features"] == {"datasetVersions": True}
            for name in BEHIND:
                operation = MUTATIONS[name]
                assert codes(await manager.ask(operation.document, **operation.filled(world.ids))) == [], name

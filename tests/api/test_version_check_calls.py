"""verifyVersion over the API: one check at a time, told as it goes on, and shown with its version."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from domain.keys import original_key
from domain.models.people import TeamRole
from seeds import Home, add_images, annotate, digest_of, freeze, join, make_home, request_version
from stack import PATIENCE, Stack, codes, told

CHECK = """id status failureReason objectsTotal objectsChecked intact manifestIntact
    missing missingCount corrupt corruptCount createdAt finishedAt version { id }"""
VERIFY = (
    f"mutation($id: ID!) {{ verifyVersion(id: $id) {{ check {{ {CHECK} }} userErrors {{ code message field }} }} }}"
)
LAST = f"query($id: ID!) {{ version(id: $id) {{ lastCheck {{ {CHECK} }} }} }}"
EVENTS = f"""subscription($id: ID!) {{ projectEvents(projectId: $id) {{
    kind subject {{ __typename ... on VersionCheck {{ {CHECK} }} }} }} }}"""


async def frozen(api: Stack, home: Home, folder: Path, *names: str) -> str:
    """The id of a version of images whose bytes are stored."""
    assets = await add_images(api.database, home.project, names)
    await annotate(api.database, home, assets)
    for asset, name in zip(assets, names, strict=True):
        await api.services.store.put(asset.s3_key, name.encode(), "image/jpeg")
    version = await freeze(api.database, api.services.store, folder, await request_version(api.database, home))
    return version.id


async def test_a_check_is_asked_for_told_and_shown(any_api: Stack, tmp_path: Path) -> None:
    api, home = any_api, await make_home(any_api.database)
    version = await frozen(api, home, tmp_path, "a", "b", "c")
    owner = api.caller(home.owner)
    assert await owner.data(LAST, id=version) == {"lastCheck": None}
    async with asyncio.timeout(PATIENCE), owner.subscribed(EVENTS, id=home.project.id) as messages:
        await asyncio.sleep(0.5)  # until the subscription has its place
        asked = (await owner.done(VERIFY, id=version))["check"]
        assert (asked["status"], asked["intact"], asked["version"]) == ("QUEUED", None, {"id": version})
        assert (await owner.done(VERIFY, id=version))["check"]["id"] == asked["id"]
        async with api.io_worker():
            seen: list[dict[str, Any]] = []
            while not seen or seen[-1]["subject"]["status"] != "COMPLETED":
                seen.append(told(await anext(messages)))
    assert {(one["kind"], one["subject"]["__typename"]) for one in seen} == {("CHECK_CHANGED", "VersionCheck")}
    last = (await owner.data(LAST, id=version))["lastCheck"]
    assert last == {name: value for name, value in seen[-1]["subject"].items() if name != "__typename"}
    assert (last["id"], last["intact"], last["manifestIntact"]) == (asked["id"], True, True)
    assert (last["objectsTotal"], last["objectsChecked"], last["missingCount"], last["corruptCount"]) == (3, 3, 0, 0)
    assert last["finishedAt"] is not None


async def test_the_newest_check_is_the_last_one_of_each_version(any_api: Stack, tmp_path: Path) -> None:
    api, home = any_api, await make_home(any_api.database)
    first = await frozen(api, home, tmp_path, "a", "b")
    second = await frozen(api, home, tmp_path, "c")
    owner = api.caller(home.owner)
    found = []
    async with api.io_worker():
        for _ in range(2):
            await owner.done(VERIFY, id=first)
            found.append(await _finished(api, home, first))
            await api.services.store.delete(original_key(home.team.id, digest_of("a")))
    assert [check["intact"] for check in found] == [True, False]
    assert (found[1]["missing"], found[1]["missingCount"]) == (["a.jpg"], 1)
    assert (await owner.data(LAST, id=first))["lastCheck"] == found[1]
    assert await owner.data(LAST, id=second) == {"lastCheck": None}


async def _finished(api: Stack, home: Home, version: str) -> Any:
    async with asyncio.timeout(PATIENCE):
        while True:
            check = (await api.caller(home.owner).data(LAST, id=version))["lastCheck"]
            if check["status"] in ("COMPLETED", "FAILED"):
                return check
            await asyncio.sleep(0.05)


async def test_it_takes_a_manager_and_a_version_that_is_made(api: Stack, tmp_path: Path) -> None:
    home = await make_home(api.database)
    version = await frozen(api, home, tmp_path, "a")
    member = await join(api.database, home.team, TeamRole.MEMBER)
    assert codes(await api.caller(member).ask(VERIFY, id=version)) == ["FORBIDDEN"]
    making = await request_version(api.database, home)
    answer = await api.caller(home.owner).data(VERIFY, id=making.id)
    assert answer["check"] is None
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_READY", ["id"])
    assert "still being made" in error["message"]

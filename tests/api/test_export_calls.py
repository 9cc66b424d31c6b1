"""Exports over the API: asked for, followed to their end and again from anywhere, downloaded, cancelled."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from domain.models.people import TeamRole
from made_archives import PICTURES, PIECES, MadeArchives, exporting
from s3_server import S3Server
from seeds import add_user, join, request_version
from stack import PATIENCE, Stack, codes, running_api, told
from stored_versions import Frozen, frozen_version
from workers.claims import PermanentError

FIELDS = """id format status failureReason imageCount sizeBytes sha256 url createdAt version { id }"""
EXPORT = f"""mutation($id: ID!, $format: ExportFormat!) {{ exportVersion(id: $id, format: $format) {{
    export {{ {FIELDS} }} userErrors {{ code message field }} }} }}"""
CANCEL = f"""mutation($id: ID!) {{ cancelExport(id: $id) {{
    export {{ {FIELDS} }} userErrors {{ code message field }} }} }}"""
PROGRESS = """subscription($id: ID!, $after: String) { exportProgress(exportId: $id, after: $after) {
    cursor at done total message export { id status } } }"""
EVENTS = f"""subscription($id: ID!, $after: String) {{ projectEvents(projectId: $id, after: $after) {{
    kind subject {{ __typename ... on VersionExport {{ {FIELDS} }} }} }} }}"""
OF_VERSION = f"query($id: ID!) {{ version(id: $id) {{ exports {{ {FIELDS} }} }} }}"
NODE = f"query($id: ID!) {{ node(id: $id) {{ __typename ... on VersionExport {{ {FIELDS} }} }} }}"


async def planted(api: Stack, folder: Path) -> Frozen:
    return await frozen_version(api.database, api.services.store, folder)


async def test_an_export_is_asked_for_followed_and_downloaded(any_api: Stack, tmp_path: Path) -> None:
    api, frozen = any_api, await planted(any_api, tmp_path)
    owner, version = api.caller(frozen.home.owner), frozen.version.id
    assert await owner.data(OF_VERSION, id=version) == {"exports": []}
    asked = (await owner.done(EXPORT, id=version, format="YOLO_SEG"))["export"]
    assert (asked["status"], asked["format"], asked["version"]) == ("QUEUED", "YOLO_SEG", {"id": version})
    assert (asked["url"], asked["sizeBytes"], asked["sha256"], asked["imageCount"]) == (None, None, None, 0)
    assert (await owner.done(EXPORT, id=version, format="YOLO_SEG"))["export"] == asked
    async with owner.subscribed(PROGRESS, id=asked["id"]) as messages:
        seen = [told(await asyncio.wait_for(anext(messages), PATIENCE))]
        async with asyncio.timeout(PATIENCE), exporting(api, tmp_path):
            seen += [told(message) async for message in messages]
    assert (seen[0]["done"], seen[0]["total"], seen[0]["export"]["status"]) == (0, 12, "QUEUED")
    assert (seen[-1]["done"], seen[-1]["total"], seen[-1]["export"]["status"]) == (PIECES, PIECES, "READY")
    assert "(1,234)" in seen[-1]["message"]
    again = await owner.events(PROGRESS, id=asked["id"])
    assert [one["cursor"] for one in again] == [one["cursor"] for one in seen]
    assert await owner.events(PROGRESS, id=asked["id"], after=seen[0]["cursor"]) == again[1:]

    ready = (await owner.done(EXPORT, id=version, format="YOLO_SEG"))["export"]
    assert (ready["id"], ready["status"], ready["imageCount"]) == (asked["id"], "READY", PICTURES)
    whole = await owner.http.get(ready["url"])
    assert whole.status_code == 200
    assert (len(whole.content), hashlib.sha256(whole.content).hexdigest()) == (ready["sizeBytes"], ready["sha256"])
    assert whole.headers["content-type"] == "application/zip"
    assert whole.headers["content-disposition"] == 'inline; filename="North_block-v1-yolo_seg.zip"'
    rest = await owner.http.get(ready["url"], headers={"Range": "bytes=100-"})
    assert (rest.status_code, rest.content) == (206, whole.content[100:])


async def test_the_exports_of_a_version_come_newest_first_and_by_their_ids(api: Stack, tmp_path: Path) -> None:
    frozen = await planted(api, tmp_path)
    owner = api.caller(frozen.home.owner)
    ids = [
        (await owner.done(EXPORT, id=frozen.version.id, format=format_))["export"]["id"]
        for format_ in ("COCO", "CSV", "CREATEML", "PASCAL_VOC")
    ]
    listed = (await owner.data(OF_VERSION, id=frozen.version.id))["exports"]
    assert [one["id"] for one in listed] == ids[::-1]
    for one in listed:
        assert await owner.data(NODE, id=one["id"]) == {"__typename": "VersionExport", **one}


async def test_each_change_of_an_export_is_an_event_of_its_project(api: Stack, tmp_path: Path) -> None:
    frozen = await planted(api, tmp_path)
    owner = api.caller(frozen.home.owner)
    cursor = (await owner.data("query($id: ID!) { project(id: $id) { eventCursor } }", id=frozen.home.project.id))[
        "eventCursor"
    ]
    export = (await owner.done(EXPORT, id=frozen.version.id, format="YOLO"))["export"]
    seen: list[dict[str, Any]] = []
    async with (
        asyncio.timeout(PATIENCE),
        exporting(api, tmp_path),
        owner.subscribed(EVENTS, id=frozen.home.project.id, after=cursor) as messages,
    ):
        while not seen or seen[-1]["subject"]["status"] != "READY":
            seen.append(told(await anext(messages)))
    assert {(one["kind"], one["subject"]["__typename"], one["subject"]["id"]) for one in seen} == {
        ("EXPORT_CHANGED", "VersionExport", export["id"])
    }


async def test_a_cancelled_export_ends_its_story_at_once(api: Stack, tmp_path: Path) -> None:
    frozen, archives = await planted(api, tmp_path), MadeArchives(stand_at=2)
    owner = api.caller(frozen.home.owner)
    export = (await owner.done(EXPORT, id=frozen.version.id, format="YOLO"))["export"]
    async with asyncio.timeout(PATIENCE), exporting(api, tmp_path, archives):
        await archives.standing.wait()
        async with owner.subscribed(PROGRESS, id=export["id"]) as messages:
            first = told(await anext(messages))
            cancelled = (await owner.done(CANCEL, id=export["id"]))["export"]
            rest = [told(message) async for message in messages]
        while not archives.made[0].ended:  # noqa: ASYNC110 - another task ends it
            await asyncio.sleep(0.05)
    assert first["export"]["status"] == "RENDERING"
    assert (rest[-1]["export"]["status"], rest[-1]["message"]) == ("CANCELLED", "Cancelled.")
    assert (cancelled["id"], cancelled["status"], cancelled["url"]) == (export["id"], "CANCELLED", None)
    assert (await owner.done(CANCEL, id=export["id"]))["export"] == cancelled
    assert (await owner.done(EXPORT, id=frozen.version.id, format="YOLO"))["export"]["id"] != export["id"]


async def test_a_failed_export_ends_its_story_with_the_reason(api: Stack, tmp_path: Path) -> None:
    frozen, archives = await planted(api, tmp_path), MadeArchives(faults=[PermanentError("a.jpg is damaged.")])
    owner = api.caller(frozen.home.owner)
    export = (await owner.done(EXPORT, id=frozen.version.id, format="YOLO"))["export"]
    async with exporting(api, tmp_path, archives):
        story = await owner.events(PROGRESS, id=export["id"])
    assert (story[-1]["export"]["status"], story[-1]["message"]) == ("FAILED", "a.jpg is damaged.")
    failed = await owner.data(NODE, id=export["id"])
    assert (failed["failureReason"], failed["url"]) == ("a.jpg is damaged.", None)
    answer = await owner.data(CANCEL, id=export["id"])
    assert answer["export"] is None
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [("NOT_READY", ["id"])]


async def test_refusals_say_what_is_wrong(api: Stack, tmp_path: Path) -> None:
    frozen = await planted(api, tmp_path)
    owner = api.caller(frozen.home.owner)
    making = await request_version(api.database, frozen.home)
    answer = await owner.data(EXPORT, id=making.id, format="YOLO")
    assert answer["export"] is None
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_READY", ["id"])
    assert "still being made" in error["message"]
    viewer = api.caller(await join(api.database, frozen.home.team, TeamRole.VIEWER))
    assert codes(await viewer.ask(EXPORT, id=frozen.version.id, format="YOLO")) == ["FORBIDDEN"]
    member = api.caller(await join(api.database, frozen.home.team, TeamRole.MEMBER))
    export = (await member.done(EXPORT, id=frozen.version.id, format="YOLO"))["export"]
    assert codes(await viewer.ask(CANCEL, id=export["id"])) == ["FORBIDDEN"]
    assert (await viewer.data(NODE, id=export["id"]))["status"] == "QUEUED"
    stranger = api.caller(await add_user(api.database))
    for document in (EXPORT, CANCEL):
        for id_ in (frozen.version.id, export["id"]):
            assert codes(await stranger.ask(document, id=id_, format="YOLO")) == ["NOT_FOUND"]
    assert await stranger.data(NODE, id=export["id"]) is None


async def test_on_s3_the_address_leads_to_the_bucket(
    sqlite_url: str, embedded_redis_url: str, s3_server: S3Server, tmp_path: Path
) -> None:
    words = s3_server.words(await s3_server.new_bucket())
    async with running_api(tmp_path / "data", sqlite_url, embedded_redis_url, **words) as api:
        frozen = await planted(api, tmp_path)
        owner = api.caller(frozen.home.owner)
        await owner.done(EXPORT, id=frozen.version.id, format="COCO")
        async with exporting(api, tmp_path):
            (export,) = (await owner.data(OF_VERSION, id=frozen.version.id))["exports"]
            await owner.events(PROGRESS, id=export["id"])
        ready = await owner.data(NODE, id=export["id"])
        assert ready["url"].startswith(s3_server.url)
        rest = await owner.http.get(ready["url"], headers={"Range": "bytes=10-"})
        assert (rest.status_code, len(rest.content)) == (206, ready["sizeBytes"] - 10)
        assert rest.headers["content-type"] == "application/zip"
        assert rest.headers["content-disposition"].endswith("North_block-v1-coco.zip")

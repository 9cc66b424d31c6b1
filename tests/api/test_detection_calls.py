"""Detection over stored images by the API: asked for, told of, listed, cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detecting import Eye, add_detector, worked
from domain.models.people import TeamRole
from pictures import Picture, jpeg
from seeds import Home, add_images, join, make_home
from stack import PATIENCE, Caller, Stack, codes, told
from uploading import bring
from workers.claims import ClaimLoops
from workers.detection import Detection

START = """mutation($input: StartDetectionInput!) { startDetection(input: $input) {
  userErrors { code message field }
  job { id status total done failed found confidence backend roboflowModel failureReason createdAt finishedAt
    model { id name } project { id } } } }"""
CANCEL = "mutation($id: ID!) { cancelDetection(id: $id) { userErrors { code field } job { id status finishedAt } } }"
JOB = "query($id: ID!) { detectionJob(id: $id) { id status total done failed found finishedAt failureReason } }"
PROGRESS = """subscription($id: ID!, $after: String) { detectionProgress(jobId: $id, after: $after) {
  cursor at assetId found message job { id status done total found } } }"""
EVENTS = """subscription($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) {
  kind subject { __typename ... on DetectionJob { id status } } } }"""
PENDING = """query($id: ID!) { asset(id: $id) { pendingAnnotations {
  weedType confidence source model { id } box { x y width height } } } }"""


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


async def start(caller: Caller, home: Home, **more: Any) -> dict[str, Any]:
    job: dict[str, Any] = (await caller.done(START, input={"projectId": home.project.id, **more}))["job"]
    return job


async def test_a_member_starts_it_and_sees_what_it_finds(api: Stack, home: Home) -> None:
    model = await add_detector(api.database, home)
    assets = await add_images(api.database, home.project, [str(number) for number in range(20)])
    caller = api.caller(await join(api.database, home.team, TeamRole.MEMBER))
    job = await start(caller, home)
    assert job | {"id": "", "createdAt": ""} == {
        "id": "",
        "status": "QUEUED",
        "total": 20,
        "done": 0,
        "failed": 0,
        "found": 0,
        "confidence": 0.25,
        "backend": "LOCAL",
        "roboflowModel": None,
        "failureReason": None,
        "createdAt": "",
        "finishedAt": None,
        "model": {"id": model.id, "name": model.name},
        "project": {"id": home.project.id},
    }
    told_of = asyncio.create_task(caller.events(PROGRESS, id=job["id"]))
    work = Detection(api.database, api.services.store, Eye(seconds=0.02))
    loops = asyncio.create_task(ClaimLoops(api.database, "test", [work]).run())
    events = await told_of
    loops.cancel()
    await asyncio.gather(loops, return_exceptions=True)
    assert [event["assetId"] for event in events if event["assetId"]] == sorted(asset.id for asset in assets)
    assert {event["found"] for event in events if event["assetId"]} == {2}
    assert [int(event["cursor"]) for event in events] == list(range(1, 24))
    assert events[-1]["job"] == {"id": job["id"], "status": "COMPLETED", "done": 20, "total": 20, "found": 40}
    done = await caller.data(JOB, id=job["id"])
    assert (done["status"], done["done"], done["found"], done["failureReason"]) == ("COMPLETED", 20, 40, None)
    pending = (await caller.data(PENDING, id=assets[0].id))["pendingAnnotations"]
    assert {(one["weedType"], one["source"], one["model"]["id"]) for one in pending} == {
        ("pine", "AI", model.id),
        ("wattle", "AI", model.id),
    }
    again = await start(caller, home)
    assert (again["status"], again["total"], again["finishedAt"] is None) == ("COMPLETED", 0, False)


async def test_progress_is_told_again_from_a_cursor(api: Stack, home: Home) -> None:
    await add_detector(api.database, home)
    await add_images(api.database, home.project, ["a", "b", "c"])
    caller = api.caller(home.owner)
    job = await start(caller, home)
    await worked(api.database, api.services.store)
    whole = await caller.events(PROGRESS, id=job["id"])
    assert len(whole) == 6
    for index, event in enumerate(whole):
        assert await caller.events(PROGRESS, id=job["id"], after=event["cursor"]) == whole[index + 1 :]
    async with asyncio.timeout(PATIENCE), caller.subscribed(PROGRESS, id=job["id"], after="99") as messages:
        refused = await anext(messages)
    errors = refused["payload"] if refused["type"] == "error" else refused["payload"]["errors"]
    assert errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_project_s_feed_names_it(api: Stack, home: Home) -> None:
    await add_detector(api.database, home)
    await add_images(api.database, home.project, ["a"])
    caller = api.caller(home.owner)
    async with asyncio.timeout(PATIENCE), caller.subscribed(EVENTS, id=home.project.id, after="0") as messages:
        job = await start(caller, home)
        event = told(await anext(messages))
        assert event == {
            "kind": "DETECTION_CHANGED",
            "subject": {"__typename": "DetectionJob", "id": job["id"], "status": "QUEUED"},
        }


async def test_what_the_caller_can_mend_is_a_user_error(api: Stack, home: Home) -> None:
    caller = api.caller(home.owner)
    await add_images(api.database, home.project, ["a"])

    async def refused(**more: Any) -> tuple[str, list[str]]:
        payload = await caller.data(START, input={"projectId": home.project.id, **more})
        assert payload["job"] is None
        (error,) = payload["userErrors"]
        return error["code"], error["field"]

    assert await refused() == ("NOT_READY", ["input", "model"])
    await add_detector(api.database, home)
    assert await refused(assetIds=[]) == ("INVALID", ["input", "assetIds"])
    assert await refused(confidence=2) == ("INVALID", ["input", "confidence"])
    assert await refused(model={"modelId": ""}) == ("INVALID", ["input", "model"])
    job = await start(caller, home, idempotencyKey="k", confidence=None, iou=None, assetIds=None)
    assert job["confidence"] == 0.25
    assert (await start(caller, home, idempotencyKey="k"))["id"] == job["id"]
    assert (await refused(idempotencyKey="k", iou=0.5))[0] == "IDEMPOTENCY_MISMATCH"


async def test_viewers_look_on_and_members_cancel(api: Stack, home: Home) -> None:
    await add_detector(api.database, home)
    await add_images(api.database, home.project, ["a"])
    viewer, member = [
        api.caller(await join(api.database, home.team, role)) for role in (TeamRole.VIEWER, TeamRole.MEMBER)
    ]
    assert codes(await viewer.ask(START, input={"projectId": home.project.id})) == ["FORBIDDEN"]
    job = await start(member, home)
    assert codes(await viewer.ask(CANCEL, id=job["id"])) == ["FORBIDDEN"]
    assert (await viewer.data(JOB, id=job["id"]))["status"] == "QUEUED"
    cancelled = (await member.done(CANCEL, id=job["id"]))["job"]
    assert (cancelled["status"], cancelled["finishedAt"] is None) == ("CANCELLED", False)
    assert (await viewer.events(PROGRESS, id=job["id"]))[-1]["message"] == "Cancelled."
    assert (await member.done(CANCEL, id=job["id"]))["job"] == cancelled


async def test_an_upload_starts_it_where_the_project_wants_that(api: Stack, home: Home) -> None:
    await add_detector(api.database, home)
    caller = api.caller(home.owner)
    on = "mutation($id: ID!) { updateProject(input: {id: $id, detectOnUpload: true}) { userErrors { code } } }"
    await caller.done(on, id=home.project.id)
    async with api.io_worker():
        await bring(caller, home.project.id, [Picture(f"{number}.jpg", jpeg(number)) for number in range(3)])
    listed = "query($id: ID!) { project(id: $id) { detectionJobs { nodes { status total model { name } } } } }"
    project = await caller.data(listed, id=home.project.id)
    assert project["detectionJobs"]["nodes"] == [{"status": "QUEUED", "total": 3, "model": {"name": "pines.pt"}}]

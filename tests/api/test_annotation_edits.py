"""Drawing, changing, deleting and renaming annotations, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pending import Block, add_pending, found, make_block
from sqlalchemy import select, update

from db.tables import event_log, manual_annotations
from domain.events import project_stream
from domain.models.annotation import ReviewStatus
from seeds import add_images, add_project, annotate, make_home
from stack import Caller, Stack, codes

ERRORS = "userErrors { code message field }"
FIELDS = """id weedType box { x y width height } polygon { x y } geoCoordinates confidence verified source
 createdAt updatedAt"""
CREATE = f"""mutation($input: CreateAnnotationsInput!) {{ createAnnotations(input: $input) {{
 {ERRORS} annotations {{ {FIELDS} }} }} }}"""
UPDATE = f"""mutation($input: UpdateAnnotationInput!) {{ updateAnnotation(input: $input) {{
 {ERRORS} annotation {{ {FIELDS} }} }} }}"""
DELETE = f"mutation($ids: [ID!]!) {{ deleteAnnotations(ids: $ids) {{ {ERRORS} deletedIds }} }}"
RENAME = f"""mutation($project: ID!, $from: String!, $to: String!) {{
 renameClass(projectId: $project, from: $from, to: $to) {{
 {ERRORS} changed project {{ classCounts {{ name annotations images }} }} }} }}"""
BOX = {"x": 10, "y": 20, "width": 30, "height": 40}
TRIANGLE = [{"x": 100, "y": 100}, {"x": 150, "y": 100}, {"x": 150, "y": 180}]
AROUND_TRIANGLE = {"x": 100, "y": 100, "width": 50, "height": 80}
PLACE = {"type": "Point", "coordinates": [151.2, -33.9]}


@pytest.fixture
async def block(any_api: Stack) -> Block:
    return await make_block(any_api)


async def draw(block: Block, **fields: Any) -> dict[str, Any]:
    """One annotation on the first image, as the API answered."""
    note = {"assetId": block.assets[0].id, "weedType": "wattle", **fields}
    if "polygon" not in note:
        note.setdefault("box", BOX)
    payload = await block.member.done(CREATE, input={"projectId": block.home.project.id, "annotations": [note]})
    (annotation,) = payload["annotations"]
    created: dict[str, Any] = annotation
    return created


async def change(caller: Caller, id_: str, **fields: Any) -> dict[str, Any]:
    annotation: dict[str, Any] = (await caller.done(UPDATE, input={"id": id_, **fields}))["annotation"]
    return annotation


async def test_what_is_left_out_stays_and_null_clears(block: Block) -> None:
    before = await draw(block, polygon=TRIANGLE, geoCoordinates=PLACE, confidence=0.25, source="SAM3")
    renamed = await change(block.member, before["id"], weedType=" pine ")
    assert renamed == {**before, "weedType": "pine", "updatedAt": renamed["updatedAt"]}
    verified = await change(block.member, before["id"], verified=True)
    assert verified == {**renamed, "verified": True, "updatedAt": verified["updatedAt"]}
    cleared = await change(block.member, before["id"], polygon=None, geoCoordinates=None)
    assert cleared == {**verified, "polygon": None, "geoCoordinates": None, "updatedAt": cleared["updatedAt"]}
    moved = await change(block.member, before["id"], box=BOX, geoCoordinates=PLACE)
    assert (moved["box"], moved["geoCoordinates"]) == (BOX, PLACE)
    answers = [before, renamed, verified, cleared, moved]
    times = [datetime.fromisoformat(one["updatedAt"]) for one in answers]
    assert times == sorted(set(times))
    node = "query($id: ID!) { node(id: $id) { ... on Annotation { " + FIELDS + " } } }"
    assert await block.viewer.data(node, id=before["id"]) == moved


async def test_box_and_polygon_go_together(block: Block) -> None:
    id_ = (await draw(block, polygon=TRIANGLE))["id"]
    same = await change(block.member, id_, box=AROUND_TRIANGLE)
    assert same["polygon"] == TRIANGLE, "the box is the polygon's bounding box"
    redrawn = await change(block.member, id_, box=BOX)
    assert (redrawn["box"], redrawn["polygon"]) == (BOX, None)
    again = await change(block.member, id_, polygon=TRIANGLE)
    assert (again["box"], again["polygon"]) == (AROUND_TRIANGLE, TRIANGLE)
    both = await change(block.member, id_, box=BOX, polygon=TRIANGLE)
    assert (both["box"], both["polygon"]) == (BOX, TRIANGLE)
    clipped = await change(block.member, id_, box={"x": -10, "y": -10, "width": 700, "height": 20})
    assert clipped["box"] == {"x": 0, "y": 0, "width": 640, "height": 10}


async def test_an_edit_that_does_not_fit_changes_nothing(block: Block) -> None:
    id_ = (await draw(block, polygon=TRIANGLE))["id"]
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "input"),
        ({"expectedUpdatedAt": "2026-05-01T00:00:00Z"}, "input"),
        ({"weedType": None}, "input.weedType"),
        ({"weedType": "  "}, "input.weedType"),
        ({"weedType": "w" * 192}, "input.weedType"),
        ({"weedType": "two\nlines"}, "input.weedType"),
        ({"box": None}, "input.box"),
        ({"box": {**BOX, "width": 0}}, "input.box"),
        ({"box": {**BOX, "height": -40}}, "input.box"),
        ({"box": {**BOX, "x": 640}}, "input.box"),
        ({"polygon": []}, "input.polygon"),
        ({"polygon": TRIANGLE[:2]}, "input.polygon"),
        ({"polygon": TRIANGLE[:1] * 3}, "input.polygon"),
        ({"polygon": [{"x": 700, "y": 1}, {"x": 800, "y": 1}, {"x": 800, "y": 9}]}, "input.polygon"),
        ({"geoCoordinates": [151.2, -33.9]}, "input.geoCoordinates"),
        ({"geoCoordinates": {"type": "Feature", "geometry": PLACE}}, "input.geoCoordinates"),
        ({"geoCoordinates": {"type": "Point", "coordinates": [0, 90.5]}}, "input.geoCoordinates"),
        ({"verified": None}, "input.verified"),
        ({"weedType": "pine", "verified": None}, "input.verified"),
    ]
    for fields, path in cases:
        assert await block.refused(block.member, UPDATE, input={"id": id_, **fields}) == ("INVALID", path), fields


async def test_what_no_json_should_hold_reaches_no_row(block: Block) -> None:
    id_ = (await draw(block))["id"]
    before = await block.drawn()
    places = (
        '"box": {"x": %s, "y": 1, "width": 5, "height": 5}',
        '"geoCoordinates": {"type": "Point", "coordinates": [%s, 0]}',
    )
    changes = [place % number for number in ("NaN", "Infinity", "-Infinity", "1e400", "9" * 400) for place in places]
    headers = {**block.member.headers, "Content-Type": "application/json"}
    for changed in (*changes, '"weedType": "\\ud800"', '"weedType": "nul\\u0000"'):
        body = f'{{"query": {json.dumps(UPDATE)}, "variables": {{"input": {{"id": "{id_}", {changed}}}}}}}'
        answer = await block.member.http.post("/graphql", content=body, headers=headers)
        assert "INTERNAL" not in answer.text, changed
        if "ud800" in changed:
            assert answer.status_code == 400, "half a character is no text, wherever it stands"
            continue
        refused = answer.json()
        assert refused.get("errors") or refused["data"]["updateAnnotation"]["userErrors"], changed
    assert await block.drawn() == before


async def test_who_may_not_edit_changes_nothing(block: Block) -> None:
    id_ = (await draw(block))["id"]
    project = block.home.project.id
    note = {"assetId": block.assets[0].id, "weedType": "pine", "box": BOX}
    calls: list[tuple[str, dict[str, Any]]] = [
        (CREATE, {"input": {"projectId": project, "annotations": [note]}}),
        (CREATE, {"input": {"projectId": project, "annotations": [note], "idempotencyKey": "a"}}),
        (UPDATE, {"input": {"id": id_, "weedType": "pine"}}),
        (DELETE, {"ids": [id_]}),
        (RENAME, {"project": project, "from": "wattle", "to": "pine"}),
    ]
    before = await block.drawn()
    for document, variables in calls:
        assert codes(await block.stranger.ask(document, **variables)) == ["NOT_FOUND"], document
        assert codes(await block.viewer.ask(document, **variables)) == ["FORBIDDEN"], document
        assert codes(await block.api.caller(None).ask(document, **variables)) == ["UNAUTHENTICATED"], document
    assert await block.drawn() == before
    # What is missing looks like what is another team's.
    for document, missing in ((UPDATE, {"input": {"id": "none", "weedType": "pine"}}), (DELETE, {"ids": ["none"]})):
        known = dict(calls[2:4])[document]
        answers = [await block.stranger.ask(document, **variables) for variables in (missing, known)]
        assert answers[0]["errors"][0]["message"] == answers[1]["errors"][0]["message"]


async def test_of_edits_at_once_that_expect_the_same_one_is_done(block: Block) -> None:
    before = await draw(block)

    async def edit(number: int) -> dict[str, Any]:
        fields = {"weedType": f"class {number}", "expectedUpdatedAt": before["updatedAt"]}
        answer: dict[str, Any] = await block.member.data(UPDATE, input={"id": before["id"], **fields})
        return answer

    answers = await asyncio.gather(*(edit(number) for number in range(8)))
    (done,) = [answer["annotation"] for answer in answers if not answer["userErrors"]]
    refusals = [error for answer in answers for error in answer["userErrors"]]
    assert [(error["code"], error["field"]) for error in refusals] == [("CONFLICT", ["input", "expectedUpdatedAt"])] * 7
    assert all(done["updatedAt"].removesuffix("Z") in error["message"] for error in refusals)
    (stored,) = (await block.drawn()).values()
    assert stored.weed_type == done["weedType"]
    assert (await change(block.member, before["id"], verified=True, expectedUpdatedAt=done["updatedAt"]))["verified"]


async def test_edits_at_once_that_expect_nothing_are_all_done(block: Block) -> None:
    id_ = (await draw(block))["id"]
    edits = await asyncio.gather(*(change(block.member, id_, weedType=f"class {number}") for number in range(8)))
    assert len({edit["updatedAt"] for edit in edits}) == 8
    (stored,) = (await block.drawn()).values()
    last = max(edits, key=lambda edit: datetime.fromisoformat(edit["updatedAt"]))
    assert (stored.weed_type, stored.updated_at) == (last["weedType"], datetime.fromisoformat(last["updatedAt"]))


async def test_an_edit_rewrites_a_row_from_before_versioning(block: Block) -> None:
    id_ = (await draw(block))["id"]
    for points in ([[1, 2], [30, 2], [30, 40]], [{"x": 1, "y": 2}, {"x": 30, "y": 2}, {"x": 30, "y": 40}]):
        async with block.database.engine.begin() as connection:
            await connection.execute(update(manual_annotations).values(coordinates=points, geo_coordinates=points))
        changed = await change(block.member, id_, verified=True)
        assert changed["box"] == {"x": 1, "y": 2, "width": 29, "height": 38}
        assert changed["geoCoordinates"] == points, "nobody touched it"
        async with block.database.engine.connect() as connection:
            stored = (await connection.execute(select(manual_annotations.c.coordinates))).scalar_one()
        assert stored == {
            "box": {"x": 1.0, "y": 2.0, "width": 29.0, "height": 38.0},
            "polygon": [[1.0, 2.0], [30.0, 2.0], [30.0, 40.0]],
        }


async def test_deleting_is_all_or_nothing(block: Block) -> None:
    first, second, third = await annotate(block.database, block.home, block.assets[:1], "wattle", "pine", "lantana")
    elsewhere = await make_home(block.database, "East block")
    (other,) = await annotate(block.database, elsewhere, await add_images(block.database, elsewhere.project, ["three"]))
    for ids in ([first.id, "none"], [first.id, other.id], [other.id], ["none"]):
        assert codes(await block.member.ask(DELETE, ids=ids)) == ["NOT_FOUND"], ids
    for ids in ([], [first.id] * 1001):
        assert await block.refused(block.member, DELETE, ids=ids) == ("INVALID", "ids")
    assert len(await block.drawn()) == 3
    deleted = (await block.member.done(DELETE, ids=[second.id, first.id, second.id]))["deletedIds"]
    assert deleted == [second.id, first.id]
    assert list(await block.drawn()) == [third.id]
    assert codes(await block.member.ask(DELETE, ids=[first.id])) == ["NOT_FOUND"]


async def test_annotations_of_several_projects_of_the_team_go_in_one_call(block: Block) -> None:
    beside = await add_project(block.database, block.home.team, "West block")
    images = await add_images(block.database, beside, ["four"])
    (there,) = await annotate(block.database, block.home, images, project=beside)
    here = await annotate(block.database, block.home, block.assets)
    ids = [one.id for one in (*here, there)]
    assert (await block.member.done(DELETE, ids=ids))["deletedIds"] == ids
    assert await block.drawn() == {}


async def test_a_renamed_class_is_renamed_everywhere_and_merges(block: Block) -> None:
    drawn = await annotate(block.database, block.home, block.assets, "Wattle", "wattle", "pine")
    await add_pending(
        block.database,
        found(block.assets[0], "Wattle"),
        found(block.assets[1], "Wattle", status=ReviewStatus.REJECTED),
        found(block.assets[1], "wattle"),
    )
    beside = await add_project(block.database, block.home.team, "West block")
    untouched = await annotate(
        block.database, block.home, await add_images(block.database, beside, ["six"]), "Wattle", project=beside
    )
    answer = await block.member.done(RENAME, project=block.home.project.id, **{"from": "Wattle", "to": " wattle "})
    assert answer["changed"] == 4
    assert answer["project"]["classCounts"] == [
        {"name": "pine", "annotations": 2, "images": 2},
        {"name": "wattle", "annotations": 4, "images": 2},
    ]
    after = await block.drawn()
    for one in drawn:
        assert (after[one.id].updated_at > one.updated_at) == (one.weed_type == "Wattle")
    waiting = await block.database.read(lambda uow: uow.pending.of_assets([one.id for one in block.assets]))
    assert {one.weed_type for pending in waiting.values() for one in pending} == {"wattle"}
    there = await block.database.read(lambda uow: uow.annotations.get_many([untouched[0].id]))
    assert there[untouched[0].id].weed_type == "Wattle"
    assert await told(block) == 1


async def told(block: Block) -> int:
    """How often the project's stream told of a change of the project."""
    stream = project_stream(block.home.project.id)
    async with block.database.engine.connect() as connection:
        kinds = (await connection.execute(select(event_log.c.kind).where(event_log.c.stream == stream))).scalars().all()
    return kinds.count("PROJECT_CHANGED")


async def test_classes_are_compared_byte_by_byte(block: Block) -> None:
    names = ["wattle", "Wattle", "wáttle", "wattle"]
    await annotate(block.database, block.home, block.assets[:1], *names)
    async with block.database.engine.begin() as connection:
        blank = manual_annotations.c.weed_type == "Wattle"
        await connection.execute(update(manual_annotations).where(blank).values(weed_type="wattle "))
    answer = await block.member.done(RENAME, project=block.home.project.id, **{"from": "wattle", "to": "acacia"})
    assert answer["changed"] == 2
    assert sorted(one.weed_type for one in (await block.drawn()).values()) == ["acacia", "acacia", "wattle ", "wáttle"]


async def test_a_rename_that_cannot_be_says_why(block: Block) -> None:
    project = block.home.project.id
    assert await block.refused(block.member, RENAME, project=project, **{"from": "pine", "to": "x"}) == (
        "INVALID",
        "from",
    )
    await annotate(block.database, block.home, block.assets[:1], *(f"class {number:02}" for number in range(12)))
    answer = await block.member.data(RENAME, project=project, **{"from": "Class 01", "to": "pine"})
    (error,) = answer["userErrors"]
    assert (error["code"], error["field"], answer["changed"]) == ("INVALID", ["from"], 0)
    assert "class 09 …" in error["message"]
    assert "class 10" not in error["message"]
    for name in ("", " ", "w" * 192, "a\tb"):
        refused = await block.refused(block.member, RENAME, project=project, **{"from": "class 01", "to": name})
        assert refused == ("INVALID", "to")
    for name in ("class 01", "none"):
        assert (await block.member.done(RENAME, project=project, **{"from": name, "to": name}))["changed"] == 0
    assert await told(block) == 0


async def test_an_edit_moves_the_time_even_when_the_clock_stands(block: Block) -> None:
    id_ = (await draw(block))["id"]
    ahead = datetime(2100, 1, 1, tzinfo=UTC)
    async with block.database.engine.begin() as connection:
        await connection.execute(update(manual_annotations).values(updated_at=ahead))
    changed = await change(block.member, id_, verified=True, expectedUpdatedAt=ahead.isoformat())
    assert datetime.fromisoformat(changed["updatedAt"]) > ahead

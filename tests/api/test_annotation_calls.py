"""Drawing annotations, once for each key, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pending import Block, add_pending, found, make_block

from domain.models.geometry import Box
from domain.ports import UnitOfWork
from seeds import add_images
from stack import Stack, codes

CREATE = """mutation($input: CreateAnnotationsInput!) { createAnnotations(input: $input) {
 userErrors { code message field } annotations { id weedType box { x y width height } } } }"""
UPDATE = """mutation($input: UpdateAnnotationInput!) { updateAnnotation(input: $input) {
 userErrors { code message field } } }"""
DELETE = "mutation($ids: [ID!]!) { deleteAnnotations(ids: $ids) { userErrors { code } deletedIds } }"
BOX = {"x": 10, "y": 20, "width": 30, "height": 40}


@pytest.fixture
async def block(any_api: Stack) -> Block:
    return await make_block(any_api)


def keyed(block: Block, key: str, *classes: str) -> dict[str, Any]:
    notes = [{"assetId": block.assets[0].id, "weedType": name, "box": BOX} for name in classes]
    return {"projectId": block.home.project.id, "annotations": notes, "idempotencyKey": key}


async def test_one_key_draws_once_however_often_and_at_once_it_comes(block: Block) -> None:
    input_ = keyed(block, "a", "wattle", "pine")
    answers = await asyncio.gather(*(block.member.done(CREATE, input=input_) for _ in range(8)))
    ids = {tuple(one["id"] for one in answer["annotations"]) for answer in answers}
    assert len(ids) == 1
    assert [one["weedType"] for one in answers[0]["annotations"]] == ["wattle", "pine"]
    assert len(await block.drawn()) == 2
    (first, second) = ids.pop()
    await block.member.done(UPDATE, input={"id": second, "weedType": "lantana"})
    await block.member.done(DELETE, ids=[first])
    again = await block.member.done(CREATE, input=input_)
    assert [(one["id"], one["weedType"]) for one in again["annotations"]] == [(second, "lantana")]
    await block.member.done(DELETE, ids=[second])
    assert (await block.member.done(CREATE, input=input_))["annotations"] == []
    assert await block.drawn() == {}


async def test_a_key_with_other_input_is_refused(block: Block) -> None:
    await block.member.done(CREATE, input=keyed(block, "a", "wattle", "pine"))
    for classes in (["wattle"], ["pine", "wattle"], ["wattle", "pine", "pine"], ["wattle", "Pine"]):
        refused = await block.refused(block.member, CREATE, input=keyed(block, "a", *classes))
        assert refused == ("IDEMPOTENCY_MISMATCH", "input.idempotencyKey")
    for key in ("", "k" * 192):
        refused = await block.refused(block.member, CREATE, input=keyed(block, key, "wattle"))
        assert refused == ("INVALID", "input.idempotencyKey")
    # Keys are told apart byte by byte, and each project has its own.
    for key in ("A", "k" * 191):
        assert len((await block.member.done(CREATE, input=keyed(block, key, "wattle")))["annotations"]) == 1
    beside = await make_block(block.api, "five")
    assert len((await beside.member.done(CREATE, input=keyed(beside, "a", "wattle")))["annotations"]) == 1


async def test_a_refused_call_leaves_its_key_free(block: Block) -> None:
    bad = keyed(block, "a", "wattle", " ")
    assert await block.refused(block.member, CREATE, input=bad) == ("INVALID", "input.annotations.1.weedType")
    assert len((await block.member.done(CREATE, input=keyed(block, "a", "wattle")))["annotations"]) == 1


async def test_coordinates_on_the_map_are_geojson(block: Block) -> None:
    note = {"assetId": block.assets[0].id, "weedType": "wattle", "box": BOX}
    for bad in ([151.2, -33.9], {"type": "Point"}, {"type": "Point", "coordinates": [0, 91]}, {"type": "Feature"}, "x"):
        notes = [note, note, {**note, "geoCoordinates": bad}]
        refused = await block.refused(
            block.member, CREATE, input={"projectId": block.home.project.id, "annotations": notes}
        )
        assert refused == ("INVALID", "input.annotations.2.geoCoordinates"), bad


async def test_annotations_without_a_known_size_of_their_image_are_taken_as_drawn(block: Block) -> None:
    await block.database.write(lambda uow: uow.assets.update(block.assets[0].id, width=None, height=None))
    far = {"x": 5000, "y": 4000, "width": 90, "height": 80}
    note = {"assetId": block.assets[0].id, "weedType": "wattle", "box": far}
    input_ = {"projectId": block.home.project.id, "annotations": [note]}
    (annotation,) = (await block.member.done(CREATE, input=input_))["annotations"]
    assert annotation["box"] == far
    assert (await block.drawn())[annotation["id"]].box == Box(5000, 4000, 90, 80)


async def test_drawing_on_an_image_that_is_being_deleted_is_not_found(block: Block) -> None:
    (image,) = await add_images(block.database, block.home.project, ["gone"])
    await add_pending(block.database, found(image))
    deleted = asyncio.Event()

    async def delete_slowly(uow: UnitOfWork) -> None:
        await uow.assets.delete([image.id])
        deleted.set()
        await asyncio.sleep(0.5)  # so that the others have read the image before it is gone

    project = block.home.project.id
    review = "mutation($input: ReviewInput!) { reviewPendingAnnotations(input: $input) { accepted } }"
    deleting = asyncio.create_task(block.database.write(delete_slowly))
    await deleted.wait()
    note = {"assetId": image.id, "weedType": "wattle", "box": BOX}
    drawn, reviewed = await asyncio.gather(
        block.member.ask(CREATE, input={"projectId": project, "annotations": [note]}),
        block.member.ask(review, input={"projectId": project, "decision": "ACCEPT"}),
    )
    await deleting
    assert codes(drawn) == ["NOT_FOUND"]
    assert codes(reviewed) in ([], ["NOT_FOUND"])
    assert await block.database.read(lambda uow: uow.annotations.of_assets([image.id])) == {}

"""Accepting and rejecting what models found, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pending import Block, add_pending, found, make_block, statuses
from sqlalchemy import select

from db.tables import event_log
from domain.events import project_stream
from domain.models.annotation import AnnotationSource, ReviewStatus
from domain.models.model import TrainedModel
from seeds import add_batch, add_images, add_model, annotate, freeze, make_home, request_version
from stack import Stack, codes

ERRORS = "userErrors { code message field }"
REVIEW = f"""mutation($input: ReviewInput!) {{ reviewPendingAnnotations(input: $input) {{ {ERRORS} accepted rejected
 annotations {{ id weedType box {{ x y width height }} polygon {{ x y }} confidence verified source asset {{ id }}
 }} }} }}"""
WAITING = """query($id: ID!) { asset(id: $id) { pendingAnnotations {
 id weedType box { x y width height } polygon { x y } confidence source model { id } asset { id } } } }"""
TRIANGLE = ((10.0, 20.0), (40.0, 20.0), (40.0, 60.0))
PENDING, ACCEPTED, REJECTED = ReviewStatus.PENDING, ReviewStatus.ACCEPTED, ReviewStatus.REJECTED


@pytest.fixture
async def block(any_api: Stack) -> Block:
    return await make_block(any_api)


async def review(block: Block, decision: str, **where: Any) -> dict[str, Any]:
    payload: dict[str, Any] = await block.member.done(
        REVIEW, input={"projectId": block.home.project.id, "decision": decision, **where}
    )
    return payload


async def test_what_is_accepted_becomes_a_verified_annotation(block: Block) -> None:
    one, other = await add_pending(
        block.database,
        replace(found(block.assets[0], "pine", 0.75, polygon=TRIANGLE), source=AnnotationSource.SAM3),
        found(block.assets[1]),
    )
    done = await review(block, "ACCEPT", ids=[one.id])
    (made,) = done["annotations"]
    assert (done["accepted"], done["rejected"]) == (1, 0)
    assert made == {
        "id": made["id"],
        "weedType": "pine",
        "box": {"x": 10, "y": 20, "width": 30, "height": 40},
        "polygon": [{"x": x, "y": y} for x, y in TRIANGLE],
        "confidence": 0.75,
        "verified": True,
        "source": "SAM3",
        "asset": {"id": block.assets[0].id},
    }
    assert list(await block.drawn()) == [made["id"]]
    assert made["id"] != one.id, "ids are unique across types"
    assert await statuses(block.database, [one, other]) == [ACCEPTED, PENDING]


async def test_what_is_rejected_is_kept_as_rejected(block: Block) -> None:
    pending = await add_pending(block.database, *(found(asset) for asset in block.assets))
    done = await review(block, "REJECT", ids=[pending[0].id])
    assert (done["accepted"], done["rejected"], done["annotations"]) == (0, 1, [])
    assert await statuses(block.database, pending) == [REJECTED, PENDING]
    assert await block.drawn() == {}


async def test_what_was_reviewed_stays_and_is_not_counted(block: Block) -> None:
    pending = await add_pending(
        block.database,
        found(block.assets[0]),
        found(block.assets[0], status=REJECTED),
        found(block.assets[1], status=ACCEPTED),
    )
    ids = [one.id for one in pending]
    assert (await review(block, "ACCEPT", ids=ids))["accepted"] == 1
    for decision in ("ACCEPT", "REJECT"):
        again = await review(block, decision, ids=ids)
        assert (again["accepted"], again["rejected"]) == (0, 0)
    assert await statuses(block.database, pending) == [ACCEPTED, REJECTED, ACCEPTED]
    assert len(await block.drawn()) == 1
    assert await told(block) == 1, "only of what changed"


async def told(block: Block) -> int:
    stream = project_stream(block.home.project.id)
    async with block.database.engine.connect() as connection:
        kinds = (await connection.execute(select(event_log.c.kind).where(event_log.c.stream == stream))).scalars().all()
    return kinds.count("PROJECT_CHANGED")


async def test_everything_that_is_given_has_to_hold(block: Block) -> None:
    batch = await add_batch(block.database, block.home.project)
    (flown,) = await add_images(block.database, block.home.project, ["flown"], batch)
    here = block.assets[0]
    pending = await add_pending(
        block.database,
        found(here, "wattle", 0.9),
        found(here, "wattle", 0.5),
        found(here, "pine", 0.9),
        found(flown, "wattle", 0.9),
        found(flown, "pine", 0.3),
        found(flown, "Wattle", 0.1),
    )
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"minConfidence": 0.9, "className": "wattle", "ids": [pending[0].id, pending[1].id]}, [0]),
        ({"className": "lantana"}, []),
        ({"uploadBatchId": "none"}, []),
        ({"className": "wattle", "uploadBatchId": batch.id}, [3]),
        ({"className": "wattle"}, [1]),
        ({"minConfidence": 0.4}, [2]),
        ({"uploadBatchId": batch.id}, [4, 5]),
        ({}, []),
    ]
    for where, expected in cases:
        before = await statuses(block.database, pending)
        assert (await review(block, "REJECT", **where))["rejected"] == len(expected), where
        after = await statuses(block.database, pending)
        assert [index for index, status in enumerate(after) if status is not before[index]] == expected, where


async def test_without_a_choice_all_that_wait_in_the_project_are_meant(block: Block) -> None:
    elsewhere = await make_home(block.database, "East block")
    (foreign,) = await add_images(block.database, elsewhere.project, ["foreign"])
    mine = await add_pending(block.database, *(found(asset) for asset in block.assets for _ in range(3)))
    theirs = await add_pending(block.database, found(foreign))
    done = await review(block, "ACCEPT")
    assert (done["accepted"], len(done["annotations"]), len(await block.drawn())) == (6, 6, 6)
    assert set(await statuses(block.database, mine)) == {ACCEPTED}
    assert await statuses(block.database, theirs) == [PENDING]


async def test_more_than_fit_in_a_chunk_are_accepted_and_the_first_thousand_shown(block: Block) -> None:
    await add_pending(block.database, *(found(block.assets[index % 2]) for index in range(1203)))
    done = await review(block, "ACCEPT")
    assert (done["accepted"], len(done["annotations"])) == (1203, 1000)
    drawn = await block.drawn()
    assert len(drawn) == 1203
    assert {one["id"] for one in done["annotations"]} <= drawn.keys()
    assert (await review(block, "ACCEPT"))["accepted"] == 0


async def test_reviews_at_once_accept_each_once(block: Block) -> None:
    await add_pending(block.database, *(found(block.assets[index % 2]) for index in range(40)))
    done = await asyncio.gather(*(review(block, "ACCEPT") for _ in range(4)))
    assert sum(one["accepted"] for one in done) == 40
    assert len(await block.drawn()) == 40


async def test_who_may_not_review_changes_nothing(block: Block) -> None:
    pending = await add_pending(block.database, found(block.assets[0]))
    for where in ({}, {"ids": [pending[0].id]}):
        input_ = {"projectId": block.home.project.id, "decision": "ACCEPT", **where}
        assert codes(await block.stranger.ask(REVIEW, input=input_)) == ["NOT_FOUND"]
        assert codes(await block.viewer.ask(REVIEW, input=input_)) == ["FORBIDDEN"]
        assert codes(await block.api.caller(None).ask(REVIEW, input=input_)) == ["UNAUTHENTICATED"]
    assert await statuses(block.database, pending) == [PENDING]
    assert await block.drawn() == {}


async def test_an_id_that_is_not_of_the_project_is_not_found(block: Block) -> None:
    pending = await add_pending(block.database, found(block.assets[0]))
    (drawn,) = await annotate(block.database, block.home, block.assets[:1])
    elsewhere = await make_home(block.database, "East block")
    (foreign,) = await add_images(block.database, elsewhere.project, ["foreign"])
    theirs = await add_pending(block.database, found(foreign))
    for bad in ("none", theirs[0].id, drawn.id):
        input_ = {"projectId": block.home.project.id, "decision": "REJECT", "ids": [pending[0].id, bad]}
        assert codes(await block.member.ask(REVIEW, input=input_)) == ["NOT_FOUND"], bad
    assert await statuses(block.database, [*pending, *theirs]) == [PENDING, PENDING]


async def test_a_choice_that_is_none_is_refused(block: Block) -> None:
    pending = await add_pending(block.database, found(block.assets[0]))
    project = block.home.project.id
    cases: list[tuple[dict[str, Any], str]] = [
        ({"ids": []}, "input.ids"),
        ({"ids": [pending[0].id] * 1001}, "input.ids"),
        ({"minConfidence": -0.1}, "input.minConfidence"),
        ({"minConfidence": 1.1}, "input.minConfidence"),
    ]
    for where, path in cases:
        input_ = {"projectId": project, "decision": "ACCEPT", **where}
        assert await block.refused(block.member, REVIEW, input=input_) == ("INVALID", path)
    assert await statuses(block.database, pending) == [PENDING]


async def test_an_image_shows_what_waits_with_the_model_that_found_it(block: Block, tmp_path: Any) -> None:
    await annotate(block.database, block.home, block.assets)
    requested = await request_version(block.database, block.home)
    version = await freeze(block.database, block.api.services.store, tmp_path, requested)
    model: TrainedModel = await add_model(block.database, version)
    asset = block.assets[0]
    one, other, _ = await add_pending(
        block.database,
        replace(found(asset, "pine", 0.75, polygon=TRIANGLE), model_id=model.id),
        found(asset),
        found(asset, status=REJECTED),
    )
    shown = (await block.viewer.data(WAITING, id=asset.id))["pendingAnnotations"]
    assert [(each["id"], each["model"]) for each in shown] == [(one.id, {"id": model.id}), (other.id, None)]
    assert shown[0]["polygon"] == [{"x": x, "y": y} for x, y in TRIANGLE]
    assert (shown[0]["confidence"], shown[0]["source"], shown[0]["asset"]) == (0.75, "AI", {"id": asset.id})
    node = "query($id: ID!) { node(id: $id) { id ... on PendingAnnotation { weedType } } }"
    assert await block.viewer.data(node, id=one.id) == {"id": one.id, "weedType": "pine"}
    assert await block.stranger.data(node, id=one.id) is None

"""Connections: all pages together are every row once, newest first, whatever is added in between."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from detecting import started
from detecting import wanted as wanted_detection
from domain.deployments import ModelToDeploy, deploy_model
from domain.models.asset import UploadState
from domain.models.config import VersionConfig
from domain.models.training import TrainingConfig
from domain.training import StartTraining, start_training
from pictures import Picture, jpeg
from seeds import (
    Home,
    add_batch,
    add_images,
    add_model,
    add_project,
    add_uploads,
    annotate,
    freeze,
    make_home,
    request_version,
)
from stack import Caller, Stack, codes
from uploading import bring
from webhooks_made import add_delivery, add_webhook, change_delivery

PAGE = (
    "nodes { %s } edges { cursor node { %s } } "
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount"
)


def document(field: str, key: str = "id") -> str:
    """Pages of a list of the project."""
    page = PAGE % (key, key)
    return (
        "query($id: ID!, $first: Int, $after: String) { project(id: $id) { "
        f"{field}(first: $first, after: $after) {{ {page} }} }} }}"
    )


async def page_of(caller: Caller, query: str, id_: str, field: str, first: int, after: str | None) -> dict[str, Any]:
    page: dict[str, Any] = (await caller.data(query, id=id_, first=first, after=after))[field]
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert page["nodes"] == [edge["node"] for edge in page["edges"]]
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (
        (cursors[0], cursors[-1]) if cursors else (None, None)
    )
    assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
    return page


async def walk(
    caller: Caller,
    home: Home,
    field: str,
    first: int,
    key: str = "id",
    between: Callable[[], Awaitable[object]] | None = None,
) -> list[Any]:
    """The keys of all pages, one after the other, with something happening after each page."""
    found: list[Any] = []
    after: str | None = None
    while True:
        page = await page_of(caller, document(field, key), home.project.id, field, first, after)
        assert len(page["nodes"]) <= first
        found += [node[key] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        assert len(page["nodes"]) == first
        if between is not None:
            await between()


@pytest.fixture
async def home(api: Stack) -> Home:
    return await make_home(api.database)


@pytest.mark.parametrize("first", [1, 3, 10, 11, 200])
async def test_images_come_once_each_newest_first(api: Stack, home: Home, first: int) -> None:
    assets = await add_images(api.database, home.project, [str(index) for index in range(10)])
    await add_images(api.database, await add_project(api.database, home.team), ["elsewhere"])
    assert await walk(api.caller(home.owner), home, "assets", first) == [asset.id for asset in reversed(assets)]


async def test_rows_of_one_instant_are_told_apart(api: Stack, home: Home) -> None:
    assets = await add_images(api.database, home.project, [str(index) for index in range(9)])
    at = datetime(2024, 5, 1, tzinfo=UTC)
    for asset in assets:
        await api.database.write(lambda uow, id_=asset.id: uow.assets.update(id_, created_at=at))  # type: ignore[misc]
    found = await walk(api.caller(home.owner), home, "assets", 2)
    assert found == sorted((asset.id for asset in assets), reverse=True)


async def test_what_is_added_meanwhile_shifts_no_page(api: Stack, home: Home) -> None:
    assets = await add_images(api.database, home.project, [str(index) for index in range(10)])
    added = 0

    async def add_one() -> None:
        nonlocal added
        added += 1
        await add_images(api.database, home.project, [f"later-{added}"])

    found = await walk(api.caller(home.owner), home, "assets", 3, between=add_one)
    assert found == [asset.id for asset in reversed(assets)]
    assert added == 3
    page = await page_of(api.caller(home.owner), document("assets"), home.project.id, "assets", 2, None)
    assert page["totalCount"] == 13


async def test_every_list_of_a_project_pages(api: Stack, home: Home) -> None:
    database, owner = api.database, api.caller(home.owner)
    batches = [await add_batch(database, home.project, str(index)) for index in range(5)]
    for batch in batches:
        await database.write(lambda uow, id_=batch.id: uow.batches.count_up(id_, announced=1))  # type: ignore[misc]
    await annotate(database, home, await add_images(database, home.project, ["one", "two"]))
    work_dir = api.services.settings.data_dir
    versions = []
    for _ in range(5):
        requested = await request_version(database, home, VersionConfig())
        versions.append(await freeze(database, api.services.store, work_dir, requested))
    models = [await add_model(database, versions[0], f"north-{index}.pt") for index in range(5)]
    deployments = [
        await deploy_model(database, home.principal, home.project.id, ModelToDeploy(model.id, None, ()), None, None)
        for model in models
    ]
    wanted = StartTraining(versions[0].id, TrainingConfig(epochs=1), None, True, None)
    jobs = [await start_training(database, home.principal, wanted) for _ in range(5)]
    by_one = wanted_detection(home)
    detections = [await started(database, home, replace(by_one, model_id=model.id)) for model in models]
    assert await walk(owner, home, "versions", 2, "version") == [5, 4, 3, 2, 1]
    lists: dict[str, list[str]] = {
        "uploadBatches": [batch.id for batch in batches],
        "models": [model.id for model in models],
        "deployments": [deployment.id for deployment in deployments],
        "trainingJobs": [job.id for job in jobs],
        "detectionJobs": [detection.id for detection in detections],
    }
    for field, ids in lists.items():
        assert await walk(owner, home, field, 2) == ids[::-1], field
        page = await page_of(owner, document(field), home.project.id, field, 1, None)
        assert page["totalCount"] == 5, field


async def test_projects_results_and_frozen_images_page_too(api: Stack, home: Home) -> None:
    owner = api.caller(home.owner)
    more = [await add_project(api.database, home.team, f"Block {index}") for index in range(4)]
    first = await owner.data("{ projects(first: 3) { nodes { id } pageInfo { endCursor hasNextPage } totalCount } }")
    assert first["totalCount"] == 5
    assert first["pageInfo"]["hasNextPage"]
    rest = await owner.data(
        "query($after: String) { projects(first: 3, after: $after) { nodes { id } pageInfo { hasNextPage } } }",
        after=first["pageInfo"]["endCursor"],
    )
    assert not rest["pageInfo"]["hasNextPage"]
    found = [node["id"] for node in (*first["nodes"], *rest["nodes"])]
    assert found == [project.id for project in reversed([home.project, *more])]

    images = await add_images(api.database, home.project, [str(index) for index in range(5)])
    await annotate(api.database, home, images)
    requested = await request_version(api.database, home)
    version = await freeze(api.database, api.services.store, api.services.settings.data_dir, requested)
    query = """query($id: ID!, $after: String) { version(id: $id) { assets(first: 2, after: $after) {
      nodes { sha256 annotations { weedType } } pageInfo { endCursor hasNextPage } totalCount } } }"""
    frozen: list[str] = []
    after = None
    while True:
        page = (await owner.data(query, id=version.id, after=after))["assets"]
        frozen += [node["sha256"] for node in page["nodes"]]
        assert all(node["annotations"] == [{"weedType": "wattle"}] for node in page["nodes"])
        assert page["totalCount"] == 5
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert frozen == sorted(str(image.sha256) for image in images)


async def test_the_results_of_a_batch_page(api: Stack, home: Home) -> None:
    async with api.io_worker():
        pictures = [Picture(f"{index}.jpg", jpeg(index)) for index in range(5)]
        await bring(api.caller(home.owner), home.project.id, pictures)
    query = """query($id: ID!, $after: String) { project(id: $id) { uploadBatches { nodes {
      results(first: 2, after: $after) { nodes { filename } pageInfo { endCursor hasNextPage } totalCount } } } } }"""
    found: list[str] = []
    after = None
    for _ in range(3):
        (batch,) = (await api.caller(home.owner).data(query, id=home.project.id, after=after))["uploadBatches"]["nodes"]
        found += [node["filename"] for node in batch["results"]["nodes"]]
        assert batch["results"]["totalCount"] == 5
        after = batch["results"]["pageInfo"]["endCursor"]
    assert sorted(found) == [picture.filename for picture in pictures]


async def test_the_deliveries_of_a_webhook_page_newest_first(api: Stack, home: Home) -> None:
    webhook, other = [await add_webhook(api.database, home.project) for _ in range(2)]
    made = [await add_delivery(api.database, webhook) for _ in range(5)]
    await add_delivery(api.database, other)
    at = datetime(2024, 5, 1, tzinfo=UTC)
    for delivery in made[:2]:  # of one instant
        await change_delivery(api.database, delivery, created_at=at)
    query = f"""query($id: ID!, $first: Int, $after: String) {{ node(id: $id) {{ ... on Webhook {{
      deliveries(first: $first, after: $after) {{ {PAGE % ("id", "id")} }} }} }} }}"""
    found: list[str] = []
    after = None
    for more in (True, True, False):
        page = await page_of(api.caller(home.owner), query, webhook.id, "deliveries", 2, after)
        assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (5, more)
        found += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == [delivery.id for delivery in made[::-1]]
    for arguments in ({"first": 0}, {"first": 201}, {"after": "nonsense"}):
        assert codes(await api.caller(home.owner).ask(query, id=webhook.id, **arguments)) == ["BAD_USER_INPUT"]


async def test_filters_narrow_pages_and_their_count(api: Stack, home: Home) -> None:
    batch = await add_batch(api.database, home.project)
    inside = await add_images(api.database, home.project, ["field 1", "field_2", "FIELD 3"], batch)
    outside = await add_images(api.database, home.project, ["other%"])
    await annotate(api.database, home, inside[:2], "wattle")
    await annotate(api.database, home, inside[1:2], "lantana")
    query = """query($id: ID!, $filter: AssetFilter) { project(id: $id) { assets(first: 10, filter: $filter) {
      nodes { id } totalCount } } }"""
    a, b, c = (asset.id for asset in inside)
    other = outside[0].id
    for where, ids in (
        (None, {a, b, c, other}),
        ({}, {a, b, c, other}),
        ({"uploadBatchId": batch.id}, {a, b, c}),
        ({"annotated": True}, {a, b}),
        ({"annotated": False}, {c, other}),
        ({"className": "lantana"}, {b}),
        ({"className": "wattle", "search": "field 1"}, {a}),
        ({"search": "field"}, {a, b, c}),
        ({"search": "_"}, {b}),
        ({"search": "%"}, {other}),
        ({"search": "nothing"}, set()),
    ):
        page = (await api.caller(home.owner).data(query, id=home.project.id, filter=where))["assets"]
        assert {node["id"] for node in page["nodes"]} == ids, where
        assert page["totalCount"] == len(ids), where


async def test_a_bad_cursor_is_refused_where_it_stands(api: Stack, home: Home) -> None:
    """Lists of one kind are looked up together, and one of them asked for wrongly fails no other."""
    await add_images(api.database, home.project, ["one", "two"])
    elsewhere = base64.urlsafe_b64encode(b"[1]").decode()
    document = """query($id: ID!, $after: String) { node(id: $id) { ... on Project {
      right: assets(first: 1) { nodes { id } } wrong: assets(first: 1, after: $after) { nodes { id } } } } }"""
    answer = await api.caller(home.owner).ask(document, id=home.project.id, after=elsewhere)
    assert (codes(answer), [error["path"] for error in answer["errors"]]) == (["BAD_USER_INPUT"], [["node", "wrong"]])


async def test_a_bad_first_or_cursor_is_bad_user_input(api: Stack, home: Home) -> None:
    await add_images(api.database, home.project, ["a", "b", "c"])
    await add_uploads(api.database, home.project, await add_batch(api.database, home.project), ["x"], UploadState.OPEN)
    owner = api.caller(home.owner)

    def packed(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    async def asked(field: str, **variables: Any) -> list[str]:
        key = "version" if field == "versions" else "id"
        return codes(await owner.ask(document(field, key), id=home.project.id, **variables))

    page = await page_of(owner, document("assets"), home.project.id, "assets", 1, None)
    of_assets = page["pageInfo"]["endCursor"]
    garbage = ["", "nonsense", packed([1]), packed(["a", "b"]), packed([1, 2, 3]), packed(["a", ["t", "2024-01-01"]])]
    for field in ("assets", "versions", "uploadBatches", "models", "deployments", "trainingJobs", "detectionJobs"):
        for first in (0, -1, 201):
            assert await asked(field, first=first) == ["BAD_USER_INPUT"], (field, first)
        for cursor in garbage:
            if not (field == "versions" and cursor == packed([1])):
                assert await asked(field, after=cursor) == ["BAD_USER_INPUT"], (field, cursor)
        assert await asked(field, first=None, after=None) == []
    assert await asked("versions", after=of_assets) == ["BAD_USER_INPUT"]

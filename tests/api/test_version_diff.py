"""What changed between two versions that were really frozen, on the embedded parts and on MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from db.database import SqlDatabase
from domain.annotations import create_annotations
from domain.ids import new_id
from domain.models.annotation import Annotation
from domain.models.asset import Asset
from domain.models.config import Preprocessing, SplitConfig, Tile, VersionConfig
from domain.models.geometry import Box
from domain.models.people import TeamRole
from domain.models.version import DatasetStatus, DatasetVersion
from domain.ports import UnitOfWork
from seeds import (
    Home,
    add_images,
    add_project,
    add_user,
    annotate,
    drawn,
    freeze,
    join,
    make_home,
    request_version,
)
from stack import Caller, Stack, codes

TOTALS = """from { version } to { version } assetsAdded assetsRemoved assetsKept assetsMovedBetweenSplits
  annotationsAdded annotationsRemoved annotationsChanged classes { name before after }
  configChanges { path before after }"""
CHANGED = """changedAssets(first: $first, after: $after) { totalCount
  nodes { change annotationsAdded annotationsRemoved annotationsChanged
    before { ...frozen } after { ...frozen } }
  edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } }"""
DIFF = f"query($id: ID!, $against: ID!) {{ version(id: $id) {{ diff(against: $against) {{ {TOTALS} }} }} }}"
PAGE = f"""query($id: ID!, $against: ID!, $first: Int, $after: String) {{
  version(id: $id) {{ diff(against: $against) {{ {CHANGED} }} }} }}
  fragment frozen on VersionAsset {{ filename split sha256 annotations {{ weedType box {{ x }} }} }}"""
SPLITS = "query($id: ID!) { version(id: $id) { assets(first: 200) { nodes { sha256 split } } } }"
HALVES = SplitConfig(0.5, 0.25, 0.25, inherit=False)
IMAGES = 12


@dataclass(frozen=True, slots=True)
class Field:
    """Two versions of a project: of its twelve images the first is gone in the second version and there are two more,
    the second was relabelled, the third drawn on anew as it was, and the fourth bears one annotation more."""

    api: Stack
    home: Home
    viewer: Caller
    folder: Path
    assets: list[Asset]
    first: DatasetVersion
    second: DatasetVersion

    async def diff(self, version: DatasetVersion, against: DatasetVersion) -> Any:
        return (await self.viewer.data(DIFF, id=version.id, against=against.id))["diff"]

    async def splits(self, version: DatasetVersion) -> dict[str, str]:
        nodes = (await self.viewer.data(SPLITS, id=version.id))["assets"]["nodes"]
        return {node["sha256"]: node["split"] for node in nodes}

    async def changed(self, first: int) -> list[dict[str, Any]]:
        """All pages, one after the other."""
        found: list[dict[str, Any]] = []
        after = None
        while True:
            answer = await self.viewer.data(PAGE, id=self.second.id, against=self.first.id, first=first, after=after)
            page = answer["diff"]["changedAssets"]
            found += page["nodes"]
            assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
            if not page["pageInfo"]["hasNextPage"]:
                assert page["totalCount"] == len(found)
                return found
            assert len(page["nodes"]) == first
            after = page["pageInfo"]["endCursor"]


async def draw(database: SqlDatabase, home: Home, asset: Asset, weed_type: str, x: float) -> Annotation:
    note = drawn(asset, weed_type, Box(x, 20, 30, 40))
    (made,) = await create_annotations(database, home.principal, home.project.id, [note])
    return made


@pytest.fixture
async def field(any_api: Stack, tmp_path: Path) -> Field:
    database, store = any_api.database, any_api.services.store
    home = await make_home(database)
    viewer = any_api.caller(await join(database, home.team, TeamRole.VIEWER))
    owner = any_api.caller(home.owner)
    assets = await add_images(database, home.project, [f"image-{number}" for number in range(IMAGES)])
    notes = [await draw(database, home, asset, "wattle", 10) for asset in assets]
    config = VersionConfig(preprocessing=Preprocessing(tile=Tile(2, 2)), splits=HALVES)
    first = await freeze(database, store, tmp_path, await request_version(database, home, config))

    await owner.done("mutation($ids: [ID!]!) { deleteAssets(ids: $ids) { userErrors { code } } }", ids=[assets[0].id])
    update = "mutation($input: UpdateAnnotationInput!) { updateAnnotation(input: $input) { userErrors { code } } }"
    await owner.done(update, input={"id": notes[1].id, "weedType": "gorse"})
    await owner.done(
        "mutation($ids: [ID!]!) { deleteAnnotations(ids: $ids) { userErrors { code } } }", ids=[notes[2].id]
    )
    await draw(database, home, assets[2], "wattle", 10)
    await draw(database, home, assets[3], "wattle", 50)
    await annotate(database, home, await add_images(database, home.project, ["new-1", "new-2"]), "wattle", "gorse")
    other = VersionConfig(
        preprocessing=Preprocessing(tile=Tile(4, 2)), splits=SplitConfig(0.5, 0.25, 0.25, inherit=False, seed=7)
    )
    second = await freeze(database, store, tmp_path, await request_version(database, home, other))
    return Field(any_api, home, viewer, tmp_path, assets, first, second)


async def test_what_changed_is_told_both_ways(field: Field) -> None:
    before, after = await field.splits(field.first), await field.splits(field.second)
    moved = {sha256 for sha256 in before.keys() & after.keys() if before[sha256] != after[sha256]}
    assert moved, "another seed moves some image"
    assert await field.diff(field.second, field.first) == {
        "from": {"version": 1},
        "to": {"version": 2},
        "assetsAdded": 2,
        "assetsRemoved": 1,
        "assetsKept": IMAGES - 1,
        "assetsMovedBetweenSplits": len(moved),
        "annotationsAdded": 5,
        "annotationsRemoved": 1,
        "annotationsChanged": 1,
        "classes": [{"name": "gorse", "before": 0, "after": 3}, {"name": "wattle", "before": 12, "after": 13}],
        "configChanges": [
            {"path": "preprocessing.tile.rows", "before": "2", "after": "4"},
            {"path": "splits.seed", "before": "0", "after": "7"},
        ],
    }
    back = await field.diff(field.first, field.second)
    assert (back["from"], back["to"]) == ({"version": 2}, {"version": 1})
    assert (back["assetsAdded"], back["assetsRemoved"], back["assetsKept"]) == (1, 2, IMAGES - 1)
    assert (back["annotationsAdded"], back["annotationsRemoved"], back["annotationsChanged"]) == (1, 5, 1)
    same = await field.diff(field.first, field.first)
    assert (same["assetsKept"], same["annotationsAdded"], same["configChanges"]) == (IMAGES, 0, [])


async def test_changed_images_come_in_pages_with_what_each_version_froze(field: Field) -> None:
    before, after = await field.splits(field.first), await field.splits(field.second)
    found = await field.changed(200)
    assert await field.changed(3) == found
    shas = [(one["after"] or one["before"])["sha256"] for one in found]
    assert shas == sorted(shas)
    by_name = {(one["after"] or one["before"])["filename"].removesuffix(".jpg"): one for one in found}

    gone = by_name.pop("image-0")
    assert (gone["change"], gone["after"], gone["annotationsRemoved"]) == ("REMOVED", None, 1)
    assert gone["before"]["annotations"] == [{"weedType": "wattle", "box": {"x": 10}}]
    for name in ("new-1", "new-2"):
        new = by_name.pop(name)
        assert (new["change"], new["before"], new["annotationsAdded"]) == ("ADDED", None, 2)
        assert {one["weedType"] for one in new["after"]["annotations"]} == {"gorse", "wattle"}
    counts = {"image-1": (0, 0, 1), "image-3": (1, 0, 0)}
    assert by_name.keys() >= counts.keys()
    for name, one in by_name.items():
        sha256 = one["before"]["sha256"]
        assert (one["before"]["split"], one["after"]["split"]) == (before[sha256], after[sha256])
        assert one["change"] == ("MOVED" if before[sha256] != after[sha256] else "RELABELLED")
        told = (one["annotationsAdded"], one["annotationsRemoved"], one["annotationsChanged"])
        assert told == counts.get(name, (0, 0, 0))
    assert [one["weedType"] for one in by_name["image-1"]["before"]["annotations"]] == ["wattle"]
    assert [one["weedType"] for one in by_name["image-1"]["after"]["annotations"]] == ["gorse"]


async def test_a_page_of_changed_images_takes_no_statement_for_each(field: Field) -> None:
    with statements(field.api.database) as heard:
        await field.viewer.data(PAGE, id=field.second.id, against=field.first.id, first=2)
    few = len(heard)
    with statements(field.api.database) as heard:
        await field.viewer.data(PAGE, id=field.second.id, against=field.first.id, first=200)
    assert len(heard) == few


async def test_a_cursor_of_another_list_is_refused(field: Field) -> None:
    page = await field.viewer.data(SPLITS.replace("nodes", "edges { cursor } nodes"), id=field.first.id)
    for cursor in (page["assets"]["edges"][0]["cursor"], "x"):
        answer = await field.viewer.ask(PAGE, id=field.second.id, against=field.first.id, after=cursor)
        assert codes(answer) == ["BAD_USER_INPUT"]
    assert codes(await field.viewer.ask(PAGE, id=field.second.id, against=field.first.id, first=201)) == [
        "BAD_USER_INPUT"
    ]


async def test_another_project_s_version_is_as_if_missing(field: Field) -> None:
    database, store = field.api.database, field.api.services.store
    neighbour = await add_project(database, field.home.team, "South block")
    (image,) = await add_images(database, neighbour, ["image-0"])
    await annotate(database, field.home, [image], project=neighbour)
    beside = await request_version(database, field.home, project=neighbour)
    beside = await freeze(database, store, field.folder, beside)
    theirs = await make_home(database, "Theirs")
    await annotate(database, theirs, await add_images(database, theirs.project, ["image-0"]))
    foreign = await freeze(database, store, field.folder, await request_version(database, theirs))
    absent = await field.viewer.ask(DIFF, id=field.second.id, against=new_id())
    assert codes(absent) == ["NOT_FOUND"]
    for against in (beside, foreign):
        assert await field.viewer.ask(DIFF, id=field.second.id, against=against.id) == absent
    stranger = field.api.caller(await add_user(database))
    assert codes(await stranger.ask(DIFF, id=field.second.id, against=field.first.id)) == ["NOT_FOUND"]
    assert codes(await stranger.ask(DIFF, id=foreign.id, against=field.first.id)) == ["NOT_FOUND"]


async def test_archived_versions_compare_and_unfinished_ones_do_not(field: Field) -> None:
    database = field.api.database
    await database.write(lambda uow: uow.versions.update(field.first.id, status=DatasetStatus.ARCHIVED))
    assert (await field.diff(field.second, field.first))["assetsAdded"] == 2
    waiting = await request_version(database, field.home)
    for status, reason in ((DatasetStatus.CREATING, "still being made"), (DatasetStatus.FAILED, "retry it first")):
        await database.write(partial(set_status, version=waiting, status=status))
        for version, against in ((waiting, field.first), (field.first, waiting)):
            answer = await field.viewer.ask(DIFF, id=version.id, against=against.id)
            assert codes(answer) == ["NOT_READY"]
            assert "v3" in answer["errors"][0]["message"]
            assert reason in answer["errors"][0]["message"]


async def test_a_damaged_manifest_is_named_and_no_bug(field: Field) -> None:
    store, manifest = field.api.services.store, field.first.manifest
    assert manifest is not None
    good = await store.get(manifest.s3_key)
    await store.put(manifest.s3_key, good.replace(b"wattle", b"wottle", 1), "application/json")
    drawn_on = "query($id: ID!) { version(id: $id) { assets(first: 1) { nodes { annotations { id } } } } }"
    for document, variables in ((DIFF, {"against": field.second.id}), (drawn_on, {})):
        answer = await field.viewer.ask(document, id=field.first.id, **variables)
        assert codes(answer) == ["NOT_READY"]
        assert f"restore {manifest.s3_key} from a backup" in answer["errors"][0]["message"]
    await store.put(manifest.s3_key, good, "application/json")
    assert (await field.diff(field.first, field.second))["assetsAdded"] == 1


async def test_equal_versions_are_found_in_one_statement(field: Field) -> None:
    database, store = field.api.database, field.api.services.store
    for config in (field.second.config, field.first.config, field.first.config):
        await freeze(database, store, field.folder, await request_version(database, field.home, config))
    document = "query($id: ID!, $first: Int!) { project(id: $id) { versions(first: $first) { nodes { %s } } } }"
    asked = document % "version identicalTo { version } leakedPairs"
    counts = []
    for first in (1, 5):
        with statements(database) as heard:
            answer = await field.viewer.data(asked, id=field.home.project.id, first=first)
        counts.append(len(heard))
    found = {node["version"]: node["identicalTo"] for node in answer["versions"]["nodes"]}
    assert found == {5: {"version": 4}, 4: None, 3: {"version": 2}, 2: None, 1: None}
    assert counts[0] == counts[1]


async def set_status(uow: UnitOfWork, version: DatasetVersion, status: DatasetStatus) -> None:
    await uow.versions.update(version.id, status=status)


@contextmanager
def statements(database: SqlDatabase) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    heard: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("SELECT"):
            heard.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", hear)
    yield heard
    event.remove(database.engine.sync_engine, "before_cursor_execute", hear)

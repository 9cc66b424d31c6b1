"""What the caller can mend: a code, the path of the field at fault, and nothing stored."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from db.tables import metadata, training_datasets
from domain.annotations import create_annotations
from domain.errors import DomainError, ErrorCode
from domain.ids import new_id
from domain.models.asset import Asset
from domain.models.config import SplitConfig, VersionConfig
from domain.models.geometry import Box
from domain.models.model import TrainedModel
from domain.models.version import DatasetVersion
from pictures import jpeg
from seeds import Home, add_images, add_model, annotate, digest_of, drawn, freeze, make_home, request_version
from stack import Caller, Stack, codes

ERRORS = "userErrors { code message field }"


@dataclass(frozen=True, slots=True)
class Farm:
    """A project with a version that has no TEST images."""

    api: Stack
    home: Home
    owner: Caller
    assets: list[Asset]
    version: DatasetVersion
    model: TrainedModel

    async def refused(self, field: str, input_: dict[str, Any]) -> list[tuple[str, str | None]]:
        """Code and path of each user error of a mutation or of the preview, after which nothing new is stored."""
        root = "query" if field == "versionPreview" else "mutation"
        type_ = "CreateVersionInput" if field == "versionPreview" else f"{field[0].upper()}{field[1:]}Input"
        document = f"{root}($input: {type_}!) {{ {field}(input: $input) {{ {ERRORS} }} }}"
        return await self.errors(document, field, input=input_)

    async def errors(self, document: str, field: str, **variables: Any) -> list[tuple[str, str | None]]:
        before = await self.stored()
        answer = await self.owner.data(document, **variables)
        assert await self.stored() == before, field
        assert all(error["message"] for error in answer["userErrors"])
        return [(error["code"], ".".join(error["field"] or ())) for error in answer["userErrors"]]

    async def stored(self) -> dict[str, int]:
        async with self.api.database.engine.connect() as connection:
            return {
                name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                for name, table in metadata.tables.items()
            }


@pytest.fixture
async def farm(api: Stack, tmp_path: Path) -> Farm:
    home = await make_home(api.database)
    assets = await add_images(api.database, home.project, ["one", "two"])
    await annotate(api.database, home, assets)
    config = VersionConfig(splits=SplitConfig(0.5, 0.5, 0.0))
    requested = await request_version(api.database, home, config)
    version = await freeze(api.database, api.services.store, tmp_path, requested)
    model = await add_model(api.database, version)
    return Farm(api, home, api.caller(home.owner), assets, version, model)


async def test_settings_of_versions_have_ranges(farm: Farm) -> None:
    flip = {"horizontalFlip": True}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"splits": {"train": 0.5, "val": 0.4, "test": 0.2}}, "splits"),
        ({"splits": {"train": 0.8}}, ""),
        ({"splits": {"train": 0.0, "val": 0.5, "test": 0.5}}, "splits.train"),
        ({"splits": {"train": 1.5, "val": -0.5, "test": 0}}, "splits.train"),
        ({"splits": {"train": 0.9, "val": 0.2, "test": -0.1}}, "splits.test"),
        ({"splits": {"seed": -1}}, "splits.seed"),
        ({"augmentation": flip}, "augmentation.multiplier"),
        ({"augmentation": {"multiplier": 1, **flip}}, "augmentation.multiplier"),
        ({"augmentation": {"multiplier": 2}}, "augmentation.multiplier"),
        ({"augmentation": {"multiplier": 11, **flip}}, "augmentation.multiplier"),
        ({"augmentation": {"multiplier": 0}}, "augmentation.multiplier"),
        ({"augmentation": {"multiplier": 2, "rotation": 46}}, "augmentation.rotation"),
        ({"augmentation": {"multiplier": 2, "rotation": -1}}, "augmentation.rotation"),
        ({"preprocessing": {"tile": {"rows": 17, "columns": 1}}}, "preprocessing.tile.rows"),
        ({"preprocessing": {"tile": {"rows": 1, "columns": 0}}}, "preprocessing.tile.columns"),
        ({"preprocessing": {"tile": {"rows": 2, "columns": 2, "overlap": 0.95}}}, "preprocessing.tile.overlap"),
        ({"preprocessing": {"tile": {"rows": 2, "columns": 2, "minVisible": 1.1}}}, "preprocessing.tile.minVisible"),
        ({"preprocessing": {"resize": {"width": 15, "height": 640}}}, "preprocessing.resize.width"),
        ({"preprocessing": {"resize": {"width": 640, "height": 8193}}}, "preprocessing.resize.height"),
        ({"filters": {"weedTypes": []}}, "filters.weedTypes"),
        ({"filters": {"uploadBatchIds": []}}, "filters.uploadBatchIds"),
        ({"filters": {"minConfidence": 1.01}}, "filters.minConfidence"),
    ]
    for settings, path in cases:
        input_ = {"projectId": farm.home.project.id, **settings}
        for field in ("createVersion", "versionPreview"):
            expected = [("INVALID", f"input.{path}")] if path else []
            if not path and field == "createVersion":
                continue  # 0.8 with the standing 0.15 and 0.05 is right, and would be stored
            assert await farm.refused(field, input_) == expected, settings


async def test_keys_and_names_of_versions_have_lengths(farm: Farm) -> None:
    for name, value in (
        ("idempotencyKey", ""),
        ("idempotencyKey", "k" * 192),
        ("name", " "),
        ("displayName", "d" * 201),
    ):
        refused = await farm.refused("createVersion", {"projectId": farm.home.project.id, name: value})
        assert refused == [("INVALID", f"input.{name}")]
    nothing = {"projectId": farm.home.project.id, "filters": {"weedTypes": ["lantana"]}}
    assert await farm.refused("createVersion", nothing) == [("NO_MATCHING_IMAGES", "input.filters")]


async def test_annotations_are_all_taken_or_none_naming_the_one_at_fault(farm: Farm) -> None:
    asset = farm.assets[0].id
    good = {"assetId": asset, "weedType": "wattle", "box": {"x": 1, "y": 2, "width": 3, "height": 4}}

    def box(x: float, y: float, width: float, height: float) -> dict[str, Any]:
        return {**good, "box": {"x": x, "y": y, "width": width, "height": height}}

    def polygon(*points: tuple[float, float]) -> dict[str, Any]:
        return {"assetId": asset, "weedType": "wattle", "polygon": [{"x": x, "y": y} for x, y in points]}

    cases = [
        (box(1, 1, 0, 5), "box"),
        (box(1, 1, 5, -1), "box"),
        (box(640, 0, 5, 5), "box"),
        (box(-10, 0, 10, 5), "box"),
        (box(0, 480.5, 5, 5), "box"),
        (polygon((1, 1), (5, 5)), "polygon"),
        (polygon((1, 1), (5, 1), (9, 1)), "polygon"),
        (polygon((700, 1), (800, 1), (800, 90)), "polygon"),
        ({"assetId": asset, "weedType": "wattle"}, "box"),
        ({**good, "weedType": "   "}, "weedType"),
        ({**good, "weedType": "w" * 192}, "weedType"),
        ({**good, "confidence": 1.5}, "confidence"),
    ]
    for index, (bad, path) in enumerate(cases):
        at = index % 3
        notes = [good, good, good]
        notes[at] = bad
        refused = await farm.refused("createAnnotations", {"projectId": farm.home.project.id, "annotations": notes})
        assert refused == [("INVALID", f"input.annotations.{at}.{path}")], bad
    for count in (0, 1001):
        many = {"projectId": farm.home.project.id, "annotations": [good] * count}
        assert await farm.refused("createAnnotations", many) == [("INVALID", "input.annotations")]


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
async def test_numbers_that_are_none_are_refused(farm: Farm, number: float) -> None:
    asset = farm.assets[0]
    notes = [drawn(asset), drawn(asset, box=Box(1, number, 5, 5)), drawn(asset)]
    before = await farm.stored()
    with pytest.raises(DomainError) as refused:
        await create_annotations(farm.api.database, farm.home.principal, farm.home.project.id, notes)
    assert refused.value.code is ErrorCode.INVALID
    assert refused.value.field == ("input", "annotations", "1", "box")
    assert await farm.stored() == before


async def test_a_box_that_reaches_out_is_clipped_to_its_image(farm: Farm) -> None:
    document = """mutation($input: CreateAnnotationsInput!) { createAnnotations(input: $input) {
      userErrors { code } annotations { box { x y width height } } } }"""
    note = {"assetId": farm.assets[0].id, "weedType": " wattle ", "box": {"x": -5, "y": 470, "width": 20, "height": 50}}
    payload = await farm.owner.done(document, input={"projectId": farm.home.project.id, "annotations": [note]})
    assert payload["annotations"] == [{"box": {"x": 0, "y": 470, "width": 15, "height": 10}}]


async def test_announced_files_are_checked_one_by_one(farm: Farm) -> None:
    good = {"filename": "a.jpg", "sizeBytes": 10, "sha256": digest_of("a"), "contentType": "image/jpeg"}
    cases = [
        ({**good, "filename": " "}, "filename"),
        ({**good, "filename": "x" * 256}, "filename"),
        ({**good, "sizeBytes": 0}, "sizeBytes"),
        ({**good, "sizeBytes": 500_000_001}, "sizeBytes"),
        ({**good, "sha256": "abc"}, "sha256"),
        ({**good, "sha256": "g" * 64}, "sha256"),
    ]
    for bad, path in cases:
        refused = await farm.refused("requestUploads", {"projectId": farm.home.project.id, "files": [good, bad]})
        assert refused == [("INVALID", f"input.files.1.{path}")], path
    for files in ([], [good] * 501):
        refused = await farm.refused("requestUploads", {"projectId": farm.home.project.id, "files": files})
        assert refused == [("INVALID", "input.files")]
    unknown = {"projectId": farm.home.project.id, "uploadIds": [new_id()]}
    assert await farm.refused("completeUploads", unknown) == [("INVALID", "input.uploadIds.0")]
    none = {"projectId": farm.home.project.id, "uploadIds": []}
    assert await farm.refused("completeUploads", none) == [("INVALID", "input.uploadIds")]


async def test_settings_of_trainings_have_ranges(farm: Farm) -> None:
    cases = [
        ("epochs", 0),
        ("epochs", 10_001),
        ("batchSize", 0),
        ("batchSize", 1025),
        ("imageSize", 33),
        ("imageSize", 4128),
        ("imageSize", 0),
        ("learningRate", 0),
        ("learningRate", 1.5),
        ("patience", -1),
        ("seed", -1),
    ]
    for name, value in cases:
        input_ = {"datasetVersionId": farm.version.id, "config": {name: value}, "fromScratch": True}
        assert await farm.refused("startTraining", input_) == [("INVALID", f"input.config.{name}")], (name, value)
    both = {
        "datasetVersionId": farm.version.id,
        "config": {},
        "fromScratch": True,
        "checkpointModelId": farm.model.id,
    }
    assert await farm.refused("startTraining", both) == [("INVALID", "input.fromScratch")]


async def test_what_is_not_ready_says_so(farm: Farm) -> None:
    owner, project_id = farm.owner, farm.home.project.id
    unfrozen = await request_version(farm.api.database, farm.home)
    training = {"datasetVersionId": unfrozen.id, "config": {"epochs": 1}}
    assert await farm.refused("startTraining", training) == [("NOT_READY", "input.datasetVersionId")]

    evaluate = f"mutation($m: ID!, $v: ID!) {{ evaluateModel(modelId: $m, versionId: $v) {{ {ERRORS} }} }}"
    for version in (farm.version, unfrozen):
        refused = await farm.errors(evaluate, "evaluateModel", m=farm.model.id, v=version.id)
        assert refused == [("NOT_READY", "versionId")]

    image = {"projectId": project_id, "source": {"assetId": farm.assets[0].id}}
    assert await farm.refused("detect", image) == [("NOT_READY", "input.model")]
    named = {**image, "model": {"modelId": farm.model.id}}
    assert await farm.refused("detect", {**named, "confidence": 1.5}) == [("INVALID", "input.confidence")]
    assert await farm.refused("detect", {**named, "iou": -0.1}) == [("INVALID", "input.iou")]
    assert [code for code, _ in await farm.refused("detect", named)] == ["UNAVAILABLE"]

    start = f"mutation($i: StartTrainingInput!) {{ startTraining(input: $i) {{ {ERRORS} job {{ id }} }} }}"
    ready = {"datasetVersionId": farm.version.id, "config": {"epochs": 1}, "fromScratch": True}
    job = (await owner.done(start, i=ready))["job"]["id"]
    cancel = f"mutation($id: ID!) {{ cancelTraining(id: $id) {{ {ERRORS} }} }}"
    assert await owner.data(cancel, id=job) == {"userErrors": []}
    assert await farm.errors(cancel, "cancelTraining", id=job) == [("NOT_READY", "id")]


async def test_an_image_that_is_sent_along_is_kept_nowhere(farm: Farm) -> None:
    operations = {
        "query": f"mutation($input: DetectInput!) {{ detect(input: $input) {{ {ERRORS} }} }}",
        "variables": {
            "input": {
                "projectId": farm.home.project.id,
                "source": {"image": None},
                "model": {"modelId": farm.model.id},
            }
        },
    }
    form = {"operations": json.dumps(operations), "map": json.dumps({"0": ["variables.input.source.image"]})}
    files = {"0": ("a.jpg", jpeg(), "image/jpeg")}
    answer = await farm.owner.http.post("/graphql", data=form, files=files, headers=farm.owner.headers_for_files)
    (error,) = answer.json()["data"]["detect"]["userErrors"]
    assert error["code"] == "UNAVAILABLE", "no worker runs here"
    assert list(farm.api.services.settings.objects_dir.rglob("probes/*")) == []


async def test_a_choice_of_two_takes_one(farm: Farm) -> None:
    document = "mutation($input: DetectInput!) { detect(input: $input) { userErrors { code } } }"
    for source in ({}, {"assetId": None}, {"assetId": farm.assets[0].id, "image": None}):
        answer = await farm.owner.ask(document, input={"projectId": farm.home.project.id, "source": source})
        assert answer.get("data") is None, source
        assert "INTERNAL" not in [error.get("extensions", {}).get("code") for error in answer["errors"]]


async def test_names_of_projects_have_lengths(farm: Farm) -> None:
    team = farm.home.team.id
    for name in ("", "  ", "n" * 201):
        assert await farm.refused("createProject", {"teamId": team, "name": name}) == [("INVALID", "input.name")]
    created = """mutation($input: CreateProjectInput!) { createProject(input: $input) {
      userErrors { code } project { name features { datasetVersions } } } }"""
    payload = await farm.owner.done(created, input={"teamId": team, "name": " Ñandú 🌱 "})
    assert payload["project"] == {"name": "Ñandú 🌱", "features": {"datasetVersions": False}}


async def test_what_is_asked_for_may_be_called_as_user_errors_are(farm: Farm) -> None:
    document = "mutation($id: ID!) { updateProject(input: {id: $id}) { userErrors: project { id } } }"
    answer = await farm.owner.ask(document, id=farm.home.project.id)
    assert answer == {"data": {"updateProject": {"userErrors": {"id": farm.home.project.id}}}}


async def test_a_bug_is_masked_under_an_id(farm: Farm) -> None:
    # A row that no rule can have written.
    async with farm.api.database.engine.begin() as connection:
        await connection.execute(update(training_datasets).values(preprocessing=5))
    answer = await farm.owner.ask("query($id: ID!) { version(id: $id) { id } }", id=farm.version.id)
    assert codes(answer) == ["INTERNAL"]
    (error,) = answer["errors"]
    assert error["extensions"]["requestId"] in error["message"]
    assert not {"Traceback", "preprocessing", "sqlite", "int"} & set(error["message"].split())

"""From upload to a deployed model that detects, as any client of the contract could do it: HTTP and WebSocket only."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from live.imagery import palms_or_fields
from live.server import live_server
from live.team import Team, team_on
from trace_collector import Span, TraceCollector, named, way_up

_LEARNT, _BEGUN = 20, 2
"""Epochs after which it has learnt something, and after which it is a model and no more."""
_TILE = {"tile": {"rows": 2, "columns": 2}}
# With four images to test on, mAP50 is 0.52 to 0.81 from one draw to the next: this draw is well above the bar, so
# that a failure means a defect.
_SPLITS = {"train": 0.6, "val": 0.15, "test": 0.25, "seed": 1}
_FLIPS = {"multiplier": 2, "horizontalFlip": True, "verticalFlip": True}
_PATIENCE_SECONDS = 120

_TEST_ASSETS = """
query ($id: ID!) {
  version(id: $id) { assets(first: 50, split: TEST) { totalCount nodes { sha256 asset { id } annotations { id } } } }
}
"""
_EVALUATE = """
mutation ($modelId: ID!, $versionId: ID!) {
  evaluateModel(modelId: $modelId, versionId: $versionId, split: TEST) {
    evaluation { id } userErrors { code message field }
  }
}
"""
_DEPLOY = """
mutation ($input: DeployModelInput!) {
  deployModel(input: $input) { deployment { id } userErrors { code message field } }
}
"""
_SETTLED = """
query ($id: ID!) {
  node(id: $id) {
    ... on ModelEvaluation { evaluation: status failureReason seenImages metrics { mAP50 perClass { name ap50 } } }
    ... on ModelDeployment { deployment: status failureReason project { activeModel { id } } }
  }
}
"""
_DETECT = """
mutation ($projectId: ID!, $source: ImageChoice!) {
  detect(input: {projectId: $projectId, source: $source}) {
    result { model backend imageWidth imageHeight detections { weedType confidence box { x y width height } } }
    userErrors { code message field }
  }
}
"""
_DETECT_FILE = _DETECT.replace("$source: ImageChoice!", "$file: Upload!").replace("$source", "{image: $file}")


async def test_from_upload_to_detection() -> None:
    """With nothing to install. Two threads: how many there are decides what the draw above comes to."""
    await _check_the_way({"THREADS": "2"}, _LEARNT)


async def test_the_same_way_on_the_servers_of_production(mariadb_url: str, redis_url: str) -> None:
    """What a network learns does not depend on them, so here it only begins."""
    with TraceCollector().running() as collector:
        servers = {"DATABASE_URL": mariadb_url, "REDIS_URL": redis_url}
        await _check_the_way({**servers, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}, _BEGUN)
    _check_traces(collector.spans)


def _check_traces(spans: list[Span]) -> None:
    """From process to process."""
    frozen = [(one.service, one.name) for one in way_up(spans, named(spans, "SNAPSHOT freezing"))]
    io, gpu, api = "agridrone-io", "agridrone-gpu", "agridrone-api"
    assert frozen == [(io, "SNAPSHOT freezing"), (io, "SNAPSHOT"), (api, "mutation createVersion")]
    epochs = [one for one in spans if one.name == "epoch"]
    assert len(epochs) == _BEGUN
    within = [(gpu, name) for name in ("epoch", "child", "TRAINING training", "TRAINING")]
    for epoch in epochs:
        way = [(one.service, one.name) for one in way_up(spans, epoch)]
        assert way == [*within, (api, "mutation startTraining")]
    uploads = [one for one in spans if one.name == "UPLOAD"]
    assert {way_up(spans, one)[-1].name for one in uploads} == {"mutation completeUploads"}


async def _check_the_way(environment: dict[str, str], epochs: int) -> None:
    images = {image.sha256: image for image in palms_or_fields()}
    with live_server(**environment) as server:
        async with team_on(server) as team:
            assets = await team.upload(list(images.values()))
            version = await team.frozen_version(preprocessing=_TILE, augmentation=_FLIPS, splits=_SPLITS)
            _check_counts(version, list(images.values()))
            model = await _train(team, version["id"], epochs)
            assert hashlib.sha256(await team.client.download(model["weightsUrl"])).hexdigest() == model["sha256"]
            held_out = await _held_out(team, version["id"])
            map50 = await _evaluate(team, model["id"], version["id"])
            await _deploy(team, model["id"])
            hits = await _detect(team, [images[sha256] for sha256 in held_out], assets, model["name"])
            if epochs == _LEARNT:
                assert map50 >= 0.5
                assert hits > 0
            assert (await team.version(version["id"]))["status"] == "READY"


def _check_counts(version: dict[str, Any], images: list[LabelledImage]) -> None:
    counts = version["splitCounts"]
    assert version["status"] == "READY"
    assert version["imageCount"] == len(images) == 16
    assert version["annotationCount"] == sum(len(image.boxes) for image in images)
    # Largest remainder of 16 x (0.6, 0.15, 0.25); to train on, four tiles of each image, twice.
    assert counts == {"train": 10, "val": 2, "test": 4, "trainAugmented": 80}


async def _train(team: Team, version_id: str, count: int) -> dict[str, Any]:
    job_id = await team.start_training(version_id, epochs=count, image_size=160)
    assert (await team.version(version_id))["status"] == "TRAINING"
    events = [event async for event in team.training_events(job_id)]
    epochs = [event for event in events if event["kind"] == "EPOCH"]
    assert [event["epoch"] for event in epochs] == list(range(1, count + 1))
    assert [event["metrics"]["epoch"] for event in epochs] == list(range(1, count + 1))
    statuses = [event["status"] for event in events if event["kind"] == "STATUS"]
    assert statuses == ["QUEUED", "PREPARING", "RUNNING", "COMPLETED"]
    assert any(event["kind"] == "BATCH" for event in events)
    job = await team.job(job_id)
    _check_recipe(job["config"]["effective"], count)
    assert (job["attempts"], job["startingWeights"], len(job["epochs"])) == (1, "SCRATCH", count)
    model: dict[str, Any] = job["model"]
    return model


def _check_recipe(effective: dict[str, Any], epochs: int) -> None:
    """The recipe for small sets, as the job was really run."""
    said = {"recipe": "small-set", "optimizer": "AdamW", "nbs": 4, "epochs": epochs, "imgsz": 160, "batch": 4}
    assert said == {name: effective.get(name) for name in said}
    assert {"lr0", "warmup_epochs", "mosaic", "bn_momentum"} <= effective.keys()


async def _held_out(team: Team, version_id: str) -> list[str]:
    page = (await team.client.call(_TEST_ASSETS, id=version_id))["assets"]
    assert page["totalCount"] == len(page["nodes"]) == 4
    return [node["sha256"] for node in page["nodes"]]


async def _evaluate(team: Team, model_id: str, version_id: str) -> float:
    """The model's mAP50."""
    begun = await team.client.call(_EVALUATE, modelId=model_id, versionId=version_id)
    done = await _settled(team, begun["evaluation"]["id"])
    assert done["evaluation"] == "COMPLETED", done
    assert done["seenImages"] == 0
    map50: float = done["metrics"]["mAP50"]
    return map50


async def _deploy(team: Team, model_id: str) -> None:
    order = {"projectId": team.project_id, "model": {"modelId": model_id}}
    begun = await team.client.call(_DEPLOY, input=order)
    done = await _settled(team, begun["deployment"]["id"])
    assert done["deployment"] == "ACTIVE", done
    assert done["project"]["activeModel"]["id"] == model_id


async def _settled(team: Team, node_id: str) -> dict[str, Any]:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            node: dict[str, Any] = await team.client.call(_SETTLED, id=node_id)
            if (node.get("evaluation") or node.get("deployment")) not in ("QUEUED", "RUNNING", "PENDING"):
                return node
            await asyncio.sleep(0.2)


async def _detect(team: Team, held_out: list[LabelledImage], assets: dict[str, str], model: str) -> int:
    """By asset id on all of them, and the same again on the first, sent along; how many objects were found."""
    client, project_id = team.client, team.project_id
    by_asset = [
        await client.call(_DETECT, projectId=project_id, source={"assetId": assets[image.sha256]}) for image in held_out
    ]
    found = [_boxes(answer) for answer in by_asset]
    hits = sum(_hits(boxes, image) for boxes, image in zip(found, held_out, strict=True))
    first = held_out[0]
    sent = await client.call_with_file(_DETECT_FILE, first.read(), first.filename, projectId=project_id)
    assert sent["result"]["detections"] == by_asset[0]["result"]["detections"]
    assert (sent["result"]["backend"], sent["result"]["model"]) == ("LOCAL", model)
    return hits


def _boxes(answer: dict[str, Any]) -> list[Box]:
    return [Box(hit["weedType"], **hit["box"]) for hit in answer["result"]["detections"]]


def _hits(found: list[Box], image: LabelledImage) -> int:
    return sum(any(box.label == true.label and box.iou(true) >= 0.3 for box in found) for true in image.boxes)

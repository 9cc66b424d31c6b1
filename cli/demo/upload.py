"""Images and their annotations, on their way to the server."""

import asyncio
import mimetypes
from collections.abc import Iterator, Sequence
from typing import Any

from cli.client import ApiError, Client
from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from cli.demo.screen import Step

_FILES_A_CALL = 100
_ANNOTATIONS_A_CALL = 1000
_PUTS_AT_ONCE = 4

_REQUEST = """
mutation ($input: RequestUploadsInput!) {
  requestUploads(input: $input) {
    batch { id }
    uploads { uploadId url headers { name value } existingAsset { id } }
    userErrors { code message field }
  }
}
"""
_COMPLETE = """
mutation ($input: CompleteUploadsInput!) {
  completeUploads(input: $input) { batch { id status } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($batchId: ID!, $after: String) {
  uploadProgress(batchId: $batchId, after: $after) {
    cursor done total
    result { uploadId filename asset { id } error { code message } }
  }
}
"""
_ANNOTATE = """
mutation ($input: CreateAnnotationsInput!) {
  createAnnotations(input: $input) { annotations { id } userErrors { code message field } }
}
"""


async def upload(
    client: Client, project_id: str, batch_name: str, images: Sequence[LabelledImage], step: Step
) -> list[str]:
    """Uploads the images and waits until the server has checked them: the asset ids, in the order of `images`."""
    assets: list[str] = []
    for start in range(0, len(images), _FILES_A_CALL):
        part = images[start : start + _FILES_A_CALL]
        assets += await _upload_part(client, project_id, batch_name, part, step)
    return assets


async def _upload_part(
    client: Client, project_id: str, batch_name: str, images: Sequence[LabelledImage], step: Step
) -> list[str]:
    files = [_file_input(image) for image in images]
    asked = await client.call(_REQUEST, input={"projectId": project_id, "batchName": batch_name, "files": files})
    targets = asked["uploads"]
    await _put_all(client, images, targets, step)
    new = [target["uploadId"] for target in targets if not target["existingAsset"]]
    arrived: dict[str, str] = {}
    if new:
        await client.call(_COMPLETE, input={"projectId": project_id, "uploadIds": new})
        arrived = await _checked(client, asked["batch"]["id"], step)
    missing = [upload_id for upload_id in new if upload_id not in arrived]
    if missing:
        raise ApiError(f"{len(missing)} of {len(new)} uploaded files have no result though their batch is done.")
    return [(target["existingAsset"] or {"id": arrived.get(target["uploadId"])})["id"] for target in targets]


def _file_input(image: LabelledImage) -> dict[str, Any]:
    kind, _ = mimetypes.guess_type(image.name)
    return {
        "filename": image.filename,
        "sizeBytes": len(image.read()),
        "sha256": image.sha256,
        "contentType": kind or "application/octet-stream",
    }


async def _put_all(
    client: Client, images: Sequence[LabelledImage], targets: Sequence[dict[str, Any]], step: Step
) -> None:
    gate, sent = asyncio.Semaphore(_PUTS_AT_ONCE), 0

    async def put(image: LabelledImage, target: dict[str, Any]) -> None:
        nonlocal sent
        async with gate:
            if not target["existingAsset"]:
                headers = {header["name"]: header["value"] for header in target["headers"]}
                await client.put(target["url"], headers, image.read())
        sent += 1
        step.show(sent, len(images), "sending")

    await asyncio.gather(*(put(image, target) for image, target in zip(images, targets, strict=True)))


async def _checked(client: Client, batch_id: str, step: Step) -> dict[str, str]:
    """Asset ids by upload id, as the server takes the files in."""
    assets: dict[str, str] = {}
    async for event in client.follow(_PROGRESS, batchId=batch_id):
        step.show(event["done"], event["total"], "checking")
        result = event["result"]
        if result and result["error"]:
            raise ApiError(f"The server refused {result['filename']}: {result['error']['message']}")
        if result:
            assets[result["uploadId"]] = result["asset"]["id"]
    return assets


async def annotate(
    client: Client, project_id: str, images: Sequence[LabelledImage], assets: Sequence[str], step: Step
) -> int:
    """Gives each image, known by the asset id at the same place, its true boxes; returns how many there are."""
    rows = list(_rows(images, assets))
    for start in range(0, len(rows), _ANNOTATIONS_A_CALL):
        part = rows[start : start + _ANNOTATIONS_A_CALL]
        await client.call(_ANNOTATE, input={"projectId": project_id, "annotations": part})
        step.show(start + len(part), len(rows), "annotating")
    return len(rows)


def _rows(images: Sequence[LabelledImage], assets: Sequence[str]) -> Iterator[dict[str, Any]]:
    for image, asset in zip(images, assets, strict=True):
        for box in image.boxes:
            yield {"assetId": asset, "weedType": box.label, "verified": True, **_shape(box)}


def _shape(box: Box) -> dict[str, Any]:
    shape: dict[str, Any] = {"box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height}}
    if box.polygon:
        shape["polygon"] = [{"x": x, "y": y} for x, y in box.polygon]
    return shape

"""Bringing files in as a client of the contract does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import httpx

from pictures import Picture
from stack import Caller

REQUEST = """mutation($input: RequestUploadsInput!) { requestUploads(input: $input) {
  userErrors { code message field }
  batch { id name status }
  uploads { uploadId url headers { name value } existingAsset { id filename } } } }"""
COMPLETE = """mutation($input: CompleteUploadsInput!) { completeUploads(input: $input) {
  userErrors { code message field } batch { id status } } }"""
PROGRESS = """subscription($batch: ID!, $after: String) { uploadProgress(batchId: $batch, after: $after) {
  cursor done total result { uploadId } batch { status } } }"""
RESULTS = """query($id: ID!) { uploadBatch(id: $id) { status verified refused assetCount
  results(first: 200) { totalCount nodes { filename error { code message }
    asset { id filename width height sizeBytes sha256 contentType gpsLatitude gpsLongitude capturedAt url } } } } }"""


def announced(picture: Picture, **changes: Any) -> dict[str, Any]:
    """What the client says of a file."""
    return {
        "filename": picture.filename,
        "sizeBytes": len(picture.content),
        "sha256": hashlib.sha256(picture.content).hexdigest(),
        "contentType": "image/jpeg",
        **changes,
    }


async def request(caller: Caller, project_id: str, files: Sequence[dict[str, Any]], **more: Any) -> Any:
    return await caller.done(REQUEST, input={"projectId": project_id, "files": files, **more})


async def put(caller: Caller, target: dict[str, Any], content: bytes) -> httpx.Response:
    headers = {header["name"]: header["value"] for header in target["headers"]}
    return await caller.http.put(target["url"], content=content, headers=headers)


async def complete(caller: Caller, project_id: str, upload_ids: Sequence[str]) -> Any:
    return await caller.done(COMPLETE, input={"projectId": project_id, "uploadIds": upload_ids})


async def finished(caller: Caller, batch_id: str) -> Any:
    """The batch, after its progress feed came to its end."""
    await caller.events(PROGRESS, batch=batch_id)
    return await caller.data(RESULTS, id=batch_id)


async def bring(caller: Caller, project_id: str, pictures: Sequence[Picture]) -> dict[str, Any]:
    """The results by file name, after all files went the whole way; and the batch under its id's own name, `batch`."""
    asked = await request(caller, project_id, [announced(picture) for picture in pictures])
    for picture, target in zip(pictures, asked["uploads"], strict=True):
        answer = await put(caller, target, picture.content)
        assert answer.status_code == 200, answer.text
    await complete(caller, project_id, [target["uploadId"] for target in asked["uploads"]])
    batch = await finished(caller, asked["batch"]["id"])
    assert batch["status"] == "DONE"
    return {result["filename"]: result for result in batch["results"]["nodes"]}

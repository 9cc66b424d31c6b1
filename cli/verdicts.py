"""What the server made of files that were sent, told by the progress feeds of their batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from typing import Any

from cli.client import Client

COMPLETE = """
mutation ($input: CompleteUploadsInput!) {
  completeUploads(input: $input) { batch { id } userErrors { code message field } }
}
"""
_PROGRESS = """
subscription ($batchId: ID!, $after: String) {
  uploadProgress(batchId: $batchId, after: $after) {
    cursor
    result { uploadId asset { id } error { code message } }
  }
}
"""
_LOOK_SECONDS = 2.0


async def verdicts(
    client: Client, project_id: str, upload_ids: Collection[str], batches: Collection[str]
) -> AsyncGenerator[dict[str, Any] | None, None]:
    """The UploadResult of each of the uploads, which were completed before; None at every moment without news.

    An upload that an interrupted run announced is in a batch of that run, which the server told nobody: completing is
    answered with the batch, so that it is found by completing once more. `batches` are those known already. Waiting
    ends with the last of these uploads: others in their batches, announced and never sent, may stay open for a day.
    """
    waiting, unlocated = set(upload_ids), list(upload_ids)
    news: asyncio.Queue[dict[str, Any] | Exception] = asyncio.Queue()
    feeds = {batch_id: asyncio.create_task(_read(client, batch_id, news)) for batch_id in batches}
    try:
        while waiting:
            try:
                told = await asyncio.wait_for(news.get(), _LOOK_SECONDS)
            except TimeoutError:
                yield None
                while unlocated and unlocated[-1] not in waiting:
                    unlocated.pop()
                if unlocated:
                    batch_id = await completed(client, project_id, [unlocated.pop()])
                    if batch_id not in feeds:
                        feeds[batch_id] = asyncio.create_task(_read(client, batch_id, news))
                continue
            if isinstance(told, Exception):
                raise told
            if told["uploadId"] in waiting:
                waiting.remove(told["uploadId"])
                yield told
    finally:
        for feed in feeds.values():
            feed.cancel()
        await asyncio.gather(*feeds.values(), return_exceptions=True)


async def completed(client: Client, project_id: str, upload_ids: Collection[str]) -> str:
    """Has the uploads checked; the answer is the id of the first one's batch. May be asked again."""
    answer = await client.call_again(COMPLETE, input={"projectId": project_id, "uploadIds": list(upload_ids)})
    batch_id: str = answer["batch"]["id"]
    return batch_id


async def _read(client: Client, batch_id: str, news: asyncio.Queue[dict[str, Any] | Exception]) -> None:
    try:
        async for event in client.follow(_PROGRESS, batchId=batch_id):
            if event["result"]:
                await news.put(event["result"])
    except Exception as error:  # raised where the news is read: nobody awaits this task before the end
        await news.put(error)

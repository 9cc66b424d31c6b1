"""Many images to a project: hashed, announced, PUT side by side, completed, and followed until the server took them."""

from __future__ import annotations

import asyncio
import mimetypes
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Protocol

from cli.client import ApiError, Client, PutRefusedError, UnavailableError
from cli.delivery import TARGET, Target, deliver
from cli.local_file import FileFaultError, Fingerprint, LocalFile, fingerprint
from cli.portions import portions
from cli.task_errors import first_error
from cli.verdicts import completed, verdicts

_PUTS_AT_ONCE = 6
_PORTIONS_AT_ONCE = 3
_HASHES_AT_ONCE = 3

_REQUEST = f"""
mutation ($input: RequestUploadsInput!) {{
  requestUploads(input: $input) {{
    batch {{ id }}
    uploads {{ {TARGET} }}
    userErrors {{ code message field }}
  }}
}}
"""
_BATCHES = """
query ($id: ID!) { project(id: $id) { uploadBatches(first: 50) { nodes { id name status } } } }
"""


class Watch(Protocol):
    """Hears how far a sending has come."""

    def sending(self, files: int, sent_bytes: int, saved_bytes: int) -> None:
        """So many files are through, or known to the server, or failed; of the bytes so many are sent, and so many need
        not be."""

    def checking(self, done: int, total: int) -> None:
        """The server has judged so many of the files that it got."""


@dataclass(frozen=True)
class Failure:
    """A file that the project did not get, and why, in a sentence."""

    name: str
    reason: str


@dataclass
class Report:
    """What became of the files. `asset_ids` are in the order of the files, None for those that failed; `twins` are
    pairs of names with equal bytes, of which only the second's was sent."""

    asset_ids: list[str | None]
    added: int = 0
    known: int = 0
    twins: list[tuple[str, str]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    sent_bytes: int = 0


@dataclass(frozen=True)
class _Item:
    """A file that was read: its place among the files, and what is announced of it."""

    place: int
    file: LocalFile
    announced: Fingerprint


async def send_files(
    client: Client, project_id: str, batch_name: str, files: Sequence[LocalFile], watch: Watch
) -> Report:
    """Sends what the project lacks, in one batch of that name, and waits until the server has checked it.

    A batch of the name that still waits for files is gone on with: that is what an interrupted run leaves. What
    concerns a single file is a failure in the report; ApiError is raised for the rest.
    """
    sending = _Sending(client, project_id, batch_name, files, watch)
    with first_error():
        await sending.send()
    await sending.follow()
    return sending.report


class _Sending:
    def __init__(
        self, client: Client, project_id: str, batch_name: str, files: Sequence[LocalFile], watch: Watch
    ) -> None:
        self.report = Report([None] * len(files))
        self._client = client
        self._project_id = project_id
        self._batch_name = batch_name
        self._batch_id: str | None = None
        self._files = files
        self._watch = watch
        self._puts = asyncio.Semaphore(_PUTS_AT_ONCE)
        self._batches: set[str] = set()
        self._unjudged: dict[str, _Item] = {}
        self._places: dict[str, list[int]] = {}
        self._through = 0
        self._saved_bytes = 0

    async def send(self) -> None:
        self._batch_id = await _open_batch(self._client, self._project_id, self._batch_name)
        slots = asyncio.Semaphore(_PORTIONS_AT_ONCE)
        async with asyncio.TaskGroup() as group, aclosing(self._unlike()) as items:
            async for portion in portions(items, lambda item: item.announced.size_bytes):
                await slots.acquire()
                targets = await self._targets(portion)
                task = group.create_task(self._send_portion(targets))
                task.add_done_callback(lambda _: slots.release())

    async def follow(self) -> None:
        """Waits for the server's word on all that was sent."""
        total, done = len(self._unjudged), 0
        if not total:
            return
        self._watch.checking(0, total)
        news = verdicts(self._client, self._project_id, list(self._unjudged), self._batches)
        async with aclosing(news) as told:
            async for result in told:
                if result is not None:
                    item, done = self._unjudged[result["uploadId"]], done + 1
                    if result["error"]:
                        self._fail(item.file, result["error"]["message"])
                    else:
                        self.report.added += 1
                        self._settle(item, result["asset"]["id"] if result["asset"] else None)
                self._watch.checking(done, total)

    async def _unlike(self) -> AsyncGenerator[_Item, None]:
        """The files in order, the first of those with equal bytes; others are noted as its twins, or as failures."""
        async with aclosing(self._hashed()) as items:
            async for item in items:
                places = self._places.setdefault(item.announced.sha256, [])
                places.append(item.place)
                if len(places) == 1:
                    yield item
                else:
                    self.report.twins.append((item.file.name, self._files[places[0]].name))
                    self._pass(item)

    async def _hashed(self) -> AsyncGenerator[_Item, None]:
        """Reads a few files ahead of those that are sent."""
        reading: deque[asyncio.Task[_Item | None]] = deque()
        try:
            for place, file in enumerate(self._files):
                reading.append(asyncio.create_task(self._read(place, file)))
                if len(reading) == _HASHES_AT_ONCE and (item := await reading.popleft()):
                    yield item
            while reading:
                if item := await reading.popleft():
                    yield item
        finally:
            for task in reading:
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)

    async def _read(self, place: int, file: LocalFile) -> _Item | None:
        try:
            file.name.encode()
            return _Item(place, file, await fingerprint(file))
        except UnicodeEncodeError:
            self._fail(file, "Its name is not written in UTF-8; rename the file.")
        except FileFaultError as error:
            self._fail(file, str(error))
        self._show(1)
        return None

    async def _targets(self, portion: list[_Item]) -> list[tuple[_Item, Target]]:
        """Where each goes, without those that the server refuses by their name or size."""
        while portion:
            try:
                return list(zip(portion, await self._ask(portion), strict=True))
            except ApiError as error:
                place = _file_at_fault(error)
                if place is None:
                    raise
                refused = portion.pop(place)
                self._fail(refused.file, str(error))
                self._pass(refused)
        return []

    async def _ask(self, items: Sequence[_Item]) -> list[Target]:
        batch = {"batchId": self._batch_id} if self._batch_id else {"batchName": self._batch_name}
        files = [_announced(item) for item in items]
        order = {"projectId": self._project_id, "files": files, **batch}
        asked = await self._client.call_again(_REQUEST, input=order)
        self._batch_id = asked["batch"]["id"] if asked["batch"] else self._batch_id
        return [Target.of(target) for target in asked["uploads"]]

    async def _send_portion(self, targets: Sequence[tuple[_Item, Target]]) -> None:
        async with asyncio.TaskGroup() as group:
            sent = [group.create_task(self._deliver(item, target)) for item, target in targets]
        upload_ids = [upload_id for task in sent if (upload_id := task.result())]
        if upload_ids:
            self._batches.add(await completed(self._client, self._project_id, upload_ids))

    async def _deliver(self, item: _Item, target: Target) -> str | None:
        """Sends one file; the answer is the upload to complete. That of a file that failed is completed too: the server
        refuses it, and the batch need not wait a day for it."""

        async def ask_again() -> Target:
            nonlocal target
            (target,) = await self._ask([item])
            return target

        try:
            async with self._puts:
                target = await deliver(self._client, item.file, item.announced, target, ask_again, self._count)
        except (UnavailableError, PutRefusedError, FileFaultError) as error:
            self._fail(item.file, str(error))
            self._pass(item)
            return target.upload_id
        if target.asset_id is not None:
            self.report.known += 1
            self._settle(item, target.asset_id)
        elif target.upload_id is not None:
            self._unjudged[target.upload_id] = item
        self._pass(item, saved=target.url is None)
        return target.upload_id

    def _settle(self, item: _Item, asset_id: str | None) -> None:
        for place in self._places[item.announced.sha256]:
            self.report.asset_ids[place] = asset_id

    def _fail(self, file: LocalFile, reason: str) -> None:
        self.report.failures.append(Failure(file.name, reason.removeprefix(f"{file.name}: ")))

    def _count(self, size: int) -> None:
        self.report.sent_bytes += size
        self._show(0)

    def _pass(self, item: _Item, saved: bool = True) -> None:
        """The file needs no more sending."""
        self._saved_bytes += item.announced.size_bytes if saved else 0
        self._show(1)

    def _show(self, through: int) -> None:
        self._through += through
        self._watch.sending(self._through, self.report.sent_bytes, self._saved_bytes)


async def _open_batch(client: Client, project_id: str, name: str) -> str | None:
    """The newest batch of the name that waits for files or their checks."""
    batches = (await client.call_again(_BATCHES, id=project_id))["uploadBatches"]["nodes"]
    return next((batch["id"] for batch in batches if batch["name"] == name and batch["status"] != "DONE"), None)


def _announced(item: _Item) -> dict[str, Any]:
    kind, _ = mimetypes.guess_type(item.file.name)
    return {
        "filename": item.file.name,
        "sizeBytes": item.announced.size_bytes,
        "sha256": item.announced.sha256,
        "contentType": kind or "application/octet-stream",
    }


def _file_at_fault(error: ApiError) -> int | None:
    """The place in the portion of the file that the server refuses to be announced."""
    match error.field:
        case ("input", "files", place, *_) if place.isdecimal():
            return int(place)
    return None

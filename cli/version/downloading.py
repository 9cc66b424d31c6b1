"""A version's manifest and originals into a folder, side by side, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rich.filesize import decimal

from cli.answer import print_json
from cli.client import Client
from cli.fetching import Fault, FaultKind, Wanted, fetch, is_there, unreadable
from cli.lines import counted, say, say_some
from cli.misuse import MisuseError
from cli.screen import Show, screen
from cli.task_errors import first_error
from cli.version import wording
from cli.version.addresses import AddressPage
from cli.version.manifest_fetching import fetch_manifest, frozen_version
from cli.version.manifest_file import FrozenFile, frozen_files

MANIFEST = "manifest.json"
_AT_ONCE = 8
_HASHES_AT_ONCE = 4

T = TypeVar("T")


@dataclass
class Report:
    """What became of the images; `fetched_bytes` went over the line, the manifest's among them."""

    images: int = 0
    present: int = 0
    fetched: int = 0
    fetched_bytes: int = 0
    faults: list[tuple[FrozenFile, Fault]] = field(default_factory=list)

    def of_kind(self, kind: FaultKind) -> list[dict[str, str]]:
        """The images with such a fault, in the manifest's order."""
        return [
            {"filename": file.filename, "split": file.split, "sha256": file.sha256, "reason": fault.reason}
            for file, fault in sorted(self.faults, key=lambda one: one[0].sha256)
            if fault.kind is kind
        ]


async def download_and_tell(client: Client, version_id: str, folder: Path, as_json: bool) -> bool:
    """Downloads what the folder lacks and prints what came of it; False when it still lacks something. Raises
    ApiError, FileFaultError, MisuseError."""
    version = await frozen_version(client, version_id)
    async with screen("Downloading", quiet=as_json, by_worker=None) as show:
        report = await _Download(client, version, folder, show).run()
    missing, corrupt = report.of_kind(FaultKind.MISSING), report.of_kind(FaultKind.CORRUPT)
    if as_json:
        print_json({"download": _document(version, folder, report, missing, corrupt)})
    else:
        say(
            f"{wording.title(version)} in {folder}: {counted(report.images, 'image')}, {report.fetched:,} downloaded, "
            f"{report.present:,} there already, {len(missing):,} missing, {len(corrupt):,} corrupt; "
            f"{decimal(report.fetched_bytes)} received."
        )
        say_some("Missing:", [f"{one['filename']}: {one['reason']}" for one in missing], rest=" --json names all.")
        say_some("Corrupt:", [f"{one['filename']}: {one['reason']}" for one in corrupt], rest=" --json names all.")
    return not report.faults


def _document(
    version: dict[str, Any], folder: Path, report: Report, missing: list[dict[str, str]], corrupt: list[dict[str, str]]
) -> dict[str, Any]:
    return {
        "version": {name: version[name] for name in ("id", "version", "name")},
        "folder": str(folder),
        "manifest": {"path": str(folder / MANIFEST), "sha256": version["manifest"]["sha256"]},
        "imageCount": report.images,
        "downloaded": report.fetched,
        "present": report.present,
        "receivedBytes": report.fetched_bytes,
        "missing": missing,
        "missingCount": len(missing),
        "corrupt": corrupt,
        "corruptCount": len(corrupt),
    }


class _Download:
    def __init__(self, client: Client, version: dict[str, Any], folder: Path, show: Show) -> None:
        self._client = client
        self._version = version
        self._folder = folder
        self._show = show
        self._report = Report()

    async def run(self) -> Report:
        await self._manifest()
        try:
            files = await asyncio.to_thread(frozen_files, self._folder / MANIFEST)
        except OSError as error:
            raise unreadable(self._folder / MANIFEST, error) from error
        self._report.images = len(files)
        lacking: dict[str, list[FrozenFile]] = {}
        with first_error():
            await _side_by_side(_each(files), partial(self._look, lacking), _HASHES_AT_ONCE)
            async with aclosing(self._addressed(lacking)) as addressed:
                await _side_by_side(addressed, self._fetch, _AT_ONCE)
        return self._report

    async def _manifest(self) -> None:
        """Raises MisuseError when the folder has another one: images of two versions must not mix."""
        manifest, path = self._version["manifest"], self._folder / MANIFEST
        wanted = Wanted(path, manifest["sha256"], manifest["sizeBytes"])
        if self._folder.exists() and not self._folder.is_dir():
            raise MisuseError(f"{self._folder} is no folder.")
        if path.exists():
            if not await is_there(wanted):
                raise MisuseError(
                    f"{path} is not the manifest of {wording.title(self._version)}. Choose another folder, or remove "
                    "what is in this one."
                )
            return

        await fetch_manifest(self._client, self._version, path, self._count)

    async def _look(self, lacking: dict[str, list[FrozenFile]], file: FrozenFile) -> None:
        if await is_there(self._wanted(file)):
            self._report.present += 1
            self._tell()
        else:
            lacking.setdefault(file.sha256, []).append(file)

    async def _addressed(
        self, lacking: dict[str, list[FrozenFile]]
    ) -> AsyncGenerator[tuple[FrozenFile, AddressPage | None], None]:
        """The files with the page that lists them, in the order of the pages; last those that none lists."""
        after: str | None = None
        while lacking:
            page = AddressPage(self._client, self._version["id"], after)
            await page.load()
            for sha256 in list(page.urls):
                for file in lacking.pop(sha256, ()):
                    yield file, page
            after = page.next
            if after is None:
                break
        for files in lacking.values():
            for file in files:
                yield file, None

    async def _fetch(self, work: tuple[FrozenFile, AddressPage | None]) -> None:
        file, page = work

        async def address(refused: str | None) -> str | None:
            return await page.address(file.sha256, refused) if page is not None else None

        fault = await fetch(self._client, self._wanted(file), address, self._count)
        if fault is None:
            self._report.fetched += 1
        else:
            self._report.faults.append((file, fault))
        self._tell()

    def _wanted(self, file: FrozenFile) -> Wanted:
        return Wanted(self._folder / file.path, file.sha256, file.size_bytes)

    def _count(self, size: int) -> None:
        self._report.fetched_bytes += size
        self._tell()

    def _tell(self) -> None:
        report = self._report
        done = report.present + report.fetched + len(report.faults)
        self._show(done, report.images, f"{decimal(report.fetched_bytes)} received")


async def _side_by_side(
    items: AsyncIterator[T], work: Callable[[T], Coroutine[None, None, None]], at_once: int
) -> None:
    """Does the work for each item, for so many at once. Raises what the work raises, in an exception group."""
    slots = asyncio.Semaphore(at_once)

    async with asyncio.TaskGroup() as group:
        async for item in items:
            await slots.acquire()
            group.create_task(work(item)).add_done_callback(lambda _: slots.release())


async def _each(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item

"""An export of a version: asked for, awaited, downloaded and told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rich.filesize import decimal

from cli.answer import print_json
from cli.client import ApiError, Client
from cli.fetching import Fault, Wanted, fetch, is_there
from cli.lines import counted, say
from cli.misuse import MisuseError
from cli.screen import Show, screen
from cli.version import wording
from cli.version.record import read_version

_EXPORT = "id format status failureReason imageCount sizeBytes sha256 url createdAt"
START = f"""
mutation ($id: ID!, $format: ExportFormat!) {{
  exportVersion(id: $id, format: $format) {{ export {{ {_EXPORT} }} userErrors {{ code message field }} }}
}}
"""
LOOK = f"query ($id: ID!) {{ node(id: $id) {{ ... on VersionExport {{ {_EXPORT} }} }} }}"
PROGRESS = """
subscription ($exportId: ID!, $after: String) {
  exportProgress(exportId: $exportId, after: $after) { cursor done total message export { status } }
}
"""
_LONGEST_STEM = 80
_MEGABYTE = 1_000_000


async def export_and_tell(client: Client, version_id: str, format_: str, folder: Path, as_json: bool) -> bool:
    """Has the version exported, downloads the zip file into the folder unless it lies there already, and prints what
    came of it; False when the export failed or was cancelled, or its file did not come whole. Raises ApiError,
    FileFaultError, MisuseError."""
    if folder.exists() and not folder.is_dir():
        raise MisuseError(f"{folder} is no folder.")
    version = await read_version(client, version_id)
    async with screen("Exporting", quiet=as_json) as show:
        export, notice = await _made(client, version_id, format_, show)
    path = folder / _filename(version, export["format"])
    received, fault = 0, None
    if export["status"] == "READY":
        async with screen("Downloading", quiet=as_json, by_worker=None) as show:
            received, fault = await _download(client, export, path, show)
    if as_json:
        print_json(_document(version, export, path, received, fault))
    else:
        _tell(version, export, notice, path, received, fault)
    return export["status"] == "READY" and fault is None


async def _made(client: Client, version_id: str, format_: str, show: Show) -> tuple[dict[str, Any], str | None]:
    """The export at its end, and what the server says of it. Raises ApiError."""
    export: dict[str, Any] = (await client.call_again(START, id=version_id, format=format_))["export"]
    message: str | None = None
    async for event in client.follow(PROGRESS, exportId=export["id"]):
        message = event["message"]
        show(event["done"], event["total"], event["export"]["status"].lower())
    return await _read(client, export["id"]), message


async def _read(client: Client, export_id: str) -> dict[str, Any]:
    export: dict[str, Any] | None = await client.call_again(LOOK, id=export_id)
    if export is None:
        raise ApiError("The export is gone from the server.", "NOT_FOUND")
    return export


async def _download(client: Client, export: dict[str, Any], path: Path, show: Show) -> tuple[int, Fault | None]:
    """How many bytes went over the line, 0 where the file lies there already; and why it does not lie there now."""
    wanted, received = Wanted(path, export["sha256"], export["sizeBytes"]), 0
    if await is_there(wanted):
        return 0, None

    def count(size: int) -> None:
        nonlocal received
        received += size
        show(received // _MEGABYTE, -(-wanted.size_bytes // _MEGABYTE), "MB received")

    async def address(refused: str | None) -> str | None:
        url = (await _read(client, export["id"]))["url"] if refused else export["url"]
        return str(url) if url else None

    fault = await fetch(client, wanted, address, count)
    return received, fault


def _filename(version: dict[str, Any], format_: str) -> str:
    """As `North_block-v3-yolo.zip`: a name that is safe whatever the project's is."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", version["project"]["name"])[:_LONGEST_STEM].strip("._-") or "project"
    return f"{stem}-v{version['version']}-{format_.lower()}.zip"


def _document(
    version: dict[str, Any], export: dict[str, Any], path: Path, received: int, fault: Fault | None
) -> dict[str, Any]:
    ready = export["status"] == "READY"
    return {
        "version": {name: version[name] for name in ("id", "version", "name")},
        "export": {name: value for name, value in export.items() if name != "url"},
        "path": str(path) if ready and fault is None else None,
        "receivedBytes": received,
        "fault": {"kind": fault.kind.value, "reason": fault.reason} if fault else None,
    }


def _tell(
    version: dict[str, Any],
    export: dict[str, Any],
    notice: str | None,
    path: Path,
    received: int,
    fault: Fault | None,
) -> None:
    title = f"{wording.title(version)} as {export['format']}"
    if export["status"] != "READY":
        say(f"{title}: the export is {export['status']}. {export['failureReason'] or notice or ''}".rstrip())
    elif fault is not None:
        say(f"{title}: the zip file is {fault.kind.value}. {fault.reason}")
    else:
        say(
            f"{title} in {path}: {counted(export['imageCount'], 'picture')}, {decimal(export['sizeBytes'])}, "
            f"SHA-256 {export['sha256']}; {decimal(received)} received."
        )
        if notice:
            say(notice)

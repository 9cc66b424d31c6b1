"""A version's manifest, from the server to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cli.client import ApiError, Client
from cli.fetching import Wanted, fetch
from cli.version import wording
from cli.version.record import read_version


async def frozen_version(client: Client, version_id: str) -> dict[str, Any]:
    """The version, which has a manifest. Raises ApiError, also for one that has none."""
    version = await read_version(client, version_id)
    if version["manifest"] is None:
        reason = f": {version['failureReason']}" if version["failureReason"] else ""
        raise ApiError(f"{wording.title(version)} has no manifest, since it is {version['status']}{reason}")
    return version


async def fetch_manifest(client: Client, version: Mapping[str, Any], path: Path, count: Callable[[int], None]) -> None:
    """Downloads the manifest and holds it against its SHA-256; `count` hears of each piece. Raises ApiError,
    FileFaultError."""

    async def address(refused: str | None) -> str | None:
        current = await read_version(client, version["id"]) if refused else version
        return str(current["manifest"]["url"]) if current["manifest"] else None

    wanted = Wanted(path, version["manifest"]["sha256"], version["manifest"]["sizeBytes"])
    fault = await fetch(client, wanted, address, count)
    if fault is not None:
        raise ApiError(f"The manifest of {wording.title(version)} is {fault.kind.value}. {fault.reason}")

"""A comparison with the old pipeline's export: its version frozen or chosen, made, and told."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.answer import tell
from cli.client import ApiError, Client
from cli.fetching import unreadable
from cli.misuse import MisuseError
from cli.project_choice import choose_project
from cli.screen import screen
from cli.shadow.comparison import Comparison
from cli.shadow.frozen import FrozenSide
from cli.shadow.report import Report
from cli.shadow.wording import lines_of
from cli.shadow.yolo_folder import YoloFolder, read_yolo_folder, unpacked
from cli.version.making import create_version, made_version
from cli.version.manifest_fetching import fetch_manifest, frozen_version
from cli.version.record import choose_versions

_LONGEST = 200
_SWITCHED_OFF = "FEATURE_DISABLED"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be compared: the `version`, a number or an id, or a new one with these settings, and the folder."""

    project: str
    version: str | None
    settings: Mapping[str, Any]
    folder: Path
    same_iou: float


async def shadow_and_tell(client: Client, wish: Wish, all_differences: bool, as_json: bool) -> bool:
    """Compares, and prints what was found; whether version and folder are the same. Raises ApiError, FileFaultError,
    MisuseError."""
    version, report = await compare(client, wish, quiet=as_json)
    facts = {name: version[name] for name in ("id", "version", "name", "displayName")}
    document = {"version": facts, "folder": str(wish.folder), "sameIou": wish.same_iou, **report.document()}
    tell({"shadow": document}, lines_of(version, wish.folder, report, all_differences, wish.version is None), as_json)
    return report.same


async def compare(client: Client, wish: Wish, quiet: bool) -> tuple[dict[str, Any], Report]:
    """The version as the API tells it, and what was found. Raises ApiError, FileFaultError, MisuseError."""
    if not wish.folder.exists():
        raise MisuseError(f"There is no {wish.folder}.")
    with tempfile.TemporaryDirectory(prefix="agridrone-shadow-") as name:
        scratch = Path(name)
        # The folder first: no version shall be frozen for one that cannot be read.
        folder = await asyncio.to_thread(_opened, wish.folder, scratch / "archive")
        version = await frozen_version(client, await _chosen(client, wish, quiet))
        await fetch_manifest(client, version, scratch / "manifest.json", lambda _: None)
        return version, await _compared(scratch / "manifest.json", folder, wish, quiet)


def _opened(path: Path, scratch: Path) -> YoloFolder:
    try:
        return read_yolo_folder(path if path.is_dir() else unpacked(path, scratch))
    except OSError as error:
        raise unreadable(path, error) from error


async def _chosen(client: Client, wish: Wish, quiet: bool) -> str:
    """The version's id."""
    if wish.version is not None:
        (id_,) = await choose_versions(client, [wish.version], wish.project)
        return id_
    project = await choose_project(client, wish.project)
    shown = f"shadow of {wish.folder.resolve().name}"[:_LONGEST]
    try:
        made = (await create_version(client, {"displayName": shown, **wish.settings, "projectId": project.id}))[
            "version"
        ]
    except ApiError as error:
        if error.code != _SWITCHED_OFF:
            raise
        text = (
            f"Dataset versions are switched off for {project.name}, so none can be frozen: switch them on for this "
            "project in its settings, which changes nothing for the old pipeline, or compare one that is there by "
            "--version."
        )
        raise ApiError(text, error.code) from error
    async with screen(f"Freezing version {made['version']}", quiet=quiet) as show:
        await made_version(client, made["id"], show)
    return str(made["id"])


async def _compared(manifest: Path, folder: YoloFolder, wish: Wish, quiet: bool) -> Report:
    async with screen("Comparing", quiet=quiet, by_worker=None) as show:
        try:
            comparison = Comparison(FrozenSide(manifest), folder, wish.same_iou)
            for done, _ in enumerate(comparison.steps(), 1):
                show(done, comparison.total, "pictures and images")
                await asyncio.sleep(0)  # for Ctrl-C
        except OSError as error:
            raise unreadable(Path(error.filename or wish.folder), error) from error
    return comparison.report

"""A folder of images to a project, and what came of it."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from cli.client import Client
from cli.image_folder import ImageFolder
from cli.lines import counted, say, say_some
from cli.project_choice import Project
from cli.sending import Report, send_files
from cli.transfer_screen import transfer_screen

_LONGEST_NAME = 200


async def send_and_tell(client: Client, project: Project, batch: str, found: ImageFolder) -> bool:
    """Sends the images and prints what came of it; False when the project did not get all of them. Raises ApiError."""
    others = f"; {counted(found.others, 'other file')} left out" if found.others else ""
    images = f"{counted(len(found.images), 'image')}, {decimal(found.size_bytes)}"
    say(f"Sending {images}, to {project.name}{others}.")
    began = time.monotonic()
    with transfer_screen(Console(stderr=True), len(found.images), found.size_bytes) as watch:
        report = await send_files(client, project.id, batch, found.images, watch)
    _tell(report, time.monotonic() - began)
    unread = [f"{name}: {reason}" for name, reason in found.unread]
    say_some("Folders that could not be read:", unread)
    return not report.failures and not unread


def _tell(report: Report, seconds: float) -> None:
    twins = f", {len(report.twins)} with the bytes of another" if report.twins else ""
    say(
        f"{report.added:,} added, {report.known:,} already in the project{twins}, {len(report.failures):,} refused; "
        f"{decimal(report.sent_bytes)} sent in {seconds:.0f} s."
    )
    say_some("One image, since their bytes are equal:", [f"{name} is {first}" for name, first in report.twins])
    failures = sorted(report.failures, key=lambda failure: failure.name)
    say_some("Not taken:", [f"{failure.name}: {failure.reason}" for failure in failures])


def batch_name(folder: Path) -> str:
    """The folder's own name, as the API takes it."""
    name = folder.resolve().name or "images"
    return name.encode(errors="replace").decode()[:_LONGEST_NAME]

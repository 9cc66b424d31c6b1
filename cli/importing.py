"""`agridrone import`: annotations made elsewhere, onto the images of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Email, Format, KeepSplits, ProjectName, Server, Token


def import_annotations(
    file: Annotated[Path, typer.Argument(help="YOLO, COCO, Pascal VOC, CreateML, CSV, or the README's listing.")],
    project: ProjectName,
    format_: Format = None,
    keep_splits: KeepSplits = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Import annotations onto images that the project has, matched by their names."""
    # Imported here, so that the other commands start without a client.
    from cli.annotation_file import annotation_file
    from cli.annotation_import import import_and_tell
    from cli.connection import connected, run_command
    from cli.project_choice import choose_project

    async def work() -> bool:
        with annotation_file(file, format_) as annotations:
            async with connected(server, token, email) as client:
                chosen = await choose_project(client, project)
                return await import_and_tell(client, chosen.id, annotations, keep_splits)

    run_command(work)

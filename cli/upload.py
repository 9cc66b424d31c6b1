"""`agridrone upload`: a folder of images to a project, with their annotations."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from cli.options import Email, Format, KeepSplits, ProjectName, Server, Token


def upload(
    folder: Annotated[Path, typer.Argument(help="Its images, and those in the folders under it, are sent.")],
    project: ProjectName,
    annotations: Annotated[
        Path | None, typer.Option("--annotations", help="A file to import afterwards, as `agridrone import` does.")
    ] = None,
    format_: Format = None,
    keep_splits: KeepSplits = False,
    batch: Annotated[str | None, typer.Option("--batch", help="The upload's name; the folder's unless set.")] = None,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Send a folder's images to a project. Run again, it sends only what is missing."""
    # Imported here, so that the other commands start without a client.
    from cli.annotation_file import annotation_file
    from cli.annotation_import import import_and_tell
    from cli.connection import connected, run_command
    from cli.folder_upload import batch_name, send_and_tell
    from cli.image_folder import read_folder
    from cli.project_choice import choose_project

    async def work() -> bool:
        found = read_folder(folder)
        with annotation_file(annotations, format_) if annotations else nullcontext() as file:
            async with connected(server, token, email) as client:
                chosen = await choose_project(client, project)
                good = await send_and_tell(client, chosen, batch or batch_name(folder), found)
                return (file is None or await import_and_tell(client, chosen.id, file, keep_splits)) and good

    run_command(work)

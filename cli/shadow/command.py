"""`agridrone shadow`: a version held against what the old pipeline exports today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Email, ProjectName, Server, Token
from cli.version.options import AsJson, IncludeEmpty, Input, KeepImported

_STOPPED = "Stopped. A version that was ordered is made all the same: `agridrone version list` shows it."


def shadow(
    project: ProjectName,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="The old pipeline's YOLO folder with its data.yaml, or a zip of it."),
    ],
    version: Annotated[
        str | None, typer.Option("--version", metavar="V", help="Compare this one, as 3 or v3, and freeze none.")
    ] = None,
    input_: Input = None,
    keep_imported: KeepImported = None,
    include_empty: IncludeEmpty = None,
    same_iou: Annotated[
        float,
        typer.Option("--same-iou", min=0.5, max=1, help="Boxes that share this much of their area are the same."),
    ] = 0.9,
    all_differences: Annotated[
        bool, typer.Option("--all", help="List all differences, not the first of each kind.")
    ] = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Freeze a version and compare it with the old pipeline's export: exit code 0 when they are the same, 1 when not, 2
    when they could not be compared."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.misuse import MisuseError
    from cli.shadow.shadowing import Wish, shadow_and_tell
    from cli.version.input_fields import input_of
    from cli.version.order import settings_of

    async def work() -> bool:
        settings = settings_of(input_, input_of({"keep_imported": keep_imported, "include_empty": include_empty}))
        if version is not None and settings:
            raise MisuseError("--version compares a version as it is: leave the settings of a new one out.")
        wish = Wish(project, version, settings, folder, same_iou)
        async with connected(server, token, email) as client:
            return await shadow_and_tell(client, wish, all_differences, as_json)

    run_command(work, _STOPPED, failed=2)

"""`agridrone version diff`: what changed from one version to another."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Email, Server, Token
from cli.version.options import AllImages, AsJson, OfProject

_WORD = "A number, as 3 or v3, with --project; or an id."


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=_WORD)],
    after: Annotated[str, typer.Argument(metavar="B", help=_WORD)],
    project: OfProject = None,
    all_images: AllImages = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Tell what changed from version A to version B."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.version.differing import read_diff, tell_diff
    from cli.version.record import choose_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            first, second = await choose_versions(client, [before, after], project)
            tell_diff(await read_diff(client, first, second, all_images or as_json), as_json)
        return True

    run_command(work)

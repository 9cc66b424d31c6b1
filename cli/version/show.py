"""`agridrone version show`: one version, whole."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson, OfProject, VersionWord


def show(
    version: VersionWord,
    project: OfProject = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Show a version: its numbers, classes, settings, manifest, model and last check."""
    # Imported here, so that the other commands start without a client.
    from cli.answer import print_json
    from cli.connection import connected, run_command
    from cli.lines import say
    from cli.version import wording
    from cli.version.record import choose_versions, read_version

    async def work() -> bool:
        async with connected(server, token, email) as client:
            (id_,) = await choose_versions(client, [version], project)
            found = await read_version(client, id_)
        if as_json:
            print_json({"version": found})
        else:
            for line in wording.shown(found):
                say(line)
        return True

    run_command(work)

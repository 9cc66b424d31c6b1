"""`agridrone version list`: the versions of a project."""

from __future__ import annotations

from cli.options import Email, ProjectName, Server, Token
from cli.version.options import AsJson, IncludeArchived


def list_(
    project: ProjectName,
    archived: IncludeArchived = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """List a project's versions, the newest first."""
    # Imported here, so that the other commands start without a client.
    from cli.answer import print_json
    from cli.connection import connected, run_command
    from cli.lines import say
    from cli.project_choice import choose_project
    from cli.version import wording
    from cli.version.record import list_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            chosen = await choose_project(client, project)
            versions = await list_versions(client, chosen.id, archived)
        if as_json:
            print_json({"versions": versions})
        else:
            for line in wording.listed(versions):
                say(line)
        return True

    run_command(work)

"""`agridrone version verify`: every frozen object held against its checksum, by the server."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson, OfProject, VersionWord

_STOPPED = "Stopped. The check goes on at the server; `agridrone version show` tells what it came to."


def verify(
    version: VersionWord,
    project: OfProject = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Have the server read back all that a version froze; 1 is the exit code when something is missing or corrupt."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.version.checking import check_and_tell
    from cli.version.record import choose_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            (id_,) = await choose_versions(client, [version], project)
            return await check_and_tell(client, id_, as_json)

    run_command(work, _STOPPED)

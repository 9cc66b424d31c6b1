"""`agridrone version download`: what a version froze, into a folder."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson, Folder, OfProject, VersionWord


def download(
    version: VersionWord,
    folder: Folder,
    project: OfProject = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Download a version's manifest and frozen originals, each held against its SHA-256. Run again, it fetches only
    what is missing."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.version.downloading import download_and_tell
    from cli.version.record import choose_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            (id_,) = await choose_versions(client, [version], project)
            return await download_and_tell(client, id_, folder, as_json)

    run_command(work)

"""`agridrone version download`: what a version froze, or what is rendered of it, into a folder."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson, Folder, FormatChoice, OfProject, VersionWord


def download(
    version: VersionWord,
    folder: Folder,
    format_: FormatChoice = None,
    project: OfProject = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Download a version's manifest and frozen originals; or, with --format, its pictures and labels as one zip file,
    made by the server. All is held against its SHA-256; run again, it fetches only what is missing."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.version.downloading import download_and_tell
    from cli.version.exporting import export_and_tell
    from cli.version.record import choose_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            (id_,) = await choose_versions(client, [version], project)
            if format_ is not None:
                return await export_and_tell(client, id_, format_.name, folder, as_json)
            return await download_and_tell(client, id_, folder, as_json)

    run_command(work)

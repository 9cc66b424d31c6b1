"""`agridrone version preview`: a version's images as a network will see them, on one sheet."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson, OfProject, SheetCopies, SheetFile, SheetImages, SheetSplit, VersionWord


def preview(
    version: VersionWord,
    out: SheetFile,
    project: OfProject = None,
    images: SheetImages = 12,
    copies: SheetCopies = 2,
    split: SheetSplit = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Draw a contact sheet: frozen images after preprocessing, their augmented copies, and the boxes on both."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.version.previewing import Choice, draw_and_tell, sheet_format
    from cli.version.record import choose_versions

    async def work() -> bool:
        sheet_format(out)
        async with connected(server, token, email) as client:
            (id_,) = await choose_versions(client, [version], project)
            choice = Choice(images, copies, split.name if split else None)
            return await draw_and_tell(client, id_, choice, out, as_json)

    run_command(work, "Stopped. Nothing was written.")

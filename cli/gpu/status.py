"""`agridrone gpu status`: every GPU host, who has its GPU, and what is loaded there."""

from __future__ import annotations

from cli.options import Email, Server, Token
from cli.version.options import AsJson


def status(as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None) -> None:
    """Show every GPU host: who has its GPU and since when, its memory, and what is loaded there."""
    # Imported here, so that the other commands start without a client.
    from cli.answer import tell
    from cli.connection import connected, run_command
    from cli.gpu.wording import GPUS, listed

    async def work() -> bool:
        async with connected(server, token, email) as client:
            found = await client.call(GPUS)
        tell({"gpus": found}, listed(found), as_json)
        return True

    run_command(work)

"""`agridrone gpu unlock`: a GPU that nobody gives back, freed by the operator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cli.lines import printable, say
from cli.options import DataDir, settings_errors, settings_of

if TYPE_CHECKING:
    from adapters.settings import Settings

Force = Annotated[
    bool, typer.Option("--force", help="Take the GPU from whoever holds it, without waiting for proof of death.")
]


def unlock(
    host: Annotated[str, typer.Argument(metavar="HOST", help="As `agridrone gpu status` names it.")],
    force: Force = False,
    data_dir: DataDir = None,
) -> None:
    """Free a host's GPU whose holder is dead. On the server only: it needs its database and Redis.

    Watches the lease of whoever holds the GPU, for half a minute at most: one that is not renewed ends by itself.
    One that is renewed is left alone, with exit code 1, unless --force is given. Exit code 2: nobody can tell.
    """
    from workers.gpu_unlock import GpuUnknownError, HolderLivesError

    settings = settings_of(data_dir=data_dir)
    try:
        with settings_errors():
            asyncio.run(_unlock(settings, host, force))
    except HolderLivesError as error:
        typer.echo(printable(f"{error} With --force it is, whatever comes of it."), err=True)
        raise typer.Exit(1) from error
    except GpuUnknownError as error:
        typer.echo(printable(str(error)), err=True)
        raise typer.Exit(2) from error


async def _unlock(settings: Settings, host: str, force: bool) -> None:
    # The parts of the server, at the call only: they are slow to import.
    from adapters.settings import SettingsError
    from adapters.silence import Silence
    from cli.embedded_redis import embedded_address
    from db.database import SqlDatabase
    from db.engine import create_engine
    from db.migrate import require_head
    from workers.gpu_unlock import open_gpu_unlock

    redis_url = settings.redis_url or embedded_address(settings.data_dir)
    if not redis_url:
        raise SettingsError("REDIS_URL: name the Redis server that the workers use")
    await require_head(settings.sqlalchemy_url)
    silence = Silence()
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
    try:
        async with open_gpu_unlock(database, redis_url, host, say) as unlocking:
            await (unlocking.by_force() if force else unlocking.when_dead())
    finally:
        await database.close()

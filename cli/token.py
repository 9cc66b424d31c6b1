"""`agridrone token`: the development sign-in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DataDir, settings_errors, settings_of
from domain.email import checked_email
from domain.errors import DomainError

if TYPE_CHECKING:
    from adapters.settings import Settings


def token(
    email: Annotated[str, typer.Option("--email", help="Whose token; a new user is made, with a team of its own.")],
    data_dir: DataDir = None,
) -> None:
    """Print a bearer token, valid for 30 days, as the last line."""
    settings = settings_of(data_dir=data_dir)
    try:
        address = checked_email(email)
    except DomainError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from error
    if not settings.on_loopback:
        typer.echo("Tokens of the development sign-in are made only for a server on loopback.", err=True)
        raise typer.Exit(2)
    if not settings.signs_in_by_secret:
        typer.echo("Tokens come from the sign-in of JWKS_URL; for others beside them set JWT_SECRET.", err=True)
        raise typer.Exit(2)
    try:
        with settings_errors():
            typer.echo(asyncio.run(_issue(settings, address)))
    except DomainError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(2) from error


async def _issue(settings: Settings, email: str) -> str:
    from adapters.settings import DEVELOPMENT_TOKEN_DAYS
    from adapters.sign_in import TokenSigner
    from adapters.silence import Silence
    from db.database import SqlDatabase
    from db.engine import create_engine
    from db.migrate import upgrade
    from domain.sign_in import user_with_team

    signer = TokenSigner(settings.signing_secret())
    await upgrade(settings.sqlalchemy_url)
    silence = Silence()  # making a user tells no event
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
    try:
        return signer.issue(await user_with_team(database, email), timedelta(days=DEVELOPMENT_TOKEN_DAYS))
    finally:
        await database.close()

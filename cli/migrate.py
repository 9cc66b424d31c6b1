"""`agridrone migrate`: bring the database up to date, or adopt an existing one."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from cli.options import DataDir, settings_of


def migrate(
    data_dir: DataDir = None,
    stamp_baseline: Annotated[
        bool, typer.Option("--stamp-baseline", help="Adopt a database of AgriDrone Ops as it is, after comparing it.")
    ] = False,
) -> None:
    """Upgrade the database to this release's tables."""
    from db.migrate import MigrationError, upgrade
    from db.migrate import stamp_baseline as stamp

    settings = settings_of(data_dir=data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(stamp(settings.sqlalchemy_url) if stamp_baseline else upgrade(settings.sqlalchemy_url))
    except MigrationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo("The database is adopted." if stamp_baseline else "The database is up to date.")

"""`agridrone migrate`: bring the database up to date, or adopt an existing one."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from cli.options import DataDir, settings_errors, settings_of


def migrate(
    data_dir: DataDir = None,
    stamp_baseline: Annotated[
        bool, typer.Option("--stamp-baseline", help="Adopt a database of AgriDrone Ops as it is, after comparing it.")
    ] = False,
) -> None:
    """Upgrade the database to this release's tables."""
    from db.migrate import stamp_baseline as stamp
    from db.migrate import upgrade

    settings = settings_of(data_dir=data_dir)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with settings_errors():
        asyncio.run(stamp(settings.sqlalchemy_url) if stamp_baseline else upgrade(settings.sqlalchemy_url))
    typer.echo("The database is adopted." if stamp_baseline else "The database is up to date.")

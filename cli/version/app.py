"""The command `agridrone version`: one file a sub-command."""

from __future__ import annotations

import typer

from cli.version.create import create
from cli.version.diff import diff
from cli.version.download import download
from cli.version.listing import list_
from cli.version.preview import preview
from cli.version.show import show
from cli.version.verify import verify

version = typer.Typer(
    help="Dataset versions: make, list, look at, compare, check and download them.", no_args_is_help=True
)
version.command()(create)
version.command("list")(list_)
version.command()(show)
version.command()(preview)
version.command()(diff)
version.command()(verify)
version.command()(download)

"""`agridrone gpu`: the hosts with a GPU, and who has it."""

from __future__ import annotations

import typer

from cli.gpu.status import status
from cli.gpu.unlock import unlock

gpu = typer.Typer(help="GPU hosts: who has the GPU, and freeing one that nobody gives back.", no_args_is_help=True)
gpu.command()(status)
gpu.command()(unlock)

"""`agridrone worker io` and `agridrone worker gpu`."""

from __future__ import annotations

import asyncio

import typer

from cli.options import DataDir, settings_errors, settings_of

worker = typer.Typer(help="Run one worker until told to stop.", no_args_is_help=True)


@worker.command("io")
def io(data_dir: DataDir = None) -> None:
    """Verify uploads and make snapshots."""
    from workers.io_worker import run_io_worker

    settings = settings_of(data_dir=data_dir)
    with settings_errors():
        asyncio.run(run_io_worker(settings))


@worker.command("gpu")
def gpu(data_dir: DataDir = None) -> None:
    """Train, evaluate, deploy and detect."""
    from workers.gpu_worker import run_gpu_worker

    settings = settings_of(data_dir=data_dir)
    with settings_errors():
        asyncio.run(run_gpu_worker(settings))

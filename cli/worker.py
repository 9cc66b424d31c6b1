"""`agridrone worker io` and `agridrone worker gpu`."""

from __future__ import annotations

import asyncio

import typer

from adapters.logs import log_crashes
from adapters.tracing import tracing
from cli.options import DataDir, settings_errors, settings_of

_IO, _GPU = "agridrone-io", "agridrone-gpu"

worker = typer.Typer(help="Run one worker until told to stop.", no_args_is_help=True)


@worker.command("io")
def io(data_dir: DataDir = None) -> None:
    """Verify uploads and make snapshots."""
    from workers.io_worker import run_io_worker

    settings = settings_of(data_dir=data_dir, service=_IO)
    log_crashes()
    with settings_errors(), tracing(settings, _IO):
        asyncio.run(run_io_worker(settings))


@worker.command("gpu")
def gpu(data_dir: DataDir = None) -> None:
    """Train, evaluate, deploy and detect."""
    from workers.gpu_worker import run_gpu_worker

    settings = settings_of(data_dir=data_dir, service=_GPU)
    log_crashes()
    with settings_errors(), tracing(settings, _GPU):
        asyncio.run(run_gpu_worker(settings))

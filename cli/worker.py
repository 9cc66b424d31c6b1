"""`agridrone worker io` and `agridrone worker gpu`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

import typer

from cli.options import DataDir, settings_errors, settings_of

if TYPE_CHECKING:
    from adapters.settings import Settings

_IO, _GPU = "agridrone-io", "agridrone-gpu"

worker = typer.Typer(help="Run one worker until told to stop.", no_args_is_help=True)


@worker.command("io")
def io(data_dir: DataDir = None) -> None:
    """Verify uploads and make snapshots."""
    from workers.io_worker import run_io_worker

    _run(run_io_worker, settings_of(data_dir=data_dir, service=_IO), _IO)


@worker.command("gpu")
def gpu(data_dir: DataDir = None) -> None:
    """Train, evaluate, deploy and detect."""
    from workers.gpu_worker import run_gpu_worker

    _run(run_gpu_worker, settings_of(data_dir=data_dir, service=_GPU), _GPU)


def _run(work: Callable[[Settings], Coroutine[None, None, None]], settings: Settings, service: str) -> None:
    from adapters.logs import log_crashes
    from adapters.tracing import tracing

    log_crashes()
    with settings_errors(), tracing(settings, service):
        asyncio.run(work(settings))

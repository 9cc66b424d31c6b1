"""`demo`: the main job on a server of its own, with generated fields or the user's images."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    images: Annotated[Path | None, typer.Option(help="A folder of your own images.")] = None,
    annotations: Annotated[Path | None, typer.Option(help="Their boxes, as the README describes the file.")] = None,
    data_dir: Annotated[Path, typer.Option(help="Where the server keeps its data.")] = Path(".agridrone-demo"),
    host: Annotated[str, typer.Option(help="The address that the server listens on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="8000, or any free one where 8000 is taken.")] = None,
    exit_after: Annotated[
        bool, typer.Option("--exit", help="Stop after the job; the exit code is 0 only if all of it came true.")
    ] = False,
) -> None:
    """From upload to a deployed model that detects: the whole job, on a server of its own."""
    # Imported here, so that the other commands start without numpy, which only the demo and the workers need.
    from cli.demo.session import run_session

    raise typer.Exit(run_session(images, annotations, data_dir, host, port, exit_after))

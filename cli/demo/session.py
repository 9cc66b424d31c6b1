"""One run of the demo on the console: its data, its server, the job, and what is left standing."""

import asyncio
import shlex
import signal
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.client import ApiError, Client
from cli.demo.dataset import DataError, Dataset, generated_fields, own_images
from cli.demo.job import STEPS, run_demo
from cli.demo.screen import Screen
from cli.demo.server import Server, ServerError
from cli.demo.verdict import Outcome, criteria, summary
from cli.sign_in import SignInError

_EMAIL = "demo@example.org"


def run_session(
    images: Path | None, annotations: Path | None, data_dir: Path, host: str, port: int | None, exit_after: bool
) -> int:
    """Runs the demo and returns the exit code: 0 when all that is required came true, 130 after Ctrl-C in the job."""
    console = Console()
    # So that `kill` ends in the same clean-up as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    try:
        data = _data(images, annotations, console)
        with Server(data_dir, host, port) as server:
            console.print(f"[green]✓[/] Server ready at {server.address} [dim](log: {server.log})[/]", soft_wrap=True)
            came_true = _run(server, data, began, console)
            if not exit_after:
                _leave_up(server, console)
    except (DataError, ServerError, SignInError) as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    return 0 if came_true else 1


def _data(images: Path | None, annotations: Path | None, console: Console) -> Dataset:
    if images and annotations:
        return own_images(images, annotations)
    if images or annotations:
        raise DataError("--images and --annotations belong together: give both, or neither for generated fields.")
    began = time.monotonic()
    data = generated_fields()
    count = len(data.first) + len(data.more) + len(data.unseen)
    console.print(f"[green]✓[/] {count} fields generated [dim]({time.monotonic() - began:.1f} s)[/]")
    return data


def _run(server: Server, data: Dataset, began: float, console: Console) -> bool:
    picture = server.log.with_name("found.jpg")
    try:
        with Screen(console, STEPS) as screen:
            outcome = asyncio.run(_job(server, data, picture, screen))
    except ApiError as error:
        raise ServerError(f"{error}\nThe server's last lines:\n{server.last_lines()}") from error
    results = criteria(outcome)
    console.print(summary(results, time.monotonic() - began))
    return all(result.holds for result in results if result.required)


async def _job(server: Server, data: Dataset, picture: Path, screen: Screen) -> Outcome:
    async with Client(server.address, server.token(_EMAIL)) as client:
        return await run_demo(client, data, picture, screen)


def _leave_up(server: Server, console: Console) -> None:
    token = shlex.join(server.token_command(_EMAIL))
    question = '{"query": "{ projects { nodes { id name versionCount activeModel { name } } } }"}'
    headers = "-H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'"
    console.print("\nThe server stays up until you press Ctrl-C.")
    console.print(f"Open [bold]{server.address}[/] in a browser and sign in as {_EMAIL}.")
    console.print("From a shell:")
    console.print(Text(f"  TOKEN=$({token} | tail -1)"), soft_wrap=True)
    console.print(Text(f"  curl -s {server.address}/graphql {headers} -d '{question}'"), soft_wrap=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        console.print("Stopping the server.")
    else:
        raise ServerError(f"The server has ended by itself:\n{server.last_lines()}")

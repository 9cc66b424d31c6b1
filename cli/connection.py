"""How a command that is a client of the API runs: signed in, and ended with a sentence and an exit code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import NoReturn

import typer

from cli.annotation_file import AnnotationFileError
from cli.client import ApiError, Client
from cli.image_folder import ImageFolderError
from cli.local_file import FileFaultError
from cli.misuse import MisuseError
from cli.project_choice import ProjectChoiceError
from cli.sign_in import SignInError, bearer_token, server_address

_MISUSE = (AnnotationFileError, ImageFolderError, ProjectChoiceError, SignInError, MisuseError)
_GOES_ON = "Stopped. Run the same command again: it goes on where this one ended."


def run_command(work: Callable[[], Coroutine[None, None, bool]], stopped: str = _GOES_ON, failed: int = 1) -> NoReturn:
    """Ends with 0 when `work` says that all went well and 1 when not, `failed` when it could not be done, 2 when the
    command was called wrongly, and 130 after Ctrl-C, with the sentence `stopped`."""
    try:
        code = 0 if asyncio.run(work()) else 1
    except _MISUSE as error:
        typer.echo(str(error), err=True)
        code = 2
    except (ApiError, FileFaultError) as error:
        typer.echo(str(error), err=True)
        code = failed
    except KeyboardInterrupt:
        typer.echo(stopped, err=True)
        code = 130
    raise typer.Exit(code)


@asynccontextmanager
async def connected(server: str | None, token: str | None, email: str | None) -> AsyncIterator[Client]:
    """A client of the server and with the sign-in that the options name. Raises SignInError."""
    address = server_address(server)
    async with Client(address, await asyncio.to_thread(bearer_token, token, email, address)) as client:
        yield client

"""Options that several commands take, and how wrong settings end them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.annotation_file import AnnotationFormat

if TYPE_CHECKING:
    from adapters.settings import Settings

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the embedded database, objects and working files.")
]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on; loopback unless set.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 chooses a free one.")]

ProjectName = Annotated[str, typer.Option("--project", help="The project's id, or its name.")]
Format = Annotated[
    AnnotationFormat | None,
    typer.Option("--format", case_sensitive=False, help="Of the annotations; recognised from the file unless set."),
]
KeepSplits = Annotated[
    bool, typer.Option("--keep-splits", help="Keep the file's train, valid and test folders as the images' splits.")
]
Server = Annotated[
    str | None, typer.Option("--server", envvar="AGRIDRONE_SERVER", help="Its address; this machine's unless set.")
]
Token = Annotated[str | None, typer.Option("--token", envvar="AGRIDRONE_TOKEN", help="A bearer token or API token.")]
Email = Annotated[
    str | None,
    typer.Option("--email", envvar="AGRIDRONE_EMAIL", help="Instead of a token, for a server on this machine."),
]


def settings_of(
    host: str | None = None, port: int | None = None, data_dir: Path | None = None, service: str = "agridrone"
) -> Settings:
    """Settings from the environment and the options, logs configured as those of `service`;
    ends the command with a sentence when one is wrong."""
    # Here: a command that is a client of the API would start twice as slow.
    from adapters.logs import configure_logs
    from adapters.settings import load_settings

    with settings_errors():
        settings = load_settings(host=host, port=port, data_dir=data_dir)
    configure_logs(settings.log_level, service)
    return settings


@contextmanager
def settings_errors() -> Iterator[None]:
    """Turns what an operator can mend, settings and the database, into a sentence on stderr and exit code 2."""
    from adapters.settings import SettingsError
    from db.migrate import MigrationError

    try:
        yield
    except SettingsError as error:
        typer.echo(f"Cannot start: {error}.", err=True)
        raise typer.Exit(2) from error
    except MigrationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error

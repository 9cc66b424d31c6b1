"""`agridrone models`: what was trained, and where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.answer import tell
from cli.model_import import import_model
from cli.models.deploy import deploy, rollback
from cli.options import Email, ProjectName, Server, Token
from cli.version.options import AsJson, OfProject

ModelWord = Annotated[str, typer.Argument(metavar="MODEL", help="Its name, as north-v3.pt, with --project; or its id.")]
Everything = Annotated[bool, typer.Option("--all", help="Plots, ONNX, tables and arguments too.")]

models = typer.Typer(help="Trained models: list, look at, download, deploy and import them.", no_args_is_help=True)
models.command("import")(import_model)
models.command()(deploy)
models.command()(rollback)


@models.command("list")
def list_(
    project: ProjectName, as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None
) -> None:
    """List a project's models, the newest first."""
    # Imported here and below, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.models import wording
    from cli.models.record import list_models
    from cli.project_choice import choose_project

    async def work() -> bool:
        async with connected(server, token, email) as client:
            found = await list_models(client, (await choose_project(client, project)).id)
        tell({"models": found}, wording.listed(found), as_json)
        return True

    run_command(work)


@models.command()
def show(
    model: ModelWord,
    project: OfProject = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Show a model: its metrics, classes, lineage, evaluations and files."""
    from cli.connection import connected, run_command
    from cli.models import wording
    from cli.models.record import choose_model, read_model

    async def work() -> bool:
        async with connected(server, token, email) as client:
            found = await read_model(client, await choose_model(client, model, project))
        tell({"model": found}, wording.shown(found), as_json)
        return True

    run_command(work)


@models.command()
def download(
    model: ModelWord,
    folder: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")],
    project: OfProject = None,
    everything: Everything = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Download a model's weights, held against their checksum; 1 is the exit code when they did not come whole."""
    from cli.connection import connected, run_command
    from cli.models.downloading import download_and_tell
    from cli.models.record import choose_model

    async def work() -> bool:
        async with connected(server, token, email) as client:
            return await download_and_tell(
                client, await choose_model(client, model, project), folder, everything, as_json
            )

    run_command(work)

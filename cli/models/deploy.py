"""`agridrone models deploy` and `rollback`: what a project detects with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import Email, ProjectName, Server, Token
from cli.version.options import AsJson

_STOPPED = "Stopped waiting. The deployment goes on; `agridrone models list` shows what is deployed."


class Backend(StrEnum):
    """The contract's InferenceBackend, as it is typed."""

    LOCAL = "local"
    ROBOFLOW = "roboflow"
    AUTO = "auto"


BackendName = Annotated[
    Backend | None,
    typer.Option("--backend", case_sensitive=False, help="What answers; the project's own choice unless set."),
]
Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A name, as north-v3.pt, or an id; or Roboflow's, as workspace-project/6."),
]


def deploy(
    model: Model,
    project: ProjectName,
    backend: BackendName = None,
    note: Annotated[str | None, typer.Option("--note", help="Why, for those who look later.")] = None,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Have a project detect with a model, once it was loaded and answered; until then the one before does."""
    # Imported here and below, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.models.deploying import deploy_and_tell
    from cli.models.record import choose_model
    from cli.project_choice import choose_project

    async def work() -> bool:
        async with connected(server, token, email) as client:
            project_id = (await choose_project(client, project)).id
            hosted = "/" in model
            chosen = {"roboflowModel": model} if hosted else {"modelId": await choose_model(client, model, project)}
            wanted = backend.upper() if backend else None
            return await deploy_and_tell(client, project_id, chosen, wanted, note, as_json)

    run_command(work, _STOPPED)


def rollback(
    project: ProjectName, as_json: AsJson = False, server: Server = None, token: Token = None, email: Email = None
) -> None:
    """Have a project detect with what it detected with before; done twice, it is as it was."""
    from cli.connection import connected, run_command
    from cli.models.deploying import roll_back_and_tell
    from cli.project_choice import choose_project

    async def work() -> bool:
        async with connected(server, token, email) as client:
            return await roll_back_and_tell(client, (await choose_project(client, project)).id, as_json)

    run_command(work, _STOPPED)

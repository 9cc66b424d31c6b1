"""`agridrone evaluate`: a model measured on a version's split."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.models.app import ModelWord
from cli.options import Email, Server, Token
from cli.version.options import AsJson, OfProject, SplitName, VersionWord

_STOPPED = "Stopped waiting. The evaluation goes on; the same command shows it when it is done."


def evaluate(
    model: ModelWord,
    version: VersionWord,
    project: OfProject = None,
    split: Annotated[SplitName, typer.Option("--split", case_sensitive=False, help="What to measure on.")] = (
        SplitName.TEST
    ),
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Measure a model on one split of a version; what was measured before is only shown."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.models.evaluating import evaluate_and_tell
    from cli.models.record import choose_model
    from cli.version.record import choose_versions

    async def work() -> bool:
        async with connected(server, token, email) as client:
            (version_id,) = await choose_versions(client, [version], project)
            model_id = await choose_model(client, model, project)
            return await evaluate_and_tell(client, model_id, version_id, split.upper(), as_json)

    run_command(work, _STOPPED)

"""`agridrone train`: a model from a version."""

from __future__ import annotations

from typing import Any

from cli.options import Email, Server, Token
from cli.training import options as opt
from cli.version.options import AsJson, OfProject, VersionWord

_STOPPED = (
    "Stopped watching. A training that was started goes on: `agridrone jobs list` has its id, with which "
    "`agridrone jobs watch` shows it and `agridrone jobs cancel` ends it."
)


def train(
    version: VersionWord,
    project: OfProject = None,
    from_model: opt.FromModel = None,
    pretrained: opt.Pretrained = False,
    scratch: opt.Scratch = False,
    base: opt.BaseChoice = None,
    epochs: opt.Epochs = None,
    batch: opt.Batch = None,
    size: opt.Size = None,
    rate: opt.Rate = None,
    patience: opt.Patience = None,
    seed: opt.Seed = None,
    key: opt.Key = None,
    detach: opt.Detach = False,
    as_json: AsJson = False,
    server: Server = None,
    token: Token = None,
    email: Email = None,
) -> None:
    """Train a model from a version, and watch it until it is done; 1 is the exit code when it failed."""
    # Imported here, so that the other commands start without a client.
    from cli.connection import connected, run_command
    from cli.misuse import MisuseError
    from cli.models.record import choose_model
    from cli.training.starting import start_and_tell
    from cli.version.record import choose_versions

    asked = {
        "baseModel": base.upper() if base else None,
        "epochs": epochs,
        "batchSize": batch,
        "imageSize": size,
        "learningRate": rate,
        "patience": patience,
        "seed": seed,
    }
    config = {name: value for name, value in asked.items() if value is not None}

    async def work() -> bool:
        if sum((from_model is not None, pretrained, scratch)) > 1:
            raise MisuseError("A training starts from one thing: --from, --pretrained or --scratch.")
        async with connected(server, token, email) as client:
            (version_id,) = await choose_versions(client, [version], project)
            order: dict[str, Any] = {"datasetVersionId": version_id, "config": config, "fromScratch": scratch}
            if from_model is not None:
                order["checkpointModelId"] = await choose_model(client, from_model, project)
            if key is not None:
                order["idempotencyKey"] = key
            return await start_and_tell(client, order, detach, as_json)

    run_command(work, _STOPPED)

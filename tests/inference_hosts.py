"""The inference service of a GPU host within the test's own process, on the CPU, and projects that have real images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from db.database import SqlDatabase
from domain.deployments import ModelToDeploy, deploy_model
from domain.jobs import JobKind
from domain.keys import original_key
from domain.models.asset import Asset
from domain.models.detection import ServedModel
from domain.models.model import ModelDeployment, TrainedModel
from domain.models.training import BaseModel
from domain.ports import ObjectStore, UnitOfWork
from seeds import Home, add_images, take
from workers.claims import PermanentError
from workers.deployment import Deployment
from workers.engine import Engine
from workers.gpu_turns import FreeTurns, GpuTurns
from workers.inference import Inference
from workers.model_loader import ModelLoader
from workers.preloading import Preloading
from workers.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class InferenceHost:
    engine: Engine
    loader: ModelLoader
    inference: Inference
    preloading: Preloading
    deployment: Deployment


def inference_host(
    database: SqlDatabase,
    store: ObjectStore,
    folder: Path,
    turns: GpuTurns | None = None,
    memory: int = 2**31,
    engine: Engine | None = None,
) -> InferenceHost:
    """`folder` outlives the host: another one on it knows what this one found out."""
    engine = engine or Engine("cpu", 2, memory)
    turns = turns or FreeTurns()
    loader = ModelLoader(database, store, folder / "weights", Verdicts(folder / "runtimes"))
    inference = Inference(engine, store, loader, turns)
    preloading = Preloading(database, engine, inference, turns)
    return InferenceHost(engine, loader, inference, preloading, Deployment(database, inference))


async def add_photographs(
    database: SqlDatabase, store: ObjectStore, home: Home, photographs: Sequence[bytes]
) -> list[Asset]:
    """Images of the project whose bytes are in the store."""
    assets = await add_images(database, home.project, [f"photo {number}" for number in range(len(photographs))])
    found = []
    for asset, data in zip(assets, photographs, strict=True):
        sha256 = hashlib.sha256(data).hexdigest()
        key = original_key(home.team.id, sha256)
        await store.put(key, data, "image/jpeg")
        await database.write(partial(_stored_as, asset.id, key, sha256))
        found.append(replace(asset, s3_key=key, sha256=sha256))
    return found


async def _stored_as(asset_id: str, key: str, sha256: str, uow: UnitOfWork) -> None:
    await uow.assets.update(asset_id, s3_key=key, sha256=sha256)


async def add_served(database: SqlDatabase, home: Home, served: ServedModel) -> TrainedModel:
    """The model's row, as one that was brought from outside."""
    row = TrainedModel(
        id=served.id,
        project_id=home.project.id,
        team_id=home.team.id,
        name=f"{served.id}.pt",
        dataset_id=None,
        training_job_id=None,
        parent_model_id=None,
        base_model=BaseModel.YOLO11N,
        classes=served.classes,
        metrics=None,
        weights_key=served.weights_key,
        sha256=served.weights_sha256,
        size_bytes=5_500_000,
        image_size=served.image_size,
        preprocessing=served.preprocessing,
        created_at=datetime.now(UTC),
        files=(served.onnx,) if served.onnx else (),
    )
    await database.write(lambda uow: uow.models.add(row))
    return row


async def deploy(database: SqlDatabase, host: InferenceHost, home: Home, model: TrainedModel) -> ModelDeployment:
    """What became of the model's deployment, seen through as a worker does it."""
    choice = ModelToDeploy(model.id, None, ("input", "model", "modelId"))
    pending = await deploy_model(database, home.principal, home.project.id, choice, None, None)
    claim = await take(database, JobKind.DEPLOYMENT)
    assert claim.id == pending.id
    try:
        await host.deployment.run(claim)
    except PermanentError as error:
        await host.deployment.fail(claim, str(error))
    found = await database.read(lambda uow: uow.deployments.get(pending.id))
    assert found is not None
    return found

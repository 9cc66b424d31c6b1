"""A project that has something of everything, all of it as it must be."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from db.database import SqlDatabase
from domain.deployments import ModelToDeploy, deploy_model, deployment_active
from domain.ids import new_id
from domain.jobs import JobKind
from domain.keys import THUMBNAIL_SIZES, model_file_key, state_key, thumbnail_key, weights_key
from domain.models.asset import Asset, UploadBatch, UploadState
from domain.models.config import Preprocessing
from domain.models.export import VersionExport
from domain.models.model import ModelDeployment, ModelFile, TrainedModel
from domain.models.training import BaseModel, EpochMetrics, ResumePoint, TrainingJob, TrainingJobStatus
from domain.models.version import DatasetVersion
from domain.models.webhook import WebhookDelivery, WebhookEvent
from domain.ports import ObjectStore
from domain.training_progress import completed, ended, epoch_done, preparing, running, state_kept
from domain.version_lifecycle import archive_version
from domain.webhook_delivery import answered
from seeds import (
    Home,
    add_batch,
    add_export,
    add_images,
    add_uploads,
    annotate,
    freeze,
    make_home,
    reload,
    request_version,
    take,
)
from versions_made import train
from webhooks_made import add_webhook, deliveries_of

WEIGHTS, TABLE, STATE = b"the weights", b"epoch,loss", b"the state after epoch 1"


@dataclass(frozen=True, slots=True)
class SoundProject:
    """Two versions of three images, the second one archived; of the first a training that made a model, which is
    deployed, and one that failed with a state to go on from; an export; a delivered piece of news."""

    home: Home
    batch: UploadBatch
    images: Sequence[Asset]
    version: DatasetVersion
    archived: DatasetVersion
    trained: TrainingJob
    model: TrainedModel
    failed: TrainingJob
    export: VersionExport
    deployment: ModelDeployment
    delivery: WebhookDelivery

    @property
    def state_key(self) -> str:
        """Of the failed training's kept state."""
        return state_key(self.home.team.id, self.failed.id, digest(STATE))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def sound_project(database: SqlDatabase, store: ObjectStore, folder: Path) -> SoundProject:
    home = await make_home(database)
    hook = await add_webhook(database, home.project, events=[WebhookEvent.TRAINING_COMPLETED])
    batch, images = await _images(database, store, home)
    version, archived = [await freeze(database, store, folder, await request_version(database, home)) for _ in range(2)]
    await archive_version(database, home.principal, archived.id)
    trained, model = await _completed(database, store, home, version)
    failed = await _failed(database, store, home, version)
    export = await _exported(database, store, version)
    deployment = await _deployed(database, home, model)
    await database.write(answered(await take(database, JobKind.WEBHOOK_DELIVERY), 200))
    (delivery,) = await deliveries_of(database, hook)
    version, archived = await reload(database, version), await reload(database, archived)
    return SoundProject(home, batch, images, version, archived, trained, model, failed, export, deployment, delivery)


async def _images(database: SqlDatabase, store: ObjectStore, home: Home) -> tuple[UploadBatch, list[Asset]]:
    """Each has the bytes of its name."""
    names = ["north", "south", "west"]
    batch = await add_batch(database, home.project)
    await add_uploads(database, home.project, batch, names, UploadState.VERIFIED)
    images = await add_images(database, home.project, names, batch)
    for image, name in zip(images, names, strict=True):
        await store.put(image.s3_key, name.encode(), "image/jpeg")
        for size in THUMBNAIL_SIZES:
            await store.put(thumbnail_key(home.team.id, image.sha256 or "", size), b"small", "image/jpeg")
        facts = {"size_bytes": len(name), "perceptual_hash": "0f" * 8}
        await database.write(lambda uow, id_=image.id, facts=facts: uow.assets.update(id_, **facts))  # type: ignore[misc]
    await annotate(database, home, images)
    return batch, images


async def _completed(
    database: SqlDatabase, store: ObjectStore, home: Home, version: DatasetVersion
) -> tuple[TrainingJob, TrainedModel]:
    job = await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(preparing(claim, "cpu"))
    await database.write(running(claim, {}))
    await database.write(epoch_done(claim, EpochMetrics(epoch=1, seconds=2.0)))
    sha256 = digest(WEIGHTS)
    key, file_key = weights_key(home.team.id, sha256), model_file_key(home.team.id, sha256, digest(TABLE), ".csv")
    await store.put(key, WEIGHTS, "application/octet-stream")
    await store.put(file_key, TABLE, "text/csv")
    model = TrainedModel(
        id=new_id(),
        project_id=version.project_id,
        team_id=version.team_id,
        name="",
        dataset_id=version.id,
        training_job_id=job.id,
        parent_model_id=None,
        base_model=BaseModel.YOLO11N,
        classes=("wattle",),
        metrics=None,
        weights_key=key,
        sha256=sha256,
        size_bytes=len(WEIGHTS),
        image_size=160,
        preprocessing=Preprocessing(),
        created_at=datetime.now(UTC),
        files=(ModelFile("results.csv", file_key, digest(TABLE), len(TABLE), "text/csv"),),
    )
    await database.write(completed(claim, lambda name: replace(model, name=name)))
    return job, (await database.read(lambda uow: uow.models.get_many([model.id])))[model.id]


async def _failed(database: SqlDatabase, store: ObjectStore, home: Home, version: DatasetVersion) -> TrainingJob:
    job = await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(preparing(claim, "cpu"))
    await database.write(running(claim, {}))
    await database.write(epoch_done(claim, EpochMetrics(epoch=1, seconds=2.0)))
    sha256 = digest(STATE)
    await store.put(state_key(home.team.id, job.id, sha256), STATE, "application/octet-stream")
    await database.write(state_kept(claim, [ResumePoint(1, sha256, sha256)]))
    await database.write(ended(claim, TrainingJobStatus.FAILED, "The disk was full; free some, then resume."))
    return job


async def _exported(database: SqlDatabase, store: ObjectStore, version: DatasetVersion) -> VersionExport:
    export = await add_export(database, version)
    data = b"a zip file"
    assert export.s3_key is not None
    await store.put(export.s3_key, data, "application/zip")
    facts = {"size_bytes": len(data), "sha256": digest(data)}
    await database.write(lambda uow: uow.exports.update(export.id, **facts))
    return export


async def _deployed(database: SqlDatabase, home: Home, model: TrainedModel) -> ModelDeployment:
    chosen = ModelToDeploy(model.id, None, ("input", "model"))
    deployment = await deploy_model(database, home.principal, home.project.id, chosen, None, None)
    await database.write(deployment_active(await take(database, JobKind.DEPLOYMENT)))
    return deployment

"""Many versions with all that a list shows of them, as copies of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from db.database import SqlDatabase
from domain.checks import verify_version
from domain.deployments import ModelToDeploy, deploy_model
from domain.evaluations import evaluate_model
from domain.ids import new_id
from domain.models.asset import Asset
from domain.models.check import VersionCheck
from domain.models.export import VersionExport
from domain.models.model import ModelEvaluation, ModelMetrics, TrainedModel
from domain.models.project import Project
from domain.models.training import TrainingJob
from domain.models.version import DatasetStatus, DatasetVersion, Split, VersionAsset
from domain.ports import UnitOfWork
from seeds import Home, add_export, add_images, add_model, annotate
from versions_made import in_status, train


@dataclass(frozen=True, slots=True)
class Shown:
    """A version with a training, its model, an evaluation, an export, a check and frozen images."""

    version: DatasetVersion
    images: Sequence[Asset]
    job: TrainingJob
    model: TrainedModel
    evaluation: ModelEvaluation
    export: VersionExport
    check: VersionCheck


async def add_shown(database: SqlDatabase, home: Home) -> Shown:
    """The first version of the home's project, whose model is deployed."""
    images = await add_images(database, home.project, [f"image-{number}" for number in range(6)])
    await annotate(database, home, images)
    for image in images:  # each has a thumbnail
        await database.write(lambda uow, id_=image.id: uow.assets.update(id_, perceptual_hash="0" * 16))  # type: ignore[misc]
    version = await in_status(database, home, DatasetStatus.READY)
    job = await train(database, home, version)
    made = replace(await add_model(database, version), training_job_id=job.id, metrics=ModelMetrics(0.5, 0.4, 0.6, 0.7))
    await database.write(lambda uow: uow.models.update(made.id, training_job_id=job.id, metrics=made.metrics))
    shown = Shown(
        version,
        images,
        job,
        made,
        await evaluate_model(database, home.principal, made.id, version.id, Split.TEST),
        await add_export(database, version),
        await verify_version(database, home.principal, version.id),
    )
    await database.write(lambda uow: uow.version_assets.clear(version.id))
    await database.write(lambda uow: uow.version_assets.add(_rows(version.id, images)))
    await deploy_model(database, home.principal, home.project.id, ModelToDeploy(made.id, None, ()), None, None)
    await database.write(lambda uow: uow.projects.update(home.project.id, active_model_id=made.id))
    return shown


async def add_copies(database: SqlDatabase, shown: Shown, numbers: Sequence[int]) -> list[DatasetVersion]:
    """Versions of these numbers, each with all that the one shown has, and a second training."""
    copies = [_copy(shown, number) for number in numbers]

    async def work(uow: UnitOfWork) -> None:
        await uow.versions.add(*(one.version for one in copies))
        await uow.version_assets.add([row for one in copies for row in _rows(one.version.id, shown.images)])
        await uow.jobs.add(*(one.job for one in copies), *(replace(one.job, id=new_id()) for one in copies))
        await uow.models.add(*(one.model for one in copies))
        await uow.evaluations.add(*(one.evaluation for one in copies))
        await uow.exports.add(*(one.export for one in copies))
        await uow.checks.add(*(one.check for one in copies))

    await database.write(work)
    return [one.version for one in copies]


async def add_projects(database: SqlDatabase, home: Home, shown: Shown, count: int) -> list[Project]:
    """Projects of the home's team, each with images and a version, and detecting with a model of it."""
    projects = [replace(home.project, id=new_id(), name=f"Block {number}") for number in range(count)]
    images = [
        replace(image, id=new_id(), project_id=project.id, perceptual_hash="0" * 16)
        for project in projects
        for image in shown.images
    ]
    versions = [replace(shown.version, id=new_id(), project_id=project.id) for project in projects]
    models = [
        replace(shown.model, id=new_id(), project_id=version.project_id, dataset_id=version.id, training_job_id=None)
        for version in versions
    ]

    async def work(uow: UnitOfWork) -> None:
        active = [replace(one, active_model_id=model.id) for one, model in zip(projects, models, strict=True)]
        await uow.projects.add(*active)
        await uow.assets.add(*images)
        await uow.versions.add(*versions)
        await uow.models.add(*models)

    await database.write(work)
    return projects


def _copy(shown: Shown, number: int) -> Shown:
    version = replace(shown.version, id=new_id(), version=number, name=f"{shown.version.name} {number}")
    job = replace(shown.job, id=new_id(), dataset_id=version.id)
    model = replace(shown.model, id=new_id(), dataset_id=version.id, training_job_id=job.id)
    evaluation = replace(shown.evaluation, id=new_id(), model_id=model.id, dataset_id=version.id)
    export = replace(shown.export, id=new_id(), dataset_id=version.id)
    check = replace(shown.check, id=new_id(), dataset_id=version.id)
    return replace(shown, version=version, job=job, model=model, evaluation=evaluation, export=export, check=check)


def _rows(dataset_id: str, images: Sequence[Asset]) -> list[VersionAsset]:
    return [
        VersionAsset(
            id=new_id(),
            dataset_id=dataset_id,
            asset_id=image.id,
            position=position,
            split=(Split.TRAIN, Split.VAL)[position % 2],
            filename=image.filename,
            s3_key=image.s3_key,
            sha256=str(image.sha256),
            width=640,
            height=480,
            gps_latitude=None,
            gps_longitude=None,
            annotation_count=1,
        )
        for position, image in enumerate(images)
    ]

"""Teams' whole holdings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from db.database import SqlDatabase
from domain.api_tokens import CreateApiToken, create_api_token
from domain.checks import verify_version
from domain.deployments import ModelToDeploy, deploy_model
from domain.detection_jobs import StartDetection, start_detection
from domain.evaluations import evaluate_model
from domain.exports import export_version
from domain.models.api_token import TokenScope
from domain.models.asset import UploadState
from domain.models.config import SplitConfig, VersionConfig
from domain.models.imports import ExportFormat
from domain.models.people import TeamRole, User
from domain.models.training import TrainingConfig
from domain.models.version import Split
from domain.training import StartTraining, start_training
from seeds import (
    Home,
    add_batch,
    add_file,
    add_images,
    add_import,
    add_model,
    add_pending,
    add_uploads,
    annotate,
    freeze,
    join,
    make_home,
    principal_of,
    request_version,
)
from stack import Stack
from webhooks_made import add_delivery, add_webhook

Ids = Mapping[str, str]
"""The id of each kind of object, as `project`."""


@dataclass(frozen=True, slots=True)
class World:
    """A team with a member of each role and an object of every kind, whose names hold the world's."""

    home: Home
    members: Mapping[TeamRole, User]
    ids: Ids
    tokens: Mapping[TeamRole, str]
    """The id of a member's API token, which is no other member's business."""

    def ids_of(self, role: TeamRole) -> Ids:
        """As `ids`, with the member's own token."""
        return {**self.ids, "token": self.tokens[role]}


async def make_world(api: Stack, name: str) -> World:
    database = api.database
    home = await make_home(database, name)
    members = {role: await join(database, home.team, role) for role in TeamRole}
    tokens = {role: await add_token(database, member, name) for role, member in members.items()}
    batch = await add_batch(database, home.project, f"Flight of {name}")
    assets = await add_images(database, home.project, [f"{name}-{index}" for index in range(8)], batch)
    annotations = await annotate(database, home, assets)
    await annotate(database, home, assets[:1], f"{name} weed")
    pending = await add_pending(database, assets[0])
    await add_pending(database, assets[0], f"{name} weed")
    file = await add_file(database, home.project, f"{name}.json")
    imported = await add_import(database, file)
    (upload,) = await add_uploads(database, home.project, batch, [f"{name}-new"], UploadState.OPEN)
    work_dir = api.services.settings.data_dir
    config = VersionConfig(splits=SplitConfig(0.5, 0.25, 0.25))
    requested = await request_version(database, home, config)
    version = await freeze(database, api.services.store, Path(work_dir), requested)
    check = await verify_version(database, home.principal, version.id)
    export = await export_version(database, api.services.store, home.principal, version.id, ExportFormat.YOLO)
    model = await add_model(database, version, f"{name}-v1.pt")
    evaluation = await evaluate_model(database, home.principal, model.id, version.id, Split.TEST)
    deployment = await deploy_model(
        database, home.principal, home.project.id, ModelToDeploy(model.id, None, ()), None, f"For {name}."
    )
    job = await start_training(database, home.principal, StartTraining(version.id, TrainingConfig(), None, True, None))
    of_all = StartDetection(home.project.id, None, None, model.id, None, None, 0.25, 0.45, None)
    detection = await start_detection(database, api.services.roboflow, home.principal, of_all)
    webhook = await add_webhook(database, home.project, f"https://hooks.example.org/{name}")
    ids = {
        "team": home.team.id,
        "user": home.owner.id,
        "token": await add_token(database, home.owner, name),
        "project": home.project.id,
        "batch": batch.id,
        "asset": assets[0].id,
        "annotation": annotations[0].id,
        "pending": pending.id,
        "upload": upload.id,
        "file": file.id,
        "import": imported.id,
        "version": version.id,
        "check": check.id,
        "export": export.id,
        "model": model.id,
        "evaluation": evaluation.id,
        "deployment": deployment.id,
        "job": job.id,
        "detection": detection.id,
        "webhook": webhook.id,
        "delivery": (await add_delivery(database, webhook)).id,
    }
    return World(home, members, ids, tokens)


async def add_token(database: SqlDatabase, user: User, name: str) -> str:
    """The id of a new API token of the user."""
    command = CreateApiToken(f"nightly {name}", TokenScope.READ, None)
    token, _ = await create_api_token(database, principal_of(user), command)
    return token.id

"""Deployments on the GPU host: load the model, have it answer on a real image, and only then switch to it."""

from __future__ import annotations

from domain.deployments import deployment_active, deployment_failed
from domain.errors import not_found
from domain.jobs import Claim, JobKind
from domain.models.model import ModelDeployment, TrainedModel
from domain.ports import Database, UnitOfWork
from domain.serving import served
from workers.claims import PermanentError
from workers.inference import Inference


class Deployment:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.DEPLOYMENT
    slots = 1

    def __init__(self, database: Database, inference: Inference) -> None:
        self._database = database
        self._inference = inference

    async def run(self, claim: Claim) -> None:
        model, image_key = await self._database.read(lambda uow: _inputs(uow, claim))
        if image_key is None:
            raise PermanentError("The project has no image to check the model with; upload one.")
        await self._inference.check(served(model), image_key)
        await self._database.write(deployment_active(claim))

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(deployment_failed(claim, reason))


async def _inputs(uow: UnitOfWork, claim: Claim) -> tuple[TrainedModel, str | None]:
    deployment: ModelDeployment | None = await uow.deployments.get(claim.id)
    model = await uow.models.get(deployment.model_id) if deployment and deployment.model_id else None
    if deployment is None or model is None:
        raise not_found("deployment")
    asset = await uow.assets.any_of(deployment.project_id)
    return model, asset.s3_key if asset else None

"""Deployments of Roboflow's models: have the model answer on a real image, and only then switch to it."""

from __future__ import annotations

from domain.deployments import deployment_active, deployment_failed
from domain.errors import not_found
from domain.jobs import Claim, JobKind
from domain.models.asset import Asset
from domain.ports import Database, ObjectStore, Roboflow, RoboflowError, UnitOfWork
from domain.roboflow_images import check_in_place
from workers.claims import PermanentError

_CONFIDENCE, _IOU = 0.25, 0.45


class RoboflowDeployment:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.ROBOFLOW_DEPLOYMENT
    slots = 1

    def __init__(self, database: Database, store: ObjectStore, roboflow: Roboflow) -> None:
        self._database = database
        self._store = store
        self._roboflow = roboflow

    async def run(self, claim: Claim) -> None:
        model, asset = await self._database.read(lambda uow: _inputs(uow, claim))
        if asset is None:
            raise PermanentError("The project has no image to check the model with; upload one.")
        try:
            image = await self._store.get(asset.s3_key)
        except KeyError as error:
            text = f"{asset.filename}, which the model was to be checked with, is missing from the object store."
            raise PermanentError(text) from error
        try:
            check_in_place(await self._roboflow.detect(model, image, _CONFIDENCE, _IOU), asset)
        except RoboflowError as error:
            # It was tried a few times already, and a person waits for the answer: the deployment can be asked for anew.
            raise PermanentError(f"The model was checked with {asset.filename}. {error}") from error
        await self._database.write(deployment_active(claim))

    async def fail(self, claim: Claim, reason: str) -> None:
        await self._database.write(deployment_failed(claim, reason))


async def _inputs(uow: UnitOfWork, claim: Claim) -> tuple[str, Asset | None]:
    deployment = await uow.deployments.get(claim.id)
    if deployment is None or deployment.roboflow_model is None:
        raise not_found("deployment")
    return deployment.roboflow_model, await uow.assets.any_of(deployment.project_id)

"""Detection of objects on one image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.ids import new_id
from domain.keys import probe_key
from domain.models.detection import DetectionResult, DetectRequest
from domain.models.model import TrainedModel
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project
from domain.ports import Database, Detector, ObjectStore, UnitOfWork, WorkerUnavailableError
from domain.store_answers import answering
from domain.uploads import MAX_IMAGE_BYTES

ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Detect:
    """One of `asset_id` and `image` (the file's bytes) is set.
    Without `model_id` the project's active model answers."""

    project_id: str
    asset_id: str | None
    image: bytes | None
    model_id: str | None
    confidence: float
    iou: float


async def detect(
    database: Database, store: ObjectStore, detector: Detector, principal: Principal, command: Detect
) -> tuple[DetectionResult, TrainedModel]:
    """What the model finds. Raises INVALID, NOT_READY without a model, UNAVAILABLE when no worker answers."""
    for name, value in (("confidence", command.confidence), ("iou", command.iou)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise invalid(f"{name} must be 0 to 1, not {value:g}.", "input", name)
    if command.image is not None and not 1 <= len(command.image) <= MAX_IMAGE_BYTES:
        raise invalid("An image has 1 byte to 500 MB.", "input", "source", "image")

    async def work(uow: UnitOfWork) -> tuple[Project, TrainedModel, str | None]:
        project = await authorize_project(uow, principal, command.project_id, Action.DETECT)
        model = await _model(uow, project, command.model_id)
        if command.asset_id is None:
            return project, model, None
        asset = await uow.assets.get(command.asset_id)
        if asset is None or asset.project_id != project.id:
            raise not_found("asset")
        return project, model, asset.s3_key

    project, model, asset_key = await database.read(work)
    if asset_key is not None:
        return await _answer(detector, model, asset_key, command), model
    key = probe_key(project.team_id, new_id())
    with answering():
        await store.put(key, command.image or b"", "application/octet-stream")
    try:
        return await _answer(detector, model, key, command), model
    finally:
        await store.delete(key)


async def _model(uow: UnitOfWork, project: Project, model_id: str | None) -> TrainedModel:
    chosen = model_id if model_id is not None else project.active_model_id
    if chosen is None:
        text = "The project has no active model yet; deploy one, or name a model."
        raise DomainError(ErrorCode.NOT_READY, text, ("input", "model"))
    model = await uow.models.get(chosen)
    if model is None or model.team_id != project.team_id:
        raise not_found("model")
    return model


async def _answer(detector: Detector, model: TrainedModel, image_key: str, command: Detect) -> DetectionResult:
    if model.sha256 is None or model.preprocessing is None or model.image_size is None:
        text = f"{model.name} has no recorded checksum or preprocessing, so it cannot be loaded safely."
        raise DomainError(ErrorCode.NOT_READY, text, ("input", "model"))
    request = DetectRequest(
        model_id=model.id,
        weights_key=model.weights_key,
        weights_sha256=model.sha256,
        preprocessing=model.preprocessing,
        image_size=model.image_size,
        image_key=image_key,
        confidence=command.confidence,
        iou=command.iou,
    )
    try:
        return await detector.detect(request, ANSWER_SECONDS)
    except WorkerUnavailableError as error:
        raise DomainError(ErrorCode.UNAVAILABLE, str(error)) from error

"""Detection of objects on one image."""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.detection_image import DetectionImage
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.gpu_holders import told_lease
from domain.models.detection import (
    DetectionResult,
    DetectRequest,
    Fallback,
    FallbackReason,
    FoundObjects,
)
from domain.models.gpu import GpuHost, GpuLease
from domain.models.model import InferenceBackend, TrainedModel
from domain.models.people import Principal
from domain.models.project import Project
from domain.policies import Action, authorize_project
from domain.ports import (
    Database,
    Detector,
    GpuLeases,
    ObjectStore,
    Roboflow,
    RoboflowError,
    UnitOfWork,
    WorkerUnavailableError,
)
from domain.routing import Route, blocking_lease, find_route
from domain.serving import served
from domain.uploads import MAX_IMAGE_BYTES

ANSWER_SECONDS = 60.0
AUTO_SECONDS = 10.0
"""For the local side, where AUTO has another."""


@dataclass(frozen=True, slots=True)
class Backends:
    """What detects, and who has the GPUs."""

    local: Detector
    roboflow: Roboflow
    leases: GpuLeases


@dataclass(frozen=True, slots=True)
class Detect:
    """One of `asset_id` and `image` (the file's bytes) is set. At most one of `model_id` and `roboflow_model` is;
    without either the project's active model answers."""

    project_id: str
    asset_id: str | None
    image: bytes | None
    model_id: str | None
    roboflow_model: str | None
    backend: InferenceBackend | None
    confidence: float
    iou: float


@dataclass(frozen=True, slots=True)
class _Inputs:
    project: Project
    backend: InferenceBackend
    model: TrainedModel | None
    roboflow_model: str | None
    asset_key: str | None
    hosts: tuple[GpuHost, ...]


async def detect(
    database: Database, store: ObjectStore, backends: Backends, principal: Principal, command: Detect
) -> DetectionResult:
    """What the model finds. Raises INVALID, NOT_READY without a model, GPU_BUSY when LOCAL is wanted and a training has
    the GPU, UNAVAILABLE when no backend answers."""
    check_thresholds(command.confidence, command.iou)
    if command.image is not None and not 1 <= len(command.image) <= MAX_IMAGE_BYTES:
        raise invalid("An image has 1 byte to 500 MB.", "input", "source", "image")
    inputs = await database.read(lambda uow: _inputs(uow, principal, command))
    _require_model(inputs, backends.roboflow)
    call = _Call(database, backends, principal, command, inputs)
    lease = await call.blocking()
    route = find_route(
        inputs.backend,
        local=inputs.model is not None,
        roboflow=inputs.roboflow_model is not None and backends.roboflow.configured,
        in_the_way=await call.told(lease) if lease is not None else None,
    )
    async with DetectionImage(store, inputs.project.team_id, inputs.asset_key, command.image) as image:
        return await call.answer(route, image)


def check_thresholds(confidence: float, iou: float) -> None:
    """Raises INVALID for what is not 0 to 1."""
    for name, value in (("confidence", confidence), ("iou", iou)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise invalid(f"{name} must be 0 to 1, not {value:g}.", "input", name)


async def _inputs(uow: UnitOfWork, principal: Principal, command: Detect) -> _Inputs:
    project = await authorize_project(uow, principal, command.project_id, Action.DETECT)
    backend = command.backend or project.inference_backend
    model_id, roboflow_model = command.model_id, command.roboflow_model
    if roboflow_model is not None:
        if roboflow_model not in project.roboflow_models:
            raise not_found("model")
        if backend is InferenceBackend.LOCAL:
            raise invalid("A Roboflow model does not run locally; leave backend out.", "input", "backend")
    else:
        if model_id is not None and backend is InferenceBackend.ROBOFLOW:
            raise invalid("A model of ours does not run on Roboflow; name backend LOCAL or AUTO.", "input", "backend")
        model_id, roboflow_model = model_id or project.active_model_id, project.active_roboflow_model
    model = await uow.models.get(model_id) if model_id is not None else None
    if model_id is not None and (model is None or model.team_id != project.team_id):
        raise not_found("model")
    asset = await uow.assets.get(command.asset_id) if command.asset_id is not None else None
    if command.asset_id is not None and (asset is None or asset.project_id != project.id):
        raise not_found("asset")
    hosts = tuple(await uow.gpu_hosts.all())
    return _Inputs(project, backend, model, roboflow_model, asset.s3_key if asset else None, hosts)


def _require_model(inputs: _Inputs, roboflow: Roboflow) -> None:
    field = ("input", "model")
    if inputs.backend is not InferenceBackend.ROBOFLOW and inputs.model is not None:
        return
    if inputs.backend is InferenceBackend.LOCAL or inputs.roboflow_model is None:
        kind = "Roboflow model" if inputs.backend is InferenceBackend.ROBOFLOW else "model"
        text = f"The project has no active {kind} yet; deploy one, or name a model."
        raise DomainError(ErrorCode.NOT_READY, text, field)
    if not roboflow.configured:
        text = "The server has no key for Roboflow; an operator sets it as ROBOFLOW_API_KEY."
        raise DomainError(ErrorCode.NOT_READY, text, field)


@dataclass(frozen=True, slots=True)
class _Call:
    """One detection on its way."""

    database: Database
    backends: Backends
    principal: Principal
    command: Detect
    inputs: _Inputs

    async def blocking(self) -> GpuLease | None:
        """The lease that keeps the local side from answering."""
        names = [host.host for host in self.inputs.hosts if host.alive and host.exclusive]
        if not names or self.inputs.model is None:
            return None
        try:
            leases = await self.backends.leases.of_hosts(names)
        except WorkerUnavailableError:
            return None  # the local side will say so itself
        return blocking_lease(self.inputs.hosts, leases)

    async def told(self, lease: GpuLease) -> Fallback:
        return await self.database.read(lambda uow: told_lease(uow, self.principal, lease))

    async def answer(self, route: Route, image: DetectionImage) -> DetectionResult:
        """By the first backend of the route, or the second. Raises what the first did where there is no second."""
        if route.first is InferenceBackend.LOCAL:
            try:
                return await self._locally(image, ANSWER_SECONDS if route.second is None else AUTO_SECONDS)
            except (WorkerUnavailableError, DomainError) as error:
                if route.second is None:
                    raise _local_refusal(error) from error
                fallback = await self._reason(error)
            return await self._hosted_after(image, fallback)
        if route.fallback is not None:
            return await self._hosted_first(image, route)
        try:
            return await self._hosted(image, None)
        except RoboflowError as error:
            raise DomainError(ErrorCode.UNAVAILABLE, str(error)) from error

    async def _hosted_after(self, image: DetectionImage, fallback: Fallback) -> DetectionResult:
        try:
            return await self._hosted(image, fallback)
        except RoboflowError as error:
            raise _neither(fallback.message, str(error)) from error

    async def _hosted_first(self, image: DetectionImage, route: Route) -> DetectionResult:
        try:
            return await self._hosted(image, route.fallback)
        except RoboflowError as error:
            told = route.fallback.message if route.fallback else ""
            if route.second is None:
                raise _neither(told, str(error)) from error
            try:
                return await self._locally(image, ANSWER_SECONDS)
            except (WorkerUnavailableError, DomainError) as local:
                raise _neither(f"{told} {local}", str(error)) from local

    async def _locally(self, image: DetectionImage, seconds: float) -> DetectionResult:
        model = self.inputs.model
        if model is None:
            raise AssertionError("the route is local only where there is a local model")
        if (lease := await self.blocking()) is not None:
            told = await self.told(lease)
            if told.reason is FallbackReason.GPU_HELD_BY_TRAINING:
                raise DomainError(ErrorCode.GPU_BUSY, told.message)
        ready = served(model, "input", "model")
        request = DetectRequest(ready, await image.key(), self.command.confidence, self.command.iou)
        found = await self.backends.local.detect(request, seconds)
        return DetectionResult(found, InferenceBackend.LOCAL, model.name, None)

    async def _hosted(self, image: DetectionImage, fallback: Fallback | None) -> DetectionResult:
        model = self.inputs.roboflow_model
        if model is None:
            raise AssertionError("the route leads to Roboflow only where there is a model of it")
        found: FoundObjects = await self.backends.roboflow.detect(
            model, await image.content(), self.command.confidence, self.command.iou
        )
        return DetectionResult(found, InferenceBackend.ROBOFLOW, model, fallback)

    async def _reason(self, error: WorkerUnavailableError | DomainError) -> Fallback:
        """What AUTO says of a local side that gave no answer. Raises `error` where no other backend could do better."""
        if isinstance(error, WorkerUnavailableError):
            return Fallback(FallbackReason.TIMEOUT if error.late else FallbackReason.NO_WORKER, str(error))
        match error.code:
            case ErrorCode.GPU_BUSY:
                lease = await self.blocking()
                return await self.told(lease) if lease else Fallback(FallbackReason.ERROR, error.message)
            case ErrorCode.NOT_READY:
                return Fallback(FallbackReason.MODEL_UNAVAILABLE, error.message)
            case ErrorCode.UNAVAILABLE:
                return Fallback(FallbackReason.ERROR, error.message)
        raise error


def _local_refusal(error: WorkerUnavailableError | DomainError) -> DomainError:
    return error if isinstance(error, DomainError) else DomainError(ErrorCode.UNAVAILABLE, str(error))


def _neither(local: str, roboflow: str) -> DomainError:
    text = f"Neither backend could answer. Local: {local} Roboflow: {roboflow}"
    return DomainError(ErrorCode.UNAVAILABLE, text)

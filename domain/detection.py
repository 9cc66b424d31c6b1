"""Detection of objects on one image."""

from __future__ import annotations

from dataclasses import dataclass

from domain.detection_image import DetectionImage
from domain.detector_choice import DetectorChoice, check_thresholds, choose_detector, require_detector
from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.gpu_holders import told_lease
from domain.models.asset import Asset
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
    RoboflowFault,
    UnitOfWork,
    WorkerUnavailableError,
)
from domain.roboflow_images import check_in_place, check_size
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
    asset: Asset | None
    hosts: tuple[GpuHost, ...]


async def detect(
    database: Database, store: ObjectStore, backends: Backends, principal: Principal, command: Detect
) -> DetectionResult:
    """What the model finds. Raises INVALID, NOT_READY without a model, GPU_BUSY when LOCAL is wanted and a training has
    the GPU, UNSUPPORTED for an image that no backend reads, UNAVAILABLE when no backend answers."""
    check_thresholds(command.confidence, command.iou)
    if command.image is not None and not 1 <= len(command.image) <= MAX_IMAGE_BYTES:
        raise invalid("An image has 1 byte to 500 MB.", "input", "source", "image")
    inputs = await database.read(lambda uow: _inputs(uow, principal, command))
    require_detector(DetectorChoice(inputs.backend, inputs.model, inputs.roboflow_model), backends.roboflow.configured)
    call = _Call(database, backends, principal, command, inputs)
    # Only AUTO goes round a GPU that is held; the local side says by itself who holds it.
    lease = await call.blocking() if inputs.backend is InferenceBackend.AUTO else None
    route = find_route(
        inputs.backend,
        local=inputs.model is not None,
        roboflow=inputs.roboflow_model is not None and backends.roboflow.configured,
        in_the_way=await call.told(lease) if lease is not None else None,
    )
    key = inputs.asset.s3_key if inputs.asset is not None else None
    async with DetectionImage(store, inputs.project.team_id, key, command.image) as image:
        return await call.answer(route, image)


async def _inputs(uow: UnitOfWork, principal: Principal, command: Detect) -> _Inputs:
    project = await authorize_project(uow, principal, command.project_id, Action.DETECT)
    choice = await choose_detector(uow, project, command.model_id, command.roboflow_model, command.backend)
    asset = await uow.assets.get(command.asset_id) if command.asset_id is not None else None
    if command.asset_id is not None and (asset is None or asset.project_id != project.id):
        raise not_found("asset")
    hosts = tuple(await uow.gpu_hosts.all())
    return _Inputs(project, choice.backend, choice.model, choice.roboflow_model, asset, hosts)


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
                    raise self._refusal(error) from error
                fallback = await self._reason(error)
            return await self._hosted_after(image, fallback)
        if route.fallback is not None:
            return await self._hosted_first(image, route)
        try:
            return await self._hosted(image, None)
        except RoboflowError as error:
            unread = error.fault is RoboflowFault.IMAGE
            raise DomainError(ErrorCode.UNSUPPORTED if unread else ErrorCode.UNAVAILABLE, str(error)) from error

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
                reason = await self._reason(local)
                raise _neither(f"{told} {reason.message}", str(error)) from local

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
        asset = self.inputs.asset
        check_size(asset.size_bytes if asset is not None else None)  # before it is fetched
        found: FoundObjects = await self.backends.roboflow.detect(
            model, await image.content(), self.command.confidence, self.command.iou
        )
        if asset is not None:
            check_in_place(found, asset)
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

    def _refusal(self, error: WorkerUnavailableError | DomainError) -> DomainError:
        """What the local side said, where it was the only one that could be asked."""
        if isinstance(error, DomainError) and error.code is not ErrorCode.UNAVAILABLE:
            return error
        if self.inputs.backend is not InferenceBackend.AUTO:
            return DomainError(ErrorCode.UNAVAILABLE, str(error))
        lacking = "an active model" if self.inputs.roboflow_model is None else "a key of the server's, ROBOFLOW_API_KEY"
        return _neither(str(error), f"It needs {lacking}.")


def _neither(local: str, roboflow: str) -> DomainError:
    text = f"Neither backend could answer. Local: {local} Roboflow: {roboflow}"
    return DomainError(ErrorCode.UNAVAILABLE, text)

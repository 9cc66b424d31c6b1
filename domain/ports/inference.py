"""What detects: the GPU hosts and Roboflow, as Protocols that `adapters` fulfil."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from domain.models.detection import DetectRequest, FoundObjects, ServedModel
from domain.models.gpu import GpuLease


class Detector(Protocol):
    """The local engine, wherever it runs."""

    async def detect(self, request: DetectRequest, seconds: float) -> FoundObjects:
        """Raises WorkerUnavailableError after `seconds` without an answer, and at once when no worker runs;
        DomainError for what the engine refused: UNSUPPORTED for an image that cannot be read, NOT_READY for a model
        that cannot be loaded, GPU_BUSY while others have the GPU, UNAVAILABLE for anything else."""


class RoboflowFault(StrEnum):
    """Whose fault it is that Roboflow gave no answer, and so what may help."""

    SERVICE = "SERVICE"
    """It is away, busy or not to be understood: the same question may be answered later."""
    MODEL = "MODEL"
    """The model or the key is not known there: no image is answered until a person has mended that."""
    IMAGE = "IMAGE"
    """This image is never answered; others may be."""


class RoboflowError(Exception):
    """Roboflow gave no answer that can be used; the message is a sentence that says why and what to do, and holds no
    secret."""

    def __init__(self, message: str, fault: RoboflowFault) -> None:
        super().__init__(message)
        self.fault = fault


class Roboflow(Protocol):
    """Roboflow's hosted models."""

    @property
    def configured(self) -> bool:
        """Whether the server has a key for it."""

    async def detect(self, model: str, image: bytes, confidence: float, iou: float) -> FoundObjects:
        """What the model, named as `workspace-project/6`, finds on an image file. `confidence` and `iou` as in
        DetectRequest. Raises RoboflowError."""


class GpuLeases(Protocol):
    """Who has the GPU of which host."""

    async def of_hosts(self, hosts: Iterable[str]) -> dict[str, GpuLease]:
        """The leases of those hosts whose GPU is lent. Raises WorkerUnavailableError when nobody can tell."""


class GpuHostCalls(Protocol):
    """What a certain GPU host is told to do."""

    async def load(self, host: str, model: ServedModel, seconds: float) -> None:
        """Has the model loaded there. Raises as Detector.detect does."""

    async def unload(self, host: str, seconds: float) -> None:
        """Has that host let all its models go. Raises as Detector.detect does."""

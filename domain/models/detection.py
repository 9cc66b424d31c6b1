"""What models find on images: one at a time, and in batches over stored images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.models.config import Preprocessing
from domain.models.geometry import Box
from domain.models.model import InferenceBackend, ModelFile


@dataclass(frozen=True, slots=True)
class Detection:
    """`box` is in upright pixels of the whole source image; `confidence` is 0..1."""

    weed_type: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a GPU host needs to answer with a model. `weights_sha256` is hex: nothing is unpickled whose bytes do not
    match it. `onnx` is the same model for other runtimes, where its training wrote it; `image_size` is the network's,
    in pixels."""

    id: str
    team_id: str
    weights_key: str
    weights_sha256: str
    onnx: ModelFile | None
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    image_size: int


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """One image for the local engine. `image_key` names it in the object store; it holds the file's bytes as uploaded.
    Detections under `confidence` are left out; `iou` is the overlap above which two boxes of a class are one object."""

    model: ServedModel
    image_key: str
    confidence: float
    iou: float


class FallbackReason(StrEnum):
    """Why AUTO left the local backend."""

    GPU_HELD_BY_TRAINING = "GPU_HELD_BY_TRAINING"
    GPU_HELD_BY_SAM3 = "GPU_HELD_BY_SAM3"
    NO_WORKER = "NO_WORKER"
    TIMEOUT = "TIMEOUT"
    MODEL_UNAVAILABLE = "MODEL_UNAVAILABLE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Fallback:
    """`message` is a sentence on what the local side lacked."""

    reason: FallbackReason
    message: str


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """What a backend found on one image. `image_width` and `image_height` are upright pixels; `inference_ms` are
    milliseconds from the image's bytes to the boxes, `queue_ms` those before."""

    detections: tuple[Detection, ...]
    image_width: int
    image_height: int
    queue_ms: float
    inference_ms: float


@dataclass(frozen=True, slots=True)
class DetectionResult:
    """`backend` is the one that answered, with the model of that name; `fallback` says why AUTO left the local one."""

    found: FoundObjects
    backend: InferenceBackend
    model_name: str
    fallback: Fallback | None


class DetectionJobStatus(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        return self in (DetectionJobStatus.COMPLETED, DetectionJobStatus.FAILED, DetectionJobStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class DetectionJob:
    """Detection over stored images of a project: those of `asset_ids`, of an upload batch, or all that were there when
    it was asked for. Either `model_id` or `roboflow_model` is set, and `backend` is LOCAL or ROBOFLOW accordingly.

    Images are gone through in the order of their ids; those up to `last_asset_id` are dealt with. `done` of `total`
    were looked at, `failed` of them in vain; `found` pending annotations were made.
    """

    id: str
    project_id: str
    team_id: str
    status: DetectionJobStatus
    failure_reason: str | None
    model_id: str | None
    roboflow_model: str | None
    backend: InferenceBackend
    confidence: float
    iou: float
    upload_batch_id: str | None
    asset_ids: tuple[str, ...] | None
    total: int
    done: int
    failed: int
    found: int
    last_asset_id: str
    idempotency_key: str | None
    input_digest: str
    created_at: datetime
    created_by_id: str | None
    finished_at: datetime | None
    attempt: int

    @property
    def detector(self) -> str:
        """What the images are marked with that it is done with: the model's id, or Roboflow's name of it."""
        return self.model_id or f"roboflow:{self.roboflow_model}"


@dataclass(frozen=True, slots=True)
class DetectedImage:
    """`detector` (see DetectionJob) has looked at the image for objects of that confidence and above."""

    asset_id: str
    detector: str
    confidence: float
    found: int
    job_id: str
    detected_at: datetime

"""What a model finds on one image."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.config import Preprocessing
from domain.models.geometry import Box


@dataclass(frozen=True, slots=True)
class Detection:
    """`box` is in upright pixels of the whole source image; `confidence` is 0..1."""

    weed_type: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class DetectRequest:
    """One image for the local engine. `image_key` names it in the object store; it holds the file's bytes as uploaded.

    `weights_sha256` is hex; the engine unpickles nothing whose bytes do not match it.
    """

    model_id: str
    weights_key: str
    weights_sha256: str
    preprocessing: Preprocessing
    image_size: int
    image_key: str
    confidence: float
    iou: float


@dataclass(frozen=True, slots=True)
class DetectionResult:
    """`image_width` and `image_height` are upright pixels; times are milliseconds."""

    detections: tuple[Detection, ...]
    image_width: int
    image_height: int
    queue_ms: float
    inference_ms: float

"""Which models a GPU host can answer with."""

from __future__ import annotations

from domain.errors import DomainError, ErrorCode
from domain.models.detection import ServedModel
from domain.models.model import TrainedModel

ONNX_NAME = "model.onnx"


def servable(model: TrainedModel) -> bool:
    """Whether all is on record that loading the model safely takes."""
    return model.sha256 is not None and model.preprocessing is not None and model.image_size is not None


def served(model: TrainedModel, *field: str) -> ServedModel:
    """The model as a GPU host loads it. Raises NOT_READY, at the input path `field`, when it is not servable."""
    if model.sha256 is None or model.preprocessing is None or model.image_size is None:
        text = f"{model.name} has no recorded checksum or preprocessing, so it cannot be loaded safely; train it anew."
        raise DomainError(ErrorCode.NOT_READY, text, field or None)
    return ServedModel(
        id=model.id,
        team_id=model.team_id,
        weights_key=model.weights_key,
        weights_sha256=model.sha256,
        onnx=next((file for file in model.files if file.name == ONNX_NAME), None),
        classes=model.classes,
        preprocessing=model.preprocessing,
        image_size=model.image_size,
    )

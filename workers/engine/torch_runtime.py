"""A network as it was trained: Ultralytics on torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.models.geometry import Box
from rendering.pixels import Pixels
from workers.child.opening import open_model
from workers.engine.containment import contained_folder
from workers.engine.runtime import Found, NetworkFile, RuntimeKind
from workers.weights import WeightsCorrupt, verified_copy

_BATCH_ON_GPU = 16
_HALF = 16


class TorchRuntime:
    """Fulfils Runtime. `device` is Ultralytics' name ("cpu", "0", "mps").

    The network sees squares, whatever the picture's shape, as it did in its training and as it does in ONNX files: a
    model answers the same whichever runtime has it.
    """

    def __init__(self, file: NetworkFile, device: str, threads: int) -> None:
        """Raises WeightsCorrupt."""
        self.kind = file.kind
        self.batch = 1 if device == "cpu" else _BATCH_ON_GPU
        copy = verified_copy(file.path, file.sha256, contained_folder(threads))
        try:
            self._model = open_model(copy)
        finally:
            copy.unlink()
        _require_numbers(self._model)
        self._arguments = {
            "imgsz": file.image_size,
            "rect": False,
            "device": device,
            "quantize": _HALF if file.kind is RuntimeKind.TORCH_HALF else None,
            "verbose": False,
        }

    def find(self, pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        # Ultralytics takes arrays for BGR.
        turned = [picture[:, :, ::-1] for picture in pictures]
        return [_found(one) for one in self._model.predict(turned, conf=confidence, iou=iou, **self._arguments)]


def _require_numbers(model: Any) -> None:
    """A training that went astray leaves weights with which nothing is ever found, and no error says why."""
    if not all(bool(values.isfinite().all()) for values in model.model.parameters()):
        raise WeightsCorrupt("The weights hold values that are no numbers; the training that made them went astray.")


def _found(answer: Any) -> list[Found]:
    boxes = answer.boxes
    rows = zip(boxes.xyxy.tolist(), boxes.conf.tolist(), boxes.cls.tolist(), strict=True)
    return [
        Found(answer.names[int(index)], confidence, Box(left, top, right - left, bottom - top))
        for (left, top, right, bottom), confidence, index in rows
    ]

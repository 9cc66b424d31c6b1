"""A network in an ONNX file: ONNX Runtime on the CPU, and what Ultralytics does before and after the network."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from domain.models.geometry import Box
from rendering.pixels import Pixels
from workers.engine.runtime import Found, NetworkFile, RuntimeKind
from workers.weights import WeightsCorrupt

_GREY = (114, 114, 114)
_MAX_OBJECTS, _MAX_CANDIDATES = 300, 30_000


class OnnxRuntime:
    """Fulfils Runtime. Nothing is unpickled for it."""

    kind = RuntimeKind.ONNX
    batch = 1

    def __init__(self, file: NetworkFile, threads: int) -> None:
        """Raises WeightsCorrupt for a file that is something else than a YOLO detector of those classes and size."""
        self._classes = file.classes
        self._size = file.image_size
        self._session = _opened(file, threads)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shapes = [one.shape for one in inputs], [one.shape[:2] for one in outputs]
        if shapes != ([[1, 3, self._size, self._size]], [[1, 4 + len(self._classes)]]):
            raise WeightsCorrupt(
                "The ONNX file is not that of a YOLO detector with the model's classes and image size."
            )
        self._input = inputs[0].name

    def find(self, pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        return [self._find(picture, confidence, iou) for picture in pictures]

    def _find(self, picture: Pixels, confidence: float, iou: float) -> list[Found]:
        height, width = picture.shape[:2]
        scale = min(self._size / height, self._size / width)
        inner_width, inner_height = round(width * scale), round(height * scale)
        left, top = round((self._size - inner_width) / 2 - 0.1), round((self._size - inner_height) / 2 - 0.1)
        square = self._squared(picture, inner_width, inner_height, left, top)
        planes = np.ascontiguousarray(square.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        planes /= 255
        (answer,) = self._session.run(None, {self._input: planes})
        # Rows of centre x, centre y, width, height and the classes' scores.
        rows = best_boxes(answer[0], confidence, iou)
        corners = (rows[:, :4] - (left, top, left, top)) / scale
        corners[:, 0::2] = corners[:, 0::2].clip(0, width)
        corners[:, 1::2] = corners[:, 1::2].clip(0, height)
        return [
            Found(self._classes[int(index)], score, Box(x1, y1, x2 - x1, y2 - y1))
            for (x1, y1, x2, y2), (score, index) in zip(corners.tolist(), rows[:, 4:].tolist(), strict=True)
        ]

    def _squared(self, picture: Pixels, width: int, height: int, left: int, top: int) -> Pixels:
        """The picture at that size in the middle of a grey square."""
        if picture.shape[:2] != (height, width):
            picture = cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=cv2.INTER_LINEAR)
        sides = top, self._size - height - top, left, self._size - width - left
        if not any(sides):
            return picture
        framed: Pixels = cv2.copyMakeBorder(picture, *sides, cv2.BORDER_CONSTANT, value=_GREY)
        return framed


def _opened(file: NetworkFile, threads: int) -> ort.InferenceSession:
    try:
        data = file.path.read_bytes()
    except OSError as error:
        raise WeightsCorrupt(f"The ONNX file cannot be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != file.sha256.lower():
        raise WeightsCorrupt("The ONNX file has another SHA-256 than is on record; it was not loaded.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The worker's event loop needs a core now and then: threads that wait for one another by spinning would hold it up,
    # and be held up. A batch of detections is a sixth faster without.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _DAMAGED as error:
        raise WeightsCorrupt("The ONNX file is damaged.") from error


_STATES = ort.capi.onnxruntime_pybind11_state
_DAMAGED = (
    _STATES.InvalidProtobuf,
    _STATES.InvalidGraph,
    _STATES.InvalidArgument,
    _STATES.Fail,
    _STATES.NotImplemented,
)


def best_boxes(answer: NDArray[np.float32], confidence: float, iou: float) -> NDArray[np.float64]:
    """Rows of left, top, right, bottom, score, class: what is left of a network's answer (4 + classes) × places."""
    scores = answer[4:].max(axis=0)
    places = np.flatnonzero(scores > confidence)
    places = places[np.argsort(-scores[places], kind="stable")[:_MAX_CANDIDATES]]
    centres, sizes = answer[:2, places].T.astype(np.float64), answer[2:4, places].T.astype(np.float64)
    classes = answer[4:, places].argmax(axis=0)
    corners = centres - sizes / 2
    boxes = np.hstack([corners, sizes])
    found = boxes.tolist(), scores[places].tolist(), classes.tolist()
    kept = cv2.dnn.NMSBoxesBatched(*found, 0.0, iou) if len(places) else ()
    chosen = np.asarray(kept, dtype=np.intp)[:_MAX_OBJECTS]
    facts = np.column_stack([scores[places], classes])
    result: NDArray[np.float64] = np.hstack([corners, corners + sizes, facts])[chosen]
    return result

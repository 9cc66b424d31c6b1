"""The inference engine of a GPU worker: models stay loaded, one image is answered at a time."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domain.models.config import Preprocessing, Tile
from domain.models.detection import Detection
from domain.models.geometry import Box
from domain.tiling import TileDetections, Window, merge_detections
from rendering.decode import decode, read_orientation
from rendering.fitting import Fit, fit, fitted, uncropped
from rendering.geometry import stored_to_upright
from rendering.order import image_windows
from rendering.pixels import Pixels, crop
from workers.child.environment import contain_ultralytics, contained_environment, prepare_config
from workers.child.opening import open_model
from workers.weights import verified_copy

# What a seam cuts in one tile, the next one shows whole when it is smaller than this share of a tile.
MIN_OVERLAP = 0.2
# Two tiles draw the box of one object a little differently, however much overlap the caller allows neighbours.
SEAM_IOU = 0.5
_BATCH = 8


class ModelNotLoaded(Exception):  # noqa: N818 - a state, as its siblings are named
    """`load` comes before `detect`, and another model may have taken the place since."""


@dataclass(frozen=True, slots=True)
class EngineResult:
    """Detections best first, in upright pixels of the `width` × `height` source."""

    detections: tuple[Detection, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Loaded:
    sha256: str
    model: Any


class Engine:
    """Holds at most `max_models`; the one unused for longest gives way. Safe to call from several threads.

    `device` is Ultralytics' name ("cpu", "0", "mps"). torch is imported by the first `load`.
    """

    def __init__(self, device: str, threads: int, max_models: int = 2) -> None:
        self._device = device
        self._threads = threads
        self.max_models = max_models
        self._models: OrderedDict[str, _Loaded] = OrderedDict()
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="engine-"))
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._contained = False

    def load(self, model_id: str, weights: Path, sha256: str) -> None:
        """Have the model loaded; at once when it is. `sha256` is hex, compared before anything is unpickled.

        Raises WeightsCorrupt.
        """
        with self._lock:
            present = self._models.get(model_id)
            if present and present.sha256 == sha256:
                self._models.move_to_end(model_id)
                return
            copy = verified_copy(weights, sha256, self._folder)
            try:
                self._models[model_id] = _Loaded(sha256, self._open(copy))
            finally:
                copy.unlink()
            self._models.move_to_end(model_id)
            if len(self._models) > self.max_models:
                self._models.popitem(last=False)
                gc.collect()

    def loaded(self) -> tuple[str, ...]:
        """The ids of the models held."""
        with self._lock:
            return tuple(self._models)

    def close(self) -> None:
        """Let the models and the scratch folder go."""
        with self._lock:
            self._models.clear()
            self._remove_folder()

    def detect(
        self,
        model_id: str,
        image: bytes,
        preprocessing: Preprocessing,
        image_size: int,
        confidence: float,
        iou: float,
    ) -> EngineResult:
        """What the model finds on an image file, put through `preprocessing` as its training images were.

        `image_size` is the network's, in pixels; detections under `confidence` are left out; `iou` is the overlap
        above which two boxes of a class are one object. Raises ModelNotLoaded, ImageUnreadable.
        """
        orientation = read_orientation(image)
        pixels = decode(image, orientation, preprocessing.auto_orient)
        height, width = pixels.shape[:2]
        tile = preprocessing.tile
        windows = [
            part
            for window in image_windows(width, height, _overlapping(tile) if tile else None)
            for part in uncropped(window, preprocessing.resize)
        ]
        with self._lock:
            model = self._model(model_id)
            tiles = [
                found
                for start in range(0, len(windows), _BATCH)
                for found in self._predict(
                    model, pixels, windows[start : start + _BATCH], preprocessing, image_size, confidence, iou
                )
            ]
        detections = merge_detections(tiles, width, height, min(iou, SEAM_IOU))
        if preprocessing.auto_orient or orientation == 1:
            return EngineResult(detections, width, height)
        if orientation >= 5:
            width, height = height, width
        turn = stored_to_upright(orientation, width, height)
        return EngineResult(tuple(replace(d, box=turn.box(d.box)) for d in detections), width, height)

    def _model(self, model_id: str) -> Any:
        loaded = self._models.get(model_id)
        if loaded is None:
            raise ModelNotLoaded(f"The model {model_id} is not loaded.")
        self._models.move_to_end(model_id)
        return loaded.model

    def _open(self, weights: Path) -> Any:
        if not self._contained:
            os.environ.update(contained_environment(self._folder / "config", self._threads))
            # In this process Ultralytics' chatter would end up among the worker's own lines.
            os.environ["YOLO_VERBOSE"] = "False"
            prepare_config(self._folder / "config")
            contain_ultralytics(self._folder, self._threads)
            self._contained = True
        return open_model(weights)

    def _predict(
        self,
        model: Any,
        pixels: Pixels,
        windows: Sequence[Window],
        preprocessing: Preprocessing,
        image_size: int,
        confidence: float,
        iou: float,
    ) -> list[TileDetections]:
        fits = [fit(window.width, window.height, preprocessing.resize) for window in windows]
        pictures = [fitted(crop(pixels, window), how, preprocessing) for window, how in zip(windows, fits, strict=True)]
        answers = model.predict(
            [picture[:, :, ::-1] for picture in pictures],  # Ultralytics takes arrays for BGR
            imgsz=image_size,
            conf=confidence,
            iou=iou,
            device=self._device,
            verbose=False,
        )
        return [
            TileDetections(window, _detections(answer, window, how))
            for window, how, answer in zip(windows, fits, answers, strict=True)
        ]


def _overlapping(tile: Tile) -> Tile:
    return replace(tile, overlap=max(tile.overlap, MIN_OVERLAP))


def _detections(answer: Any, window: Window, how: Fit) -> tuple[Detection, ...]:
    """The boxes of one tile, in pixels of the whole image; nothing of what was found beyond it, in reflections."""
    place = how.points.inverse()
    boxes = answer.boxes
    rows = zip(boxes.xyxy.tolist(), boxes.conf.tolist(), boxes.cls.tolist(), strict=True)
    found = (
        (answer.names[int(index)], confidence, place.box(Box(left, top, right - left, bottom - top)))
        for (left, top, right, bottom), confidence, index in rows
    )
    return tuple(
        Detection(name, confidence, part.shifted(window.x, window.y))
        for name, confidence, box in found
        if (part := box.clipped(window.width, window.height)).area >= box.area / 2
    )

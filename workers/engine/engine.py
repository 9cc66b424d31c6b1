"""Which models are loaded, and their answers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.models.detection import Detection, ServedModel
from rendering.pixels import Pixels
from workers.engine.memory import return_memory
from workers.engine.runtime import Found, NetworkFile, Runtime, RuntimeKind
from workers.engine.source_image import SourceImage
from workers.engine.torch_runtime import TorchRuntime

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class EngineResult:
    """Detections best first, in upright pixels of the `width` × `height` source. `waited_ms` are milliseconds in which
    others were answered."""

    detections: tuple[Detection, ...]
    width: int
    height: int
    waited_ms: float


@dataclass(slots=True)
class Resident:
    """A loaded model. `memory` is bytes, an estimate. Who has it can detect with it, also when it has given way."""

    model: ServedModel
    runtime: Runtime
    memory: int


class Engine:
    """Holds as many models as fit into `memory` bytes, and one in any case; those unused for longest give way. Safe to
    call from several threads: opening a model keeps no other one from answering.

    `device` is Ultralytics' name ("cpu", "0", "mps"). torch is imported by the first model that needs it.
    """

    def __init__(self, device: str, threads: int, memory: int = 2 * GIB) -> None:
        self.device = device
        self.threads = threads
        self._memory = memory
        self._residents: OrderedDict[str, Resident] = OrderedDict()
        self._listing = threading.Lock()
        self._computing = threading.Lock()

    @property
    def fast_runtime(self) -> RuntimeKind | None:
        """What computes faster here than torch does by itself."""
        if self.device == "cpu":
            return RuntimeKind.ONNX
        return RuntimeKind.TORCH_HALF if self.device.isdecimal() else None

    def resident(self, model: ServedModel) -> Resident | None:
        """The model, if it is loaded; it counts as used."""
        with self._listing:
            found = self._residents.get(model.id)
            if found is None or found.model.weights_sha256 != model.weights_sha256:
                return None
            self._residents.move_to_end(model.id)
            return found

    def residents(self) -> list[Resident]:
        """All that are loaded, the most recently used first."""
        with self._listing:
            return list(reversed(self._residents.values()))

    def has_room(self, memory: int) -> bool:
        """Whether a model of so many bytes can be loaded without another one giving way."""
        with self._listing:
            return self._used() + memory <= self._memory

    def load(self, model: ServedModel, file: NetworkFile) -> Resident:
        """Opens the model. Raises WeightsCorrupt."""
        loaded = Resident(model, self.open(file), file.memory)
        with self._listing:
            self._residents[model.id] = loaded
            self._residents.move_to_end(model.id)
            gone = []
            while len(self._residents) > 1 and self._used() > self._memory:
                gone.append(self._residents.popitem(last=False))
        if gone:
            del gone
            return_memory()
        return loaded

    def open(self, file: NetworkFile) -> Runtime:
        """The file, opened, and warm: the first answer takes no longer than the next. Raises WeightsCorrupt."""
        runtime: Runtime
        if file.kind is RuntimeKind.ONNX:
            # Where it is not wanted, its library is not loaded either.
            from workers.engine.onnx_runtime import OnnxRuntime

            runtime = OnnxRuntime(file, self.threads)
        else:
            runtime = TorchRuntime(file, self.device, self.threads)
        blank = np.zeros((file.image_size, file.image_size, 3), np.uint8)
        with self._computing:
            runtime.find([blank], 1.0, 1.0)
        return runtime

    def unload(self) -> None:
        """Lets all models go, and gives their memory back; after what is being answered now."""
        with self._computing, self._listing:
            self._residents.clear()
        return_memory()

    def find(self, runtime: Runtime, pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        """As Runtime.find, when it is its turn."""
        with self._computing:
            return runtime.find(pictures, confidence, iou)

    def detect(self, resident: Resident, image: bytes, confidence: float, iou: float) -> EngineResult:
        """What the model finds on an image file, put through its preprocessing as its training images were.

        Detections under `confidence` are left out; `iou` is the overlap above which two boxes of a class are one
        object. Raises ImageUnreadable.
        """
        source = SourceImage.read(image, resident.model.preprocessing)
        runtime = resident.runtime
        found: list[list[Found]] = []
        waited = 0.0
        for start in range(0, len(source.windows), runtime.batch):
            pictures = [source.picture(window) for window in source.windows[start : start + runtime.batch]]
            asked = time.perf_counter()
            with self._computing:
                waited += time.perf_counter() - asked
                found += runtime.find(pictures, confidence, iou)
        return EngineResult(source.merged(found, iou), *source.upright_size, waited * 1000)

    def _used(self) -> int:
        return sum(resident.memory for resident in self._residents.values())

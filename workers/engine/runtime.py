"""What computes a model's answers: one network, opened by one library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from domain.models.geometry import Box
from rendering.pixels import Pixels
from workers.engine.memory import needed_memory


class RuntimeKind(StrEnum):
    """TORCH is what the others are held against: the weights as they were trained. TORCH_HALF computes with 16 bits."""

    TORCH = "TORCH"
    TORCH_HALF = "TORCH_HALF"
    ONNX = "ONNX"


class Found(NamedTuple):
    """`box` is in pixels of the picture, `confidence` 0..1."""

    class_name: str
    confidence: float
    box: Box


class Runtime(Protocol):
    kind: RuntimeKind
    batch: int
    """How many pictures at once are worth it."""

    def find(self, pictures: Sequence[Pixels], confidence: float, iou: float) -> list[list[Found]]:
        """What is on each picture, at most 300 objects, best first: those above `confidence`; of two boxes of a class
        that overlap by more than `iou` the better one. One call at a time."""


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file to open with a runtime. `sha256` is hex: nothing is opened whose bytes do not match it. `classes` are in
    the order of the network's outputs, `image_size` is its side in pixels."""

    kind: RuntimeKind
    path: Path
    sha256: str
    classes: tuple[str, ...]
    image_size: int

    @property
    def memory(self) -> int:
        """Bytes that its network takes once it is loaded, roughly."""
        weights = self.path.stat().st_size
        # ONNX files hold their weights in 32 bits, Ultralytics' in 16.
        return needed_memory(weights // 2 if self.kind is RuntimeKind.ONNX else weights, self.image_size)

"""An image file as a model is to see it: the pictures that its training's preprocessing makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.models.config import Preprocessing, Tile
from domain.models.detection import Detection
from domain.tiling import TileDetections, Window, merge_detections
from rendering.decode import decode, read_orientation
from rendering.fitting import fit, fitted, uncropped
from rendering.geometry import stored_to_upright
from rendering.order import image_windows
from rendering.pixels import Pixels, crop
from workers.engine.runtime import Found

# What a seam cuts in one tile, the next one shows whole when it is smaller than this share of a tile.
MIN_OVERLAP = 0.2
# Two tiles draw the box of one object a little differently, however much overlap the caller allows neighbours.
SEAM_IOU = 0.5


@dataclass(frozen=True, slots=True)
class SourceImage:
    """`windows` are the parts of the image that are looked at, one picture each; `pixels` those of the whole."""

    pixels: Pixels
    orientation: int
    preprocessing: Preprocessing
    windows: tuple[Window, ...]

    @classmethod
    def read(cls, image: bytes, preprocessing: Preprocessing) -> SourceImage:
        """Raises ImageUnreadable."""
        orientation = read_orientation(image)
        pixels = decode(image, orientation, preprocessing.auto_orient)
        height, width = pixels.shape[:2]
        tile = preprocessing.tile
        windows = tuple(
            part
            for window in image_windows(width, height, _overlapping(tile) if tile else None)
            for part in uncropped(window, preprocessing.resize)
        )
        return cls(pixels, orientation, preprocessing, windows)

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the image as people see it."""
        height, width = self.pixels.shape[:2]
        return (height, width) if self._as_stored and self.orientation >= 5 else (width, height)

    @property
    def _as_stored(self) -> bool:
        return not self.preprocessing.auto_orient and self.orientation != 1

    def picture(self, window: Window) -> Pixels:
        """The window as the version's pictures are made."""
        how = fit(window.width, window.height, self.preprocessing.resize)
        return fitted(crop(self.pixels, window), how, self.preprocessing)

    def merged(self, found: Sequence[Sequence[Found]], iou: float) -> tuple[Detection, ...]:
        """What was found in each window, together, best first, in upright pixels of the source."""
        height, width = self.pixels.shape[:2]
        tiles = [
            TileDetections(window, self._placed(window, objects))
            for window, objects in zip(self.windows, found, strict=True)
        ]
        detections = merge_detections(tiles, width, height, min(iou, SEAM_IOU))
        if not self._as_stored:
            return detections
        turn = stored_to_upright(self.orientation, *self.upright_size)
        return tuple(replace(one, box=turn.box(one.box)) for one in detections)

    def _placed(self, window: Window, found: Sequence[Found]) -> tuple[Detection, ...]:
        """In pixels of the image; nothing of what was found beyond the window, in reflections."""
        place = fit(window.width, window.height, self.preprocessing.resize).points.inverse()
        boxes = [(one, place.box(one.box)) for one in found]
        return tuple(
            Detection(one.class_name, one.confidence, part.shifted(window.x, window.y))
            for one, box in boxes
            if (part := box.clipped(window.width, window.height)).area >= box.area / 2
        )


def _overlapping(tile: Tile) -> Tile:
    return replace(tile, overlap=max(tile.overlap, MIN_OVERLAP))

"""Which images Roboflow takes, and whether it saw them as they are."""

from __future__ import annotations

from domain.models.asset import Asset
from domain.models.detection import FoundObjects
from domain.ports import RoboflowError, RoboflowFault

MAX_BYTES = 20 << 20


def check_size(size_bytes: int | None) -> None:
    """Raises RoboflowError for a file that is larger than Roboflow takes; None is a size that nobody knows."""
    if size_bytes is not None and size_bytes > MAX_BYTES:
        text = f"Roboflow takes images of up to {MAX_BYTES >> 20} MB, this one has {size_bytes / (1 << 20):.1f} MB."
        raise RoboflowError(text, RoboflowFault.IMAGE)


def check_in_place(found: FoundObjects, image: Asset) -> None:
    """Raises RoboflowError when Roboflow measured another size than the upright image has, so that its boxes lie
    elsewhere: it may not have turned the image as the camera was held, or have made it smaller."""
    measured = (found.image_width, found.image_height)
    if image.width is None or image.height is None or measured == (image.width, image.height):
        return
    text = (
        f"Roboflow saw the image as {measured[0]} × {measured[1]} pixels, upright it has {image.width} × "
        f"{image.height}: its boxes would lie in the wrong places. Detect on it with a model of your own."
    )
    raise RoboflowError(text, RoboflowFault.IMAGE)

"""A labelled box on an image."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """One plant: its class, left and top edge and size in pixels of the image, and how sure the finder was (0..1)."""

    label: str
    x: float
    y: float
    width: float
    height: float
    confidence: float = 1.0
    polygon: tuple[tuple[float, float], ...] | None = None

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def iou(self, other: "Box") -> float:
        """Shared area over joint area, 0..1; the labels do not matter."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.width * self.height + other.width * other.height - shared)

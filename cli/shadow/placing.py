"""Where a version's resizing puts the parts of an image, in shares of its sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.shadow.label import Label, clipped_label

_LEAST_SEEN = 0.3
"""Of an object's area, what a picture that is cut off must show of it, as where versions are rendered."""


@dataclass(frozen=True, slots=True)
class Placing:
    """A share x of the width becomes `across` · x + `left`, one of the height `down` · y + `top`."""

    across: float = 1.0
    down: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def placed(self, name: str, edges: tuple[float, float, float, float], outline: bool) -> Label | None:
        """The object whose left, top, right and bottom edges are these shares of the image; None where the picture does
        not show it."""
        label = clipped_label(name, *edges, outline)
        if label is None or self == Placing():
            return label
        moved = (
            *(self.across * label.left + self.left, self.down * label.top + self.top),
            *(self.across * label.right + self.left, self.down * label.bottom + self.top),
        )
        shown = clipped_label(name, *moved, outline)
        whole = self.across * label.width * self.down * label.height
        return shown if shown is not None and shown.width * shown.height >= _LEAST_SEEN * whole else None


def placing(width: int, height: int, preprocessing: Mapping[str, Any]) -> Placing:
    """Of an image of so many pixels, by a manifest's settings. Tiles are left out of account, and a resizing with them,
    which is each tile's."""
    resize = preprocessing["resize"]
    if resize is None or preprocessing["tile"] is not None:
        return Placing()
    to_width, to_height = resize["width"], resize["height"]
    if resize["mode"] == "FILL_CENTER_CROP":
        scale = max(to_width / width, to_height / height)
        across, down = width * scale / to_width, height * scale / to_height
        return Placing(across, down, (1 - across) / 2, (1 - down) / 2)
    if resize["mode"] in ("STRETCH", "FIT_WITHIN"):
        return Placing()
    scale = min(to_width / width, to_height / height)
    inner = round(width * scale), round(height * scale)
    left, top = (to_width - inner[0]) // 2, (to_height - inner[1]) // 2
    return Placing(inner[0] / to_width, inner[1] / to_height, left / to_width, top / to_height)

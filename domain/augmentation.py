"""Which steps each augmented copy goes through."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from domain.models.config import Augmentation


@dataclass(frozen=True, slots=True)
class Draw:
    """The steps of one copy, applied in this order. `quarter_turns` of 90° and `degrees` both turn clockwise."""

    flip_horizontal: bool = False
    flip_vertical: bool = False
    quarter_turns: int = 0
    degrees: float = 0.0

    @property
    def has_effect(self) -> bool:
        """Whether a copy can differ from its source. Both flips are a half turn, which two quarter turns undo."""
        if self.degrees:
            return True
        if self.flip_horizontal != self.flip_vertical:
            return True
        turns = self.quarter_turns + (2 if self.flip_horizontal else 0)
        return turns % 4 != 0


def draw(augmentation: Augmentation, sha256: str, tile: int, copy: int) -> Draw:
    """The steps of copy number `copy` (from 1) of tile number `tile` (from 0) of the image with that SHA-256 (hex).

    The same arguments give the same steps on any machine. A draw without effect is drawn again. Raises ValueError when
    the augmentation has no step at all.
    """
    if not augmentation.has_steps:
        raise ValueError("An augmentation without steps has no copies to draw.")
    key = f"{augmentation.seed}:{sha256}:{tile}:{copy}".encode()
    random = Random(int.from_bytes(hashlib.sha256(key).digest()))  # noqa: S311 - repeatable, not secret
    while True:
        steps = _draw_once(augmentation, random)
        if steps.has_effect:
            return steps


def _draw_once(augmentation: Augmentation, random: Random) -> Draw:
    # Every step takes its number, wanted or not: switching one on does not reshuffle the others.
    horizontal, vertical, turns, angle = (random.random() for _ in range(4))
    return Draw(
        flip_horizontal=augmentation.horizontal_flip and horizontal < 0.5,
        flip_vertical=augmentation.vertical_flip and vertical < 0.5,
        quarter_turns=int(turns * 4) if augmentation.rotate90 else 0,
        degrees=round((angle * 2 - 1) * augmentation.rotation, 2) if augmentation.rotation > 0 else 0.0,
    )

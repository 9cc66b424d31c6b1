"""Which steps each augmented copy goes through."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random

from domain.models.config import Augmentation

_MOST_DRAWS = 100
"""Amounts may be so small that none of them is ever more than nothing."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The steps of one copy, applied in this order.

    `quarter_turns` of 90° and `degrees` both turn clockwise about the centre. `shear_x` slants the columns, `shear_y`
    the rows, in degrees. `crop` is the share cut off either side, and `crop_x`, `crop_y` (0..1) say how much of that
    goes to the left and to the top; what is left is enlarged to the picture. `brightness`, `exposure` and `saturation`
    are signed shares, `hue` signed degrees. `blur` is a standard deviation in pixels, `noise` a share of the pixels.
    `cutouts` are the centres of the black boxes as shares of the picture's sides, `cutout_size` their sides likewise.
    `noise_seed` tells which pixels the noise falls on.
    """

    flip_horizontal: bool = False
    flip_vertical: bool = False
    quarter_turns: int = 0
    degrees: float = 0.0
    shear_x: float = 0.0
    shear_y: float = 0.0
    crop: float = 0.0
    crop_x: float = 0.0
    crop_y: float = 0.0
    brightness: float = 0.0
    exposure: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    grey: bool = False
    blur: float = 0.0
    noise: float = 0.0
    cutouts: tuple[tuple[float, float], ...] = ()
    cutout_size: float = 0.0
    noise_seed: int = 0

    @property
    def warps(self) -> bool:
        """Whether pixels come to lie between pixels, as flips and quarter turns do not make them."""
        return bool(self.degrees or self.shear_x or self.shear_y or self.crop)

    @property
    def recolours(self) -> bool:
        return bool(self.brightness or self.exposure or self.saturation or self.hue or self.grey)

    @property
    def has_effect(self) -> bool:
        """Whether a copy can differ from its source. Both flips are a half turn, which two quarter turns undo."""
        if self.warps or self.recolours or self.blur or self.noise or self.cutouts:
            return True
        if self.flip_horizontal != self.flip_vertical:
            return True
        turns = self.quarter_turns + (2 if self.flip_horizontal else 0)
        return turns % 4 != 0


def draw(augmentation: Augmentation, sha256: str, tile: int, copy: int, attempt: int = 0) -> Draw:
    """The steps of copy number `copy` (from 1) of tile number `tile` (from 0) of the image with that SHA-256 (hex).

    The same arguments give the same steps on any machine. A draw without effect is drawn again, a hundred times at
    most; where one had none on the picture at hand, the next `attempt` gives another. Raises ValueError when the
    augmentation has no step at all.
    """
    if not augmentation.has_steps:
        raise ValueError("An augmentation without steps has no copies to draw.")
    key = f"{augmentation.seed}:{sha256}:{tile}:{copy}" + (f":{attempt}" if attempt else "")
    turns, rest = _random(key), _random(f"{key}:rest")
    for _ in range(_MOST_DRAWS):
        steps = _draw_once(augmentation, turns, rest)
        if steps.has_effect:
            break
    return steps


def _random(key: str) -> Random:
    return Random(int.from_bytes(hashlib.sha256(key.encode()).digest()))  # noqa: S311 - repeatable, not secret


def _draw_once(augmentation: Augmentation, turns: Random, rest: Random) -> Draw:
    # Every step takes its number, wanted or not: switching one on does not reshuffle the others.
    horizontal, vertical, quarters, angle = (turns.random() for _ in range(4))
    shear_x, shear_y, crop, crop_x, crop_y = (rest.random() for _ in range(5))
    brightness, exposure, saturation, hue, grey = (rest.random() for _ in range(5))
    blur, noise, noise_seed = (rest.random() for _ in range(3))
    centres = tuple((round(rest.random(), 4), round(rest.random(), 4)) for _ in range(augmentation.cutout_count))
    crops, cuts = augmentation.crop > 0, augmentation.cutout_size > 0 and bool(centres)
    return Draw(
        flip_horizontal=augmentation.horizontal_flip and horizontal < 0.5,
        flip_vertical=augmentation.vertical_flip and vertical < 0.5,
        quarter_turns=int(quarters * 4) if augmentation.rotate90 else 0,
        degrees=_either_way(angle, augmentation.rotation, 2),
        shear_x=_either_way(shear_x, augmentation.shear, 2),
        shear_y=_either_way(shear_y, augmentation.shear, 2),
        crop=round(crop * augmentation.crop, 4),
        crop_x=round(crop_x, 4) if crops else 0.0,
        crop_y=round(crop_y, 4) if crops else 0.0,
        brightness=_either_way(brightness, augmentation.brightness, 4),
        exposure=_either_way(exposure, augmentation.exposure, 4),
        saturation=_either_way(saturation, augmentation.saturation, 4),
        hue=_either_way(hue, augmentation.hue, 2),
        grey=grey < augmentation.grayscale,
        blur=round(blur * augmentation.blur, 2),
        noise=round(noise * augmentation.noise, 4),
        cutouts=centres if cuts else (),
        cutout_size=augmentation.cutout_size if cuts else 0.0,
        noise_seed=int(noise_seed * 2**32) if augmentation.noise > 0 else 0,
    )


def _either_way(number: float, most: float, digits: int) -> float:
    """A `number` of 0..1 as an amount of -`most`..`most`; adding 0 makes no -0 of it."""
    return round((number * 2 - 1) * most, digits) + 0.0

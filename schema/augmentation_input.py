"""What is done to copies of the training images, as it is asked for."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import strawberry

from domain.augmentation_presets import PRESETS
from domain.models import config as entities
from domain.models.config import AugmentationPreset


@strawberry.input(
    description="A named field overrides the preset's. A cutoutCount or cutoutSize of 0 switches cutouts off, those of "
    "the preset too."
)
class AugmentationInput:
    preset: AugmentationPreset | None = None
    multiplier: int | None = strawberry.field(
        default=None,
        description="From the preset when left out. 1 together with any step, or more than 1 without one, is INVALID.",
    )
    horizontal_flip: bool | None = None
    vertical_flip: bool | None = None
    rotate90: bool | None = None
    rotation: float | None = None
    shear: float | None = None
    crop: float | None = None
    brightness: float | None = None
    exposure: float | None = None
    saturation: float | None = None
    hue: float | None = None
    grayscale: float | None = None
    blur: float | None = None
    noise: float | None = None
    cutout_count: int | None = None
    cutout_size: float | None = None
    seed: int | None = 0

    def decode(self) -> entities.Augmentation:
        """The preset's values, or those without any step, and over them the fields that are named."""
        named: dict[str, Any] = {
            one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None
        }
        for one, other, nothing in (("cutout_count", "cutout_size", 0.0), ("cutout_size", "cutout_count", 0)):
            if named.get(one) == 0:
                named.setdefault(other, nothing)
        standing = PRESETS[self.preset] if self.preset is not None else entities.Augmentation()
        return replace(standing, **named)

"""The augmentation that a version froze, and the presets it may have come from."""

from __future__ import annotations

from dataclasses import asdict

import strawberry

from domain.augmentation_presets import PRESETS
from domain.config_paths import contract_name
from domain.models import config as entities
from domain.models.config import Augmentation, AugmentationPreset


def preset_values(augmentation: Augmentation) -> str:
    """What the preset sets, in the contract's names, as `multiplier 2, horizontalFlip, brightness 0.1`."""
    chosen = {name: value for name, value in asdict(augmentation).items() if value and name != "preset"}
    return ", ".join(
        contract_name(name) if value is True else f"{contract_name(name)} {value:g}" for name, value in chosen.items()
    )


strawberry.enum(
    AugmentationPreset,
    description="Values to start from. "
    + " ".join(f"{preset.value}: {preset_values(values)}." for preset, values in PRESETS.items()),
)


@strawberry.type(
    description="Applied to training images only, after preprocessing. Each copy takes a random part of each step; see "
    "docs/preprocessing.md for what exactly a step does."
)
class AugmentationConfig:
    preset: AugmentationPreset | None = strawberry.field(
        description="Where the values came from; they stand here in full, whatever becomes of the preset."
    )
    multiplier: int = strawberry.field(description="Training images per source image, the original included: 1..10.")
    horizontal_flip: bool
    vertical_flip: bool
    rotate90: bool
    rotation: float = strawberry.field(description="Up to this many degrees either way, 0..45.")
    shear: float = strawberry.field(description="Up to this many degrees either way, 0..45.")
    crop: float = strawberry.field(description="Random crop up to this fraction, 0..0.9.")
    brightness: float = strawberry.field(description="Up to this fraction of white either way, 0..0.99.")
    exposure: float = strawberry.field(description="Up to this fraction either way, 0..0.99.")
    saturation: float = strawberry.field(description="Up to this fraction either way, 0..0.99.")
    hue: float = strawberry.field(description="Up to this many degrees either way, 0..180.")
    grayscale: float = strawberry.field(description="Share of the copies turned to grey, 0..1.")
    blur: float = strawberry.field(description="Up to this many pixels, 0..25.")
    noise: float = strawberry.field(description="Up to this share of the pixels, 0..0.25.")
    cutout_count: int = strawberry.field(description="Number of blacked-out boxes, 0..25.")
    cutout_size: float = strawberry.field(description="The side of each box as a fraction of the image's, 0..1.")
    seed: int

    @classmethod
    def of(cls, config: entities.Augmentation) -> AugmentationConfig:
        return cls(**{name: getattr(config, name) for name in config.__dataclass_fields__})

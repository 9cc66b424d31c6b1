"""What the augmentation presets stand for. Aerial images have no up and no down, so all of them flip both ways."""

from __future__ import annotations

from collections.abc import Mapping

from domain.models.config import Augmentation, AugmentationPreset

PRESETS: Mapping[AugmentationPreset, Augmentation] = {
    AugmentationPreset.NONE: Augmentation(preset=AugmentationPreset.NONE),
    AugmentationPreset.LIGHT: Augmentation(
        preset=AugmentationPreset.LIGHT,
        multiplier=2,
        horizontal_flip=True,
        vertical_flip=True,
        brightness=0.1,
    ),
    AugmentationPreset.MEDIUM: Augmentation(
        preset=AugmentationPreset.MEDIUM,
        multiplier=3,
        horizontal_flip=True,
        vertical_flip=True,
        rotate90=True,
        rotation=15.0,
        brightness=0.15,
        exposure=0.1,
        saturation=0.2,
    ),
    AugmentationPreset.HEAVY: Augmentation(
        preset=AugmentationPreset.HEAVY,
        multiplier=5,
        horizontal_flip=True,
        vertical_flip=True,
        rotate90=True,
        rotation=25.0,
        shear=10.0,
        crop=0.2,
        brightness=0.2,
        exposure=0.2,
        saturation=0.35,
        hue=12.0,
        grayscale=0.1,
        blur=1.5,
        noise=0.01,
        cutout_count=4,
        cutout_size=0.1,
    ),
}

"""The documented ranges of augmentation, each refusal with the path of the field at fault."""

from __future__ import annotations

from domain.config_paths import contract_name
from domain.errors import invalid
from domain.models.config import Augmentation
from domain.ranges import MAX_SEED, check_within

MAX_MULTIPLIER = 10

_RANGES: tuple[tuple[str, float, str], ...] = (
    ("rotation", 45, "The rotation in degrees"),
    ("shear", 45, "The shear in degrees"),
    ("crop", 0.9, "The share cut off"),
    ("brightness", 0.99, "The change of brightness"),
    ("exposure", 0.99, "The change of exposure"),
    ("saturation", 0.99, "The change of saturation"),
    ("hue", 180, "The change of hue in degrees"),
    ("grayscale", 1, "The share of grey copies"),
    ("blur", 25, "The blur in pixels"),
    ("noise", 0.25, "The share of noisy pixels"),
    ("cutout_count", 25, "The number of cutouts"),
    ("cutout_size", 1, "The size of a cutout, as a share of the image's sides,"),
    ("seed", MAX_SEED, "The seed"),
)
"""Each field of Augmentation that begins at 0, with its greatest value."""


def check_amounts(augmentation: Augmentation, *path: str) -> None:
    """Raises INVALID for the first value outside its range; the augmentation stands at `path` in the input."""
    check_within(augmentation.multiplier, 1, MAX_MULTIPLIER, "The multiplier", *path, "multiplier")
    for name, most, what in _RANGES:
        check_within(getattr(augmentation, name), 0, most, what, *path, contract_name(name))
    if augmentation.cutout_count > 0 and augmentation.cutout_size == 0:
        text = "Cutouts without a size would hide nothing; give cutoutSize too, as 0.1, or a cutoutCount of 0."
        raise invalid(text, *path, "cutoutSize")
    if augmentation.cutout_size > 0 and augmentation.cutout_count == 0:
        text = "A size for no cutouts does nothing; give cutoutCount too, as 3, or a cutoutSize of 0."
        raise invalid(text, *path, "cutoutCount")


def check_augmentation(augmentation: Augmentation, *path: str) -> None:
    """As `check_amounts`, and raises INVALID at the multiplier for copies without steps, or steps without copies."""
    check_amounts(augmentation, *path)
    if augmentation.multiplier == 1 and augmentation.has_steps:
        text = "With a multiplier of 1 no copy is made, so the chosen steps would do nothing; choose 2 or more."
        raise invalid(text, *path, "multiplier")
    if augmentation.multiplier > 1 and not augmentation.has_steps:
        text = "Copies without any step would equal their source; choose a step, as horizontalFlip."
        raise invalid(text, *path, "multiplier")

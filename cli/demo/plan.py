"""How the demo renders and trains: chosen so that two cores finish in minutes."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """Inputs of createVersion and startTraining as the contract words them, and the lengths of the two trainings.

    `image_size` is in pixels, `first_epochs` for the training from scratch, `more_epochs` for the one from its result.
    """

    preprocessing: dict[str, Any]
    augmentation: dict[str, Any]
    splits: dict[str, Any]
    image_size: int
    first_epochs: int
    more_epochs: int
    batch_size: int = 4


_FLIPS = {"multiplier": 2, "horizontalFlip": True, "verticalFlip": True}
# A quarter to test on: with so few images a smaller share would make the two models' figures a matter of luck.
_SPLITS = {"train": 0.6, "val": 0.15, "test": 0.25, "groupBy": "IMAGE", "inherit": True}

# A plant is 20 to 30 pixels wide at this size, and an epoch takes a second or two.
GENERATED = Plan(
    preprocessing={"resize": {"width": 320, "height": 240, "mode": "STRETCH"}},
    augmentation=_FLIPS,
    splits=_SPLITS,
    image_size=192,
    first_epochs=20,
    more_epochs=16,
)
# Real plants are small on real images: tiles show them larger, and more epochs make up for learning from scratch.
OWN = Plan(
    preprocessing={"tile": {"rows": 2, "columns": 2}},
    augmentation=_FLIPS,
    splits=_SPLITS,
    image_size=320,
    first_epochs=30,
    more_epochs=20,
)

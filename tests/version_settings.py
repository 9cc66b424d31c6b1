"""Every setting of a version, each with a value of its own, as createVersion takes it."""

from __future__ import annotations

ALL_PREPROCESSING = {
    "autoOrient": False,
    "resize": {"width": 640, "height": 480, "mode": "FIT_REFLECT"},
    "tile": {"rows": 2, "columns": 3, "overlap": 0.1, "minVisible": 0.5},
    "grayscale": True,
    "contrast": "ADAPTIVE",
    "classRemap": [{"from": "gorse", "to": "furze"}],
    "dropClasses": ["lantana"],
    "maxEmptyFraction": 0.25,
}
ALL_AUGMENTATION = {
    "preset": "LIGHT",
    "multiplier": 4,
    "horizontalFlip": False,
    "verticalFlip": True,
    "rotate90": True,
    "rotation": 12.5,
    "shear": 3,
    "crop": 0.1,
    "brightness": 0.2,
    "exposure": 0.3,
    "saturation": 0.4,
    "hue": 90,
    "grayscale": 0.5,
    "blur": 2,
    "noise": 0.05,
    "cutoutCount": 3,
    "cutoutSize": 0.15,
    "seed": 11,
}

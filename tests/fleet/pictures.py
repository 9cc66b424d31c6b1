"""Small pictures that cost nothing: a plant on bare soil, each unlike all others."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw

from cli.demo.box import Box
from cli.demo.dataset import LabelledImage

_SIDE = 96
_CLASSES = {"lantana": (60, 160, 50), "wattle": (190, 190, 40)}


def plant(seed: int) -> LabelledImage:
    """One plant, of one of two classes."""
    chance = random.Random(seed)
    label = chance.choice(sorted(_CLASSES))
    size = chance.randint(24, 48)
    x, y = chance.randint(0, _SIDE - size), chance.randint(0, _SIDE - size)
    picture = Image.effect_noise((_SIDE, _SIDE), 30).convert("RGB")
    ImageDraw.Draw(picture).ellipse((x, y, x + size, y + size), fill=_CLASSES[label])
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return LabelledImage(f"plant-{seed}.jpg", (Box(label, x, y, size, size),), file.getvalue())

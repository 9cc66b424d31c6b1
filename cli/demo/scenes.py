"""Generated drone pictures of fields with two kinds of plants, and the exact box of each plant."""

import math
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageFilter

from cli.demo.box import Box
from cli.demo.ground import Conditions, ground, light
from cli.demo.plants import PLANTS

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True)
class Scene:
    """One field from above: JPEG bytes of WIDTH x HEIGHT pixels and a box for each plant on it."""

    seed: int
    jpeg: bytes
    boxes: tuple[Box, ...]


def scene(seed: int, conditions: Conditions) -> Scene:
    """The field of this seed under these conditions: the same arguments always give the same bytes and boxes."""
    rng = np.random.default_rng(seed)
    picture = ground(rng, conditions, WIDTH, HEIGHT)
    boxes: list[Box] = []
    labels = list(PLANTS)
    for index in range(int(rng.integers(7, 12))):
        # Alternating, so that no field lacks a class and no split can be left without one.
        label = labels[index % len(labels)]
        plant = PLANTS[label](rng, rng.uniform(62, 108))
        place = _free_place(rng, plant, boxes)
        if place is None:
            continue
        _cast_shadow(picture, plant, place, conditions)
        picture.paste(plant, place, plant)
        boxes.append(Box(label, *place, plant.width, plant.height))
    jpeg = BytesIO()
    light(rng, conditions, picture).save(jpeg, "JPEG", quality=88)
    return Scene(seed, jpeg.getvalue(), tuple(boxes))


def _free_place(rng: np.random.Generator, plant: Image.Image, taken: list[Box]) -> tuple[int, int] | None:
    for _ in range(40):
        x = int(rng.integers(4, WIDTH - plant.width - 4))
        y = int(rng.integers(4, HEIGHT - plant.height - 4))
        # A margin around each plant: boxes that overlap would make the truth a matter of opinion.
        wide = Box("", x - 8, y - 8, plant.width + 16, plant.height + 16)
        if not any(wide.iou(box) > 0 for box in taken):
            return x, y
    return None


def _cast_shadow(picture: Image.Image, plant: Image.Image, place: tuple[int, int], conditions: Conditions) -> None:
    reach = conditions.shadow * plant.width
    angle = math.radians(conditions.sun)
    softness = 4
    shadow = Image.new("L", (plant.width + 6 * softness, plant.height + 6 * softness))
    shadow.paste(plant.getchannel("A").point(lambda alpha: alpha // 2), (3 * softness, 3 * softness))
    left = round(place[0] - 3 * softness + reach * math.cos(angle))
    top = round(place[1] - 3 * softness + reach * math.sin(angle))
    picture.paste((18, 20, 26), (left, top), shadow.filter(ImageFilter.GaussianBlur(softness)))

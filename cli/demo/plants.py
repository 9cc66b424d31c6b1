"""The two plants of the generated fields, drawn from above."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

# Drawn this much larger and scaled down, which gives needles and leaves soft edges.
_OVERSAMPLING = 3

Plant = Callable[[np.random.Generator, float], Image.Image]


def pine_sapling(rng: np.random.Generator, size: float) -> Image.Image:
    """A dark blue-green star of needled branches around a pale leader, about `size` pixels across: RGBA, cropped."""
    radius = size * _OVERSAMPLING / 2
    sheet, draw = _sheet(radius)
    branches, turn = int(rng.integers(7, 10)), rng.uniform(0, 2 * math.pi)
    for whorl, reach in ((0.62, 1.0), (1.0, 0.68), (1.35, 0.38)):
        for branch in range(branches):
            angle = turn + whorl + branch * 2 * math.pi / branches + rng.normal(0, 0.08)
            _branch(rng, draw, radius, angle, radius * reach * rng.uniform(0.82, 1.0), whorl)
    draw.ellipse((radius * 0.93, radius * 0.93, radius * 1.07, radius * 1.07), fill=(176, 196, 128, 255))
    return _shrink(sheet)


def _branch(
    rng: np.random.Generator, draw: ImageDraw.ImageDraw, centre: float, angle: float, length: float, brightness: float
) -> None:
    red, green, blue = (int(channel * brightness * rng.uniform(0.85, 1.15)) for channel in (30, 72, 58))
    for step in np.linspace(0.08, 1, 14):
        x, y = centre + math.cos(angle) * length * step, centre + math.sin(angle) * length * step
        needle = centre * 0.2 * (1.15 - step)
        for side in (-0.9, 0.9):
            tip = (x + math.cos(angle + side) * needle, y + math.sin(angle + side) * needle)
            draw.line(((x, y), tip), fill=(red, green, blue, 255), width=_OVERSAMPLING)
    end = (centre + math.cos(angle) * length, centre + math.sin(angle) * length)
    draw.line(((centre, centre), end), fill=(red + 16, green + 10, blue, 255), width=_OVERSAMPLING)


def wattle(rng: np.random.Generator, size: float) -> Image.Image:
    """A round, uneven bush of grey-green foliage with yellow blossom, about `size` pixels across: RGBA, cropped."""
    radius = size * _OVERSAMPLING / 2
    sheet, draw = _sheet(radius)
    lobes = [(rng.uniform(0, 2 * math.pi), rng.uniform(0.25, 0.55)) for _ in range(6)]
    for layer in range(3):
        for _ in range(60):
            x, y = _in_lobes(rng, radius, lobes)
            leaf, shade = radius * rng.uniform(0.08, 0.2), 0.75 + 0.2 * layer + rng.uniform(-0.1, 0.1)
            colour = (int(104 * shade), int(128 * shade), int(84 * shade), 255)
            draw.ellipse((x - leaf, y - leaf, x + leaf, y + leaf * 0.7), fill=colour)
    for _ in range(70):
        x, y = _in_lobes(rng, radius, lobes)
        bloom = radius * rng.uniform(0.03, 0.08)
        yellow = (int(rng.integers(215, 250)), int(rng.integers(180, 212)), int(rng.integers(30, 80)), 255)
        draw.ellipse((x - bloom, y - bloom, x + bloom, y + bloom), fill=yellow)
    return _shrink(sheet)


def _in_lobes(rng: np.random.Generator, radius: float, lobes: list[tuple[float, float]]) -> tuple[float, float]:
    direction, distance = lobes[int(rng.integers(len(lobes)))]
    angle, reach = rng.uniform(0, 2 * math.pi), 0.4 * radius * math.sqrt(rng.uniform())
    x = radius * (1 + distance * math.cos(direction)) + reach * math.cos(angle)
    y = radius * (1 + distance * math.sin(direction)) + reach * math.sin(angle)
    return x, y


def _sheet(radius: float) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    side = math.ceil(radius * 2)
    sheet = Image.new("RGBA", (side, side))
    return sheet, ImageDraw.Draw(sheet)


def _shrink(sheet: Image.Image) -> Image.Image:
    side = max(1, round(sheet.width / _OVERSAMPLING))
    small = sheet.resize((side, side), Image.Resampling.BOX)
    # Cropping to what was drawn makes the picture's edge the plant's exact box; its faintest pixels do not count.
    visible = small.getchannel("A").point(lambda alpha: 255 if alpha >= 96 else 0)
    return small.crop(visible.getbbox())


PLANTS: dict[str, Plant] = {"pine_sapling": pine_sapling, "wattle": wattle}

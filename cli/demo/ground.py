"""The ground of a generated field: soil, furrows, grass, stones and light, as a drone's camera sees them from above."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Pixels = NDArray[np.float32]

_TUSSOCK = (112, 128, 66)
# Bumps across the width, and how much each size of bump weighs in the soil's colour.
_OCTAVES = ((5, 0.20), (17, 0.14), (61, 0.10), (160, 0.10))


@dataclass(frozen=True)
class Conditions:
    """What differs between flights: soil, growth and light. Colours are RGB 0..255, `sun` is degrees, `shadow` a length
    as a share of the plant, `gain` multiplies each channel."""

    name: str
    soil_dark: Colour
    soil_light: Colour
    grass: Colour
    grass_tufts: int
    furrow_depth: float
    sun: float
    shadow: float
    gain: tuple[float, float, float]


DRY_NOON = Conditions(
    name="dry soil, noon",
    soil_dark=(128, 92, 62),
    soil_light=(186, 150, 112),
    grass=(146, 138, 78),
    grass_tufts=500,
    furrow_depth=0.10,
    sun=50.0,
    shadow=0.12,
    gain=(1.06, 1.02, 0.98),
)
LUSH_EVENING = Conditions(
    name="lush grass, evening",
    soil_dark=(48, 68, 34),
    soil_light=(104, 120, 62),
    grass=(92, 124, 52),
    grass_tufts=3500,
    furrow_depth=0.05,
    sun=200.0,
    shadow=0.45,
    gain=(0.98, 0.86, 0.66),
)


def noise(rng: np.random.Generator, width: int, height: int, cells: int) -> Pixels:
    """Smooth noise of shape (height, width), about -1..1, with `cells` bumps across the width."""
    rows = max(2, round(cells * height / width))
    coarse = Image.fromarray(rng.uniform(-1, 1, (rows, cells)).astype(np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def ground(rng: np.random.Generator, conditions: Conditions, width: int, height: int) -> Image.Image:
    """The bare field, without plants and before light falls on it: an RGB picture."""
    relief = _furrows(rng, conditions, width, height)
    for cells, weight in _OCTAVES:
        relief = relief + weight * noise(rng, width, height, cells)
    share = np.clip(0.5 + relief, 0, 1)[..., None]
    dark, light = (np.array(colour, dtype=np.float32) for colour in (conditions.soil_dark, conditions.soil_light))
    soil = dark + (light - dark) * share
    picture = Image.fromarray(soil.astype(np.uint8))
    _scatter_stones(rng, picture)
    _scatter_grass(rng, picture, conditions)
    _plant_tussocks(rng, picture)
    return picture


def _furrows(rng: np.random.Generator, conditions: Conditions, width: int, height: int) -> Pixels:
    angle = rng.uniform(0, math.pi)
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    distance = across * math.cos(angle) + down * math.sin(angle) + 6 * noise(rng, width, height, 6)
    ridges = np.sin(distance * (2 * math.pi / rng.uniform(26, 40)))
    return np.asarray(conditions.furrow_depth * ridges, dtype=np.float32)


def _scatter_stones(rng: np.random.Generator, picture: Image.Image) -> None:
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(15, 40))):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        radius, grey = rng.uniform(1, 4), int(rng.integers(110, 190))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius * 0.8), fill=(grey, grey - 6, grey - 14))


def _scatter_grass(rng: np.random.Generator, picture: Image.Image, conditions: Conditions) -> None:
    draw = ImageDraw.Draw(picture)
    for _ in range(conditions.grass_tufts):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        _blades(rng, draw, (x, y), 3, 7, conditions.grass)


def _plant_tussocks(rng: np.random.Generator, picture: Image.Image) -> None:
    # Green and round like the plants, but of another kind: colour alone must not tell a plant from the ground.
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(4, 9))):
        x, y = rng.uniform(0, picture.width), rng.uniform(0, picture.height)
        reach = rng.uniform(14, 30)
        for _ in range(12):
            _blades(rng, draw, (x + rng.normal(0, 3), y + rng.normal(0, 3)), 8, reach, _TUSSOCK)


def _blades(
    rng: np.random.Generator,
    draw: ImageDraw.ImageDraw,
    root: tuple[float, float],
    count: int,
    reach: float,
    colour: Colour,
) -> None:
    shade = rng.uniform(0.7, 1.25)
    red, green, blue = (min(255, int(channel * shade)) for channel in colour)
    for angle in rng.uniform(0, 2 * math.pi, count):
        length = rng.uniform(0.3, 1) * reach
        tip = (root[0] + length * math.cos(angle), root[1] + length * math.sin(angle))
        draw.line((root, tip), fill=(red, green, blue))


def light(rng: np.random.Generator, conditions: Conditions, picture: Image.Image) -> Image.Image:
    """The picture as the camera took it: the hour's tint, drifting cloud shade, lens fall-off and sensor noise."""
    width, height = picture.size
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    fall_off = 1 - 0.12 * (across**2 + down**2) / 2
    shade = 1 + 0.10 * noise(rng, width, height, 3)
    exposure = rng.uniform(0.92, 1.08) * fall_off * shade
    pixels = np.asarray(picture, dtype=np.float32) * exposure[..., None] * np.array(conditions.gain)
    pixels += rng.normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

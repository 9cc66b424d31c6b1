"""Contact sheets: boxes lie where their objects are, in the colour that the legend gives their class."""

from __future__ import annotations

import colorsys
import io
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cli.class_colours import Colour, class_colours
from cli.contact_sheet import CELL, Seen, SheetPicture, Strip, contact_sheet
from cli.misuse import MisuseError
from cli.version.previewing import described, evenly, sheet_format

GROUND: Colour = (90, 110, 70)
Pixels = NDArray[np.uint8]


def picture(*objects: Seen, width: int = CELL, height: int = 240) -> SheetPicture:
    """Of one colour, as a PNG, so that what else is on the sheet was drawn there."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), GROUND).save(data, "PNG")
    return SheetPicture(data.getvalue(), objects, "as it is")


def sheet(*strips: Strip, classes: tuple[tuple[str, int], ...] = (("wattle", 3), ("gorse", 1))) -> Pixels:
    return np.asarray(contact_sheet("Version 1", ["42 images"], classes, strips))


def places(pixels: Pixels, colour: Colour) -> NDArray[np.intp]:
    """Rows and columns of the pixels of exactly that colour."""
    return np.argwhere((pixels == colour).all(axis=2))


def ground_of(pixels: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all that is of the pictures' colour."""
    found = places(pixels, GROUND)
    (top, left), (low, right) = found.min(axis=0), found.max(axis=0)
    return int(left), int(top), int(right) + 1, int(low) + 1


@pytest.mark.parametrize(("width", "height"), [(100, 80), (20, 10)])
def test_a_box_is_drawn_around_its_object_in_the_colour_of_the_legend(width: int, height: int) -> None:
    names = ("wattle", "gorse")
    colours = class_colours(names)
    boxes = {"wattle": (40, 30, width, height), "gorse": (180, 120, width, height)}
    plain = sheet(Strip("a.jpg", "train", (picture(),)))
    left, top, right, low = ground_of(plain)
    assert (right - left, low - top) == (CELL, 240), "the picture at its size"
    objects = tuple(Seen(name, boxes[name]) for name in names)
    pixels = sheet(Strip("a.jpg", "train", (picture(*objects),)))
    for name in names:
        x, y, *_ = boxes[name]
        drawn = places(pixels[top:low, left:right], colours[name])
        assert drawn.min(axis=0).tolist() == [y, x]
        assert drawn.max(axis=0).tolist() == [y + height - 1, x + width - 1]
        assert len(places(pixels[:top], colours[name])) >= 100, "the legend's swatch"
        middle = pixels[top + y + height // 2, left + x + width // 2]
        assert tuple(middle) == GROUND, "what is in the box stays to be seen"


def test_a_small_picture_is_enlarged_with_its_boxes() -> None:
    strip = Strip("tile.jpg", "train", (picture(Seen("wattle", (10, 20, 30, 20)), width=64, height=48),))
    pixels = sheet(strip)
    left, top, right, low = ground_of(pixels)
    assert (right - left, low - top) == (320, 240)
    drawn = places(pixels[top:low, left:right], class_colours(["wattle"])["wattle"])
    assert (drawn.min(axis=0).tolist(), drawn.max(axis=0).tolist()) == ([100, 50], [199, 199])


def test_a_large_picture_is_made_small_with_its_boxes() -> None:
    pixels = sheet(Strip("a.jpg", "val", (picture(Seen("wattle", (320, 160, 640, 320)), width=1280, height=640),)))
    left, top, right, low = ground_of(pixels)
    assert (right - left, low - top) == (320, 160)
    drawn = places(pixels[top:low, left:right], class_colours(["wattle"])["wattle"])
    assert (drawn.min(axis=0).tolist(), drawn.max(axis=0).tolist()) == ([40, 80], [119, 239])


def test_a_row_is_an_image_and_short_ones_share_it() -> None:
    one, three = Strip("a.jpg", "val", (picture(),)), Strip("b.jpg", "train", (picture(), picture(), picture()))
    rows = {"one": [one], "six": [one] * 6, "seven": [one] * 7, "pair": [three] * 2, "three": [three] * 3}
    heights = {name: sheet(*strips).shape[0] for name, strips in rows.items()}
    assert heights["one"] == heights["six"] == heights["pair"] < heights["seven"] == heights["three"]
    assert sheet(*[one] * 4).shape[1] > sheet(three).shape[1] > sheet(one).shape[1]


def test_a_box_beyond_the_picture_and_a_class_without_a_colour_do_no_harm() -> None:
    objects = (
        Seen("unheard of", (10, 10, 50, 50)),
        Seen("wattle", (-20, -20, 1000, 1000)),
        Seen("wattle", (5, 5, 0, 0)),
    )
    plain, pixels = sheet(Strip("a.jpg", "test", (picture(),))), sheet(Strip("a.jpg", "test", (picture(*objects),)))
    assert plain.shape == pixels.shape


@given(st.text(max_size=400), st.lists(st.tuples(st.text(max_size=60), st.integers(0, 10**9)), max_size=12))
def test_whatever_names_say_there_is_a_sheet(name: str, classes: list[tuple[str, int]]) -> None:
    pixels = sheet(Strip(name, "train", (picture(width=32, height=24),)), classes=tuple(classes))
    assert pixels.shape[1] == sheet(Strip("a", "train", (picture(),))).shape[1], "no name makes it wider"


def test_colours_are_told_apart_however_many_there_are() -> None:
    colours = class_colours(f"class {number}" for number in range(40))
    assert len(set(colours.values())) == 40
    for one, other in combinations(list(colours.values())[:8], 2):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) >= 90
    assert all(colorsys.rgb_to_hsv(*(part / 255 for part in colour))[2] >= 0.9 for colour in colours.values())


@pytest.mark.parametrize(
    ("there", "wanted", "expected"),
    [(10, 4, [0, 2, 5, 7]), (3, 12, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (7, 1, [0]), (0, 4, [])],
)
def test_images_are_spread_evenly(there: int, wanted: int, expected: list[int]) -> None:
    assert [one["at"] for one in evenly([{"at": at} for at in range(there)], wanted)] == expected


def test_the_file_s_name_says_its_format() -> None:
    assert [sheet_format(Path(name)) for name in ("a.png", "a.JPG", "b/c.jpeg")] == ["PNG", "JPEG", "JPEG"]
    for name in ("a", "a.gif", "png"):
        with pytest.raises(MisuseError, match=r"no name of a \.png or \.jpg file"):
            sheet_format(Path(name))


def test_settings_are_told_in_a_line() -> None:
    before: dict[str, Any] = {"tile": None, "resize": None, "grayscale": False, "contrast": None}
    after: dict[str, Any] = {"preset": None, "multiplier": 1}
    assert described({"preprocessing": before, "augmentation": after}) == "neither resized, cut nor augmented"
    before = {
        "tile": {"rows": 2, "columns": 3},
        "resize": {"width": 640, "height": 480, "mode": "STRETCH"},
        "grayscale": True,
        "contrast": "ADAPTIVE",
    }
    after = {"preset": "MEDIUM", "multiplier": 3}
    expected = "2 × 3 tiles · 640 × 480 STRETCH · grey · contrast ADAPTIVE · augmentation MEDIUM × 3"
    assert described({"preprocessing": before, "augmentation": after}) == expected

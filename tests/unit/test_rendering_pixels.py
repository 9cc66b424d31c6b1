"""What each step does to pixels."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from domain.augmentation import Draw
from domain.models.config import ContrastMode, Preprocessing, Resize, ResizeMode
from domain.tiling import Window
from rendering.augmenting import augmented, colour_matrix, cutouts
from rendering.fitting import fit, fitted, uncropped
from rendering.pixels import Pixels, contrasted, encode_jpeg, greyed

PLAIN = Preprocessing()


def painted(width: int = 60, height: int = 40) -> Pixels:
    """Left half red, right half blue."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 200
    pixels[:, width // 2 :, 2] = 200
    return pixels


@pytest.mark.parametrize(
    ("mode", "size", "corner"),
    [
        (ResizeMode.STRETCH, (50, 50), (200, 0, 0)),
        (ResizeMode.FIT_BLACK, (50, 50), (0, 0, 0)),
        (ResizeMode.FIT_WHITE, (50, 50), (255, 255, 255)),
        (ResizeMode.FIT_REFLECT, (50, 50), (200, 0, 0)),
        (ResizeMode.FIT_WITHIN, (50, 33), (200, 0, 0)),
        (ResizeMode.FILL_CENTER_CROP, (50, 50), (200, 0, 0)),
    ],
)
def test_each_mode_has_its_size_and_its_corners(
    mode: ResizeMode, size: tuple[int, int], corner: tuple[int, int, int]
) -> None:
    how = fit(60, 40, Resize(50, 50, mode))
    pixels = fitted(painted(), how, PLAIN)
    assert (pixels.shape[1], pixels.shape[0]) == size == (how.width, how.height)
    assert tuple(pixels[0, 0]) == corner
    assert tuple(pixels[how.top + how.inner_height // 2, 2]) == (200, 0, 0)
    middle = how.points.point((30, 20))
    assert middle == pytest.approx((size[0] / 2, size[1] / 2), abs=0.6)


@pytest.mark.parametrize("mode", ResizeMode)
@pytest.mark.parametrize("size", [(65500, 1), (1, 65500), (1, 1), (7, 4000)])
def test_no_shape_of_an_image_makes_a_picture_larger_than_asked(mode: ResizeMode, size: tuple[int, int]) -> None:
    how = fit(*size, Resize(640, 480, mode))
    pixels = fitted(np.zeros((size[1], size[0], 3), np.uint8), how, PLAIN)
    assert pixels.shape[0] <= 480
    assert pixels.shape[1] <= 640
    assert pixels.shape[:2] == (how.height, how.width)


def test_a_frame_is_no_part_of_the_contrast() -> None:
    flat = np.full((20, 60, 3), 100, np.uint8)
    flat[:, :30] = 140
    settings = Preprocessing(contrast=ContrastMode.STRETCH)
    pixels = fitted(flat, fit(60, 20, Resize(60, 60, ResizeMode.FIT_BLACK)), settings)
    assert (pixels[30, 5, 0], pixels[30, 55, 0], pixels[2, 2, 0]) == (255, 0, 0)


@pytest.mark.parametrize("mode", ContrastMode)
def test_contrast_spreads_the_luminance(mode: ContrastMode) -> None:
    ramp = np.tile(np.linspace(100, 150, 256).astype(np.uint8), (256, 1))
    pixels = np.stack([ramp] * 3, axis=-1)
    assert np.ptp(contrasted(pixels, mode)) > np.ptp(pixels) * 1.2


@pytest.mark.parametrize("mode", ContrastMode)
def test_a_picture_of_one_colour_stays_one(mode: ContrastMode) -> None:
    flat = np.full((32, 32, 3), 77, np.uint8)
    assert len(np.unique(contrasted(flat, mode))) == 1


@pytest.mark.parametrize("mode", ContrastMode)
def test_contrast_needs_little_more_memory_than_the_picture_and_its_copy(mode: ContrastMode) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1000, 1000, 3), np.uint8)
    tracemalloc.start()
    try:
        contrasted(pixels, mode)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2.2 * pixels.nbytes


def test_grey_has_three_equal_channels() -> None:
    grey = greyed(painted())
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 0] == grey[..., 2]).all()
    assert grey[0, 0, 0] != grey[0, -1, 0]


def test_colours_turn_and_fade_as_filter_effects_say() -> None:
    assert np.allclose(colour_matrix(Draw(hue=0, saturation=0))[:, :3], np.eye(3), atol=0.002)
    grey = np.array([90, 90, 90, 1.0])
    for draw in (Draw(hue=75), Draw(saturation=-0.5), Draw(grey=True)):
        assert np.allclose(colour_matrix(draw) @ grey, 90, atol=0.5), "grey has no hue and no saturation"
    assert np.allclose(colour_matrix(Draw(exposure=0.5)) @ grey, 135, atol=0.5)
    assert np.allclose(colour_matrix(Draw(brightness=-0.1)) @ grey, 64.5, atol=0.5)
    red = np.array([200, 0, 0, 1.0])
    turned = colour_matrix(Draw(hue=120)) @ red
    assert turned[1] == max(turned), "120° on from red is green"


def test_values_beyond_the_range_stay_at_its_ends() -> None:
    white = np.full((8, 8, 3), 250, np.uint8)
    assert (augmented(white, Draw(brightness=0.5)) == 255).all()
    assert (augmented(white, Draw(brightness=-0.99)) == 0).all()


def test_noise_falls_on_its_share_and_where_its_seed_says() -> None:
    grey = np.full((100, 100, 3), 128, np.uint8)
    first, again, other = (augmented(grey, Draw(noise=0.1, noise_seed=seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert 0.07 < (first != 128).any(axis=-1).mean() <= 0.1
    assert set(np.unique(first)) == {0, 128, 255}
    assert (grey == 128).all(), "the source, which other copies are made of, stays as it is"


def test_cutouts_are_black_where_they_are_said_to_be() -> None:
    draw = Draw(cutouts=((0.5, 0.5), (0.0, 0.0)), cutout_size=0.2)
    assert cutouts(draw, 100, 50) == ((40, 20, 60, 30), (0, 0, 10, 5))
    pixels = augmented(np.full((50, 100, 3), 200, np.uint8), draw)
    assert (pixels == 0).all(axis=-1).sum() == 20 * 10 + 10 * 5


def test_a_jpeg_has_no_metadata() -> None:
    data = encode_jpeg(painted())
    assert data.startswith(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    assert b"Exif" not in data


@pytest.mark.parametrize("size", [(400, 100), (100, 400), (100, 100), (333, 77)])
def test_a_detection_looks_at_what_a_centre_crop_cuts_off(size: tuple[int, int]) -> None:
    window = Window(1, 2, 50, 60, *size)
    parts = uncropped(window, Resize(64, 64, ResizeMode.FILL_CENTER_CROP))
    seen = np.zeros((size[1], size[0]), bool)
    for part in parts:
        assert max(part.width, part.height) - min(part.width, part.height) <= 1
        seen[part.y - 60 : part.bottom - 60, part.x - 50 : part.right - 50] = True
    assert seen.all()
    assert uncropped(window, Resize(64, 64)) == (window,)

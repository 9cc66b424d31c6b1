"""Thumbnails: their sizes and colours, and that they say nothing of where they come from."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from domain.keys import THUMBNAIL_SIZES
from hostile_images import CAMERA, camera_photo
from pictures import drone_mpo, encoded, pixels, turned
from workers.image_facts import read_image_facts

RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 250)


def thumbnails(tmp_path: Path, content: bytes) -> dict[int, Image.Image]:
    path = tmp_path / "image"
    path.write_bytes(content)
    folder = tmp_path / "thumbnails"
    folder.mkdir()
    read_image_facts(path, folder)
    assert {file.name for file in folder.iterdir()} == {f"{size}.jpg" for size in THUMBNAIL_SIZES}
    opened: dict[int, Image.Image] = {}
    for size in THUMBNAIL_SIZES:
        opened[size] = Image.open(folder / f"{size}.jpg", formats=("JPEG",))
        opened[size].load()
    return opened


def quarters(width: int = 1200, height: int = 800) -> Image.Image:
    """Red and green above blue and white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    half_height, half_width = height // 2, width // 2
    pixels[:half_height, :half_width], pixels[:half_height, half_width:] = RED, GREEN
    pixels[half_height:, :half_width], pixels[half_height:, half_width:] = BLUE, WHITE
    return Image.fromarray(pixels)


def corners(image: Image.Image) -> list[tuple[int, int, int]]:
    """The colours in the middles of the four quarters."""
    array, (width, height) = np.asarray(image), image.size
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [tuple(int(value) for value in array[place]) for place in places]  # type: ignore[misc]


def assert_colours(image: Image.Image, expected: tuple[tuple[int, int, int], ...], tolerance: int = 12) -> None:
    assert np.abs(np.asarray(corners(image)) - np.asarray(expected)).max() <= tolerance, corners(image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_each_size_is_an_upright_8_bit_rgb_jpeg_with_the_picture_s_proportions(tmp_path: Path, kind: str) -> None:
    for size, image in thumbnails(tmp_path, encoded(quarters(), kind)).items():
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert image.width == min(size, 640 if kind != "JPEG" else 600)
        assert abs(image.height - image.width * 2 / 3) <= 1
        assert_colours(image, (RED, GREEN, BLUE, WHITE))


@pytest.mark.parametrize("size", [(100, 60), (60, 100), (64, 4)])
def test_nothing_is_enlarged(tmp_path: Path, size: tuple[int, int]) -> None:
    found = thumbnails(tmp_path, encoded(pixels(1, *size)))
    assert [found[640].size, found[320].size, found[160].size] == [size] * 3
    assert max(found[64].size) == 64


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_they_are_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    turns = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    turns |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    stored = quarters(600, 400)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose[turns[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = thumbnails(tmp_path, encoded(stored, kind, exif=exif))
    assert found[320].size == (320, 213)
    assert_colours(found[160], (RED, GREEN, BLUE, WHITE))


@pytest.mark.parametrize("content", [camera_photo(), turned(6), drone_mpo()], ids=["photo", "turned", "preview"])
def test_they_have_no_metadata(tmp_path: Path, content: bytes) -> None:
    assert b"Exif" in content
    for size, image in thumbnails(tmp_path, content).items():
        data = (tmp_path / "thumbnails" / f"{size}.jpg").read_bytes()
        for mark in (b"Exif", b"ICC_PROFILE", b"http://ns.adobe.com", b"MPF", CAMERA, b"DJI", b"owner"):
            assert mark not in data
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert len(image.getexif()) == 0


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_is_white(tmp_path: Path, kind: str) -> None:
    picture = quarters(300, 200)
    alpha = Image.new("L", picture.size, 255)
    alpha.paste(0, (0, 0, 150, 100))
    alpha.paste(128, (150, 0, 300, 100))
    picture.putalpha(alpha)
    options = {"lossless": True} if kind == "WEBP" else {}
    found = thumbnails(tmp_path, encoded(picture, kind, **options))
    assert_colours(found[160], ((255, 255, 255), (132, 253, 132), BLUE, WHITE))


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "P")]
    + [("TIFF", mode) for mode in ("L", "LA", "P", "CMYK")],
)
def test_every_colour_model_becomes_rgb(tmp_path: Path, kind: str, mode: str) -> None:
    found = thumbnails(tmp_path, encoded(quarters(300, 200).convert(mode), kind))
    grey = tuple((level, level, level) for level in (82, 151, 37, 250))
    expected = grey if mode in ("L", "LA") else (RED, GREEN, BLUE, WHITE)
    # CMYK has no one meaning in RGB: a profile is assumed where the file has none.
    assert_colours(found[160], expected, 130 if mode == "CMYK" else 12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_colours_of_another_profile_become_srgb(tmp_path: Path, kind: str) -> None:
    profile: bytes = pyvips.Image.profile_load("p3")
    picture = Image.new("RGB", (300, 200), (200, 100, 50))
    source, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(picture, source, srgb)
    assert expected is not None
    assert corners(expected) != corners(picture)
    options = {"lossless": True} if kind == "WEBP" else {}
    found = thumbnails(tmp_path, encoded(picture, kind, icc_profile=profile, **options))
    assert_colours(found[160], tuple(corners(expected)), 4)

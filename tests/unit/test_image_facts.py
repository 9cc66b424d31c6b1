"""Facts of image files: kinds, sizes, EXIF and the perceptual hash."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pytest
from PIL import ExifTags, Image, ImageDraw, ImageOps, TiffImagePlugin

from domain.models.asset import ImageFacts
from hostile_images import late_png_exif, png_header, vips_tiff
from pictures import LATITUDE, LONGITUDE, drone_exif, drone_mpo, encoded, pixels, real_data, tiff, turned
from workers.image_facts import read_image_facts
from workers.image_header import NotAnImageError

KINDS = ("JPEG", "PNG", "TIFF", "WEBP")
ALIKE_BITS, UNLIKE_BITS = 8, 16


def facts(tmp_path: Path, content: bytes) -> ImageFacts:
    path = tmp_path / "image"
    path.write_bytes(content)
    return read_image_facts(path)


def field(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """Blobs on a slope of light: a picture that keeps its looks when it is reduced."""
    random, ramp = np.random.default_rng(seed), np.linspace(40, 200, width)[None, :, None]
    image = Image.fromarray(np.broadcast_to(ramp, (height, width, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, radius = random.integers(0, width), random.integers(0, height), int(random.integers(30, 110))
        box = [float(x - radius), float(y - radius), float(x + radius), float(y + radius)]
        draw.ellipse(box, fill=tuple(random.integers(0, 256, 3).tolist()))
    return image


def bits_apart(one: str, other: str) -> int:
    return int(imagehash.hex_to_hash(one) - imagehash.hex_to_hash(other))


def with_details(kind: str = "JPEG", **details: Any) -> bytes:
    exif = drone_exif()
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base[name].value: value for name, value in details.items()})
    return encoded(pixels(1), kind, exif=exif)


def with_position(latitude: Any, longitude: Any, halves: tuple[str, str] = ("N", "E")) -> bytes:
    exif = drone_exif()
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLongitude] = latitude, longitude
    gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLongitudeRef] = halves
    return encoded(pixels(1), exif=exif)


def divided_by_zero() -> bytes:
    content = with_position((77.0, 0.0, 0.0), (70.0, 15.0, 0.0))
    degrees = b"".join(number.to_bytes(4, "big") for number in (77, 1))
    assert degrees in content
    return content.replace(degrees, bytes(8))


def drone_picture(kind: str) -> bytes:
    """120 × 60 pixels as stored, turned by its EXIF."""
    exif = drone_exif(6)
    if kind != "TIFF":
        return encoded(pixels(1, 120, 60), kind, exif=exif)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ExifTags.Base.Orientation] = 6
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags[ifd] = exif.get_ifd(ifd)
    return encoded(pixels(1, 120, 60), kind, tiffinfo=tags)


@pytest.mark.parametrize("kind", KINDS)
def test_a_drone_s_exif_is_read_from_every_kind(tmp_path: Path, kind: str) -> None:
    found = facts(tmp_path, drone_picture(kind))
    assert (found.width, found.height, found.orientation) == (60, 120, 6)
    assert found.content_type == f"image/{kind.lower()}"
    assert (found.gps_latitude, found.gps_longitude) == pytest.approx((LATITUDE, LONGITUDE), abs=1e-6)
    assert found.captured_at == datetime(2023, 7, 14, 10, 20, 30, tzinfo=UTC)


def test_an_mpo_is_its_first_picture(tmp_path: Path) -> None:
    found = facts(tmp_path, drone_mpo())
    assert (found.width, found.height, found.content_type) == (160, 90, "image/jpeg")


def test_exif_behind_a_png_s_pixels_is_read(tmp_path: Path) -> None:
    found = facts(tmp_path, late_png_exif(8))
    assert (found.width, found.height, found.orientation) == (60, 120, 8)
    assert found.gps_latitude == pytest.approx(LATITUDE, abs=1e-6)


def test_the_time_of_the_shot_has_the_camera_s_offset(tmp_path: Path) -> None:
    assert facts(tmp_path, with_details(OffsetTimeOriginal="+02:00")).captured_at == datetime(
        2023, 7, 14, 8, 20, 30, tzinfo=UTC
    )
    assert facts(tmp_path, with_details(DateTimeOriginal="0000:00:00 00:00:00")).captured_at is None
    assert facts(tmp_path, with_details(OffsetTimeOriginal="later")).captured_at is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (with_position((33.0, 30.0, 0.0), (70.0, 15.0, 0.0), ("S", "W")), (-33.5, -70.25)),
        (with_position((91.0, 0.0, 0.0), (70.0, 15.0, 0.0)), (None, None)),
        (with_position((33.0, 30.0, 0.0), (181.0, 0.0, 0.0)), (None, None)),
        (with_position((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), (None, None)),
        (with_position((33.0, 30.0), (70.0, 15.0, 0.0)), (None, None)),
        (divided_by_zero(), (None, None)),
    ],
    ids=["south west", "north of the pole", "too far east", "no fix", "two numbers", "divided by zero"],
)
def test_a_position_is_decimal_degrees_or_none(
    tmp_path: Path, content: bytes, expected: tuple[float | None, float | None]
) -> None:
    found = facts(tmp_path, content)
    assert (found.gps_latitude, found.gps_longitude) == expected


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_counts_as_upright(tmp_path: Path, value: int) -> None:
    found = facts(tmp_path, turned(value))
    assert (found.width, found.height, found.orientation) == (120, 60, 1)


def test_the_hash_of_one_picture_is_alike_in_every_kind_and_size(tmp_path: Path) -> None:
    picture = field(1, 1600, 1200)
    hashes = [facts(tmp_path, encoded(picture, kind)).perceptual_hash for kind in KINDS]
    hashes += [facts(tmp_path, encoded(picture.resize(size))).perceptual_hash for size in ((4000, 3000), (400, 300))]
    hashes.append(facts(tmp_path, encoded(picture, quality=30)).perceptual_hash)
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in hashes)
    assert max(bits_apart(hashes[0], other) for other in hashes) <= ALIKE_BITS
    others = [facts(tmp_path, encoded(field(seed))).perceptual_hash for seed in (2, 3, 4)]
    assert min(bits_apart(hashes[0], other) for other in others) >= UNLIKE_BITS


def test_the_hash_is_of_the_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    picture = field(5)
    expected = facts(tmp_path, encoded(picture, "PNG")).perceptual_hash
    for orientation in range(2, 9):
        exif[ExifTags.Base.Orientation] = orientation
        stored = picture.copy()
        stored.getexif()[ExifTags.Base.Orientation] = {6: 8, 8: 6}.get(orientation, orientation)
        content = encoded(ImageOps.exif_transpose(stored), "PNG", exif=exif)
        assert bits_apart(facts(tmp_path, content).perceptual_hash, expected) <= 2


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_sixteen_bits_look_like_eight(tmp_path: Path, bands: int) -> None:
    assert facts(tmp_path, vips_tiff(bands, True)).width == 64
    grey = np.asarray(field(6).convert("L"))
    eight, sixteen = (encoded(Image.fromarray(one), "PNG") for one in (grey, grey.astype(np.uint16) * 257))
    assert bits_apart(facts(tmp_path, eight).perceptual_hash, facts(tmp_path, sixteen).perceptual_hash) <= 2


def test_a_near_infrared_band_beside_rgb_is_no_alpha(tmp_path: Path) -> None:
    picture = field(7)
    plain = facts(tmp_path, encoded(picture, "TIFF")).perceptual_hash
    picture.putalpha(Image.new("L", picture.size, 0))
    for mode, alike in (("RGBX", True), ("RGBA", False)):
        found = facts(tmp_path, encoded(Image.frombytes(mode, picture.size, picture.tobytes()), "TIFF"))
        assert (bits_apart(found.perceptual_hash, plain) <= 2) is alike


def test_what_is_at_the_limits_is_taken_and_what_is_beyond_is_not(tmp_path: Path) -> None:
    assert facts(tmp_path, encoded(pixels(1, 4, 4), "PNG")).width == 4
    assert facts(tmp_path, png_header(25_000, 10_000, rows=10_000, bits=1, colour=0)).width == 25_000
    with pytest.raises(NotAnImageError, match="25000 × 10001 pixels; at most 250 megapixels"):
        facts(tmp_path, png_header(25_000, 10_001, bits=1, colour=0))


def test_a_chance_end_of_archive_in_the_pixels_is_no_archive(tmp_path: Path) -> None:
    content = tiff()
    raw = content.index(pixels(4).tobytes()[:64])
    chance = content[:raw] + b"PK\5\6" + content[raw + 4 :]
    assert facts(tmp_path, chance).content_type == "image/tiff"


def test_real_drone_images_are_taken_with_their_facts() -> None:
    folder = real_data()
    if folder is None:
        pytest.skip("the real images are not here; set REALDATA_DIR")
    found = {path.name: read_image_facts(path) for path in sorted((folder / "images").iterdir())}
    drone = found["DJI_0010.JPG"]
    assert (drone.width, drone.height, drone.content_type) == (4000, 2250, "image/jpeg")
    assert (drone.gps_latitude, drone.gps_longitude) == pytest.approx((53.9190128, 27.5765125), abs=1e-6)
    frames = [one.perceptual_hash for name, one in found.items() if name.startswith("DJI_0762")]
    assert max(bits_apart(frames[0], other) for other in frames) <= ALIKE_BITS
    assert bits_apart(drone.perceptual_hash, frames[0]) >= UNLIKE_BITS

"""Every kind of file a drone or a person brings becomes upright RGB, turned once."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from hostile_images import HostileImage, hostile_images
from rendering.decode import ImageUnreadable, decode, decode_file, read_orientation
from rendering.pixels import Pixels, stored_to_upright, upright_to_stored

RED, GREEN, BLUE, WHITE = (250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 250)
# The largest take seconds and gigabytes.
TAKEN = [image for image in hostile_images() if image.refused is None and max(image.size) < 1000]
REALDATA = Path(os.environ.get("REALDATA_DIR", Path(__file__).resolve().parents[3] / "shared" / "realdata"))


def _quarters() -> Pixels:
    """48 wide, 32 high; red, green over blue, white."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :24], pixels[:16, 24:], pixels[16:, :24], pixels[16:, 24:] = RED, GREEN, BLUE, WHITE
    return pixels


def _stored(kind: str, orientation: int) -> bytes:
    """A file whose viewer shows `_quarters`, though its pixels lie as `orientation` says."""
    image = Image.fromarray(np.ascontiguousarray(upright_to_stored(_quarters(), orientation)))
    data = io.BytesIO()
    if kind == "TIFF":
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[0x0112] = orientation
        image.save(data, kind, tiffinfo=tags)
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        image.save(data, kind, exif=exif, quality=95)
    return data.getvalue()


def _assert_quarters(pixels: Pixels) -> None:
    assert pixels.shape == (32, 48, 3)
    assert pixels.dtype == np.uint8
    found = [pixels[y, x].astype(int) for y, x in ((5, 5), (5, 40), (27, 5), (27, 40))]
    for colour, expected in zip(found, (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(colour - expected).max() < 60


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_applied_once(kind: str, orientation: int) -> None:
    data = _stored(kind, orientation)
    assert read_orientation(data) == orientation
    _assert_quarters(decode(data, orientation))
    _assert_quarters(stored_to_upright(decode(data, orientation, upright=False), orientation))
    stored = decode(data, orientation, upright=False)
    assert stored.shape[:2] == ((48, 32) if orientation >= 5 else (32, 48))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_viewer_agrees(orientation: int) -> None:
    """Pillow's own transposition is the judge of what upright means."""
    from PIL import ImageOps

    with Image.open(io.BytesIO(_stored("PNG", orientation))) as image:
        _assert_quarters(np.asarray(ImageOps.exif_transpose(image)))


def test_a_file_of_several_pictures_shows_the_first() -> None:
    first, second = Image.fromarray(_quarters()), Image.new("RGB", (10, 10))
    data = io.BytesIO()
    first.save(data, "MPO", save_all=True, append_images=[second], quality=95)
    _assert_quarters(decode(data.getvalue(), 1))


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "P"])
def test_other_colour_models_become_rgb(mode: str) -> None:
    data = io.BytesIO()
    Image.fromarray(_quarters()).convert(mode).save(data, "TIFF" if mode == "CMYK" else "PNG")
    _assert_quarters(decode(data.getvalue(), 1))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_keep_the_upper_byte(suffix: str) -> None:
    grey = np.linspace(0, 65535, 32 * 48).reshape(32, 48).astype(np.uint16)
    _, data = cv2.imencode(suffix, grey)
    pixels = decode(data.tobytes(), 1)
    assert pixels.shape == (32, 48, 3)
    assert np.abs(pixels[..., 0].astype(int) - (grey >> 8)).max() <= 1


def test_floating_point_is_refused_by_name() -> None:
    data = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.float32)).save(data, "TIFF")
    with pytest.raises(ImageUnreadable, match="32-bit samples"):
        decode(data.getvalue(), 1)


@pytest.mark.parametrize("data", [b"", b"not an image", b"\xff\xd8\xff\xe0" + b"\0" * 40, _stored("PNG", 1)[:60]])
def test_what_is_no_image_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(ImageUnreadable):
        decode(data, 1)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="cannot be read"):
        decode_file(tmp_path / "gone.jpg", 1)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_of_rubbish_counts_as_upright() -> None:
    data = io.BytesIO()
    Image.fromarray(_quarters()).save(data, "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff" + b"\0" * 64)
    assert read_orientation(data.getvalue()) == 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("image", TAKEN, ids=str)
def test_what_uploads_take_is_decoded_at_the_size_that_they_found(image: HostileImage) -> None:
    data = image.make()
    assert decode(data, read_orientation(data)).shape == (image.size[1], image.size[0], 3)


@pytest.mark.skipif(not REALDATA.is_dir(), reason="the real images are not here: set REALDATA_DIR")
@pytest.mark.parametrize(("pattern", "size"), [("DJI_0010.JPG", (2250, 4000)), ("OSBS_029.tif", (400, 400))])
def test_real_files(pattern: str, size: tuple[int, int]) -> None:
    path = next((REALDATA / "images").glob(pattern))
    assert decode_file(path, read_orientation(path.read_bytes())).shape == (*size, 3)

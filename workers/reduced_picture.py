"""An image's pixels, all of them decoded and few of them kept: enough for thumbnails and a perceptual hash."""

from __future__ import annotations

import io
from pathlib import Path

import pyvips
from PIL import Image, ImageCms

from workers.image_header import NotAnImageError
from workers.tiff_header import other_bands

# A JPEG is decoded at the smallest of its own scales that leaves this many pixels on the longer side.
MIN_JPEG_SIDE = 480
MAX_SIDE = 640
_JPEG_SCALES = (8, 4, 2, 1)
# A progressive JPEG is decoded from coefficients that are all in memory, two bytes each.
_MAX_COEFFICIENTS = 200_000_000
_LOADERS = {"PNG": "pngload", "TIFF": "tiffload", "WEBP": "webpload"}
_EIGHT_BIT_KINDS = {"grey16": "b-w", "rgb16": "srgb"}
_WHITE = 255
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))

# Its cache goes by file name, and names come back.
pyvips.cache_set_max(0)


def reduced_picture(path: Path, kind: str, orientation: int) -> Image.Image:
    """The picture upright, as 8-bit sRGB on white; not enlarged, and its longer side mostly 480 to 960 pixels.

    `kind` is what Pillow recognised, `orientation` the EXIF's. Every pixel of the file is decoded; raises
    NotAnImageError when that fails.
    """
    picture = _from_jpeg(path) if kind in ("JPEG", "MPO") else _from_vips(path, kind)
    return picture.transpose(_TURNS[orientation]) if orientation in _TURNS else picture


def _from_jpeg(path: Path) -> Image.Image:
    with Image.open(path, formats=("JPEG",)) as image:
        _decode_reduced(image)
        return _in_srgb(image)


def _decode_reduced(image: Image.Image) -> None:
    width, height = image.size
    if image.info.get("progressive") and width * height * len(image.getbands()) > _MAX_COEFFICIENTS:
        raise NotAnImageError("It is a progressive JPEG too large to be read; save it as a baseline JPEG.")
    scale = next((scale for scale in _JPEG_SCALES if max(width, height) >= MIN_JPEG_SIDE * scale), 1)
    image.draft(None, (max(width // scale, 1), max(height // scale, 1)))
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # damaged data fails in too many ways to name them
        raise NotAnImageError(_damaged()) from error


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB by its colour profile; without one, or with one that makes no sense, by its numbers."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
        except (OSError, ImageCms.PyCMSError):
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")


def _from_vips(path: Path, kind: str) -> Image.Image:
    load = getattr(pyvips.Image, _LOADERS[kind])
    try:
        # WebP is the one kind here that its own decoder reduces; whole, it is all in memory.
        options = {"scale": _scale(load(str(path)))} if kind == "WEBP" else {}
        image = load(str(path), access="sequential", fail_on="error", **options)
        if kind == "TIFF" and (others := other_bands(path)):
            image = image.extract_band(0, n=image.bands - others)
        if image.format == "ushort":
            image = _upper_bytes(image)
        # Converting by a profile that is not there costs more than all the rest.
        profile = {"output_profile": "srgb"} if image.get_typeof("icc-profile-data") else {}
        small = image.thumbnail_image(MAX_SIDE, height=MAX_SIDE, size="down", no_rotate=True, **profile)
        if small.hasalpha():
            small = small.flatten(background=_WHITE)
        small = small.colourspace("srgb").cast("uchar")
        return Image.frombytes("RGB", (small.width, small.height), small.write_to_memory())
    except pyvips.Error as error:
        if "out of memory" in str(error):
            raise MemoryError from error
        raise NotAnImageError(_damaged()) from error


def _upper_bytes(image: pyvips.Image) -> pyvips.Image:
    """16 bits as 8, before the reduction, which is slow with 16."""
    kind = _EIGHT_BIT_KINDS.get(image.interpretation, image.interpretation)
    return (image >> 8).cast("uchar").copy(interpretation=kind)


def _scale(image: pyvips.Image) -> float:
    return min(1.0, MAX_SIDE / float(max(image.width, image.height)))


def _damaged() -> str:
    return "Its pixels cannot be read to the end: it is damaged or cut off. Copy it again from the camera or card."

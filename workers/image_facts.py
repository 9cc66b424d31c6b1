"""What an image file says of itself, what it looks like, and whether its pixels decode. Runs in the sandbox."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

import imagehash
from PIL import Image

from domain.models.asset import ImageFacts
from workers.image_exif import read_exif
from workers.image_header import open_image, stored_size
from workers.reduced_picture import reduced_picture
from workers.thumbnails import write_thumbnails

_CONTENT_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
_HASHED_SIDE = 160

# imagehash imports it at its first use; by then the memory is limited.
importlib.import_module("scipy.fftpack")


def read_image_facts(path: str | Path, thumbnails: str | Path | None = None) -> ImageFacts:
    """Facts of the file's first image; its thumbnails go to the folder `thumbnails`, when one is given.

    Raises NotAnImageError for what is no image of a kind taken, is too large, or does not decode to its last pixel.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of harmless oddities in EXIF and TIFF tags
        with open_image(Path(path)) as image:
            width, height = stored_size(image)
            exif = read_exif(image, Path(path))
            kind = str(image.format)
        del image  # what Pillow keeps of a WebP takes more memory than reading it
        picture = reduced_picture(Path(path), kind, exif.orientation)
    if thumbnails is not None:
        write_thumbnails(picture, Path(thumbnails))
    return ImageFacts(
        content_type=_CONTENT_TYPES[kind],
        width=height if exif.orientation >= 5 else width,
        height=width if exif.orientation >= 5 else height,
        orientation=exif.orientation,
        gps_latitude=exif.gps_latitude,
        gps_longitude=exif.gps_longitude,
        captured_at=exif.captured_at,
        perceptual_hash=perceptual_hash(picture),
    )


def perceptual_hash(picture: Image.Image) -> str:
    """The 64-bit DCT hash of the picture as 16 hex digits (imagehash.phash); few bits differ between pictures alike."""
    # Averaged first: the hash itself needs 32 × 32 pixels, and works them out of a large picture slowly.
    factor = max(max(picture.size) // _HASHED_SIDE, 1)
    return str(imagehash.phash(picture.reduce(factor)))

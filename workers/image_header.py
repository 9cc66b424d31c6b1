"""Recognising an image file, and refusing by its header what is not taken, before any pixel is decoded."""

from __future__ import annotations

import mmap
import os
import zipfile
from pathlib import Path

import pyvips
from PIL import Image

from workers.sandbox.tasks import RefusedError
from workers.tiff_header import TIFF_STARTS, tiff_fault

# Pillow opens an MPO as a JPEG first, and knows no opener of that name.
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
MAX_PIXELS = 250_000_000
MIN_SIDE = 4
# Pillow keeps two whole pictures of a WebP, four bytes a pixel.
MAX_WEBP_PIXELS = 50_000_000
_TAKEN = "JPEG, PNG, TIFF and WebP images are taken"
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "I;16", "I;16L", "I;16B", "I;16N"})
_EDGE_BYTES = 64 * 1024
_HTML = (b"<html", b"<script", b"<!doctype html")
_JPEG_START, _SCAN, _END = b"\xff\xd8\xff", 0xDA, b"\xff\xd9"
_OWN_STARTS = ((_JPEG_START, "JPEG"), (b"\x89PNG", "PNG"), *((start, "TIFF") for start in TIFF_STARTS))
_OTHER_STARTS = (
    (b"GIF8", "a GIF"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"%!PS", "a PostScript document"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript document"),
    (b"<?xml", "an XML or SVG document"),
    (b"<svg", "an SVG document"),
    (b"BM", "a BMP image"),
    (b"PK\3\4", "a ZIP archive"),
)

# Pillow's own limit is lower; ours is asked before any pixel is decoded.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class NotAnImageError(RefusedError):
    """The file is no image of a kind taken; the message says what is wrong with it."""


def open_image(path: Path) -> Image.Image:
    """The file as Pillow opens it, its header checked and its pixels not yet decoded. Raises NotAnImageError."""
    head, tail = _edges(path)
    if not head:
        raise NotAnImageError("The file is empty.")
    if head.startswith(TIFF_STARTS) and (fault := tiff_fault(path)):
        raise NotAnImageError(fault)
    if _is_webp(head) and (fault := _webp_fault(path)):
        raise NotAnImageError(fault)
    try:
        image = Image.open(path, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise NotAnImageError(f"It has more than {MAX_PIXELS // 1_000_000} megapixels.") from error
    except MemoryError:
        raise
    except Exception as error:  # damaged headers fail in too many ways to name them
        raise NotAnImageError(_unknown(head)) from error
    if fault := _fault(image) or _disguise(path, head, tail):
        image.close()
        raise NotAnImageError(fault)
    if head.startswith(_JPEG_START) and not _has_end(path):
        image.close()
        raise NotAnImageError("It is cut off: a JPEG's end marker is missing. Copy it again from the camera or card.")
    return image


def stored_size(image: Image.Image) -> tuple[int, int]:
    """Width and height in pixels as they lie in the file: Pillow turns a TIFF's by its orientation, others' not."""
    tags: dict[int, int] | None = getattr(image, "tag_v2", None)
    return (int(tags[256]), int(tags[257])) if tags is not None and image.format == "TIFF" else image.size


def _fault(image: Image.Image) -> str | None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        return f"It has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels are taken."
    if min(width, height) < MIN_SIDE:
        return f"It has {width} × {height} pixels; an image has at least {MIN_SIDE} a side."
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        return "It is an animation; upload its frames as single images."
    if image.mode not in _MODES:
        return f"Its pixels are of the kind {image.mode}; grey, RGB, palette and CMYK with 8 or 16 bits are taken."
    return None


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _webp_fault(path: Path) -> str | None:
    try:
        image = pyvips.Image.webpload(str(path))
    except pyvips.Error:
        return None  # Pillow says what is wrong
    width, height = image.width, image.height
    if width * height <= MAX_WEBP_PIXELS:
        return None
    limit = MAX_WEBP_PIXELS // 1_000_000
    return f"It has {width} × {height} pixels; WebP is taken up to {limit} megapixels: save it as JPEG or TIFF."


def _edges(path: Path) -> tuple[bytes, bytes]:
    """The first and the last 64 KiB."""
    with path.open("rb") as file:
        head = file.read(_EDGE_BYTES)
        file.seek(max(file.seek(0, os.SEEK_END) - _EDGE_BYTES, 0))
        return head, file.read()


def _unknown(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if name := next((name for magic, name in _OTHER_STARTS if start.startswith(magic)), None):
        return f"It is {name}, whatever its name says; {_TAKEN}."
    own = next((name for magic, name in _OWN_STARTS if head.startswith(magic)), None)
    own = "WebP" if _is_webp(head) else own
    if own:
        return f"Its {own} header is damaged, cut off or of an unusual kind; export it anew."
    return f"It is no image of a known kind; {_TAKEN}."


def _disguise(path: Path, head: bytes, tail: bytes) -> str | None:
    """What else the file is besides an image: a browser or an archiver would take it for that."""
    if any(mark in edge.lower() for edge in (head, tail) for mark in _HTML):
        return "There is HTML in it; export the image anew."
    # The archive's end record is four bytes that chance may bring; its directory has to be there too.
    if zipfile.is_zipfile(path) and _find(path, b"PK\1\2") >= 0:
        return "There is a ZIP archive in it; export the image anew."
    return None


def _find(path: Path, mark: bytes) -> int:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(mark)


def _has_end(path: Path) -> bool:
    """Whether an end marker follows the JPEG's pixel data; its EXIF preview has one of its own before them."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        position = 2
        while content[position : position + 1] == b"\xff" and content[position + 1] != _SCAN:
            if content[position + 1] == 0xFF:  # padding before a marker
                position += 1
            else:
                position += 2 + int.from_bytes(content[position + 2 : position + 4])
        return content.rfind(_END, position) >= 0

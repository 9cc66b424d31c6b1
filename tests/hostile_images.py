"""Image files that are damaged, lie, or are something else, each with what the product has to say of it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyvips
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from pictures import drone_exif, drone_mpo, encoded, jpeg, pixels, turned

CAMERA = b"Hasselblad L1D-20c"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><image href="file:///etc/passwd"/></svg>'


@dataclass(frozen=True, slots=True)
class HostileImage:
    """A file under the name it claims. `refused` is a pattern of the sentence that refuses it; where that is None it is
    taken, and `size` is its upright width and height in pixels."""

    row: str
    filename: str
    make: Callable[[], bytes]
    refused: str | None = None
    size: tuple[int, int] = (64, 48)
    content_type: str = "image/jpeg"

    def __str__(self) -> str:
        return f"{self.row}: {self.filename}"


def hostile_images() -> Iterator[HostileImage]:
    """Every row of the matrix of hostile images, at least three files each."""
    for rows in (_cut_off, _sizes, _bombs, _animations, _colours, _tiffs, _exif, _disguises, _other_kinds):
        yield from rows()


def camera_photo() -> bytes:
    """A JPEG that names its camera, its owner and where it was taken, in EXIF, in a comment and in its profile."""
    exif = drone_exif()
    exif[ExifTags.Base.Model] = CAMERA.decode()
    return encoded(pixels(5, 900, 700), exif=exif, comment=b"owner: " + CAMERA, icc_profile=_named_profile())


def _named_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + CAMERA


def truncated(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def without_end(content: bytes) -> bytes:
    """A JPEG whose pixel data are whole and whose end marker is not there."""
    return content[: content.rindex(b"\xff\xd9")]


def overwritten(content: bytes, position: int, patch: bytes) -> bytes:
    return content[:position] + patch + content[position + len(patch) :]


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size than its data have."""
    content = jpeg()
    frame = content.index(b"\xff\xc0") + 5
    return content[:frame] + struct.pack(">HH", height, width) + content[frame + 4 :]


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_header(width: int, height: int, rows: int = 1, bits: int = 8, colour: int = 2) -> bytes:
    """A PNG of zeros that claims a size and has data for `rows` rows."""
    samples = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    packer, row = zlib.compressobj(1), bytes(1 + (width * samples * bits + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    palette = _chunk(b"PLTE", bytes(6)) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + header + palette + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def gif_header(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + encoded(pixels(1).quantize(4), "GIF")[10:]


def animation(kind: str, frames: int, width: int = 64, height: int = 48) -> bytes:
    pictures = [pixels(seed, width, height) for seed in range(frames)]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=50)


def vips_tiff(bands: int = 3, sixteen: bool = False, **options: Any) -> bytes:
    """A 64 × 48 TIFF as other programs than Pillow write it: tiled, BigTIFF, 16 bits, any number of bands."""
    samples = np.random.default_rng(7).integers(0, 65536 if sixteen else 256, (48, 64, bands))
    image = pyvips.Image.new_from_array(samples.astype(np.uint16 if sixteen else np.uint8))
    grey, colour = ("grey16", "rgb16") if sixteen else ("b-w", "srgb")
    interpretation = {1: grey, 2: grey, 3: colour, 4: colour}.get(bands, "multiband")
    content: bytes = image.copy(interpretation=interpretation).tiffsave_buffer(**options)
    return content


def geotiff() -> bytes:
    """A tiled, compressed TIFF with the tags that place it on the ground, and overviews."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[33550], tags.tagtype[33550] = (0.02, 0.02, 0.0), 12
    tags[33922], tags.tagtype[33922] = (0.0, 0.0, 0.0, 500_000.0, 5_970_000.0, 0.0), 12
    tags[34735], tags.tagtype[34735] = (1, 1, 0, 1, 1024, 0, 1, 1), 3
    return encoded(pixels(6), "TIFF", compression="tiff_adobe_deflate", tiffinfo=tags)


def pages(count: int, subfile: int) -> bytes:
    """A TIFF of several pages; the further ones have that NewSubfileType."""
    buffer = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(buffer, True) as writer:
        for number in range(count):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = subfile if number else 0
            pixels(number, *((32, 24) if subfile and number else (64, 48))).save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
    return buffer.getvalue()


def with_exif(kind: str, exif: bytes) -> bytes:
    return encoded(pixels(3), kind, exif=exif)


def late_png_exif(orientation: int) -> bytes:
    """A PNG whose EXIF lies behind its pixels, as some tools put it."""
    end = _chunk(b"IEND", b"")
    content = encoded(pixels(3, 120, 60), "PNG").removesuffix(end)
    return content + _chunk(b"eXIf", drone_exif(orientation).tobytes().removeprefix(b"Exif\0\0")) + end


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("payload.sh", "echo")
    return buffer.getvalue()


def with_comment(text: bytes) -> bytes:
    return encoded(pixels(2), comment=text)


def _cut_off() -> Iterator[HostileImage]:
    again = "cut off"
    for share in (0.02, 0.3, 0.9):
        yield HostileImage("truncated JPEG", f"{share}.jpg", partial(truncated, jpeg(2, 640, 480), share), again)
    yield HostileImage(
        "truncated JPEG", "progressive.jpg", lambda: truncated(encoded(pixels(2), progressive=True), 0.6), again
    )
    for name, content in (("plain", jpeg()), ("turned", turned(6)), ("large", jpeg(1, 900, 700))):
        yield HostileImage("missing EOI", f"{name}.jpg", partial(without_end, content), "end marker is missing")
    for kind in ("PNG", "WEBP", "TIFF"):
        options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
        whole = encoded(pixels(4, 300, 200), kind, **options)
        for share in (0.3, 0.6, 0.95):
            yield HostileImage(f"truncated {kind}", f"{share}.{kind}", partial(truncated, whole, share), "cut off")
    yield from _damaged()
    for name in ("a.jpg", "b.png", "c.tif"):
        yield HostileImage("zero bytes", name, bytes, "empty")


def _damaged() -> Iterator[HostileImage]:
    photo = jpeg(1, 300, 200)
    for name, mark, offset in (("tables", b"\xff\xc4", 5), ("frame", b"\xff\xc0", 9), ("scan", b"\xff\xda", 4)):
        make = partial(overwritten, photo, photo.index(mark) + offset, b"\xff" * 12)
        yield HostileImage("damaged JPEG", f"{name}.jpg", make, "damaged")
    for kind, options in (("PNG", {}), ("TIFF", {"compression": "tiff_lzw"})):
        whole = encoded(pixels(4, 300, 200), kind, **options)
        for start in (0.2, 0.4, 0.6):
            make = partial(overwritten, whole, int(len(whole) * start), bytes(len(whole) // 5))
            yield HostileImage(f"damaged {kind}", f"{start}.{kind}", make, "damaged")
    lossy, lossless = encoded(pixels(4), "WEBP"), encoded(pixels(4), "WEBP", lossless=True)
    for name, content, position in (("lossy", lossy, 20), ("lossless", lossless, 20), ("tables", lossless, 26)):
        make = partial(overwritten, content, position, b"\xff" * 12)
        yield HostileImage("damaged WEBP", f"{name}.webp", make, "damaged")


def _sizes() -> Iterator[HostileImage]:
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        yield HostileImage("1×1", f"dot.{kind}", partial(encoded, pixels(0, 1, 1), kind), "at least 4")
    for size in ((3, 400), (400, 3)):
        yield HostileImage("1×1", f"{size}.png", partial(encoded, pixels(0, *size), "PNG"), "at least 4")
    for size in ((65500, 65500), (65500, 4000), (16000, 16000)):
        yield HostileImage("65500×65500 header", f"{size}.jpg", partial(jpeg_header, *size), "250 megapixels")


def _bombs() -> Iterator[HostileImage]:
    for size in ((30000, 30000), (60000, 5000), (2**31 - 1, 2**31 - 1)):
        make = partial(png_header, *size, rows=1) if size[0] < 2**31 - 1 else _endless_png
        yield HostileImage("PNG bomb", f"{size}.png", make, "250 megapixels|header is damaged")
    yield HostileImage("PNG bomb", "cut.png", partial(png_header, 15000, 15000), "cut off")
    taken = partial(HostileImage, "PNG bomb", size=(15000, 15000), content_type="image/png")
    yield taken("rgb.png", partial(png_header, 15000, 15000, rows=15000))
    yield taken("palette.png", partial(png_header, 15000, 15000, rows=15000, bits=1, colour=3))
    yield taken("16 bit.png", partial(png_header, 15000, 15000, rows=15000, bits=16, colour=0))
    for size in ((65535, 65535), (30000, 30000), (64, 48)):
        yield HostileImage("GIF bomb", f"{size}.jpg", partial(gif_header, *size), "It is a GIF")


def _endless_png() -> bytes:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", b"x") + _chunk(b"IEND", b"")


def _animations() -> Iterator[HostileImage]:
    for kind, sentence in (("GIF", "It is a GIF"), ("WEBP", "single images"), ("PNG", "single images")):
        for frames in (2, 5, 40):
            yield HostileImage(
                f"animated {kind}", f"{frames} frames.{kind}", partial(animation, kind, frames), sentence
            )


def _colours() -> Iterator[HostileImage]:
    for name, options in (("plain", {}), ("progressive", {"progressive": True}), ("fine", {"quality": 100})):
        yield HostileImage("CMYK JPEG", f"{name}.jpg", partial(encoded, pixels(1).convert("CMYK"), **options))
    palette = pixels(1).quantize(16)
    cases: tuple[tuple[str, Image.Image, dict[str, Any]], ...] = (
        ("one", palette, {"transparency": 3}),
        ("many", palette, {"transparency": bytes(range(0, 256, 16))}),
        ("rgba", pixels(1).convert("RGBA").quantize(8), {}),
        ("grey", pixels(1).convert("LA"), {}),
    )
    for name, image, transparency in cases:
        make = partial(encoded, image, "PNG", **transparency)
        yield HostileImage("palette + alpha", f"{name}.png", make, content_type="image/png")


def _tiffs() -> Iterator[HostileImage]:
    taken = partial(HostileImage, content_type="image/tiff")
    for bands in (1, 3, 4):
        yield taken("16-bit TIFF", f"{bands} bands.tif", partial(vips_tiff, bands, True))
    tiles: dict[str, Any] = {"tile": True, "tile_width": 16, "tile_height": 16}
    yield taken("tiled GeoTIFF", "tiled.tif", partial(vips_tiff, **tiles))
    yield taken("tiled GeoTIFF", "overviews.tif", partial(vips_tiff, **tiles, pyramid=True, compression="deflate"))
    yield taken("tiled GeoTIFF", "big jpeg.tif", partial(vips_tiff, **tiles, bigtiff=True, compression="jpeg"))
    yield taken("tiled GeoTIFF", "16 bit.tif", partial(vips_tiff, 3, True, **tiles, compression="lzw"))
    yield taken("tiled GeoTIFF", "placed.tif", geotiff)
    for count in (2, 3, 150):
        yield HostileImage("multi-page TIFF", f"{count}.tif", partial(pages, count, 0), "several pages")
    for subfile in (1, 4, 5):
        yield taken("multi-page TIFF", f"overview {subfile}.tif", partial(pages, 3, subfile))
    for bands in (5, 6, 12):
        yield HostileImage("TIFF bands", f"{bands}.tif", partial(vips_tiff, bands), f"{bands} bands")
    for kind in (np.float32, np.int32, np.uint32):
        make = partial(encoded, Image.fromarray(np.zeros((48, 64), kind)), "TIFF") if kind != np.uint32 else _long_tiff
        yield HostileImage("TIFF samples", f"{kind.__name__}.tif", make, "floating-point|32 bits")


def _long_tiff() -> bytes:
    content: bytes = pyvips.Image.black(64, 48).cast("uint").tiffsave_buffer()
    return content


def _exif() -> Iterator[HostileImage]:
    for orientation in range(2, 9):
        upright = (60, 120) if orientation >= 5 else (120, 60)
        yield HostileImage("orientation", f"{orientation}.jpg", partial(turned, orientation), size=upright)
    for orientation in (3, 6, 8):
        upright = (60, 120) if orientation >= 5 else (120, 60)
        make = partial(late_png_exif, orientation)
        yield HostileImage("orientation", f"{orientation}.png", make, size=upright, content_type="image/png")
    loop = b"Exif\0\0II*\0\x08\0\0\0" + b"\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0"
    far = b"Exif\0\0MM\0*\0\0\xff\xff" + b"\0" * 64
    counts = b"Exif\0\0II*\0\x08\0\0\0" + b"\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff\0\0\0\0" * 3
    for name, exif in (("loop", loop), ("far", far), ("counts", counts), ("rubbish", b"Exif\0\0rubbish")):
        yield HostileImage("malformed EXIF", f"{name}.jpg", partial(with_exif, "JPEG", exif))
        yield HostileImage("malformed EXIF", f"{name}.png", partial(with_exif, "PNG", exif), content_type="image/png")
        make = partial(with_exif, "WEBP", exif)
        yield HostileImage("malformed EXIF", f"{name}.webp", make, content_type="image/webp")


def _disguises() -> Iterator[HostileImage]:
    for kind, name in (("PNG", "photo.jpg"), ("WEBP", "photo.tif"), ("TIFF", "photo.png")):
        content_type = f"image/{kind.lower()}"
        make = partial(encoded, pixels(1), kind)
        yield HostileImage("extension mismatch", name, make, content_type=content_type)
    zipped, html = "ZIP archive", "HTML"
    yield HostileImage("JPEG+ZIP", "appended.jpg", lambda: jpeg() + archive(), zipped)
    yield HostileImage("JPEG+ZIP", "behind a preview.jpg", lambda: drone_mpo() + archive(), zipped)
    yield HostileImage("JPEG+ZIP", "padded.jpg", lambda: jpeg() + archive() + b"\0" * 100, zipped)
    yield HostileImage("JPEG+HTML", "appended.jpg", lambda: jpeg() + b"<HTML><body>", html)
    yield HostileImage("JPEG+HTML", "comment.jpg", partial(with_comment, b"*/<script>alert(1)</script>"), html)
    yield HostileImage("JPEG+HTML", "doctype.jpg", lambda: jpeg(1, 400, 300) + b"\n<!DOCTYPE html>\n", html)


def _other_kinds() -> Iterator[HostileImage]:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n"
    psd = b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 48, 64, 8, 3) + bytes(200)
    cases = (
        ("SVG as .jpg", _SVG, "SVG"),
        ("SVG as .jpg", b"\xef\xbb\xbf<?xml version='1.0'?>\n" + _SVG, "SVG"),
        ("SVG as .jpg", b"<!-- -->" + _SVG, "no image of a known kind"),
        ("EPS as .jpg", eps, "PostScript"),
        ("EPS as .jpg", b"\xc5\xd0\xd3\xc6" + bytes(28) + eps, "PostScript"),
        ("EPS as .jpg", b"\n" + eps, "PostScript"),
        ("PDF as .jpg", b"%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF", "PDF"),
        ("PDF as .jpg", b"%PDF-1.4\n" + jpeg(), "PDF"),
        ("PDF as .jpg", encoded(pixels(1), "PDF"), "PDF"),
        ("PSD as .jpg", psd, "Photoshop"),
        ("PSD as .jpg", psd.replace(b"8BPS\0\x01", b"8BPS\0\x02"), "Photoshop"),
        ("PSD as .jpg", b"8BPS", "Photoshop"),
        ("JPEG 2000", encoded(pixels(1), "JPEG2000"), "JPEG 2000"),
        ("JPEG 2000", encoded(pixels(1), "JPEG2000", no_jp2=True), "JPEG 2000"),
        ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "JPEG 2000"),
        ("text", b"no image at all", "no image of a known kind"),
        ("BMP", encoded(pixels(1), "BMP"), "BMP"),
    )
    for number, (row, content, said) in enumerate(cases):
        yield HostileImage(row, f"{number}.jpg", partial(bytes, content), said)

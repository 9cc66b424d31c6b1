"""What a TIFF's directories say: its pages, bands and samples. Reads no pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL.TiffImagePlugin import ImageFileDirectory_v2

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SUBFILE, _BITS, _PHOTOMETRIC, _SAMPLES, _EXTRA, _FORMAT = 254, 258, 262, 277, 338, 339
_REDUCED_OR_MASK = 0b101
_MAX_DIRECTORIES = 100
_UNSIGNED, _UNDEFINED, _FLOAT = 1, 4, 3
_ALPHA = (1, 2)


def tiff_fault(path: Path) -> str | None:
    """Why a TIFF or BigTIFF is not taken, in a sentence, or None; None too where its directories cannot be read."""
    try:
        for number, directory in enumerate(_directories(path)):
            if number == 0 and (fault := _sample_fault(directory)):
                return fault
            if number and not int(directory.get(_SUBFILE, 0)) & _REDUCED_OR_MASK:
                return "It has several pages; upload each as an image of its own."
            if number == _MAX_DIRECTORIES:
                return f"It has more than {_MAX_DIRECTORIES} directories; export it anew."
    except MemoryError:
        raise
    except Exception:  # whoever opens it next says what is wrong
        return None
    return None


def other_bands(path: Path) -> int:
    """How many of the first page's bands are neither colour nor alpha, as a near-infrared band beside RGB is."""
    return sum(kind not in _ALPHA for kind in _values(next(_directories(path)), _EXTRA))


def _directories(path: Path) -> Iterator[ImageFileDirectory_v2]:
    """Each image file directory of the main chain, once."""
    with path.open("rb") as file:
        header = file.read(8)
        header += file.read(8) if 43 in header[2:4] else b""  # BigTIFF has a longer one
        directory = ImageFileDirectory_v2(header)
        seen: set[int] = set()
        while directory.next and directory.next not in seen:
            seen.add(directory.next)
            file.seek(directory.next)
            directory.load(file)
            yield directory


def _sample_fault(directory: ImageFileDirectory_v2) -> str | None:
    bits, formats, bands = _values(directory, _BITS), _values(directory, _FORMAT), _bands(directory)
    if _FLOAT in formats:
        return "Its samples are floating-point numbers, as elevation rasters have; 8 and 16 bits are taken."
    if max(bits, default=1) > 16:
        return f"Its samples have {max(bits)} bits, as elevation rasters have; 8 and 16 bits are taken."
    if set(formats) - {_UNSIGNED, _UNDEFINED}:
        return "Its samples are signed numbers; unsigned ones of 8 or 16 bits are taken."
    if bands > 4:
        return f"It has {bands} bands; grey, RGB and CMYK, or RGB with one band more, are taken."
    if bands == 2 and max(bits, default=1) > 8:
        return "It has 2 bands of 16 bits; grey alone, RGB and RGB with alpha are taken at 16 bits."
    return None


def _bands(directory: ImageFileDirectory_v2) -> int:
    return int(directory.get(_SAMPLES, 1))


def _values(directory: ImageFileDirectory_v2, tag: int) -> tuple[int, ...]:
    value = directory.get(tag, ())
    return value if isinstance(value, tuple) else (value,)

"""A file with all pictures of one copy of an image: JPEGs one after the other, then an index of them.

The last 48 bytes are the index's length (8, big-endian), its SHA-256 (32) and a mark (8). The index is JSON, and has
the SHA-256 of each JPEG, so that what was damaged on disk is found out before it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from rendering.order import label_from_json, label_to_json
from rendering.picture import Picture

_MARK = b"AGRIPCK1"
_TRAILER = 8 + 32 + len(_MARK)


class PackDamagedError(OSError):
    """The file is no pack, or not the one that was written; it was deleted, and can be rendered again."""


class PackWriter:
    """Writes `path`, which appears at once and is a pack from `close` on. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._pictures: list[dict[str, Any]] = []

    def add(self, picture: Picture) -> None:
        self._pictures.append(
            {
                "tile": picture.tile,
                "copy": picture.copy,
                "width": picture.width,
                "height": picture.height,
                "labels": [label_to_json(label) for label in picture.labels],
                "bytes": len(picture.jpeg),
                "sha256": picture.sha256,
            }
        )
        self._file.write(picture.jpeg)

    def close(self) -> None:
        """Raises OSError; the file is closed all the same."""
        index = orjson.dumps(self._pictures)
        with self._file:
            self._file.write(index + len(index).to_bytes(8) + hashlib.sha256(index).digest() + _MARK)


class Pack:
    """A pack that is open; its file may be moved or deleted meanwhile. Close it after use."""

    def __init__(self, path: Path) -> None:
        """Raises PackDamagedError, FileNotFoundError."""
        self._path = path
        self._file = path.open("rb")
        try:
            self._index = _read_index(self._file)
        except (ValueError, OSError) as error:
            raise self._damaged(str(error)) from error

    def close(self) -> None:
        self._file.close()

    def move(self, path: Path) -> None:
        """Gives its file that name, in the place of what bears it. Raises OSError."""
        self._path.replace(path)
        self._path = path

    def pictures(self) -> Iterator[Picture]:
        """In the order in which they were added, one in memory at a time. Raises PackDamagedError."""
        self._file.seek(0)
        for one in orjson.loads(self._index):
            jpeg = self._file.read(one["bytes"])
            if hashlib.sha256(jpeg).hexdigest() != one["sha256"]:
                raise self._damaged("a picture has changed since it was rendered")
            yield Picture(
                tile=tuple(one["tile"]) if one["tile"] else None,
                copy=one["copy"],
                width=one["width"],
                height=one["height"],
                labels=tuple(label_from_json(label) for label in one["labels"]),
                jpeg=jpeg,
                sha256=one["sha256"],
            )

    def _damaged(self, reason: str) -> PackDamagedError:
        self.close()
        self._path.unlink(missing_ok=True)
        return PackDamagedError(f"The rendered pictures in {self._path.name} are damaged: {reason}.")


def _read_index(file: BinaryIO) -> bytes:
    """JSON, as it was written. Raises ValueError, OSError."""
    file.seek(-_TRAILER, 2)
    end = file.tell()
    trailer = file.read()
    size, digest = int.from_bytes(trailer[:8]), trailer[8:40]
    if trailer[40:] != _MARK or size > end:
        raise ValueError("its end is missing")
    file.seek(end - size)
    index = file.read(size)
    if hashlib.sha256(index).digest() != digest:
        raise ValueError("its index has changed")
    return index

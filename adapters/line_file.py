"""A text file that is read by the line: an index beside it says where each line begins."""

from __future__ import annotations

import hashlib
import os
import struct
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Self

_CHUNK = 1 << 20
_OFFSET = array("Q").itemsize


def index_lines(path: Path) -> str:
    """Writes the index of a file that is whole. The file's SHA-256, in hex."""
    digest, start = hashlib.sha256(), 0
    with path.open("rb") as file, _index(path).open("wb") as index:
        array("Q", [0]).tofile(index)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            _ends(chunk, start).tofile(index)
            start += len(chunk)
    return digest.hexdigest()


def _ends(chunk: bytes, start: int) -> array[int]:
    ends, at = array("Q"), 0
    while at := chunk.find(b"\n", at) + 1:
        ends.append(start + at)
    return ends


class LineFile:
    """The lines of an indexed file, each with its newline, from 0. It reads what is asked for and keeps nothing. A
    context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._index = _index(path).open("rb", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._index.close()

    def __len__(self) -> int:
        return os.fstat(self._index.fileno()).st_size // _OFFSET - 1

    def __getitem__(self, position: int) -> bytes:
        """Raises IndexError where there is no such line."""
        return self.lines(position, position + 1)[0]

    def lines(self, start: int, stop: int) -> list[bytes]:
        """Those from `start` up to `stop`, as far as there are any."""
        offsets = array("Q")
        offsets.frombytes(os.pread(self._index.fileno(), max(stop - start + 1, 0) * _OFFSET, start * _OFFSET))
        return [os.pread(self._file.fileno(), end - begin, begin) for begin, end in pairwise(offsets)]

    def digest(self, stop: int) -> str:
        """The SHA-256, in hex, of the lines before line `stop`."""
        (left,) = struct.unpack("Q", os.pread(self._index.fileno(), _OFFSET, stop * _OFFSET))
        digest = hashlib.sha256()
        self._file.seek(0)
        while left and (chunk := self._file.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
        return digest.hexdigest()


def _index(path: Path) -> Path:
    return path.with_name(f"{path.name}.index")

"""A zip file that is streamed while it is made, as PKWARE's APPNOTE.TXT (6.3.10) says.

Entries are stored, since JPEGs do not get smaller, so that the bytes depend on no version of zlib. Their facts stand
before their bytes, so that a reader can take them in one pass. Equal entries in equal order give equal bytes: all are
of 1980-01-01, zip's first day, with the permissions rw-r--r--. The standard library's ZipFile makes such files too,
but keeps 400 bytes an entry in memory, and has to seek back in what was sent already.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

SUMS = "SHA256SUMS"
_CHUNK = 1 << 20

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")

_MOST_16 = 0xFFFF
_MOST_32 = 0xFFFFFFFF
"""A field with this value says that the true one is in zip64's own."""
_VERSION, _VERSION_64 = 20, 45
_UNIX = 3 << 8
_UTF_8 = 1 << 11
_FIRST_DAY = 1 << 5 | 1
_MODE = (stat.S_IFREG | 0o644) << 16


@dataclass(frozen=True, slots=True)
class _Entry:
    """`name` in bytes of UTF-8; the `offset` is that of its header."""

    name: bytes
    crc: int
    size: int
    offset: int

    @property
    def flags(self) -> int:
        return 0 if self.name.isascii() else _UTF_8

    def local_header(self) -> bytes:
        sizes = (self.size, self.size)
        # Both sizes stand in the extra field or neither does.
        extra = _extra(sizes)
        version = _VERSION_64 if extra else _VERSION
        shown = (min(size, _MOST_32) for size in sizes)
        fixed = (b"PK\3\4", version, self.flags, 0, 0, _FIRST_DAY, self.crc, *shown, len(self.name), len(extra))
        return _LOCAL.pack(*fixed) + self.name + extra

    def central_header(self) -> bytes:
        numbers = (self.size, self.size, self.offset)
        extra = _extra(numbers)
        version = _VERSION_64 if extra else _VERSION
        size, _, offset = (min(number, _MOST_32) for number in numbers)
        fixed = (
            *(b"PK\1\2", _UNIX | version, version, self.flags, 0, 0, _FIRST_DAY, self.crc, size, size),
            *(len(self.name), len(extra), 0, 0, 0, _MODE, offset),
        )
        return _CENTRAL.pack(*fixed) + self.name + extra


class ZipStream:
    """Entries go in, chunks of the file come out; open it with `with`.

    What has to wait for the end is kept in temporary files in `folder`, so that memory does not grow with the entries.
    `size` (bytes) and `sha256` are of all that came out so far, `entries` of what was begun: take all chunks of one
    call before the next.
    """

    _directory: IO[bytes]
    _sums: IO[bytes]

    def __init__(self, folder: Path) -> None:
        self.size = 0
        self.entries = 0
        self._folder = folder
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        """Raises OSError."""
        self._directory = tempfile.TemporaryFile(dir=self._folder)
        self._sums = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.close()
        self._sums.close()

    @property
    def sha256(self) -> str:
        """Hex."""
        return self._digest.hexdigest()

    def add(self, path: str, data: bytes | Path, sha256: str | None = None) -> Iterator[bytes]:
        """The next entry: `path` is its name, relative and with slashes, `data` its bytes or the file that has them.

        `sha256` (hex) saves computing it. Paths have to be all different, and no file may change meanwhile. Raises
        ValueError for a path that would leave the folder it is unpacked in, or that SHA256SUMS cannot hold; OSError.
        """
        name = _name(path)
        sha256 = sha256 or _sha256(_chunks(data))
        self._sums.write(f"{sha256}  {path}\n".encode())
        yield from self._entry(name, lambda: _chunks(data))

    def close(self) -> Iterator[bytes]:
        """SHA256SUMS, by which `sha256sum -c` checks all entries before it, and the end of the file. Raises OSError."""
        yield from self._entry(SUMS.encode(), lambda: _from_start(self._sums))
        offset = self.size
        yield from self._out(_from_start(self._directory))
        yield from self._out([_end(self.entries, self.size - offset, offset)])

    def _entry(self, name: bytes, data: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
        crc = size = 0
        for chunk in data():
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        entry = _Entry(name, crc, size, self.size)
        self._directory.write(entry.central_header())
        self.entries += 1
        yield from self._out([entry.local_header()])
        yield from self._out(data())

    def _out(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            self._digest.update(chunk)
            yield chunk


def _name(path: str) -> bytes:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or not path.isprintable() or "\\" in path:
        raise ValueError(
            f"{path!r} is no name for an entry: give a relative path of printable characters, with slashes."
        )
    return path.encode()


def _chunks(data: bytes | Path) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    with data.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _from_start(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _extra(numbers: Sequence[int]) -> bytes:
    """Zip64's extended information (4.5.3): those of the numbers that 32 bits do not hold; nothing without such."""
    large = [number for number in numbers if number >= _MOST_32]
    return struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""


def _end(entries: int, size: int, offset: int) -> bytes:
    """What follows the central directory of `size` bytes at `offset` (4.3.14 to 4.3.16)."""
    records = b""
    if entries >= _MOST_16 or size >= _MOST_32 or offset >= _MOST_32:
        length = _END_64.size - 12
        numbers = entries, entries, size, offset
        records += _END_64.pack(b"PK\6\6", length, _UNIX | _VERSION_64, _VERSION_64, 0, 0, *numbers)
        records += _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    shown = min(entries, _MOST_16), min(entries, _MOST_16), min(size, _MOST_32), min(offset, _MOST_32)
    return records + _END.pack(b"PK\5\6", 0, 0, *shown, 0)

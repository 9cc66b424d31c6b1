"""Zip files from strangers: the directory is judged whole before anything is read, and nothing goes to disk.

Sizes in headers are claims; what counts against the limits is what was decompressed. Pictures are never decompressed.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from workers.importing.malformed import MalformedFileError, printable

MAX_ENTRIES = 300_000
MAX_NAME = 300
MAX_DIRECTORY_BYTES = 64 * 2**20
MAX_ENTRY_BYTES = 8 * 2**20
"""Of an entry that is read whole: text takes up to thirty times its size once it is taken apart."""
MAX_DOCUMENT_BYTES = 256 * 2**20
"""Of an entry that is read as a stream."""
MAX_TEXT_BYTES = 2**30
MAX_RATIO = 200
"""Deflate reaches 1,032; label text stays under 50."""

_UNJUDGED_BYTES = 2**20
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8_NAME = 0x800
_LOCAL_HEADER_BYTES = 30
_DIRECTORY_ENTRY = b"PK\x01\x02"
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_DRIVE = re.compile(r"[A-Za-z]:")
_ZIP_ERRORS = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, struct.error)

_Result = TypeVar("_Result")


class Archive:
    """The text entries of a zip file. Every method raises MalformedFileError for what a sound archive has not."""

    def __init__(self, path: Path) -> None:
        self._text_bytes = 0
        self._file = _DirectoryGuard(path)
        try:
            self._zip = _translated("The zip file", lambda: ZipFile(self._file))
            self._entries = _judged(self._zip.infolist(), self._zip.start_dir)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> Iterable[str]:
        """Of the files, in the archive's order; paths with `/`, without `.` components and what macOS adds."""
        return self._entries.keys()

    def read(self, name: str) -> bytes:
        """The whole of a small entry."""
        with self.open(name, MAX_ENTRY_BYTES) as file:
            return file.read()

    def open(self, name: str, limit: int = MAX_DOCUMENT_BYTES) -> BinaryIO:
        """A stream of an entry, which raises as soon as more than `limit` bytes come."""
        info = self._entries[name]
        if info.file_size > limit:
            raise MalformedFileError(_too_large(name, limit))
        file = _translated(printable(name), lambda: self._zip.open(info))
        return _Counted(file, name, info, limit, self._count)  # type: ignore[return-value]

    def _count(self, size: int) -> None:
        self._text_bytes += size
        if self._text_bytes > MAX_TEXT_BYTES:
            raise MalformedFileError(f"The archive holds more than {MAX_TEXT_BYTES // 2**20} MiB of annotations.")


class _DirectoryGuard(io.FileIO):
    """Stands between the file and ZipFile, which takes a directory of any size into memory."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_DIRECTORY_BYTES:
            raise MalformedFileError(f"The zip file's directory has more than {MAX_DIRECTORY_BYTES // 2**20} MiB.")
        data = super().read(-1 if size is None else size) or b""
        if len(data) > MAX_ENTRIES and data.count(_DIRECTORY_ENTRY) > MAX_ENTRIES:
            raise MalformedFileError(f"The zip file has more than {MAX_ENTRIES:,} entries.")
        return data


class _Counted(io.BufferedIOBase):
    """An entry as it decompresses, counted against the limits."""

    def __init__(self, file: Any, name: str, info: ZipInfo, limit: int, count: Callable[[int], None]) -> None:
        self._file = file
        self._name = name
        self._expected = info.file_size
        self._allowed = info.compress_size * MAX_RATIO + _UNJUDGED_BYTES
        self._limit = limit
        self._size = 0
        self._count = count

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size >= 0:
            return self.read1(size)
        chunks = []
        while chunk := self.read1(_UNJUDGED_BYTES):
            chunks.append(chunk)
        return b"".join(chunks)

    def read1(self, size: int = -1, /) -> bytes:
        """May be shorter than `size` before the end."""
        wanted = _UNJUDGED_BYTES if size < 0 else size
        data: bytes = _translated(printable(self._name), lambda: self._file.read(wanted))
        self._size += len(data)
        self._count(len(data))
        if self._size > self._limit:
            raise MalformedFileError(_too_large(self._name, self._limit))
        if self._size > self._allowed:
            raise MalformedFileError(
                f"{printable(self._name)} unpacks to more than {MAX_RATIO} times its size, as zip bombs do."
            )
        if not data and wanted and self._size != self._expected:
            raise MalformedFileError(f"{printable(self._name)} cannot be unpacked (it is cut off).")
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def _too_large(name: str, limit: int) -> str:
    return f"{printable(name)} has more than {limit // 2**20} MiB; split it."


def _translated(name: str, action: Callable[[], _Result]) -> _Result:
    try:
        return action()
    except _ZIP_ERRORS as error:
        raise MalformedFileError(f"{name} cannot be unpacked ({printable(str(error))}).") from error


def _judged(infos: list[ZipInfo], directory_start: int) -> dict[str, ZipInfo]:
    """The files by their names. Every entry is judged, those that nobody reads too."""
    entries: dict[str, ZipInfo] = {}
    for info in infos:
        name = _name(info)
        fault = _name_fault(name) or _entry_fault(info)
        if fault:
            raise MalformedFileError(f"{printable(name)}: {fault}")
        path = "/".join(part for part in name.split("/") if part not in ("", "."))
        if path in entries:
            raise MalformedFileError(f"{printable(name)}: the archive has two entries of this name.")
        entries[path] = info
    _check_overlap(infos, directory_start)
    return {path: info for path, info in entries.items() if not info.is_dir() and not _of_macos(path)}


def _name(info: ZipInfo) -> str:
    """macOS writes UTF-8 without saying so, which reads as the code page of DOS."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return info.orig_filename


def _name_fault(name: str) -> str | None:
    if not name or len(name) > MAX_NAME:
        return f"its name does not have 1 to {MAX_NAME} characters."
    if not name.isprintable():
        if any(unicodedata.category(one) == "Cc" for one in name):
            return "its name has control characters."
        if _BIDI_CONTROLS.search(name):
            return "its name has characters that turn the direction of writing."
    if "\\" in name:
        return "its name has backslashes; pack the folder with / between names."
    if name.startswith("/") or _DRIVE.match(name):
        return "its name is an absolute path."
    if ".." in name.split("/"):
        return "its name leads out of the archive."
    return None


def _entry_fault(info: ZipInfo) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted; pack the folder without a password."
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link or a device, and no file."
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "it is packed by a method other than deflate."
    return None


def _check_overlap(infos: list[ZipInfo], directory_start: int) -> None:
    """Entries that share bytes are how a small file unpacks to a huge one (D. Fifield, A better zip bomb, 2019)."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size for info in ordered]
    for (info, end), (following, _) in pairwise(zip(ordered, ends, strict=True)):
        if end > following.header_offset:
            raise MalformedFileError(f"{printable(_name(info))}: it overlaps {printable(_name(following))}.")
    if ordered and (ends[-1] > directory_start or ordered[0].header_offset < 0):
        raise MalformedFileError(f"{printable(_name(ordered[-1]))}: it lies outside of the file.")


def _of_macos(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == "__MACOSX" or parts[-1] == ".DS_Store" or parts[-1].startswith("._")

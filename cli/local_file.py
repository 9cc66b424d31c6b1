"""Files on their way to the server, read in pieces: never whole, whatever their size."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_HASH_BYTES = 8 << 20
_SEND_BYTES = 1 << 20


class FileFaultError(Exception):
    """The file cannot be read as it was: a sentence about it, without its name."""


@dataclass(frozen=True)
class LocalFile:
    """A file with the name that it shall have on the server, a relative path with forward slashes."""

    name: str
    source: Path | bytes


@dataclass(frozen=True)
class Fingerprint:
    """What was announced of a file: bytes, hex; and its time of change in nanoseconds, to know a change by."""

    size_bytes: int
    sha256: str
    changed_at: int


async def fingerprint(file: LocalFile) -> Fingerprint:
    """Reads the whole file once, in threads. Raises FileFaultError."""
    digest, size = hashlib.sha256(), 0

    def some(opened: BinaryIO) -> int:
        piece = opened.read(_HASH_BYTES)
        digest.update(piece)
        return len(piece)

    try:
        changed_at = await asyncio.to_thread(_changed_at, file)
        opened = await asyncio.to_thread(_open, file)
        try:
            # A piece a turn, so that Ctrl-C does not wait for the end of a large file.
            while read := await asyncio.to_thread(some, opened):
                size += read
        finally:
            opened.close()
    except OSError as error:
        raise _unreadable(error) from error
    return Fingerprint(size, digest.hexdigest(), changed_at)


async def content(file: LocalFile, announced: Fingerprint, count: Callable[[int], None]) -> AsyncGenerator[bytes, None]:
    """The announced number of bytes; `count` hears of each piece. Raises FileFaultError when there are more or less."""
    sent = 0
    try:
        opened = await asyncio.to_thread(_open, file)
        try:
            while piece := await asyncio.to_thread(opened.read, _SEND_BYTES):
                sent += len(piece)
                if sent > announced.size_bytes:
                    raise changed_on_the_way()
                count(len(piece))
                yield piece
        finally:
            opened.close()
    except OSError as error:
        raise _unreadable(error) from error
    if sent < announced.size_bytes:
        raise changed_on_the_way()


def has_changed(file: LocalFile, announced: Fingerprint) -> bool:
    """Whether the file was written to, or went away, since it was announced."""
    with suppress(OSError):
        return _changed_at(file) != announced.changed_at
    return True


def changed_on_the_way() -> FileFaultError:
    """For a file whose bytes are not the announced ones any more."""
    return FileFaultError("It changed while it was sent; run the command again.")


def _open(file: LocalFile) -> BinaryIO:
    return io.BytesIO(file.source) if isinstance(file.source, bytes) else file.source.open("rb")


def _changed_at(file: LocalFile) -> int:
    return 0 if isinstance(file.source, bytes) else file.source.stat().st_mtime_ns


def _unreadable(error: OSError) -> FileFaultError:
    if isinstance(error, FileNotFoundError):
        return FileFaultError("It is gone.")
    return FileFaultError(f"It cannot be read: {error.strerror or error}.")

"""A file on its way to its place, which an interrupted run leaves and the next one goes on with."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_READ_BYTES = 8 << 20


class PartialFile:
    """The bytes that have come, in a hidden file beside the place where they shall be. It is read and written by this
    object alone; the methods block, and raise OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.part")
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self.size = 0

    def open(self) -> None:
        """Reads what an earlier run left."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._temporary.open("a+b")
        self._file.seek(0)
        while piece := self._file.read(_READ_BYTES):
            self._take(piece)

    def append(self, piece: bytes) -> None:
        self._opened.write(piece)
        self._take(piece)

    def restart(self) -> None:
        """Forgets the bytes."""
        self._opened.truncate(0)
        self._digest, self.size = hashlib.sha256(), 0

    def sha256(self) -> str:
        """Of the bytes so far, hex."""
        return self._digest.hexdigest()

    def finish(self) -> None:
        """Moves the bytes to their place. Raises OSError when somebody else wrote to them as well."""
        self._opened.close()
        if self._temporary.stat().st_size != self.size:
            self._temporary.unlink(missing_ok=True)
            raise OSError(f"{self._path.name}: another download writes to this folder too; run one at a time.")
        self._temporary.replace(self._path)

    def discard(self) -> None:
        """Leaves nothing."""
        self._opened.close()
        self._temporary.unlink(missing_ok=True)

    def close(self) -> None:
        """Leaves the bytes to a later run; nothing after `finish` and `discard`."""
        if self._file is not None:
            with suppress(OSError):  # what could not be written is fetched again
                self._file.close()

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise AssertionError("open() comes first")
        return self._file

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size += len(piece)

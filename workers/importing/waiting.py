"""Objects that wait for their image: files list them in any order, the spool wants them behind it."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from workers.importing.malformed import MalformedFileError
from workers.importing.spool import MAX_IMAGES, MAX_OBJECTS

_Key = TypeVar("_Key", int, str, int | str)


class WaitingObjects(Generic[_Key]):
    """Lines by the image they belong to; the lines lie on disk, eight bytes for each in memory."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in __exit__
        self._places: dict[_Key, array[int]] = {}
        self._end = 0
        self._count = 0

    def __enter__(self) -> WaitingObjects[_Key]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, image: _Key, line: bytes) -> None:
        """`line` ends with its newline. Raises MalformedFileError when there are too many."""
        self._count += 1
        if self._count > MAX_OBJECTS:
            raise MalformedFileError(f"The file has more than {MAX_OBJECTS:,} objects; split it.")
        places = self._places.get(image)
        if places is None:
            if len(self._places) >= MAX_IMAGES:
                raise MalformedFileError(f"The file names more than {MAX_IMAGES:,} images; split it.")
            places = self._places[image] = array("Q")
        places.append(self._end)
        self._file.write(line)
        self._end += len(line)

    def take(self, image: _Key) -> Iterator[bytes]:
        """The image's lines in the order they came; they wait no longer."""
        for place in self._places.pop(image, ()):
            self._file.seek(place)
            yield self._file.readline()

    def left(self) -> list[_Key]:
        """The images whose lines nobody took."""
        return list(self._places)

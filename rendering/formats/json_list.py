"""A JSON list on disk, which grows an element at a time."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, BinaryIO

import orjson


class JsonList:
    """The list in the file `path`, an element a line; there is no file before the first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def extend(self, elements: list[Any]) -> None:
        """Raises OSError."""
        if not elements:
            return
        text = b",\n".join(orjson.dumps(element) for element in elements)
        with self._path.open("ab") as file:
            file.write((b",\n" if self._count else b"\n") + text)
        self._count += len(elements)

    def write_to(self, file: BinaryIO) -> None:
        """Raises OSError."""
        file.write(b"[")
        if self._count:
            with self._path.open("rb") as elements:
                shutil.copyfileobj(elements, file)
            file.write(b"\n")
        file.write(b"]")

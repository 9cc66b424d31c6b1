"""A line for each round, in a file and on the terminal, so that a long run can be watched and read later."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path


class Journal:
    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, text: str) -> None:
        line = f"{datetime.now(UTC):%H:%M:%S} {text}\n"
        with self._path.open("a") as file:
            file.write(line)
        sys.stdout.write(line)
        sys.stdout.flush()

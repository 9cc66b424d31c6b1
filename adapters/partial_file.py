"""A file that has its name only once it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def partial_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: it becomes `path` at the end, and goes away when the block fails."""
    partial = path.with_name(f".{uuid4().hex}.part")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)

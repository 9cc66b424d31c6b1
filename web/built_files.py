"""The files of a build, each read and compressed at its first use, in a thread, and kept."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)
"""No name that begins with a dot, and so no way out of the folder."""

# Python's own table asks the system, which says something else on every machine.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
_COMPRESSED_ALREADY = frozenset({".jpg", ".png", ".webp", ".woff", ".woff2"})
_WORTH_COMPRESSING = 1024
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file as it is sent. `gzipped` is None where that would not make it smaller."""

    content_type: str
    etag: str
    body: bytes
    gzipped: bytes | None


class BuiltFiles:
    """The files below a folder, by their names in it. A new build is seen at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[tuple[int, int], BuiltFile]] = {}

    async def find(self, name: str) -> BuiltFile | None:
        """The file of that name; None where there is none."""
        path = self._folder / name
        if not _NAME.fullmatch(name) or not os.path.isfile(path):
            return None
        facts = path.stat()
        version = (facts.st_mtime_ns, facts.st_size)
        kept = self._kept.get(name)
        if kept is None or kept[0] != version:
            kept = (version, await asyncio.to_thread(_read, path))
            self._kept[name] = kept
        return kept[1]


def _read(path: Path) -> BuiltFile:
    body = path.read_bytes()
    gzipped = None
    if path.suffix not in _COMPRESSED_ALREADY and len(body) >= _WORTH_COMPRESSING:
        smaller = gzip.compress(body, _LEVEL, mtime=0)
        gzipped = smaller if len(smaller) < len(body) else None
    # Weak: it stands for the file's content, whichever way it is sent.
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    return BuiltFile(_TYPES.get(path.suffix, "application/octet-stream"), etag, body, gzipped)

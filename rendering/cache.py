"""Rendered pictures by what they depend on, on local disk: the next version renders only what changed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import structlog

from rendering.pack import Pack, PackDamagedError

_INCOMING = "incoming"
_FULL, _EMPTIED = 0.9, 0.8
"""Shares of the limit: above the first a cleaning begins, down to the second it goes."""
_PORTION = 0.05
"""Share of the limit that a process adds before it looks at the folder again; two of them stay below the limit."""
_FORGOTTEN_SECONDS = 3600
"""A pack that was begun so long ago is of a process that died."""
_log = structlog.get_logger(__name__)


class RenderCache:
    """Packs under `root`, of which those unused for longest go when all together take more than `limit_bytes`.

    Several processes of a host may share the folder. Each team has a folder of its own, so that knowing what a picture
    depends on never gives another team's.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        """Raises OSError."""
        self._root = root
        self._limit = limit_bytes
        self._allowance = 0
        """Bytes that may come before the folder is looked through; at first nobody knows what is there."""
        self._lock = threading.Lock()
        self._make_folder()

    def find(self, team_id: str, key: str) -> Pack | None:
        """The pack of that key, as used just now; None when there is none that can be trusted."""
        path = self._path(team_id, key)
        try:
            pack = Pack(path)
        except FileNotFoundError:
            return None
        except PackDamagedError as error:
            _log.warning("rendered_again", reason=str(error))
            return None
        with suppress(FileNotFoundError):
            os.utime(path)
        return pack

    def incoming(self) -> Path:
        """A new name for a pack that is being written; one that is never admitted must be deleted. Raises OSError."""
        self._make_folder()  # each time: the cache may be deleted while it is in use
        return self._root / _INCOMING / uuid4().hex

    def admit(self, path: Path, team_id: str, key: str) -> Pack:
        """Takes a written pack in, and gives it back open. Raises PackDamagedError, OSError."""
        target = self._path(team_id, key)
        target.parent.mkdir(parents=True, exist_ok=True)
        size = path.stat().st_size
        # Opened first: once it has its name, another process that cleans may delete it.
        pack = Pack(path)
        try:
            pack.move(target)
        except OSError:
            pack.close()
            raise
        with self._lock:
            self._allowance -= size
            if self._allowance < 0:
                self._clean()
                self._allowance = int(self._limit * _PORTION)
        return pack

    def make_room(self) -> None:
        """Deletes half of what is there: the disk is full, whatever the limit says."""
        with self._lock:
            packs = sorted(self._packs())
            _delete(packs, sum(size for _, size, _ in packs) // 2)

    def _make_folder(self) -> None:
        (self._root / _INCOMING).mkdir(parents=True, exist_ok=True)

    def _path(self, team_id: str, key: str) -> Path:
        return self._root / "teams" / team_id / key[:2] / key

    def _clean(self) -> None:
        """Deletes what was unused for longest. Others may be at it too: what is gone is gone."""
        packs = sorted(self._packs())
        if sum(size for _, size, _ in packs) > self._limit * _FULL:
            _delete(packs, int(self._limit * _EMPTIED))
        for path in (self._root / _INCOMING).iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _FORGOTTEN_SECONDS:
                    path.unlink()

    def _packs(self) -> Iterator[tuple[float, int, str]]:
        """When each was used last, its size in bytes, and where it is."""
        for folder, _, names in os.walk(self._root / "teams"):
            for name in names:
                path = os.path.join(folder, name)  # of a million packs, a Path each would take 300 MB
                with suppress(FileNotFoundError):
                    status = os.stat(path)
                    yield status.st_mtime, status.st_size, path


def _delete(packs: Sequence[tuple[float, int, str]], limit: int) -> None:
    """The first of them, until the others have `limit` bytes at most."""
    total = sum(size for _, size, _ in packs)
    for _, size, path in packs:
        if total <= limit:
            break
        with suppress(FileNotFoundError):
            os.unlink(path)
        total -= size

"""The object store as a folder: atomic writes, and signed addresses that expire, served by the API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlencode
from uuid import uuid4

from adapters.partial_file import partial_file
from domain.ports import ObjectChangedError, PutAddress, StoredObject

ROUTE = "/objects"
GET_MINUTES, PUT_MINUTES = 15, 5
LEFT_OVER_HOURS = 24
"""A file that was begun so long ago is of a process that died."""

_INCOMING = ".incoming"
_COPY_BYTES = 1 << 20
_MISSING = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class LocalStore:
    """Fulfils domain.ports.ObjectStore. Keys are relative POSIX paths; a file's tag is its inode, time and size."""

    def __init__(self, root: Path, base_url: str, secret: bytes) -> None:
        self._root = root.resolve()
        self._base_url = base_url
        self._secret = hmac.digest(secret, b"object addresses", hashlib.sha256)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await asyncio.to_thread(self._place, key, lambda temporary: temporary.write_bytes(data), self.move_in)

    async def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        try:
            await asyncio.to_thread(self._place, key, lambda temporary: temporary.write_bytes(data), self._link_in)
        except FileExistsError:
            return False
        return True

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        await asyncio.to_thread(self._place, key, lambda temporary: shutil.copyfile(path, temporary), self.move_in)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        temporary = await asyncio.to_thread(self.temporary)
        try:
            with temporary.open("wb") as file:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(self.move_in, temporary, key)
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)

    async def get(self, key: str) -> bytes:
        def read() -> bytes:
            with self._open(key) as file:
                return file.read()

        return await asyncio.to_thread(read)

    async def download(self, key: str, path: Path) -> str:
        def copy_out() -> str:
            with self._open(key) as file, partial_file(path) as partial:
                _fill(partial, file)
                return _tag(file)

        return await asyncio.to_thread(copy_out)

    async def lend(self, key: str, path: Path) -> None:
        try:
            await asyncio.to_thread(os.link, self.path(key), path)
        except OSError:  # there is none, or the path is on another file system
            await self.download(key, path)

    async def digest(self, key: str) -> str:
        def read_back() -> str:
            with self._open(key) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()

        return await asyncio.to_thread(read_back)

    async def size(self, key: str) -> int | None:
        path = self.path(key)
        return await asyncio.to_thread(lambda: path.stat().st_size if path.is_file() else None)

    async def copy(self, source: str, target: str, tag: str | None = None) -> None:
        def copy() -> None:
            with self._open(source) as file:
                if tag is not None and _tag(file) != tag:
                    raise ObjectChangedError(f"{source} was written anew since it was read.")
                self._place(target, lambda temporary: _fill(temporary, file), self.move_in)

        await asyncio.to_thread(copy)

    async def delete(self, key: str) -> None:
        path = self.path(key)
        await asyncio.to_thread(lambda: path.unlink(missing_ok=True) if path.is_file() else None)

    async def under(self, prefix: str) -> AsyncIterator[StoredObject]:
        if not prefix.endswith("/"):
            raise ValueError(f"{prefix!r} ends with no slash, so it would also take in what only begins alike.")
        self.path(prefix[:-1])
        waiting = [prefix]
        while waiting:
            name = waiting.pop()
            if name.endswith("/"):
                waiting += reversed(await asyncio.to_thread(self._names, name))
            elif found := await asyncio.to_thread(self._look, name):
                yield found

    async def ready(self) -> None:
        await asyncio.to_thread(self._sweep)
        if not os.access(self._root, os.W_OK):
            raise OSError(f"The object folder {self._root} cannot be written to.")

    async def get_url(self, key: str, filename: str, content_type: str, now: datetime) -> str:
        facts = {"expires": _after(now, GET_MINUTES), "name": filename, "type": content_type}
        return self._address("GET", key, facts)

    async def put_url(self, key: str, size_bytes: int, sha256: str, now: datetime) -> PutAddress:
        facts = {"expires": _after(now, PUT_MINUTES), "size": str(size_bytes), "sha256": sha256}
        return PutAddress(self._address("PUT", key, facts), {"Content-Type": "application/octet-stream"})

    def signature(self, method: str, key: str, facts: dict[str, str]) -> str:
        """Over everything that an address says, so that nothing in it can be changed, nor read another way."""
        text = f"{method} {quote(key)}?{urlencode(sorted(facts.items()))}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def path(self, key: str) -> Path:
        """Where an object lies. Raises KeyError for a key that would leave the folder or have a second spelling."""
        parts = key.split("/")
        if parts[0] == _INCOMING or any(part in ("", ".", "..") or "\x00" in part for part in parts):
            raise KeyError(key)
        return self._root.joinpath(*parts)

    def temporary(self) -> Path:
        """A fresh path on the store's own file system, so that moving it into place is atomic."""
        folder = self._root / _INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    def move_in(self, temporary: Path, key: str) -> None:
        """Makes a finished file the object `key`, safely on disk before it has that name."""
        self._settle(temporary, key, os.replace)

    def _link_in(self, temporary: Path, key: str) -> None:
        """As `move_in`, but raises FileExistsError when there is such an object."""
        self._settle(temporary, key, os.link)

    def _settle(self, temporary: Path, key: str, name: Callable[[Path, Path], None]) -> None:
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        name(temporary, target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _place(self, key: str, write: Callable[[Path], object], settle: Callable[[Path, str], None]) -> None:
        temporary = self.temporary()
        try:
            write(temporary)
            settle(temporary, key)
        finally:
            temporary.unlink(missing_ok=True)

    def _open(self, key: str) -> BufferedReader:
        try:
            return self.path(key).open("rb")
        except _MISSING as error:
            raise KeyError(key) from error

    def _names(self, folder: str) -> list[str]:
        """What lies in a folder, folders with a slash at the end, in the order of the keys they stand for."""
        try:
            with os.scandir(self.path(folder[:-1])) as entries:
                return sorted(f"{folder}{entry.name}{'/' if entry.is_dir() else ''}" for entry in entries)
        except _MISSING:
            return []

    def _look(self, key: str) -> StoredObject | None:
        try:
            status = self.path(key).stat()
        except FileNotFoundError:  # deleted since its folder was read
            return None
        return StoredObject(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def _sweep(self) -> None:
        """Removes what a process that was killed had begun to write."""
        oldest = time.time() - LEFT_OVER_HOURS * 3600
        for path in self.temporary().parent.iterdir():
            try:
                if path.stat().st_mtime < oldest:
                    path.unlink()
            except FileNotFoundError:  # finished, or swept by another process
                continue

    def _address(self, method: str, key: str, facts: dict[str, str]) -> str:
        query = urlencode({**facts, "signature": self.signature(method, key, facts)})
        return f"{self._base_url}{ROUTE}/{quote(key)}?{query}"


def _fill(path: Path, source: BinaryIO) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(source, file, _COPY_BYTES)


def _tag(file: BinaryIO) -> str:
    status = os.fstat(file.fileno())
    return f"{status.st_dev}-{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"


def _after(now: datetime, minutes: int) -> str:
    return str(int((now + timedelta(minutes=minutes)).timestamp()))

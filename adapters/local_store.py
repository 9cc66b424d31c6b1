"""The object store as a folder: atomic writes, and signed addresses that expire, served by the API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlencode
from uuid import uuid4

from domain.ports import PutAddress

ROUTE = "/objects"
GET_MINUTES, PUT_MINUTES = 15, 5


class LocalStore:
    """Fulfils domain.ports.ObjectStore. Keys are relative POSIX paths."""

    def __init__(self, root: Path, base_url: str, secret: bytes) -> None:
        self._root = root.resolve()
        self._base_url = base_url
        self._secret = hmac.digest(secret, b"object addresses", hashlib.sha256)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await asyncio.to_thread(self._place, key, lambda temporary: temporary.write_bytes(data))

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        await asyncio.to_thread(self._place, key, lambda temporary: shutil.copyfile(path, temporary))

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except FileNotFoundError as error:
            raise KeyError(key) from error

    async def download(self, key: str, path: Path) -> None:
        try:
            await asyncio.to_thread(shutil.copyfile, self.path(key), path)
        except FileNotFoundError as error:
            raise KeyError(key) from error

    async def size(self, key: str) -> int | None:
        try:
            return (await asyncio.to_thread(self.path(key).stat)).st_size
        except FileNotFoundError:
            return None

    async def copy(self, source: str, target: str) -> None:
        try:
            await asyncio.to_thread(
                self._place, target, lambda temporary: shutil.copyfile(self.path(source), temporary)
            )
        except FileNotFoundError as error:
            raise KeyError(source) from error

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self.path(key).unlink, missing_ok=True)

    async def ready(self) -> None:
        await asyncio.to_thread(self._root.mkdir, parents=True, exist_ok=True)
        if not os.access(self._root, os.W_OK):
            raise OSError(f"The object folder {self._root} cannot be written to.")

    def get_url(self, key: str, filename: str, content_type: str, now: datetime) -> str:
        facts = {"expires": _after(now, GET_MINUTES), "name": filename, "type": content_type}
        return self._address("GET", key, facts)

    def put_url(self, key: str, size_bytes: int, sha256: str, now: datetime) -> PutAddress:
        facts = {"expires": _after(now, PUT_MINUTES), "size": str(size_bytes), "sha256": sha256}
        return PutAddress(self._address("PUT", key, facts), {"Content-Type": "application/octet-stream"})

    def signature(self, method: str, key: str, facts: dict[str, str]) -> str:
        """Over everything that an address says, so that nothing in it can be changed, nor read another way."""
        text = f"{method} {quote(key)}?{urlencode(sorted(facts.items()))}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def path(self, key: str) -> Path:
        """Where an object lies. Raises KeyError for a key that would leave the folder."""
        parts = PurePosixPath(key).parts
        if not parts or key.startswith("/") or any(part in ("..", ".") or "\x00" in part for part in parts):
            raise KeyError(key)
        return self._root.joinpath(*parts)

    def temporary(self) -> Path:
        """A fresh path on the store's own file system, so that moving it into place is atomic."""
        folder = self._root / ".incoming"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / uuid4().hex

    def move_in(self, temporary: Path, key: str) -> None:
        """Makes a finished file the object `key`, safely on disk before it has that name."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _place(self, key: str, write: Callable[[Path], object]) -> None:
        temporary = self.temporary()
        try:
            write(temporary)
            self.move_in(temporary, key)
        finally:
            temporary.unlink(missing_ok=True)

    def _address(self, method: str, key: str, facts: dict[str, str]) -> str:
        query = urlencode({**facts, "signature": self.signature(method, key, facts)})
        return f"{self._base_url}{ROUTE}/{quote(key)}?{query}"


def _after(now: datetime, minutes: int) -> str:
    return str(int((now + timedelta(minutes=minutes)).timestamp()))

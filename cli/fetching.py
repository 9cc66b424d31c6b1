"""One file from the object store to its place, held against its checksum while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cli.client import RETRY_SECONDS, ApiError, Client, GetRefusedError, UnavailableError
from cli.local_file import FileFaultError, LocalFile, fingerprint
from cli.partial_file import PartialFile

# What servers say of an address that has expired: 403, and S3's of a sign-in that has, 400.
_EXPIRED = (400, 401, 403)
_NEW_ADDRESSES = 2
_BEHIND_THE_END = 416

Address = Callable[[str | None], Awaitable[str | None]]
"""Gives the file's address, a new one in place of that which was refused, or None when the server has none."""


class FaultKind(StrEnum):
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True)
class Fault:
    """Why a file is not in its place, in a sentence."""

    kind: FaultKind
    reason: str


@dataclass(frozen=True)
class Wanted:
    """The bytes that shall lie at `path`."""

    path: Path
    sha256: str
    size_bytes: int


class _FaultError(Exception):
    def __init__(self, kind: FaultKind, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(kind, reason)


async def is_there(wanted: Wanted) -> bool:
    """Whether the file lies in its place with the right bytes. Raises FileFaultError when it cannot be read."""
    try:
        status = await asyncio.to_thread(wanted.path.stat)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(wanted.path, error) from error
    if status.st_size != wanted.size_bytes:
        return False
    return (await fingerprint(LocalFile(wanted.path.name, wanted.path))).sha256 == wanted.sha256


def unreadable(path: Path, error: OSError) -> FileFaultError:
    """What to raise when a local file cannot be read."""
    return FileFaultError(f"{path} cannot be read: {error.strerror or error}.")


async def fetch(client: Client, wanted: Wanted, address: Address, count: Callable[[int], None]) -> Fault | None:
    """Downloads the file and moves it into its place, replacing what is there; or says why not, and leaves nothing.

    What an interrupted run left is gone on with where the server can begin in the middle. An address that expired is
    asked for anew; while the server fails or falls silent it is tried again for half a minute, and longer as long as
    bytes come. `count` hears of each piece. Raises FileFaultError for the local disk, and what `address` raises.
    """
    partial = PartialFile(wanted.path)
    try:
        await asyncio.to_thread(partial.open)
        try:
            await _Fetching(client, wanted, partial, address, count).run()
        except _FaultError as error:
            await asyncio.to_thread(partial.discard)
            return error.fault
        await asyncio.to_thread(partial.finish)
    except OSError as error:
        raise FileFaultError(f"{wanted.path} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.close()
    return None


class _Fetching:
    def __init__(
        self, client: Client, wanted: Wanted, partial: PartialFile, address: Address, count: Callable[[int], None]
    ) -> None:
        self._client = client
        self._wanted = wanted
        self._partial = partial
        self._address = address
        self._count = count
        self._resumed = partial.size > 0
        self._furthest = partial.size

    async def run(self) -> None:
        """Ends when the partial file has the wanted bytes. Raises _FaultError."""
        if self._partial.size > self._wanted.size_bytes:
            await self._begin_anew()
        while not await self._complete():
            await self._receive()

    async def _complete(self) -> bool:
        """Whether the bytes are the wanted ones."""
        size = self._partial.size
        if size == self._wanted.size_bytes and self._partial.sha256() == self._wanted.sha256:
            return True
        if size < self._wanted.size_bytes:
            return False
        await self._begin_anew_or_fail(f"Its bytes do not have the SHA-256 {self._wanted.sha256}.")
        return False

    async def _receive(self) -> None:
        """As many addresses and tries as it takes until the server has said all. Raises _FaultError."""
        waits, renewals, refused = iter(RETRY_SECONDS), _NEW_ADDRESSES, None
        while True:
            url = await self._address(refused)
            if url is None:
                raise _FaultError(FaultKind.MISSING, "The server does not list it any more.")
            try:
                await self._take(url)
                return
            except UnavailableError as error:
                if self._partial.size > self._furthest:
                    self._furthest, waits = self._partial.size, iter(RETRY_SECONDS)
                seconds = next(waits, None)
                if seconds is None:
                    raise _FaultError(FaultKind.MISSING, str(error)) from error
                await asyncio.sleep(seconds)
            except GetRefusedError as error:
                if error.status == _BEHIND_THE_END and self._partial.size:
                    await self._begin_anew_or_fail(self._too_short())
                elif error.status in _EXPIRED and renewals:
                    renewals, refused = renewals - 1, url
                else:
                    raise _FaultError(FaultKind.MISSING, str(error)) from error
            except ApiError as error:
                raise _FaultError(FaultKind.MISSING, str(error)) from error

    async def _take(self, url: str) -> None:
        """All that the server sends in one answer."""
        wanted = self._wanted.size_bytes
        async with self._client.receive(url, self._partial.size) as (begin, pieces):
            if begin != self._partial.size:
                await self._begin_anew()
            async for piece in pieces:
                self._count(len(piece))
                if self._partial.size + len(piece) > wanted:
                    await self._begin_anew_or_fail(f"It has more than its {wanted:,} bytes.")
                    return
                await asyncio.to_thread(self._partial.append, piece)
        if self._partial.size < wanted:
            await self._begin_anew_or_fail(self._too_short())

    def _too_short(self) -> str:
        return f"It has {self._partial.size:,} bytes instead of {self._wanted.size_bytes:,}."

    async def _begin_anew_or_fail(self, reason: str) -> None:
        """What an earlier run left may be at fault, so then all is fetched once more before the server's bytes are
        called corrupt."""
        if not self._resumed:
            raise _FaultError(FaultKind.CORRUPT, reason)
        await self._begin_anew()

    async def _begin_anew(self) -> None:
        self._resumed = False
        await asyncio.to_thread(self._partial.restart)

"""The outside systems, as Protocols that `adapters` fulfil."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from domain.jobs import JobKind
from domain.models.diff import ChangedImage, DiffTotals, ManifestPair
from domain.models.manifest import FrozenImage
from domain.models.preview import PreviewImage, PreviewRequest
from domain.models.version import Manifest
from domain.paging import Page, PageRequest


class ManifestReader(Protocol):
    async def image(self, manifest: Manifest, position: int) -> FrozenImage:
        """The image on line `position` of the manifest, from 0, as it was frozen. Raises NOT_READY when the stored
        manifest is not the one that was frozen, UNAVAILABLE when the store cannot be reached."""


class VersionDiffs(Protocol):
    """What changed between two manifests, worked out once. Raises as ManifestReader does."""

    async def totals(self, pair: ManifestPair) -> DiffTotals: ...
    async def changed(self, pair: ManifestPair, request: PageRequest) -> Page[ChangedImage]:
        """A page of the images that differ, in the order of their SHA-256, which is the sort key."""


class JobQueue(Protocol):
    """Wakes workers. A lost wake is made good by the sweep."""

    async def wake(self, kind: JobKind, ids: Sequence[str]) -> None:
        """There is work of that kind: rows of those ids, or uploads of batches of those ids, and maybe more."""


class WorkerUnavailableError(Exception):
    """No worker answered in time (`late`), or none is there; the message says what to do."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


class PreviewRenderer(Protocol):
    """What makes small pictures of an image, wherever it runs."""

    async def render(self, request: PreviewRequest, seconds: float) -> tuple[PreviewImage, ...]:
        """Raises WorkerUnavailableError after `seconds` without an answer, and at once when no worker runs;
        DomainError for an image that cannot be rendered."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Stream `stream` moved; `news` is passing news (batch progress) that is in no log."""

    stream: str
    news: Mapping[str, Any] | None = None


class Bell(Protocol):
    async def ring(self, ring: Ring) -> None: ...


class Doorbell(Bell, Protocol):
    def listen(self, stream: str) -> AbstractAsyncContextManager[AsyncIterator[Ring | None]]:
        """Rings of one stream from now on; None on a slow timer, in case a ring was lost."""


class RateLimiter(Protocol):
    async def admit(self, caller: str) -> int:
        """Counts one more operation of the caller. Seconds until it may run, 0 where it may now."""


@dataclass(frozen=True, slots=True)
class PutAddress:
    """Where and how to PUT one object."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as a listing shows it."""

    key: str
    size_bytes: int
    modified_at: datetime


class ObjectChangedError(Exception):
    """The object is no longer the one that was read."""


class ObjectStore(Protocol):
    """Objects by key. What is written appears whole or not at all.

    A missing key raises KeyError; a store that cannot be reached, or that answers with a fault of its own, OSError.
    """

    async def put(self, key: str, data: bytes, content_type: str) -> None: ...
    async def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        """Writes the object unless there is one of that key: False, and nothing is written, when there is. Of several
        that try at once, one succeeds."""

    async def put_file(self, key: str, path: Path, content_type: str) -> None: ...
    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> None:
        """Writes bytes of unknown number as they come, in bounded memory. What `chunks` raises is raised, and nothing
        is written then, nor when the call is cancelled."""

    async def get(self, key: str) -> bytes: ...
    async def download(self, key: str, path: Path) -> str:
        """Writes the object to `path`; returns a tag of what was read, for `copy`."""

    async def lend(self, key: str, path: Path) -> None:
        """As `download`, for who only reads the file and then deletes it: it may be the object itself under another
        name, so that writing to it would change the object."""

    async def digest(self, key: str) -> str:
        """The SHA-256, in hex, of the bytes that the store gives now, of an object of any size; they are kept nowhere.
        Bytes that do not match a checksum of the store's own are no fault here: their digest tells."""

    async def size(self, key: str) -> int | None: ...
    async def copy(self, source: str, target: str, tag: str | None = None) -> None:
        """Raises ObjectChangedError, and copies nothing, when `source` is no longer what bore that tag."""

    async def delete(self, key: str) -> None:
        """Does nothing when there is no such object."""

    def under(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Every object whose key begins with `prefix`, which ends with a slash; in the order of their keys."""

    async def ready(self) -> None:
        """Raises OSError when the store cannot be reached."""

    async def get_url(self, key: str, filename: str, content_type: str, now: datetime) -> str:
        """A time-limited address of the object."""

    async def put_url(self, key: str, size_bytes: int, sha256: str, now: datetime) -> PutAddress:
        """A time-limited address that takes exactly those bytes."""

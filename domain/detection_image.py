"""The image of a detection: stored already, or sent along with the call."""

from __future__ import annotations

from types import TracebackType

from domain.errors import DomainError, ErrorCode
from domain.ids import new_id
from domain.keys import probe_key
from domain.ports import ObjectStore
from domain.store_answers import answering


class DetectionImage:
    """An image as each backend wants it, which is got only when it is asked for. Within it as a context, what was sent
    along lies in the object store; afterwards no more."""

    def __init__(self, store: ObjectStore, team_id: str, asset_key: str | None, sent: bytes | None) -> None:
        self._store = store
        self._team_id = team_id
        self._key = asset_key
        self._content = sent
        self._probe: str | None = None

    async def __aenter__(self) -> DetectionImage:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._probe is not None:
            await self._store.delete(self._probe)

    async def key(self) -> str:
        """Where it lies in the object store. Raises UNAVAILABLE."""
        if self._key is None:
            self._probe = self._key = probe_key(self._team_id, new_id())
            with answering():
                await self._store.put(self._key, self._content or b"", "application/octet-stream")
        return self._key

    async def content(self) -> bytes:
        """Its bytes, as uploaded. Raises UNSUPPORTED when they are gone, UNAVAILABLE."""
        if self._content is None:
            try:
                with answering():
                    self._content = await self._store.get(self._key or "")
            except KeyError as error:
                text = "The image is missing from the object store."
                raise DomainError(ErrorCode.UNSUPPORTED, text) from error
        return self._content

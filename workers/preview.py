"""The io worker's answer to previews: the original out of the object store, rendered in a sandboxed child."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog

from adapters.local_files import LocalFiles
from adapters.preview_queue import FUNCTION
from domain.augmentation_preview import ANSWER_SECONDS
from domain.errors import ErrorCode
from domain.ports import ObjectStore
from workers.process import Served
from workers.renderer import MEMORY_BYTES
from workers.sandbox.outcome import UnreadableFileError
from workers.sandbox.pool import SandboxPool

_RENDER_SECONDS = ANSWER_SECONDS - 1
"""A little less than the API waits, so that it hears why."""
_AT_ONCE = 8
"""Previews under way, most of them waiting for the child; those beyond are sent away, so that wakes keep places."""
_KEEP_ANSWER_SECONDS = 60
_CACHE_BYTES = 1 << 30
_ORIGINAL = "original"
_log = structlog.get_logger(__name__)


class AugmentationPreview:
    """Renders previews one after the other. Originals stay on disk for a while, within limits: who tries settings asks
    for the same image again and again."""

    def __init__(self, store: ObjectStore, pool: SandboxPool, folder: Path) -> None:
        """`folder` is for the originals, and need not be there."""
        self._store = store
        self._pool = pool
        self._originals = LocalFiles(folder, _CACHE_BYTES)
        self._under_way = 0

    @property
    def served(self) -> Served:
        """For the queue that adapters.preview_queue writes to."""

        async def preview(_: dict[Any, Any], request: dict[str, Any]) -> dict[str, Any]:
            return await self.answer(request)

        return Served(FUNCTION, preview, _KEEP_ANSWER_SECONDS, 2 * _AT_ONCE)

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """One message of the queue, as adapters.preview_queue wrote it; the answer is what it reads."""
        if self._under_way >= _AT_ONCE:
            return _refusal(ErrorCode.UNAVAILABLE, "Many previews are being rendered; try again in a moment.")
        self._under_way += 1
        try:
            async with asyncio.timeout(_RENDER_SECONDS):
                return await self._render(request)
        except UnreadableFileError as fault:
            return _refusal(ErrorCode.UNSUPPORTED, f"{request['image']['filename']}: {fault.message}")
        except TimeoutError:
            text = f"The preview took more than {_RENDER_SECONDS:g} seconds; try again."
            return _refusal(ErrorCode.UNAVAILABLE, text)
        except OSError as error:
            _log.warning("preview_failed", key=request["image"]["key"], error=str(error))
            text = "The image cannot be fetched: the object store is away or the worker's disk full; try again later."
            return _refusal(ErrorCode.UNAVAILABLE, text)
        except Exception:
            _log.exception("preview_failed", key=request["image"]["key"])
            return _refusal(ErrorCode.UNAVAILABLE, "The preview failed on its worker; see its log, or try again.")
        finally:
            self._under_way -= 1

    async def _render(self, request: dict[str, Any]) -> dict[str, Any]:
        key, size = request["image"]["key"], request["image"]["size"] or 0

        async def fetch(folder: Path) -> None:
            try:
                await self._store.download(key, folder / _ORIGINAL)
            except KeyError as error:
                text = "It is missing from the object store; restore it from a backup."
                raise UnreadableFileError(text) from error

        # Keys begin with the team, so that no team is given another's file.
        async with self._originals.open(key, size, fetch) as folder:
            return await self._pool.call("preview", seconds=_RENDER_SECONDS, source=folder / _ORIGINAL, **request)


@asynccontextmanager
async def open_preview(store: ObjectStore, folder: Path) -> AsyncIterator[AugmentationPreview]:
    """With a child of its own, so that no preview waits behind uploads; `folder` is for its files."""
    async with SandboxPool(1, memory=MEMORY_BYTES) as pool:
        yield AugmentationPreview(store, pool, folder)


def _refusal(code: ErrorCode, message: str) -> dict[str, Any]:
    return {"error": code.value, "message": message}

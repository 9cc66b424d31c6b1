"""Room in the GPU's memory: who gets the GPU begins only when what others had there is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from adapters.gpu_memory import DeviceMemory
from adapters.sam3 import Sam3AwayError, Sam3Client, Sam3Error
from domain.models.gpu import GpuHolder, GpuLease

GIB = 1024**3
_INFERENCE_BYTES = 2 * GIB
_LOOK_SECONDS = 0.2
_log = structlog.get_logger(__name__)


class GpuBusyError(Exception):
    """Somebody else has the GPU, under `lease` where that is known; the message is a sentence that says who."""

    def __init__(self, message: str, lease: GpuLease | None = None) -> None:
        super().__init__(message)
        self.lease = lease


class MemoryTakenError(GpuBusyError):
    """The GPU is free, but not its memory."""


class GpuMemory(Protocol):
    def read(self) -> Sequence[DeviceMemory] | None:
        """The memory of each GPU of the host; None where that cannot be known."""


class GpuRoom:
    """Before another one uses the GPU, SAM3 and this worker's own models are let go, as far as they are not who uses
    it, and memory is watched for up to `wait_seconds` until enough of it is free: half of it for a training,
    `sam3_bytes` (85 % where that is less) for SAM3, 2 GiB (a quarter where that is less) for detections. SAM3 that is
    still loaded from its last time needs no more than it has.

    `unload_ours` lets the worker's models go. `sam3_loaded` is None where that is not known.
    """

    def __init__(self, memory: GpuMemory, sam3: Sam3Client | None, sam3_bytes: int, wait_seconds: float = 20.0) -> None:
        self.memory = memory
        self._sam3 = sam3
        self._sam3_bytes = sam3_bytes
        self._wait_seconds = wait_seconds
        self.unload_ours: Callable[[], Awaitable[None]] = _nothing
        self.sam3_loaded: bool | None = None

    async def make(self, holder: GpuHolder) -> None:
        """Returns when the holder may begin. Raises MemoryTakenError."""
        if holder is not GpuHolder.INFERENCE:
            await self.unload_ours()
        if holder is GpuHolder.SAM3 and self.sam3_loaded:
            return
        stays = await self._without_sam3(holder) if holder is not GpuHolder.SAM3 else None
        if self.memory.read() is None:
            if stays is not None:
                raise MemoryTakenError(f"SAM3 may have the GPU's memory: {stays}")
            return
        await self._freed(holder, stays)

    async def _without_sam3(self, holder: GpuHolder) -> str | None:
        """Has SAM3 unloaded; or else why that is not known to have happened."""
        # It may have loaded again by itself since it unloaded: then the memory is full.
        if self._sam3 is None or (self.sam3_loaded is False and self._full(holder) is None):
            return None
        try:
            await self._sam3.unload()
        except Sam3AwayError as error:
            # Nobody is there who could have memory; but it may come back, loaded or not.
            _log.info("sam3_away", error=str(error))
            self.sam3_loaded = None
            return None
        except Sam3Error as error:
            _log.warning("sam3_not_unloaded", error=str(error))
            return str(error)
        self.sam3_loaded = False
        return None

    async def _freed(self, holder: GpuHolder, stays: str | None) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._wait_seconds
        while (full := self._full(holder)) is not None:
            if loop.time() >= deadline:
                text = (
                    f"The GPU is free, but {full.used / GIB:.1f} of {full.total / GIB:.1f} GiB of its memory is taken."
                )
                _log.warning("gpu_memory_taken", holder=holder, used=full.used, total=full.total)
                raise MemoryTakenError(f"{text} {stays}" if stays else text)
            await asyncio.sleep(_LOOK_SECONDS)

    def _full(self, holder: GpuHolder) -> DeviceMemory | None:
        """A GPU that has too little memory free for the holder."""
        devices = self.memory.read() or ()
        return next((one for one in devices if one.total - one.used < self._needed(holder, one.total)), None)

    def _needed(self, holder: GpuHolder, total: int) -> int:
        match holder:
            case GpuHolder.TRAINING:
                return total // 2
            case GpuHolder.SAM3:
                return min(self._sam3_bytes, total * 85 // 100)
            case GpuHolder.INFERENCE:
                return min(_INFERENCE_BYTES, total // 4)


async def _nothing() -> None:
    """Where no models are loaded there are none to let go."""

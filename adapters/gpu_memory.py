"""The memory of this host's GPUs, as NVIDIA's management library (NVML) tells it: of all processes, not only ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes of one GPU."""

    total: int
    used: int


class NvmlMemory:
    """Memory of the GPUs with these `indices`."""

    def __init__(self, indices: Sequence[int]) -> None:
        import pynvml

        self._library = pynvml
        try:
            pynvml.nvmlInit()
            self._devices = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in indices]
        except pynvml.NVMLError as error:
            _log.warning("gpu_memory_unknown", error=str(error))
            self._devices = []

    def read(self) -> list[DeviceMemory] | None:
        """None where the library is not there, or does not know."""
        try:
            told = [self._library.nvmlDeviceGetMemoryInfo(device) for device in self._devices]
        except self._library.NVMLError as error:
            _log.warning("gpu_memory_unknown", error=str(error))
            return None
        return [DeviceMemory(int(one.total), int(one.used)) for one in told] or None


class NoMemory:
    """A host without a GPU whose memory could be read."""

    def read(self) -> None:
        return None

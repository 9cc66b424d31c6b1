"""The memory of this host's GPUs, as NVIDIA's management library (NVML) tells it: of all processes, not only ours."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import structlog

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes of one GPU."""

    total: int
    used: int


class NvmlMemory:
    """Memory of the GPUs with these `indices`, counted as CUDA does."""

    def __init__(self, indices: Sequence[int]) -> None:
        import pynvml

        self._library = pynvml
        try:
            pynvml.nvmlInit()
            self._devices = [_device(pynvml, name) for name in _names(indices)]
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


def _names(indices: Sequence[int]) -> list[str]:
    """What NVML calls them: it sees all GPUs of the machine, CUDA those of CUDA_VISIBLE_DEVICES, from 0."""
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    return [visible[index] if index < len(visible) else str(index) for index in indices]


def _device(library: ModuleType, name: str) -> Any:
    if name.isdecimal():
        return library.nvmlDeviceGetHandleByIndex(int(name))
    return library.nvmlDeviceGetHandleByUUID(name)

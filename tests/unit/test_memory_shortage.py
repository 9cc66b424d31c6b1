"""Each runtime says in its own way that there is no memory."""

from __future__ import annotations

import pytest

from workers.engine.memory import is_out_of_memory


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError("Tried to allocate 20.00 MiB."),
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried 12 bytes."
        ),
        RuntimeError("CUDA error: out of memory"),
        Exception("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : Failed to allocate memory for requested buffer"),
        Exception("OpenCV(5.0.0) alloc.cpp:73: error: (-4:Insufficient memory) Failed to allocate 1024 bytes"),
    ],
)
def test_a_shortage_is_known_by_its_words(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [KeyError("memory"), OSError("The disk is full."), RuntimeError("shape mismatch")])
def test_other_errors_are_none(error: Exception) -> None:
    assert not is_out_of_memory(error)

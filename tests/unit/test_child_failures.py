"""What ends a training child, told apart."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from workers.child.failure import diagnosed
from workers.child.protocol import Failure
from workers.system_memory import processes_killed

_TORCH_ON_CPU = (
    "[enforce fail at alloc_cpu.cpp:131] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "400000000000000 bytes. Error code 12 (Cannot allocate memory)"
)
_TORCH_ON_CUDA = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 14.58 GiB"


@pytest.mark.parametrize(
    ("error", "failure", "told"),
    [
        (RuntimeError(_TORCH_ON_CPU), Failure.OUT_OF_MEMORY, "lower the batch size"),
        (RuntimeError(_TORCH_ON_CUDA), Failure.OUT_OF_MEMORY, "lower the batch size"),
        (
            RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
            Failure.OUT_OF_MEMORY,
            "ran out of memory",
        ),
        (MemoryError(), Failure.OUT_OF_MEMORY, "ran out of memory"),
        (RuntimeError("Training failed: NaN persisted for 4 epochs"), Failure.REFUSED, "Lower the learning rate"),
        (OSError(errno.ENOSPC, "No space left on device"), Failure.DISK_FULL, "disk is full"),
        (
            RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed"),
            Failure.DISK_FULL,
            "disk is full",
        ),
        (RuntimeError("CUDA error: unspecified launch failure"), Failure.CRASHED, "unspecified launch failure"),
        (ValueError("no such thing"), Failure.REFUSED, "ValueError: no such thing"),
        (KeyError(), Failure.REFUSED, "KeyError was raised without a message."),
    ],
)
def test_an_error_is_a_kind_of_failure_and_a_sentence(error: Exception, failure: Failure, told: str) -> None:
    kind, sentence = diagnosed(error)
    assert kind is failure
    assert told in sentence
    assert sentence.endswith((".", "failure", "thing"))


def test_linux_says_how_many_processes_it_killed_for_want_of_memory(tmp_path: Path) -> None:
    vmstat = tmp_path / "vmstat"
    vmstat.write_text("pgfault 12\noom_kill 3\noom_kill_other 9\n")
    assert processes_killed(vmstat) == 3
    assert processes_killed(tmp_path / "absent") == 0
    assert processes_killed() >= 0

"""Failures of the child as sentences a person can act on."""

from __future__ import annotations

import errno

from workers.child.protocol import Failure
from workers.weights import WeightsCorrupt

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cublas_status_alloc_failed", "unable to find an engine")
_DEVICE_FAULTS = ("cuda error", "cudnn error", "nccl", "device-side assert")


class CannotRun(Exception):  # noqa: N818 - a state, as its siblings are named
    """The job cannot be done as asked; the message says what to change."""


def diagnosed(error: BaseException) -> tuple[Failure, str]:
    """What kind of failure an error is, and what to tell of it."""
    if isinstance(error, CannotRun | WeightsCorrupt):
        return Failure.REFUSED, str(error)
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or any(words in text.lower() for words in _OUT_OF_MEMORY):
        advice = "lower the batch size or the image size, or choose a smaller base model."
        return Failure.OUT_OF_MEMORY, f"The device ran out of memory; {advice}"
    if _disk_is_full(error, text):
        return Failure.DISK_FULL, "The worker's disk is full; free space there, then resume the training."
    if "NaN persisted" in text or "NaN/Inf" in text:  # as Ultralytics says it
        return Failure.REFUSED, "The training diverged: its loss is not a number. Lower the learning rate."
    told = f"{type(error).__name__}: {text[:500]}" if text else f"{type(error).__name__} was raised without a message."
    faulty = any(words in text.lower() for words in _DEVICE_FAULTS)
    return (Failure.CRASHED if faulty else Failure.REFUSED), told


def _disk_is_full(error: BaseException, text: str) -> bool:
    # torch's own writer of files knows no error numbers.
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or "No space left on device" in text or "PytorchStreamWriter failed" in text

"""Memory that models take: how much, when there is too little of it, and giving it back."""

from __future__ import annotations

import ctypes
import gc
import sys

_A_WEIGHT, _A_PIXEL = 5, 200
_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "failed to allocate memory",
    "bad allocation",
    "insufficient memory",
)


def needed_memory(weights_bytes: int, image_size: int) -> int:
    """Bytes that a resident model takes, roughly: that is why it is a bit more than was measured of yolo11 n and s at
    640 and 1,280 pixels, with either runtime. `weights_bytes` are those of its file of weights, which has 16 bits
    where the network has 32."""
    return _A_WEIGHT * weights_bytes + _A_PIXEL * image_size**2


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error of a runtime says that there is no memory, on the GPU or the host. Each has its own way."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, Exception) and any(sign in text for sign in _SIGNS)


def return_memory() -> None:
    """What was let go is the system's again, and the GPU's."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the GNU C library has it
        if trim is not None:
            trim(0)

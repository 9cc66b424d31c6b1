"""Which device this host computes on, found without importing torch."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections import Counter


def resolve_device(setting: str) -> str:
    """`setting` as Ultralytics names devices; "auto" becomes "0" with an NVIDIA GPU, "mps" on Apple silicon,
    else "cpu"."""
    if setting != "auto":
        return setting
    if _has_nvidia_gpu():
        return "0"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"


def device_name(device: str) -> str:
    """What people call the device of that name: "cpu", "mps", or the product names of the GPUs."""
    if device in ("cpu", "mps"):
        return device
    names = _ask_nvidia("--query-gpu=name", "--format=csv,noheader", f"--id={device}")
    counted = Counter(names)
    return ", ".join(name if count == 1 else f"{count} x {name}" for name, count in counted.items()) or f"cuda:{device}"


def _has_nvidia_gpu() -> bool:
    return any("GPU" in line for line in _ask_nvidia("-L"))


def _ask_nvidia(*question: str) -> list[str]:
    """The lines that nvidia-smi answers; none where there is no such program or it fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    answer = subprocess.run([program, *question], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return answer.stdout.splitlines() if answer.returncode == 0 else []

"""Which device this host computes on, found without importing torch."""

from __future__ import annotations

import platform
import shutil
import subprocess


def resolve_device(setting: str) -> str:
    """`setting` as Ultralytics names devices; "auto" becomes "0" with an NVIDIA GPU, "mps" on Apple silicon,
    else "cpu"."""
    if setting != "auto":
        return setting
    if _has_nvidia_gpu():
        return "0"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"


def _has_nvidia_gpu() -> bool:
    program = shutil.which("nvidia-smi")
    if program is None:
        return False
    listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    return listed.returncode == 0 and "GPU" in listed.stdout

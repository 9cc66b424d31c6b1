"""What the bytes of a picture depend on beside its order: who renders it."""

from __future__ import annotations

import platform
from importlib.metadata import version

_REVISION = 1
"""Of the rendering code. Raise it with every change that makes other pictures or labels of the same order."""
_LIBRARIES = ("numpy", "opencv-python-headless", "pillow", "simplejpeg")


def fingerprint() -> str:
    """Revision, library versions and CPU architecture: with the same fingerprint, the same order gives the same
    bytes."""
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return ", ".join([f"renderer {_REVISION}", *libraries, platform.machine()])

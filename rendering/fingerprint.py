"""What the bytes of a picture depend on beside its order: who renders it."""

from __future__ import annotations

import platform

import cv2
import numpy as np
import PIL
import simplejpeg

_REVISION = 1
"""Of the rendering code. Raise it with every change that makes other pictures or labels of the same order."""


def fingerprint() -> str:
    """Revision, library versions and CPU architecture: with the same fingerprint, the same order gives the same
    bytes."""
    libraries = {"numpy": np, "opencv": cv2, "pillow": PIL, "simplejpeg": simplejpeg}
    versions = [f"{name} {module.__version__}" for name, module in libraries.items()]
    return ", ".join([f"renderer {_REVISION}", *versions, platform.machine()])

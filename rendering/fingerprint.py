"""What the bytes of a picture depend on beside its order: who renders it."""

from __future__ import annotations

import hashlib
import platform

import cv2
import numpy as np
import PIL
import simplejpeg

_REVISION = 1
"""Of the rendering code. Raise it with every change that makes other pictures or labels of the same order."""


def fingerprint() -> str:
    """Revision, library versions, CPU architecture and what OpenCV makes use of in it: with the same fingerprint, the
    same order gives the same bytes. (A warp rounds otherwise with AVX2 than without.)"""
    libraries = {"numpy": np, "opencv": cv2, "pillow": PIL, "simplejpeg": simplejpeg}
    # Builds of the same OpenCV differ in the libraries that they bring.
    build = hashlib.sha256(cv2.getBuildInformation().encode()).hexdigest()[:12]
    versions = [f"{name} {module.__version__}" for name, module in libraries.items()]
    return ", ".join([f"renderer {_REVISION}", *versions, build, platform.machine(), cv2.getCPUFeaturesLine()])

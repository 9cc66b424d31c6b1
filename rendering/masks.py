"""Outlines of run-length encoded masks, as COCO files hold them.

pycocotools decodes a mask to the whole image only: 20 megabytes an object on a drone's picture, and the size is the
file's claim. Here no more than the columns that the object spans are made. The encoding is the one that COCO's
maskApi.c describes: runs of 0 and 1 in turn, down the columns; the compressed text holds each run in groups of five
bits, from the third on as the difference from the run two places before.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.models.geometry import Box, Point

MAX_MASK_PIXELS = 250_000_000
_MAX_SPAN = 64_000_000


class BadMaskError(ValueError):
    """The runs make no mask of the size they claim; the message says why."""


def mask_outline(height: int, width: int, counts: str | Sequence[int]) -> tuple[Box, tuple[Point, ...]]:
    """The box around a mask of `height` × `width`, and the outline of its largest part along the pixels' edges.

    `counts` is the compressed text or the runs themselves. Raises BadMaskError.
    """
    if height < 1 or width < 1 or height * width > MAX_MASK_PIXELS:
        raise BadMaskError(f"A mask has 1 to {MAX_MASK_PIXELS // 1_000_000} million pixels.")
    runs = _uncompressed(counts) if isinstance(counts, str) else counts
    try:
        lengths = np.asarray(runs, np.int64)
    except (OverflowError, TypeError, ValueError) as error:
        raise BadMaskError("The runs of its mask are no whole numbers.") from error
    if lengths.ndim != 1 or (lengths < 0).any() or (lengths > height * width).any():
        raise BadMaskError("The runs of its mask are no list of whole numbers from 0.")
    ends = np.cumsum(lengths)
    if not len(ends) or ends[-1] != height * width:
        raise BadMaskError("The runs of its mask do not add up to its size.")
    return _outline(_columns(ends, lengths, height))


def _uncompressed(text: str) -> list[int]:
    runs: list[int] = []
    value, shift = 0, 0
    for character in text:
        group = ord(character) - 48
        if not 0 <= group < 64 or shift > 60:
            raise BadMaskError("The runs of its mask are no run-length text of COCO.")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value, shift = 0, 0
    if shift:
        raise BadMaskError("The runs of its mask are cut off.")
    return runs


def _columns(ends: NDArray[np.int64], lengths: NDArray[np.int64], height: int) -> tuple[NDArray[np.uint8], int]:
    """The mask from the first to the last column that has any of it, and the number of the first."""
    starts = ends - lengths
    filled = np.flatnonzero(lengths[1::2]) * 2 + 1
    if not len(filled):
        raise BadMaskError("Its mask is empty.")
    first = int(starts[filled[0]]) // height
    last = int(ends[filled[-1]] - 1) // height
    if (last - first + 1) * height > _MAX_SPAN:
        raise BadMaskError(f"Its mask spans more than {_MAX_SPAN // 1_000_000} million pixels.")
    low, high = first * height, (last + 1) * height
    inside = np.clip(ends, low, high) - np.clip(starts, low, high)
    values = np.arange(len(inside), dtype=np.uint8) & 1
    flat = np.repeat(values, inside)
    return flat.reshape(-1, height).T, first


def _outline(span: tuple[NDArray[np.uint8], int]) -> tuple[Box, tuple[Point, ...]]:
    mask, left = span
    rows = np.flatnonzero(mask.any(axis=1))
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    # A corner between pixels is inside where any of its four pixels is: so the outline runs along the edges.
    pixels = np.pad(mask[top:bottom], ((0, 1), (0, 1)))
    corners = cv2.dilate(pixels, np.ones((2, 2), np.uint8), anchor=(1, 1))
    parts, _ = cv2.findContours(corners, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(parts, key=cv2.contourArea)
    polygon = tuple((float(x + left), float(y + top)) for x, y in largest[:, 0])
    return Box(float(left), float(top), float(mask.shape[1]), float(bottom - top)), polygon

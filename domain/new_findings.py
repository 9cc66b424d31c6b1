"""Which of a model's detections are news: those that nobody drew, and no model found, before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from domain.ids import new_id
from domain.models.annotation import AnnotationSource, PendingAnnotation, ReviewStatus
from domain.models.detection import Detection, FoundObjects
from domain.models.geometry import Box

SAME_IOU = 0.6
"""From this overlap on, two boxes of a class are of one object."""


def new_findings(
    asset_id: str, model_id: str | None, found: FoundObjects, known: Iterable[tuple[str, Box]], at: datetime
) -> list[PendingAnnotation]:
    """What is to wait for review, the surest first: boxes of an area within the image, that no box of the same class
    which is `known` (class name, upright pixels), or comes before them, overlaps at SAME_IOU."""
    boxes: dict[str, _Boxes] = {}
    for name, box in known:
        boxes.setdefault(name, _Boxes()).add(box)
    news = []
    for one in sorted(found.detections, key=lambda detection: -detection.confidence):
        if not one.box.finite:
            continue
        inside = one.box.clipped(found.image_width, found.image_height)
        mine = boxes.setdefault(one.weed_type, _Boxes())
        if inside.area <= 0 or mine.overlap(inside):
            continue
        mine.add(inside)
        news.append(_pending(asset_id, model_id, one, inside, at))
    return news


def _pending(asset_id: str, model_id: str | None, one: Detection, box: Box, at: datetime) -> PendingAnnotation:
    return PendingAnnotation(
        id=new_id(),
        asset_id=asset_id,
        weed_type=one.weed_type,
        box=box,
        polygon=None,
        confidence=one.confidence,
        source=AnnotationSource.AI,
        status=ReviewStatus.PENDING,
        model_id=model_id,
        created_at=at,
    )


class _Boxes:
    """Those of one class, compared with another all at once."""

    def __init__(self) -> None:
        self._rows = np.empty((16, 4))
        self._count = 0

    def add(self, box: Box) -> None:
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._count] = (box.x, box.y, box.right, box.bottom)
        self._count += 1

    def overlap(self, box: Box) -> bool:
        left, top, right, bottom = self._rows[: self._count].T
        across = np.minimum(right, box.right) - np.maximum(left, box.x)
        down = np.minimum(bottom, box.bottom) - np.maximum(top, box.y)
        shared = np.clip(across, 0, None) * np.clip(down, 0, None)
        union = (right - left) * (bottom - top) + box.area - shared
        return bool(np.any(shared >= SAME_IOU * union))

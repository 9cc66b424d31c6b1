"""Counting the annotations that no picture shows, or not every one that could, for the notices of who rendered them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.models.version import Notice
from rendering.order import Order
from rendering.picture import Picture

_TEXTS = {
    "LABELS_OF_DROPPED_CLASSES": "Annotations of classes that the version drops were skipped.",
    "LABELS_OF_OTHER_CLASSES": "Annotations of classes that are not in the list of classes were skipped.",
    "LABELS_WITHOUT_AREA": "Annotations that are not finite or have no area inside their image were skipped.",
    "LABELS_NOT_VISIBLE": "Annotations of which no picture shows enough were skipped.",
    "LABELS_LOST_IN_COPIES": "Objects were left out of augmented copies that show too little of them.",
    "LABELS_TOO_SMALL": "Objects that are no more than a line or a point in their picture were skipped.",
    "LABELS_REPEATED": "Labels that repeated another of the same picture were written once.",
    "EMPTY_IMAGES_LEFT_OUT": "Pictures without an object were left out, as the version's maxEmptyFraction asks.",
}


class LeftOut:
    """How many annotations were left out, by notice code."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def watched(self, order: Order, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """The pictures of an order, counted as they pass by; copy 0 of each tile comes before its others."""
        self.counts.update(order.left_out)
        shown: set[int] = set()
        of_tile: dict[tuple[int, int] | None, int] = {}
        for picture in pictures:
            if picture.copy == 0:
                shown.update(label.source for label in picture.labels)
                of_tile[picture.tile] = len(picture.labels)
            else:
                self.counts["LABELS_LOST_IN_COPIES"] += of_tile[picture.tile] - len(picture.labels)
            yield picture
        self.counts["LABELS_NOT_VISIBLE"] += len(order.labels) - len(shown)

    def notices(self) -> tuple[Notice, ...]:
        return tuple(Notice(code, text, self.counts[code]) for code, text in _TEXTS.items() if self.counts[code])

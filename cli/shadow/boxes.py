"""Which object of one side is which of the other, in one picture."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.shadow.label import Label

LEAST_IOU = 0.5
"""Boxes that share less of their area (intersection over union) are two objects."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same object on both sides, with what the boxes share of their area, 0.5 to 1; or an object of one side."""

    version: Label | None
    folder: Label | None
    iou: float = 0.0


def paired(version: Sequence[Label], folder: Sequence[Label]) -> list[Pair]:
    """Each label once. Boxes of one class find each other first, those that share most before the others; then what is
    left, whatever its class."""
    found = sorted(
        _overlapping(version, folder), key=lambda one: (version[one[1]].class_name != folder[one[2]].class_name, one)
    )
    pairs, left, right = [], set(range(len(version))), set(range(len(folder)))
    for apart, mine, theirs in found:
        if mine in left and theirs in right:
            left.remove(mine)
            right.remove(theirs)
            pairs.append(Pair(version[mine], folder[theirs], 1 - apart))
    pairs += [Pair(version[mine], None) for mine in sorted(left)]
    return pairs + [Pair(None, folder[theirs]) for theirs in sorted(right)]


def intersection_over_union(one: Label, other: Label) -> float:
    """0 to 1."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return min(1.0, both / (one.width * one.height + other.width * other.height - both))


def _overlapping(version: Sequence[Label], folder: Sequence[Label]) -> Iterator[tuple[float, int, int]]:
    """What is missing to an IoU of 1, and the places of the two. Looks only at boxes that lie beside each other, since
    a picture may have a thousand."""
    places = sorted(range(len(folder)), key=lambda place: folder[place].left)
    edges = [folder[place].left for place in places]
    widest = max((label.width for label in folder), default=0.0)
    for mine, label in enumerate(version):
        first, last = bisect_left(edges, label.left - widest), bisect_left(edges, label.right)
        for theirs in places[first:last]:
            iou = intersection_over_union(label, folder[theirs])
            if iou >= LEAST_IOU:
                yield 1 - iou, mine, theirs

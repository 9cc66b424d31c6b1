"""Whether one runtime answers as another does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rendering.pixels import Pixels
from workers.engine.runtime import Found, RuntimeKind

TOLERANCE = {RuntimeKind.ONNX: 0.01, RuntimeKind.TORCH_HALF: 0.02}
"""How far the confidences of one object may lie apart."""
_SAME_PLACE = 0.9
_FLOOR, _COMPARED = 0.001, 50

Finder = Callable[[Sequence[Pixels], float, float], list[list[Found]]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`same`: the runtime may answer in the other one's place; else `reason` says what it did differently."""

    same: bool
    reason: str | None = None


def compared(reference: Finder, other: Finder, pictures: Iterable[Pixels], tolerance: float) -> Verdict | None:
    """What the other one's answers show; None where the reference finds nothing at all, which shows nothing.

    Compared are the 50 surest boxes of each picture, either way, however unsure they are, and before doubles are left
    out: of two equal boxes either one may go. Each must have a twin: the same class, an overlap (IoU) of 0.9, and a
    confidence within `tolerance`.
    """
    seen = 0
    for picture in pictures:
        (mine,), (theirs,) = reference([picture], _FLOOR, 1.0), other([picture], _FLOOR, 1.0)
        seen += len(mine)
        for surest, all_of_other in ((mine, theirs), (theirs, mine)):
            for one in surest[:_COMPARED]:
                # What one of them sees hardly at all, the other may not see.
                if one.confidence > _FLOOR + tolerance and not any(_twins(one, o, tolerance) for o in all_of_other):
                    return Verdict(False, f"{one.class_name} at {one.confidence:.3f} has no counterpart")
    return Verdict(True) if seen else None


def _twins(one: Found, other: Found, tolerance: float) -> bool:
    return (
        one.class_name == other.class_name
        and abs(one.confidence - other.confidence) <= tolerance
        and one.box.iou(other.box) >= _SAME_PLACE
    )

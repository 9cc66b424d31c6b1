"""How well found boxes match the true ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cli.demo.box import Box

IOU = 0.5


@dataclass(frozen=True)
class Score:
    """Counts of found boxes that are right and wrong, and of true boxes that were missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """0..1; 1.0 where there was nothing to find and nothing was found."""
        judged = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / judged if judged else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


def matches(found: Iterable[Box], truth: Sequence[Box]) -> list[tuple[Box, Box]]:
    """Pairs (found, true) of the same label with an IoU of at least 0.5.

    Each box is in one pair at most: the surest finding chooses first, and takes the true box that it overlaps best.
    """
    free = list(truth)
    pairs = []
    for box in sorted(found, key=lambda box: -box.confidence):
        candidates = [true for true in free if true.label == box.label and true.iou(box) >= IOU]
        if candidates:
            best = max(candidates, key=box.iou)
            free.remove(best)
            pairs.append((box, best))
    return pairs


def score(found: Sequence[Box], truth: Sequence[Box]) -> Score:
    """The counts of one image."""
    right = len(matches(found, truth))
    return Score(right, len(found) - right, len(truth) - right)

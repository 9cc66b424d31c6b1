"""How many images each split should have, how many it has, and which one is to have the next group."""

from __future__ import annotations

from fractions import Fraction

from domain.models.config import SplitConfig
from domain.models.version import Split


def shares(config: SplitConfig) -> dict[Split, Fraction]:
    """Exact shares, as the decimal digits that the user typed say, brought to a sum of 1."""
    raw = {
        Split.TRAIN: Fraction(repr(float(config.train))),
        Split.VAL: Fraction(repr(float(config.val))),
        Split.TEST: Fraction(repr(float(config.test))),
    }
    whole = sum(raw.values())
    return {split: share / whole for split, share in raw.items()}


def targets(count: int, config: SplitConfig) -> dict[Split, int]:
    """`count` images by largest remainder over the exact shares; a tie goes to the smaller split."""
    wanted = shares(config)
    goal = {split: int(count * share) for split, share in wanted.items()}
    left = count - sum(goal.values())
    by_remainder = sorted(wanted, key=lambda split: (goal[split] - count * wanted[split], wanted[split]))
    for split in by_remainder[:left]:
        goal[split] += 1
    return goal


class Balance:
    """The splits of `count` images while groups are put into them."""

    def __init__(self, count: int, config: SplitConfig) -> None:
        self.goal = targets(count, config)
        self.placed = dict.fromkeys(self.goal, 0)
        wanted = shares(config)
        self.asked = [split for split, share in wanted.items() if share]
        # Smaller splits first, so that of equal deficits theirs is found first.
        self._by_share = sorted(wanted, key=wanted.__getitem__)

    def place(self, split: Split, size: int) -> None:
        self.placed[split] += size

    def draw(self, size: int) -> Split:
        """Puts a free group into the split with the largest deficit; of equal ones into the smaller split."""
        split = max(self._by_share, key=self._deficit)
        self.placed[split] += size
        return split

    def draw_single(self, count: int) -> None:
        """As `draw(1)`, `count` times, in a few steps: the largest deficits sink together to the next one below."""
        while count:
            deficits = {split: self._deficit(split) for split in self._by_share}
            largest = max(deficits.values())
            level = [split for split, deficit in deficits.items() if deficit == largest]
            below = [deficit for deficit in deficits.values() if deficit < largest]
            rounds = min(count // len(level), largest - max(below)) if below else count // len(level)
            takers = level if rounds else level[:count]
            for split in takers:
                self.placed[split] += rounds or 1
            count -= len(takers) * (rounds or 1)

    def _deficit(self, split: Split) -> int:
        return self.goal[split] - self.placed[split]

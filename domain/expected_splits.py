"""How many images `domain.splits.assign` would put into each split, from counts of images alone."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.models.config import SplitConfig
from domain.models.version import Notice, Split, SplitCounts
from domain.split_balance import Balance
from domain.split_notices import split_notices
from domain.splits import FREE, claim_of, claimed, draw_of, has_moved, too_large


@dataclass(frozen=True, slots=True)
class SplitTally:
    """`images` of one group that have the same imported and the same inherited split, None where none is asked for.
    `smallest` is the smallest of their SHA-256 values, in hex. Without a group, each of the images is alone."""

    group: str | None
    imported: Split | None
    inherited: Split | None
    images: int
    smallest: str

    @property
    def claim(self) -> int:
        return claim_of(self.imported, self.inherited)


@dataclass(frozen=True, slots=True)
class ExpectedSplits:
    """What `assign` would come to."""

    images: Mapping[Split, int]
    notices: tuple[Notice, ...]

    def counts(self, outputs_per_train_image: int) -> SplitCounts:
        """`outputs_per_train_image` is tiles × multiplier."""
        train = self.images[Split.TRAIN]
        return SplitCounts(train, self.images[Split.VAL], self.images[Split.TEST], train * outputs_per_train_image)


@dataclass(slots=True)
class _Group:
    size: int
    claim: int
    smallest: str
    split: Split = Split.TRAIN


def expected_splits(tallies: Sequence[SplitTally], config: SplitConfig, free: Iterable[str] = ()) -> ExpectedSplits:
    """The counts and notices of `assign`. `free`: the SHA-256 values (hex) of the images without a group that may go
    anywhere, where `needs_draws` asks for them."""
    balance = Balance(sum(tally.images for tally in tallies), config)
    groups = _gather(tallies)
    for tally in tallies:
        if tally.group is None and tally.claim != FREE:
            balance.place(claimed(tally.claim), tally.images)
    for group in groups.values():
        if group.claim != FREE:
            group.split = claimed(group.claim)
            balance.place(group.split, group.size)
    alone = _free_alone(tallies)
    drawn = {draw_of(config.seed, group.smallest): group for group in _free(groups)}
    draws = sorted(drawn)
    for draw, before in zip(draws, _before(draws, (draw_of(config.seed, one) for one in free)), strict=True):
        balance.draw_single(before)
        alone -= before
        drawn[draw].split = balance.draw(drawn[draw].size)
    balance.draw_single(alone)
    large = sum(1 for group in groups.values() if too_large(group.size, balance.goal[group.split]))
    return ExpectedSplits(balance.placed, split_notices(balance, large, _moved(tallies, groups)))


def needs_draws(tallies: Sequence[SplitTally]) -> bool:
    """Whether free groups and free images alone take turns, so that it matters which of these come first."""
    return _free_alone(tallies) > 0 and bool(_free(_gather(tallies)))


def _free_alone(tallies: Sequence[SplitTally]) -> int:
    """Images without a group that may go anywhere."""
    return sum(tally.images for tally in tallies if tally.group is None and tally.claim == FREE)


def _free(groups: Mapping[str, _Group]) -> list[_Group]:
    return [group for group in groups.values() if group.claim == FREE]


def _gather(tallies: Sequence[SplitTally]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for tally in tallies:
        if tally.group is None:
            continue
        group = groups.setdefault(tally.group, _Group(0, tally.claim, tally.smallest))
        group.size += tally.images
        group.claim = min(group.claim, tally.claim)
        group.smallest = min(group.smallest, tally.smallest)
    return groups


def _before(draws: Sequence[bytes], singles: Iterable[bytes]) -> list[int]:
    """For each of the sorted `draws`, how many of the singles come between the draw before it and itself."""
    counts = [0] * (len(draws) + 1)
    for one in singles:
        counts[bisect(draws, one)] += 1
    return counts[:-1]


def _moved(tallies: Sequence[SplitTally], groups: Mapping[str, _Group]) -> int:
    moved = 0
    for tally in tallies:
        if tally.claim != FREE:
            split = claimed(tally.claim) if tally.group is None else groups[tally.group].split
            moved += tally.images if has_moved(split, tally.imported, tally.inherited) else 0
    return moved

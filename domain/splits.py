"""How images fall into splits: pure arithmetic on SHA-256 values, which never looks at row order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from domain.models.config import SplitConfig, VersionConfig
from domain.models.version import Notice, Split, SplitCounts
from domain.split_balance import Balance
from domain.split_notices import split_notices

_PRECEDENCE = (Split.TRAIN, Split.VAL, Split.TEST)
_RANKS = {split: rank for rank, split in enumerate(_PRECEDENCE)}
FREE = 2 * len(_PRECEDENCE)
"""The claim of an image that may go anywhere."""

_POSITION_BYTES = 4


@dataclass(slots=True)
class Candidates:
    """The images to split, a column a fact and an entry an image, in the order of their SHA-256 values."""

    sha256: list[bytes]
    """32 bytes each; no two alike."""
    group: list[str | None]
    """The name of the image's group; None for an image alone, whose group is named by its SHA-256 in hex."""
    inherited: list[Split | None]
    """The split of its latest appearance in a version; None when there is none, or none is asked for."""
    imported: list[Split | None]
    """The split that it was imported with; None when there is none, or none is asked for."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split of each image, by its position among the candidates."""

    splits: list[Split]
    notices: tuple[Notice, ...]
    candidates: Candidates

    def group_of(self, position: int) -> str:
        """The name of the image's group."""
        return self.candidates.group[position] or self.candidates.sha256[position].hex()

    def counts(self, outputs_per_train_image: int) -> SplitCounts:
        """`outputs_per_train_image` is tiles × multiplier."""
        train, val, test = (self.splits.count(split) for split in _PRECEDENCE)
        return SplitCounts(train, val, test, train * outputs_per_train_image)


@dataclass(slots=True)
class _Group:
    leader: int
    """Position of the member with the smallest SHA-256."""
    size: int
    claim: int
    split: Split = Split.TRAIN


def assign(candidates: Candidates, config: SplitConfig) -> Assignment:
    """A split for every image; all images of a group share theirs.

    A group with an imported split goes there (TRAIN before VAL before TEST when its members differ), else one with an
    inherited split there, in the same order. The other groups, in an order drawn from the seed and their content, go
    whole to the split with the largest deficit. Targets count images of the whole version. Groups of one take no more
    memory than their entry in each list: for 100,000 images some tens of MB in all.
    """
    sha256, names = candidates.sha256, candidates.group
    balance = Balance(len(sha256), config)
    groups = _gather(candidates)
    splits = [Split.TRAIN] * len(sha256)
    free = []
    for position, name in enumerate(names):
        if name is None:
            claim = claim_of(candidates.imported[position], candidates.inherited[position])
            if claim == FREE:
                free.append(_ticket(config.seed, sha256, position))
            else:
                splits[position] = claimed(claim)
                balance.place(claimed(claim), 1)
    for group in groups.values():
        if group.claim == FREE:
            free.append(_ticket(config.seed, sha256, group.leader))
        else:
            group.split = claimed(group.claim)
            balance.place(group.split, group.size)
    for ticket in sorted(free):
        position = int.from_bytes(ticket[-_POSITION_BYTES:], "big")
        name = names[position]
        if name is None:
            splits[position] = balance.draw(1)
        else:
            groups[name].split = balance.draw(groups[name].size)
    for position, name in enumerate(names):
        if name is not None:
            splits[position] = groups[name].split
    large = sum(1 for group in groups.values() if too_large(group.size, balance.goal[group.split]))
    moved = sum(map(has_moved, splits, candidates.imported, candidates.inherited))
    return Assignment(splits, split_notices(balance, large, moved), candidates)


def split_counts(assignment: Assignment, config: VersionConfig) -> SplitCounts:
    return assignment.counts(config.preprocessing.tiles * config.augmentation.multiplier)


def claim_of(imported: Split | None, inherited: Split | None) -> int:
    """Where an image wants its group to be, as a number: the smallest of a group's decides. FREE when nowhere."""
    if imported is not None:
        return _RANKS[imported]
    return FREE if inherited is None else len(_PRECEDENCE) + _RANKS[inherited]


def claimed(claim: int) -> Split:
    """The split that a claim other than FREE is to."""
    return _PRECEDENCE[claim % len(_PRECEDENCE)]


def draw_of(seed: int, sha256: str) -> bytes:
    """The place of a free group in the order of drawing, from the smallest SHA-256 (hex) of its images."""
    return hashlib.sha256(f"{seed}:{sha256}".encode()).digest()


def too_large(size: int, goal: int) -> bool:
    """A group of `size` images is more than its split should hold; an image alone never is."""
    return size > 1 and size > goal


def has_moved(split: Split, imported: Split | None, inherited: Split | None) -> bool:
    """An image in `split` is not where it was imported to, or not where it was before."""
    return (imported or split) is not split or (inherited or split) is not split


def _gather(candidates: Candidates) -> dict[str, _Group]:
    """The named groups."""
    groups: dict[str, _Group] = {}
    for position, name in enumerate(candidates.group):
        if name is None:
            continue
        claim = claim_of(candidates.imported[position], candidates.inherited[position])
        group = groups.get(name)
        if group is None:
            groups[name] = _Group(position, 1, claim)
            continue
        group.size += 1
        group.claim = min(group.claim, claim)
        if candidates.sha256[position] < candidates.sha256[group.leader]:
            group.leader = position
    return groups


def _ticket(seed: int, sha256: list[bytes], position: int) -> bytes:
    """The draw with the position behind it: one object a group, which sorts by the draw."""
    return draw_of(seed, sha256[position].hex()) + position.to_bytes(_POSITION_BYTES, "big")

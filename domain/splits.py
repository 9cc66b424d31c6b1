"""How images fall into splits: pure arithmetic on SHA-256 values, which never looks at row order."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.models.config import SplitConfig, SplitGroup, VersionConfig
from domain.models.version import Notice, Split, SplitCounts
from domain.ports import SelectedImage


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split and the group of each image, by SHA-256."""

    splits: Mapping[str, Split]
    groups: Mapping[str, str]
    notices: tuple[Notice, ...]

    def counts(self, outputs_per_train_image: int) -> SplitCounts:
        """`outputs_per_train_image` is tiles × multiplier."""
        found = dict.fromkeys(Split, 0)
        for split in self.splits.values():
            found[split] += 1
        train = found[Split.TRAIN]
        return SplitCounts(train, found[Split.VAL], found[Split.TEST], train * outputs_per_train_image)


def targets(count: int, config: SplitConfig) -> dict[Split, int]:
    """`count` images by largest remainder over the exact shares; a tie goes to the smaller split."""
    shares = _shares(config)
    floors = {split: int(count * share) for split, share in shares.items()}
    left = count - sum(floors.values())
    by_remainder = sorted(shares, key=lambda split: (floors[split] - count * shares[split], shares[split]))
    for split in by_remainder[:left]:
        floors[split] += 1
    return floors


def assign(images: Sequence[SelectedImage], config: SplitConfig, latest: Mapping[str, Split]) -> Assignment:
    """A split for every image. `latest` names the split of each image's latest appearance, by SHA-256.

    With `inherit` a group with a member seen in TRAIN goes to TRAIN, else one with a member in VAL to VAL, else TEST.
    The other groups, in an order drawn from the seed and their content, go whole to the split with the largest deficit.
    """
    groups = _groups(images, config.group_by)
    goal = targets(sum(len(members) for members in groups.values()), config)
    placed = dict.fromkeys(Split, 0)
    splits: dict[str, Split] = {}
    free = []
    for key, members in groups.items():
        inherited = _inherited(members, latest) if config.inherit else None
        if inherited is None:
            free.append(key)
        else:
            placed[inherited] += len(members)
            splits.update(dict.fromkeys(members, inherited))
    shares = _shares(config)
    for key in sorted(free, key=lambda key: _draw(config.seed, groups[key])):
        split = max(Split, key=lambda one: (goal[one] - placed[one], -shares[one]))
        placed[split] += len(groups[key])
        splits.update(dict.fromkeys(groups[key], split))
    moved = sum(1 for sha256, split in splits.items() if config.inherit and latest.get(sha256, split) is not split)
    of_image = {sha256: key for key, members in groups.items() for sha256 in members}
    return Assignment(splits, of_image, _notices(groups, splits, goal, moved))


def split_counts(assignment: Assignment, config: VersionConfig) -> SplitCounts:
    return assignment.counts(config.preprocessing.tiles * config.augmentation.multiplier)


def _shares(config: SplitConfig) -> dict[Split, Fraction]:
    """Exact shares, as the decimal digits that the user typed say, brought to a sum of 1."""
    raw = {
        Split.TRAIN: Fraction(repr(float(config.train))),
        Split.VAL: Fraction(repr(float(config.val))),
        Split.TEST: Fraction(repr(float(config.test))),
    }
    whole = sum(raw.values())
    return {split: share / whole for split, share in raw.items()}


def _groups(images: Sequence[SelectedImage], group_by: SplitGroup) -> dict[str, list[str]]:
    """Members of each group, sorted. The name of a group of one image is its SHA-256."""
    groups: dict[str, list[str]] = {}
    for image in images:
        batch = image.upload_batch_id if group_by is SplitGroup.UPLOAD_BATCH else None
        groups.setdefault(batch or image.sha256, []).append(image.sha256)
    return {key: sorted(set(members)) for key, members in groups.items()}


def _inherited(members: Sequence[str], latest: Mapping[str, Split]) -> Split | None:
    seen = {latest[sha256] for sha256 in members if sha256 in latest}
    return next((split for split in (Split.TRAIN, Split.VAL, Split.TEST) if split in seen), None)


def _draw(seed: int, members: Sequence[str]) -> bytes:
    return hashlib.sha256(f"{seed}:{','.join(members)}".encode()).digest()


def _notices(
    groups: Mapping[str, Sequence[str]], splits: Mapping[str, Split], goal: Mapping[Split, int], moved: int
) -> tuple[Notice, ...]:
    notices = []
    large = sum(1 for members in groups.values() if len(members) > 1 and len(members) > goal[splits[members[0]]])
    if large:
        text = "Groups that are larger than the split they went to: the splits differ from the shares asked for."
        notices.append(Notice("GROUP_TOO_LARGE", text, large))
    if moved:
        text = (
            "Images that were in another split before: a group must not be torn, and one of its members was trained on."
        )
        notices.append(Notice("MOVED_SPLIT", text, moved))
    return tuple(notices)

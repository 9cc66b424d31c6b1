"""What could not be as the shares, the groups and the earlier splits asked for, with what to do about it."""

from __future__ import annotations

from domain.models.version import Notice, Split
from domain.split_balance import Balance

_NOTABLE = 10
"""A split is off its target when it misses it by more than one image and by more than the tenth part of it."""


def split_notices(balance: Balance, large: int, moved: int) -> tuple[Notice, ...]:
    """`large`: groups larger than the target of their split. `moved`: images that are not in the split that they had,
    or that they were imported with."""
    notices = []
    if large:
        text = (
            f"{large} groups hold more images than their whole split should have, so the splits differ from the shares "
            "asked for. Group by something finer, or change the shares."
        )
        notices.append(Notice("GROUP_TOO_LARGE", text, large))
    if moved:
        text = (
            f"{moved} images left the split that they had before or were imported with, because a group shares one "
            "split and an imported split goes before an earlier one. A model trained on an earlier version may have "
            "seen them: judge it by the versions from now on. Grouping by IMAGE moves none but by an imported split."
        )
        notices.append(Notice("MOVED_SPLIT", text, moved))
    return (*notices, *_empty(balance), *_off_target(balance))


def _empty(balance: Balance) -> tuple[Notice, ...]:
    """Splits that were asked for and have no image."""
    lacking = [split for split in balance.asked if not balance.placed[split] and any(balance.placed.values())]
    if not lacking:
        return ()
    text = (
        f"No image fell into {_names(lacking)}: there are too few images or groups for the shares asked for, or images "
        "stay in the splits that they had. Add images, raise the share, or set it to 0."
    )
    return (Notice("EMPTY_SPLIT", text, len(lacking)),)


def _off_target(balance: Balance) -> tuple[Notice, ...]:
    missed = []
    for split, goal in balance.goal.items():
        off = abs(balance.placed[split] - goal)
        if balance.placed[split] and off > 1 and off * _NOTABLE > goal:
            missed.append(f"{split.value} has {balance.placed[split]} images where its share is {goal}")
    if not missed:
        return ()
    text = (
        f"{'; '.join(missed)}. Whole groups share a split, and images stay in the splits that they had: group by "
        "something finer, do without inherited or imported splits, or accept it."
    )
    return (Notice("SPLIT_OFF_TARGET", text, len(missed)),)


def _names(splits: list[Split]) -> str:
    return " and ".join(split.value for split in splits)

"""What a reader of a version, or of a preview of one, should know."""

from __future__ import annotations

from collections.abc import Sequence

from domain.models.version import ClassCount, Notice, Split, SplitCounts

FEW = 10
"""Annotations of a class: with fewer there is little to learn from, and hardly anything to measure on."""


def unread_notices(count: int) -> tuple[Notice, ...]:
    """Warns of adopted images that no version can freeze yet."""
    if not count:
        return ()
    text = (
        f"{count} images were adopted from another database and are left out: their bytes were not read yet, or cannot "
        "be read. A worker reads them in the background."
    )
    return (Notice("UNREAD_IMAGES", text, count),)


def class_notices(per_split: dict[Split, dict[str, int]], sizes: SplitCounts) -> tuple[Notice, ...]:
    """Warns of classes that a split with images lacks. `per_split` counts annotations by split and class."""
    names = {name for counts in per_split.values() for name in counts}
    notices = []
    for split, size in ((Split.TRAIN, sizes.train), (Split.VAL, sizes.val), (Split.TEST, sizes.test)):
        lacking = sorted(name for name in names if size and not per_split.get(split, {}).get(name))
        if lacking:
            text = f"Classes without an annotation in {split.value}: {', '.join(lacking)}."
            notices.append(Notice("MISSING_CLASS_IN_SPLIT", text, len(lacking)))
    return tuple(notices)


def rare_class_notices(classes: Sequence[ClassCount]) -> tuple[Notice, ...]:
    """Warns of classes that occur too seldom."""
    rare = [one for one in classes if one.annotations < FEW]
    if not rare:
        return ()
    names = ", ".join(f"{one.name} ({one.annotations})" for one in rare)
    return (Notice("FEW_INSTANCES", f"Classes with fewer than {FEW} annotations: {names}.", len(rare)),)


def skipped_notices(count: int, filenames: Sequence[str]) -> tuple[Notice, ...]:
    """Warns of annotations that make no label. `filenames` are the first files that have some."""
    if not count:
        return ()
    text = (
        f"{count} annotations have no area inside their image, or no readable position, and become no label; the "
        f"first are in {', '.join(filenames)}. Correct or delete them, and make another version."
    )
    return (Notice("SKIPPED_ANNOTATION", text, count),)


def leak_notices(pairs: int) -> tuple[Notice, ...]:
    """Warns of images in different splits that look alike."""
    if not pairs:
        return ()
    text = (
        f"Pairs of near-identical images that lie in different splits: {pairs}. The figures of validation and test "
        "will look better than they are; group by SIMILAR to keep such images together."
    )
    return (Notice("LEAKED_PAIRS", text, pairs),)

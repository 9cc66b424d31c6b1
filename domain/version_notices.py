"""What a reader of a version, or of a preview of one, should know."""

from __future__ import annotations

from domain.models.version import Notice, Split, SplitCounts


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

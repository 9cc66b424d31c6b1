"""The arithmetic of comparing two versions: an image's annotations, an image, and all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from domain.models.diff import AnnotationDelta, AssetChange, ChangedImage, ClassDelta, DiffTotals
from domain.models.version import ClassCount


def compare_annotations(before: Mapping[bytes, Hashable], after: Mapping[bytes, Hashable]) -> AnnotationDelta:
    """Of one image, the content of each annotation by its id. An annotation is matched by its id; what is left on both
    sides is matched by equal content, so that a box that was drawn again exactly, or an import that was repeated, is no
    change."""
    gone = [before[id_] for id_ in before.keys() - after.keys()]
    new = [after[id_] for id_ in after.keys() - before.keys()]
    kept = len(before) - len(gone)
    changed = kept - len(before.items() & after.items()) if kept else 0
    same = _in_common(gone, new) if gone and new else 0
    return AnnotationDelta(len(new) - same, len(gone) - same, changed)


def _in_common(gone: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    first, second = set(gone), set(new)
    if len(first) == len(gone) and len(second) == len(new):
        return len(first & second)
    return (Counter(gone) & Counter(new)).total()


def change_of(moved: bool, annotations: AnnotationDelta) -> AssetChange | None:
    """How an image changed that both versions have. One that was moved and relabelled is MOVED: the numbers of its
    annotations tell the rest."""
    if moved:
        return AssetChange.MOVED
    return AssetChange.RELABELLED if annotations != AnnotationDelta() else None


class Tally:
    """Adds up changed images as they come."""

    def __init__(self) -> None:
        self._images: Counter[AssetChange] = Counter()
        self._added = self._removed = self._changed = 0

    def count(self, image: ChangedImage) -> None:
        self._images[image.change] += 1
        self._added += image.annotations.added
        self._removed += image.annotations.removed
        self._changed += image.annotations.changed

    def totals(self, images_before: int) -> DiffTotals:
        """`images_before` are all of the earlier manifest."""
        return DiffTotals(
            assets_added=self._images[AssetChange.ADDED],
            assets_removed=self._images[AssetChange.REMOVED],
            assets_kept=images_before - self._images[AssetChange.REMOVED],
            assets_moved=self._images[AssetChange.MOVED],
            annotations=AnnotationDelta(self._added, self._removed, self._changed),
            changed=self._images.total(),
        )


def class_deltas(before: Iterable[ClassCount], after: Iterable[ClassCount]) -> tuple[ClassDelta, ...]:
    """Every class of either version, by name."""
    then = {count.name: count.annotations for count in before}
    now = {count.name: count.annotations for count in after}
    return tuple(ClassDelta(name, then.get(name, 0), now.get(name, 0)) for name in sorted(then.keys() | now.keys()))

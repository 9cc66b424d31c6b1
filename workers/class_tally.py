"""How often each class occurs, image by image, so that it can be told by split once the splits are drawn."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from domain.models.version import ClassCount, Split


class ClassTally:
    """Images are added in their order. It takes eight bytes for each class on an image, and four for the image."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._classes = array("I")
        self._counts = array("I")
        self._kinds = array("I")
        self._annotations: Counter[str] = Counter()
        self._images: Counter[str] = Counter()

    def add(self, names: Iterable[str]) -> None:
        """The next image, with the class of each annotation that counts."""
        found = Counter(names)
        for name, count in found.items():
            self._classes.append(self._numbers.setdefault(name, len(self._numbers)))
            self._counts.append(count)
        self._kinds.append(len(found))
        self._annotations.update(found)
        self._images.update(found.keys())

    @property
    def annotation_count(self) -> int:
        return self._annotations.total()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self._annotations))

    def class_counts(self) -> tuple[ClassCount, ...]:
        return tuple(ClassCount(name, self._annotations[name], self._images[name]) for name in self.classes)

    def by_split(self, splits: Sequence[Split]) -> dict[Split, dict[str, int]]:
        """Annotations by split and class. `splits` are those of the images, in their order."""
        names = list(self._numbers)
        counts: dict[Split, Counter[str]] = {split: Counter() for split in Split}
        start = 0
        for split, kinds in zip(splits, self._kinds, strict=True):
            for at in range(start, start + kinds):
                counts[split][names[self._classes[at]]] += self._counts[at]
            start += kinds
        return {split: dict(counter) for split, counter in counts.items()}

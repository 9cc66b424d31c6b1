"""Which picture of the folder shows which image of the version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from cli.shadow.frozen import FrozenPicture
from cli.shadow.picture_names import AmbiguousNameError, ImageNames, digits_of_export, name_before_roboflow
from cli.shadow.yolo_folder import FolderPicture

_DIGITS = 8


class MatchedBy(IntEnum):
    """How a picture found its image, the surest first."""

    CONTENT = 0
    EXPORT_NAME = 1
    NAME = 2
    ROBOFLOW_NAME = 3


@dataclass
class Pairing:
    """`of_image` has the picture for an image's place; `repeated` are further pictures of images that have one,
    `unmatched` those of no image, with the reason where there is one."""

    of_image: dict[int, tuple[FolderPicture, MatchedBy]] = field(default_factory=dict)
    repeated: list[tuple[int, FolderPicture]] = field(default_factory=list)
    unmatched: list[tuple[FolderPicture, str | None]] = field(default_factory=list)

    def matched_by(self, how: MatchedBy) -> int:
        """How many pictures found their image so."""
        return sum(one is how for _, one in self.of_image.values())

    def take(self, place: int, picture: FolderPicture, how: MatchedBy) -> None:
        """Notes a picture; of several of one image that which is surest, and then the first, is compared."""
        before = self.of_image.get(place)
        if before is None or how < before[1]:
            self.of_image[place] = picture, how
            if before is not None:
                self.repeated.append((place, before[0]))
        else:
            self.repeated.append((place, picture))


class Pairer:
    """Finds the images of pictures."""

    def __init__(self, images: Sequence[FrozenPicture]) -> None:
        self._images = images
        self._names = ImageNames(image.name for image in images)
        self._sizes = {image.size_bytes for image in images}
        self._digests: dict[str, list[int]] = {}
        self._digits: dict[str, list[int]] = {}
        for place, image in enumerate(images):
            self._digests.setdefault(image.sha256, []).append(place)
            self._digits.setdefault(image.sha256[:_DIGITS], []).append(place)

    def pair(self, pictures: Sequence[FolderPicture], pairing: Pairing) -> Iterator[None]:
        """Fills the pairing, a picture a step. Raises OSError."""
        for picture in pictures:
            try:
                found = self._find(picture, pairing)
            except AmbiguousNameError as error:
                pairing.unmatched.append((picture, str(error)))
            else:
                if found is None:
                    pairing.unmatched.append((picture, None))
                else:
                    pairing.take(found[0], picture, found[1])
            yield

    def _find(self, picture: FolderPicture, pairing: Pairing) -> tuple[int, MatchedBy] | None:
        if same := self._of_same_bytes(picture):
            free = [place for place in same if place not in pairing.of_image]
            return (free or same)[0], MatchedBy.CONTENT
        digits = digits_of_export(picture.name)
        if digits is not None and len(found := self._digits.get(digits, [])) == 1:
            return found[0], MatchedBy.EXPORT_NAME
        before = name_before_roboflow(picture.name)
        if before is not None and (place := self._names.find(before)) is not None:
            return place, MatchedBy.ROBOFLOW_NAME
        place = self._names.find(picture.name)
        return None if place is None else (place, MatchedBy.NAME)

    def _of_same_bytes(self, picture: FolderPicture) -> list[int]:
        """Reads a file only where an image has its size."""
        if None not in self._sizes and picture.path.stat().st_size not in self._sizes:
            return []
        with picture.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self._digests.get(digest, [])

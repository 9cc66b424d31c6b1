"""Which image of the project a name in an annotation file means.

Names are paths, compared from the file name leftwards, component by component, after Unicode's NFC; backslashes
separate as slashes do, and `.`, `..` and empty components say nothing. The image that shares most components with the
name is meant: `b/DJI_0001.JPG` means `flight/b/DJI_0001.JPG` rather than `flight/a/DJI_0001.JPG`. Where several share
equally many, none is taken: labels on the wrong image are worse than none. The rules, each asked only when the
ones before found nothing:

1. the path in its own case; several images so found may still be told apart by rule 2;
2. the path without regard to case, when that is a single image;
3. rules 1 and 2 on paths without the ending of an image file, since label files name `DJI_0001.txt` alone;
4. rules 1 to 3 on the other names that the file gives for the image.

So names that differ in their normal form only are twins, and skipped; names that differ in case only are told apart
by their case, and skipped where the file's has neither's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".mpo"})
"""Of image files, in lower case; not all of them are kinds that can be uploaded."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No image, or more than one; `reason` is a sentence for the person who imports."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    suffix: str
    asset_id: str | None
    count: int


class Matcher:
    """The images of a project by their names. Building is linear in the names, asking in the depth of a path."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """`names` are pairs of an asset's id and its file name."""
        self._paths, self._folded_paths = _Suffixes(), _Suffixes()
        self._stems, self._folded_stems = _Suffixes(), _Suffixes()
        for asset_id, name in names:
            path = _components(name)
            stem = _without_ending(path)
            self._paths.add(path, asset_id)
            self._folded_paths.add(_folded(path), asset_id)
            self._stems.add(stem, asset_id)
            self._folded_stems.add(_folded(stem), asset_id)

    def match(self, name: str, also: Sequence[str] = ()) -> str | Unmatched:
        """The id of the image that `name` means, or else the first of `also` that means any; or why there is none."""
        for one in (name, *also):
            path = _components(one)
            found = _best(self._paths, self._folded_paths, path)
            found = found or _best(self._stems, self._folded_stems, _without_ending(path))
            if found is not None and found.asset_id is not None:
                return found.asset_id
            if found is not None:
                return Unmatched(f"{found.count} images of the project are named {found.suffix}.")
        return Unmatched("No image of the project has this name.")


class _Suffixes:
    """Every path suffix of the names: the one image that has it, or how many have."""

    def __init__(self) -> None:
        self._held: dict[str, str | int] = {}

    def add(self, path: Sequence[str], asset_id: str) -> None:
        suffix = ""
        for component in reversed(path):
            suffix = f"{component}/{suffix}" if suffix else component
            held = self._held.get(suffix)
            if held is None:
                self._held[suffix] = asset_id
            else:
                self._held[suffix] = held + 1 if isinstance(held, int) else 2

    def longest(self, path: Sequence[str]) -> _Found | None:
        found, suffix = None, ""
        for component in reversed(path):
            suffix = f"{component}/{suffix}" if suffix else component
            held = self._held.get(suffix)
            if held is None:
                break
            found = _Found(suffix, None, held) if isinstance(held, int) else _Found(suffix, held, 1)
        return found


def _best(own_case: _Suffixes, folded: _Suffixes, path: Sequence[str]) -> _Found | None:
    exact = own_case.longest(path)
    if exact is not None and exact.asset_id is not None:
        return exact
    loose = folded.longest(_folded(path))
    return loose if exact is None or (loose is not None and loose.asset_id is not None) else exact


def _components(name: str) -> list[str]:
    path = unicodedata.normalize("NFC", name).replace("\\", "/").split("/")
    return [component for component in path if component not in ("", ".", "..")]


def _folded(path: Sequence[str]) -> list[str]:
    return [unicodedata.normalize("NFC", component.casefold()) for component in path]


def _without_ending(path: Sequence[str]) -> list[str]:
    if not path:
        return []
    stem, dot, ending = path[-1].rpartition(".")
    return [*path[:-1], stem] if stem and f"{dot}{ending}".lower() in IMAGE_ENDINGS else list(path)

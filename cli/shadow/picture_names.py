"""Which image a picture's name means, by the rules by which annotations are imported: the image that shares most of
its path with the name, counted from the file name; none where several share equally much."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

_ENDINGS = ("jpg", "jpeg", "jpe", "png", "tif", "tiff", "webp", "bmp", "gif", "mpo")
_ENDING = re.compile(rf"(?<=[^/])\.(?:{'|'.join(_ENDINGS)})$", re.IGNORECASE)
_RENAMED = re.compile(rf"(?P<stem>.+)_(?P<ending>{'|'.join(_ENDINGS)})\.rf\.[0-9A-Za-z]{{8,64}}", re.IGNORECASE)
_EXPORTED = re.compile(r".+_([0-9a-f]{8})(?:~\d+)?(?:_t\d+-\d+)?(?:_c\d+)?", re.ASCII)


Form = Callable[[str], str]


class AmbiguousNameError(Exception):
    """Several images have the name: a sentence."""


class ImageNames:
    """The names of images, which are known by their places. Asking takes as long as the path is deep."""

    def __init__(self, names: Iterable[str]) -> None:
        # Of each form and each suffix of a path the place of its only image, or below 0 how many images there are.
        self._held: dict[Form, dict[str, int]] = {form: {} for forms in _RULES for form in forms}
        for place, name in enumerate(names):
            for form, held in self._held.items():
                for suffix in _suffixes(form(name)):
                    before = held.get(suffix)
                    held[suffix] = place if before is None else min(before, -1) - 1

    def find(self, name: str) -> int | None:
        """The place of the image that is meant; None where there is none. Raises AmbiguousNameError."""
        for forms in _RULES:
            found = [place for form in forms if (place := self._longest(form, name)) is not None]
            if single := [place for place in found if place >= 0]:
                return single[0]
            if found:
                raise AmbiguousNameError(f"{-found[0]} images of the version have its name.")
        return None

    def _longest(self, form: Form, name: str) -> int | None:
        held, longest = self._held[form], None
        for suffix in _suffixes(form(name)):
            if suffix not in held:
                break
            longest = held[suffix]
        return longest


def name_before_roboflow(name: str) -> str | None:
    """`DJI_0001.JPG` of `train/images/DJI_0001_JPG.rf.0123456789abcdef.jpg`; None of a name that is not such."""
    renamed = _RENAMED.fullmatch(_ENDING.sub("", name.rpartition("/")[2]))
    return f"{renamed['stem']}.{renamed['ending']}" if renamed else None


def digits_of_export(name: str) -> str | None:
    """The first eight digits of the image's SHA-256 that our own exports put into names, as `DJI_0001_1a2b3c4d.jpg`."""
    exported = _EXPORTED.fullmatch(_ENDING.sub("", name.rpartition("/")[2]))
    return exported[1] if exported else None


def _exact(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", _exact(name).casefold())


def _loose(name: str) -> str:
    """Hosts that take pictures in write other signs for blanks, brackets and points."""
    return "/".join(re.sub(r"[\W_]+", "-", part) for part in _ENDING.sub("", _folded(name)).split("/"))


def _exact_stem(name: str) -> str:
    return _ENDING.sub("", _exact(name))


def _folded_stem(name: str) -> str:
    return _ENDING.sub("", _folded(name))


_RULES: Sequence[Sequence[Form]] = ((_exact, _folded), (_exact_stem, _folded_stem), (_loose,))
"""In what forms names are compared. A rule is asked when those before it found nothing; within it, a form without
regard to case may tell apart what its own case does not."""


def _suffixes(path: str) -> Iterable[str]:
    """As `c`, `b/c` and `a/b/c`."""
    suffix = ""
    for part in reversed(path.split("/")):
        if part not in ("", ".", ".."):
            suffix = f"{part}/{suffix}" if suffix else part
            yield suffix

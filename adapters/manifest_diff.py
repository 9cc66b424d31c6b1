"""Two manifests compared in one pass over both files, an image of each in memory at a time.

Most images of two versions are the same, and their bytes say so: a line is parsed only where its annotations differ.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

from domain.diff import change_of, compare_annotations
from domain.models.diff import AnnotationDelta, AssetChange, ChangedImage

_BUFFER = 1 << 20
_END = b"~"
"""Beyond every SHA-256."""

_BEGIN = len(b'{"annotations":')
# What these find is never text within a string, where a quote has a backslash before it. After them comes nothing that
# has keys of its own, so the last one found is the image's.
_AFTER_ANNOTATIONS, _SHA256, _SPLIT = b',"assetId":"', b',"sha256":"', b',"split":"'
_FIRST, _NEXT, _LAST = b'[{"box":', b'},{"box":', b"}]"
_ID, _POLYGON = b',"id":"', b'","polygon":'

Contents = dict[bytes, Hashable]


def changed_images(before: Path, after: Path) -> Iterator[ChangedImage]:
    """The images that differ, in the order of their SHA-256."""
    with before.open("rb", _BUFFER) as one, after.open("rb", _BUFFER) as other:
        yield from _merged(_Images(one), _Images(other))


class _Images:
    """The lines of a manifest's images, one after the other; `sha256` is _END after the last one."""

    def __init__(self, file: BinaryIO) -> None:
        file.readline()
        self._file = file
        self.position = -1
        self.advance()

    def advance(self) -> None:
        self.line = self._file.readline()
        self.position += 1
        self.sha256 = self._sha256()

    def _sha256(self) -> bytes:
        if self.line.startswith(b"]"):
            return _END
        at = self.line.rindex(_SHA256) + len(_SHA256)
        return self.line[at : at + 64]

    @property
    def split(self) -> bytes:
        at = self.line.rindex(_SPLIT) + len(_SPLIT)
        return self.line[at : self.line.index(b'"', at)]

    @property
    def annotations(self) -> bytes:
        return self.line[_BEGIN : self.line.rindex(_AFTER_ANNOTATIONS)]

    @property
    def annotation_count(self) -> int:
        return len(orjson.loads(self.annotations))


def _merged(before: _Images, after: _Images) -> Iterator[ChangedImage]:
    while before.sha256 != _END or after.sha256 != _END:
        if before.sha256 < after.sha256:
            gone = AnnotationDelta(removed=before.annotation_count)
            yield ChangedImage(before.sha256.decode(), AssetChange.REMOVED, before.position, None, gone)
            before.advance()
        elif after.sha256 < before.sha256:
            new = AnnotationDelta(added=after.annotation_count)
            yield ChangedImage(after.sha256.decode(), AssetChange.ADDED, None, after.position, new)
            after.advance()
        else:
            if before.line != after.line:
                yield from _compared(before, after)
            before.advance()
            after.advance()


def _compared(before: _Images, after: _Images) -> Iterator[ChangedImage]:
    then, now = before.annotations, after.annotations
    annotations = AnnotationDelta() if then == now else compare_annotations(*_contents(then, now))
    change = change_of(before.split != after.split, annotations)
    if change is not None:
        yield ChangedImage(before.sha256.decode(), change, before.position, after.position, annotations)


def _contents(then: bytes, now: bytes) -> tuple[Contents, Contents]:
    """The content of each annotation by its id, for two lists of annotations: its JSON without the id. Bytes are what
    a version's content digest compares too."""
    first, second = _cut(then), _cut(now)
    return (first, second) if first is not None and second is not None else (_parsed(then), _parsed(now))


def _cut(annotations: bytes) -> Contents | None:
    """What `_parsed` gives, in half of the time; None where it cannot be told without parsing."""
    if annotations == b"[]":
        return {}
    pieces = annotations[len(_FIRST) : -len(_LAST)].split(_NEXT)
    if annotations.count(b"{") != len(pieces):  # one has an object of its own, as a place on the map, or such a name
        return None
    contents: Contents = {}
    for piece in pieces:
        start, _, rest = piece.partition(_ID)
        id_, _, end = rest.partition(_POLYGON)
        contents[id_] = start + end
    return contents


def _parsed(annotations: bytes) -> Contents:
    return {one.pop("id").encode(): orjson.dumps(one) for one in orjson.loads(annotations)}

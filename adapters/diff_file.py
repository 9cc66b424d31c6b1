"""What changed between two manifests, as a file: one JSON document, a changed image a line in the order of their
SHA-256, then the totals, and in the last line the SHA-256 of all lines before it.

{"format":1,"changed":[
["<sha256>","MOVED",<line before>,<line after>,<annotations added>,<removed>,<changed>],
…
],"totals":{…},
"sha256":"…"}
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import orjson

from adapters.line_file import LineFile, index_lines
from domain.diff import Tally
from domain.errors import DomainError, ErrorCode
from domain.models.diff import AnnotationDelta, AssetChange, ChangedImage, DiffTotals
from domain.paging import Page, PageRequest

FORMAT = 1
"""Another number means that other rules gave the content: such a file is not read, but worked out anew."""

_HEAD, _TOTALS = b'{"format":%d,"changed":[\n' % FORMAT, b'],"totals":'
_LINES_AFTER = 2


def write_diff(path: Path, changed: Iterable[ChangedImage], images_before: int) -> None:
    """Writes the images as they come, one in memory at a time, and the file's index beside it. `images_before` are all
    images of the earlier manifest."""
    tally, digest = Tally(), hashlib.sha256()
    with path.open("wb", 1 << 20) as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        write(_HEAD)
        end = b""
        for image in changed:
            tally.count(image)
            write(end + orjson.dumps(_entry(image)))
            end = b",\n"
        totals = orjson.dumps(asdict(tally.totals(images_before)))
        write(end[1:] + _TOTALS + totals + b",\n")
        file.write(_seal(digest.hexdigest()))
    index_lines(path)


def is_whole(path: Path) -> bool:
    """Whether a file that came from elsewhere, and that is indexed, is one that `write_diff` wrote."""
    with LineFile(path) as lines:
        last = len(lines) - 1
        if last < _LINES_AFTER or lines[0] != _HEAD:
            return False
        return lines[last] == _seal(lines.digest(last))


def read_totals(path: Path) -> DiffTotals:
    with LineFile(path) as lines:
        line = lines[len(lines) - _LINES_AFTER]
    totals = orjson.loads(line.removeprefix(_TOTALS).removesuffix(b",\n"))
    return DiffTotals(**{**totals, "annotations": AnnotationDelta(**totals["annotations"])})


def read_page(path: Path, request: PageRequest) -> Page[ChangedImage]:
    """The images after the one whose SHA-256 is the cursor. Raises BAD_USER_INPUT for a cursor of another list."""
    with LineFile(path) as lines:
        end = len(lines) - _LINES_AFTER
        start = 1
        if request.after is not None:
            sha256 = _cursor(request)
            start = bisect_right(range(end), sha256, 1, key=lambda number: _image(lines[number]).sha256)
        images = [_image(line) for line in lines.lines(start, min(start + request.first, end))]
    keys = [(image.sha256,) for image in images]
    return Page(images, keys, start + request.first < end, request.after is not None)


def _cursor(request: PageRequest) -> str:
    match request.after:
        case (str(sha256),):
            return sha256
    raise DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this list.", ("after",))


def _entry(image: ChangedImage) -> tuple[object, ...]:
    counts = image.annotations
    return (
        image.sha256,
        image.change.value,
        image.before,
        image.after,
        counts.added,
        counts.removed,
        counts.changed,
    )


def _image(line: bytes) -> ChangedImage:
    sha256, change, before, after, *counts = orjson.loads(line.rstrip(b",\n"))
    return ChangedImage(sha256, AssetChange(change), before, after, AnnotationDelta(*counts))


def _seal(sha256: str) -> bytes:
    return b'"sha256":"%s"}\n' % sha256.encode()

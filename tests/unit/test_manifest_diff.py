"""The merge of two manifests finds what a naive comparison of all their images finds."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.diff_file import is_whole, read_page, read_totals, write_diff
from adapters.line_file import LineFile, index_lines
from adapters.manifest_diff import changed_images
from domain.errors import DomainError, ErrorCode
from domain.models.annotation import AnnotationSource
from domain.models.diff import AnnotationDelta, AssetChange, ChangedImage, DiffTotals
from domain.models.geometry import Box, Point
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from domain.paging import PageRequest
from frozen_images import frozen_image, frozen_images, manifest_of
from seeds import digest_of

Images = Mapping[str, FrozenImage]

HOSTILE = [
    "a",
    '],"assetId":"b',
    ',"sha256":"' + "f" * 64,
    ',"split":"VAL"',
    '},{"box":[1,1,1,1]',
    ',"id":"',
    '","polygon":',
    '"geoCoordinates":{',
    "\\",
    '\\"',
    "line\nfeed",
    "é",
]
"""Texts that look like parts of a line."""

TRIANGLE = ((1.5, 2.0), (3.0, 4.0), (5.0, 6.0))


def content(
    weed_type: str, x: float = 1.5, polygon: tuple[Point, ...] | None = None, geo_coordinates: object = None
) -> FrozenAnnotation:
    box, source = Box(x, 2.0, 30.0, 40.5), AnnotationSource.MANUAL
    return FrozenAnnotation("", weed_type, box, polygon, None, source, False, geo_coordinates)


CONTENTS = [
    *map(content, HOSTILE),
    content("a", 2.5),
    content("a", 1.5, TRIANGLE),
    replace(content("a"), verified=True),
    replace(content("a"), confidence=0.5),
    replace(content("a"), source=AnnotationSource.AI),
]
PLACED = [
    content("a", geo_coordinates={"type": "Point", "coordinates": [1.5, 2.5]}),
    content("a", geo_coordinates={"assetId": "b", "sha256": "c", "split": "VAL", "annotations": [], "id": "d"}),
    content("b", geo_coordinates={"a": [{"box": [], "geoCoordinates": None, "id": "e", "polygon": None}] * 2}),
    content("b", geo_coordinates=[{"box": []}, {"box": []}]),
]

few = st.one_of(
    st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=3),
    st.lists(st.sampled_from(CONTENTS + PLACED), min_size=1, max_size=3),
)


@st.composite
def images(draw: st.DrawFn, contents: Sequence[FrozenAnnotation]) -> Images:
    """Their annotations have few ids and few contents, so that two versions have much in common."""
    found = {}
    for sha256 in draw(st.sets(st.sampled_from("abcde").map(digest_of))):
        ids = draw(st.permutations(["1", "2", "3", '"4"', "5\\"]))[: draw(st.integers(0, 5))]
        notes = [replace(draw(st.sampled_from(contents)), id=id_) for id_ in ids]
        found[sha256] = frozen_image(sha256, draw(st.sampled_from(Split)), notes, draw(st.sampled_from(HOSTILE)))
    return found


@st.composite
def versions(draw: st.DrawFn) -> tuple[Images, Images]:
    """The later one takes over some images of the earlier as they were."""
    contents = draw(few)
    before, after = draw(images(contents)), draw(images(contents))
    kept = draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    return before, {**after, **{sha256: before[sha256] for sha256 in kept}}


def write(path: Path, images: Images) -> Path:
    path.write_bytes(manifest_of(images.values()))
    return path


def naive_annotations(before: Sequence[FrozenAnnotation], after: Sequence[FrozenAnnotation]) -> AnnotationDelta:
    ids = {one.id for one in before} & {one.id for one in after}
    then, now = ({one.id: one for one in side} for side in (before, after))
    changed = len([id_ for id_ in ids if then[id_] != now[id_]])
    new = [replace(one, id="") for one in after if one.id not in ids]
    removed = 0
    for one in before:
        if one.id in ids:
            continue
        if replace(one, id="") in new:
            new.remove(replace(one, id=""))
        else:
            removed += 1
    return AnnotationDelta(len(new), removed, changed)


def naive(before: Images, after: Images) -> list[ChangedImage]:
    found = []
    lines = [{sha256: line for line, sha256 in enumerate(sorted(side))} for side in (before, after)]
    for sha256 in sorted(before.keys() | after.keys()):
        then, now = before.get(sha256), after.get(sha256)
        counts = naive_annotations(then.annotations if then else (), now.annotations if now else ())
        if then is None:
            change = AssetChange.ADDED
        elif now is None:
            change = AssetChange.REMOVED
        elif then.split is not now.split:
            change = AssetChange.MOVED
        elif counts != AnnotationDelta(0, 0, 0):
            change = AssetChange.RELABELLED
        else:
            continue
        found.append(ChangedImage(sha256, change, lines[0].get(sha256), lines[1].get(sha256), counts))
    return found


def naive_totals(before: Images, after: Images, changed: Sequence[ChangedImage]) -> DiffTotals:
    both = before.keys() & after.keys()
    return DiffTotals(
        len(after.keys() - both),
        len(before.keys() - both),
        len(both),
        len([sha256 for sha256 in both if before[sha256].split is not after[sha256].split]),
        AnnotationDelta(
            sum(one.annotations.added for one in changed),
            sum(one.annotations.removed for one in changed),
            sum(one.annotations.changed for one in changed),
        ),
        len(changed),
    )


@given(versions())
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_merge_finds_what_a_naive_comparison_finds(tmp_path: Path, pair: tuple[Images, Images]) -> None:
    before, after = pair
    first, second = write(tmp_path / "before", before), write(tmp_path / "after", after)
    expected = naive(before, after)
    assert list(changed_images(first, second)) == expected
    path = tmp_path / "diff"
    write_diff(path, changed_images(first, second), len(before))
    assert is_whole(path)
    assert read_totals(path) == naive_totals(before, after, expected)
    assert read_page(path, PageRequest(200)).items == expected
    assert len(json.loads(path.read_bytes())["changed"]) == len(expected)


def peak(folder: Path, count: int) -> int:
    """Bytes at most while two versions are compared of which every image differs."""
    before, after = (frozen_images(count, name) for name in ("wattle", "gorse"))
    first, second = folder / "before", folder / "after"
    first.write_bytes(manifest_of(before))
    second.write_bytes(manifest_of(after))
    del before, after
    tracemalloc.start()
    try:
        write_diff(folder / "diff", changed_images(first, second), count)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path) -> None:
    assert peak(tmp_path, 20_000) < peak(tmp_path, 5_000) + 500_000


def added(count: int) -> list[ChangedImage]:
    shas = sorted(digest_of(str(number)) for number in range(count))
    return [
        ChangedImage(sha256, AssetChange.ADDED, None, line, AnnotationDelta(line)) for line, sha256 in enumerate(shas)
    ]


@pytest.mark.parametrize("first", [1, 7, 50, 200])
def test_pages_are_every_changed_image_once(tmp_path: Path, first: int) -> None:
    expected, path = added(100), tmp_path / "diff"
    write_diff(path, expected, 0)
    found: list[ChangedImage] = []
    after = None
    while True:
        page = read_page(path, PageRequest(first, after))
        assert page.has_previous == (after is not None)
        assert [key for (key,) in page.keys] == [one.sha256 for one in page.items]
        found += page.items
        assert page.has_next == (len(found) < len(expected))
        if not page.has_next:
            break
        after = page.keys[-1]
    assert found == expected


def test_a_cursor_is_a_place_in_the_order_and_no_number(tmp_path: Path) -> None:
    expected, path = added(5), tmp_path / "diff"
    write_diff(path, expected, 0)
    assert read_page(path, PageRequest(2, ("0",))).items == expected[:2]
    assert read_page(path, PageRequest(2, ("g",))).items == []
    for cursor in ((1,), ("a", "b"), ()):
        with pytest.raises(DomainError) as refused:
            read_page(path, PageRequest(2, cursor))
        assert refused.value.code is ErrorCode.BAD_USER_INPUT


def test_a_stored_diff_with_any_bit_flipped_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "diff"
    write_diff(path, added(3), 0)
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        index_lines(path)
        assert not is_whole(path), at
    for short in (b"", good[:1], good[:-30], good.split(b"\n")[0] + b"\n"):
        path.write_bytes(short)
        index_lines(path)
        assert not is_whole(path)


def test_lines_are_found_across_the_chunks_in_which_a_file_is_indexed(tmp_path: Path) -> None:
    lines = [b"%d" % number + b"x" * (number % 90_000) + b"\n" for number in range(0, 3_000_000, 70_001)]
    path = tmp_path / "lines"
    path.write_bytes(b"".join(lines))
    index_lines(path)
    with LineFile(path) as file:
        assert len(file) == len(lines)
        assert [file[number] for number in range(len(lines))] == lines
        assert file.lines(3, 9) == lines[3:9]
        assert file.lines(len(lines) - 1, len(lines) + 5) == lines[-1:]
        with pytest.raises(IndexError):
            file[len(lines)]

"""Diffs are worked out once, beside the event loop, and found again in the object store and on local disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.local_files import LocalFiles
from adapters.local_manifests import LocalManifests
from adapters.local_store import LocalStore
from adapters.version_diffs import StoredDiffs
from domain.errors import DomainError, ErrorCode
from domain.keys import diff_key
from domain.models.diff import AnnotationDelta, AssetChange, ChangedImage, DiffTotals, ManifestPair
from domain.models.manifest import FrozenImage
from domain.models.version import Split
from domain.paging import PageRequest
from domain.ports import ObjectStore
from frozen_images import frozen_image, frozen_images, put_manifest
from seeds import digest_of


class Process:
    """A process of the API with a disk of its own."""

    def __init__(self, store: ObjectStore, folder: Path) -> None:
        self.files = LocalFiles(folder)
        self.diffs = StoredDiffs(store, LocalManifests(store, self.files), self.files)


def later(images: list[FrozenImage]) -> list[FrozenImage]:
    """Of ten images: one gone, one new, one moved, one relabelled, one both."""
    first, second, third, fourth, *rest = images
    gorse = tuple(replace(one, weed_type="gorse") for one in second.annotations)
    return [
        replace(first, split=Split.VAL),
        replace(second, annotations=gorse),
        replace(third, split=Split.TEST, annotations=third.annotations[:1]),
        *rest,
        frozen_image(digest_of("new"), annotations=[replace(fourth.annotations[0], id="new")]),
    ]


TOTALS = DiffTotals(1, 1, 9, 2, AnnotationDelta(1, 3, 2), 5)


async def make_pair(store: ObjectStore, count: int = 10) -> ManifestPair:
    images = frozen_images(count)
    return ManifestPair("team", await put_manifest(store, images), await put_manifest(store, later(images)))


async def changes(process: Process, pair: ManifestPair) -> dict[str, ChangedImage]:
    page = await process.diffs.changed(pair, PageRequest(50))
    assert not page.has_next
    assert [key for (key,) in page.keys] == sorted(one.sha256 for one in page.items)
    return {one.sha256: one for one in page.items}


async def test_what_changed_is_found(any_store: ObjectStore, tmp_path: Path) -> None:
    pair = await make_pair(any_store)
    process = Process(any_store, tmp_path / "cache")
    assert await process.diffs.totals(pair) == TOTALS
    found = await changes(process, pair)
    assert {key: (one.change, one.annotations) for key, one in found.items()} == {
        digest_of("0"): (AssetChange.MOVED, AnnotationDelta()),
        digest_of("1"): (AssetChange.RELABELLED, AnnotationDelta(changed=2)),
        digest_of("2"): (AssetChange.MOVED, AnnotationDelta(removed=1)),
        digest_of("3"): (AssetChange.REMOVED, AnnotationDelta(removed=2)),
        digest_of("new"): (AssetChange.ADDED, AnnotationDelta(added=1)),
    }
    for key, one in found.items():
        assert (one.before is None) == (key == digest_of("new"))
        assert (one.after is None) == (key == digest_of("3"))
    back = ManifestPair("team", pair.after, pair.before)
    assert await process.diffs.totals(back) == DiffTotals(1, 1, 9, 2, AnnotationDelta(3, 1, 2), 5)
    same = ManifestPair("team", pair.after, pair.after)
    assert await process.diffs.totals(same) == DiffTotals(0, 0, 10, 0, AnnotationDelta(), 0)


async def test_a_second_call_reads_nothing_of_the_manifests(any_store: ObjectStore, tmp_path: Path) -> None:
    pair = await make_pair(any_store)
    first = Process(any_store, tmp_path / "first")
    found = await changes(first, pair)
    for manifest in (pair.before, pair.after):
        await any_store.delete(manifest.s3_key)
    another = Process(any_store, tmp_path / "another")
    assert await another.diffs.totals(pair) == TOTALS
    assert await changes(another, pair) == found
    await any_store.delete(diff_key("team", pair.before.sha256, pair.after.sha256))
    assert await changes(first, pair) == found, "it is on this process's disk"
    third = Process(any_store, tmp_path / "third")
    with pytest.raises(DomainError) as refused:
        await third.diffs.totals(pair)
    assert refused.value.code is ErrorCode.NOT_READY


@pytest.mark.parametrize("bad", [b"", b"{}", b'{"format":0,"changed":[\n],"totals":{},\n"sha256":""}\n'])
async def test_a_stored_diff_that_is_damaged_is_worked_out_anew(store: LocalStore, tmp_path: Path, bad: bytes) -> None:
    pair = await make_pair(store)
    key = diff_key("team", pair.before.sha256, pair.after.sha256)
    await store.put(key, bad, "application/json")
    assert await Process(store, tmp_path / "first").diffs.totals(pair) == TOTALS
    good = await store.get(key)
    assert good != bad
    await store.put(key, good.replace(b"MOVED", b"ADDED"), "application/json")
    found = await changes(Process(store, tmp_path / "second"), pair)
    assert found[digest_of("0")].change is AssetChange.MOVED
    assert await store.get(key) == good


async def test_one_computation_however_many_ask(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await make_pair(store)
    process = Process(store, tmp_path / "cache")
    written = []
    put_file = store.put_file

    async def put(key: str, path: Path, content_type: str) -> None:
        written.append(key)
        await put_file(key, path, content_type)

    monkeypatch.setattr(store, "put_file", put)
    asked = [process.diffs.totals(pair) for _ in range(20)]
    assert await asyncio.gather(*asked) == [TOTALS] * 20
    assert written == [diff_key("team", pair.before.sha256, pair.after.sha256)]


async def test_a_store_that_takes_nothing_costs_the_answer_nothing(store: LocalStore, tmp_path: Path) -> None:
    pair = await make_pair(store)
    folder = diff_key("team", pair.before.sha256, pair.after.sha256).rpartition("/")[0]
    await store.put(folder, b"a file where the folder would be", "text/plain")
    assert await Process(store, tmp_path / "cache").diffs.totals(pair) == TOTALS


async def test_others_are_served_meanwhile(store: LocalStore, tmp_path: Path) -> None:
    pair = await make_pair(store, 30_000)
    process = Process(store, tmp_path / "cache")
    turns = 0
    asked = asyncio.create_task(process.diffs.totals(pair))
    while not asked.done():
        turns += 1
        await asyncio.sleep(0.001)
    assert (await asked).assets_kept == 29_999
    assert turns > 20, "the event loop stood still while manifests were compared"

"""Manifests on the API's own disk: had once, checked, read by the line, and no more of them than there is room for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.local_files import LocalFiles
from adapters.local_manifests import MANIFEST_FILE, LocalManifests
from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from adapters.settings import Settings
from domain.errors import DomainError, ErrorCode
from domain.models.manifest import FrozenImage
from domain.models.version import Manifest
from domain.ports import ObjectStore
from frozen_images import frozen_images, put_manifest

IMAGES = 300


def counted(monkeypatch: pytest.MonkeyPatch, store: ObjectStore, name: str) -> list[str]:
    """The keys for which that method of the store is called from now on."""
    real: Callable[..., Any] = getattr(store, name)
    keys: list[str] = []

    async def call(key: str, *rest: Any) -> Any:
        keys.append(key)
        return await real(key, *rest)

    monkeypatch.setattr(store, name, call)
    return keys


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    return LocalFiles(tmp_path / "cache")


async def expected(store: ObjectStore) -> tuple[Manifest, list[FrozenImage]]:
    images = frozen_images(IMAGES)
    return await put_manifest(store, images), sorted(images, key=lambda image: image.sha256)


async def test_each_line_is_found_with_one_download_however_many_ask(
    any_store: ObjectStore, files: LocalFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest, lines = await expected(any_store)
    downloads = counted(monkeypatch, any_store, "download")
    manifests = LocalManifests(any_store, files)
    found = await asyncio.gather(*(manifests.image(manifest, position) for position in range(IMAGES)))
    assert list(found) == lines
    assert await manifests.image(manifest, 0) == lines[0]
    assert downloads == [manifest.s3_key]
    with pytest.raises(IndexError):
        await manifests.image(manifest, IMAGES + 1)


async def test_who_goes_away_takes_nothing_from_the_others(store: LocalStore, files: LocalFiles) -> None:
    manifest, lines = await expected(store)
    manifests = LocalManifests(store, files)
    first = asyncio.create_task(manifests.image(manifest, 1))
    others = [asyncio.create_task(manifests.image(manifest, position)) for position in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.gather(*others) == lines[:5]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_another_file_in_its_place_is_refused_until_the_right_one_is_back(
    any_store: ObjectStore, files: LocalFiles, tmp_path: Path
) -> None:
    manifest, lines = await expected(any_store)
    manifests = LocalManifests(any_store, files)
    good = await any_store.get(manifest.s3_key)
    for bad in (good[:-1], good[:1000] + bytes([good[1000] ^ 1]) + good[1001:], b""):
        await any_store.put(manifest.s3_key, bad, "application/json")
        with pytest.raises(DomainError, match="does not match its checksum; restore teams/team/") as refused:
            await manifests.image(manifest, 0)
        assert refused.value.code is ErrorCode.NOT_READY
    await any_store.delete(manifest.s3_key)
    with pytest.raises(DomainError, match="missing from the object store; restore teams/team/") as refused:
        await manifests.image(manifest, 0)
    assert refused.value.code is ErrorCode.NOT_READY
    assert files.size_bytes == 0
    await any_store.put(manifest.s3_key, good, "application/json")
    assert await manifests.image(manifest, 0) == lines[0]


async def test_a_store_that_cannot_be_reached_is_unavailable(
    s3_settings: Settings, s3_store: ObjectStore, files: LocalFiles
) -> None:
    manifest, _ = await expected(s3_store)
    nowhere = s3_settings.model_copy(update={"s3_endpoint_url": "http://127.0.0.1:9"})
    async with open_object_store(nowhere) as unreachable:
        with pytest.raises(DomainError) as refused:
            await LocalManifests(unreachable, files).image(manifest, 0)
    assert refused.value.code is ErrorCode.UNAVAILABLE


async def settled(folder: Path, most: int) -> None:
    """Waits until no more than that many manifests are on the disk: what was given up is deleted in a thread."""
    async with asyncio.timeout(30):
        while len(list(folder.iterdir())) > most:  # noqa: ASYNC110 - a thread deletes it, and tells nobody
            await asyncio.sleep(0.01)


async def test_the_ones_used_longest_ago_make_room(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [await put_manifest(store, frozen_images(IMAGES, f"class {number}")) for number in range(6)]
    limit = 3 * (kept[0].size_bytes + 20_000)
    files = LocalFiles(tmp_path / "cache", limit)
    manifests = LocalManifests(store, files)
    for manifest in kept:
        await manifests.image(kept[0], 0)
        await manifests.image(manifest, 0)
        assert files.size_bytes <= limit
    await settled(tmp_path / "cache", 3)
    downloads = counted(monkeypatch, store, "download")
    await manifests.image(kept[0], 1)
    await manifests.image(kept[5], 1)
    assert downloads == []
    assert [one.weed_type for one in (await manifests.image(kept[1], 1)).annotations] == ["class 1"] * 2
    assert downloads == [kept[1].s3_key]


async def test_what_is_in_use_stays(store: LocalStore, tmp_path: Path) -> None:
    held, other = [await put_manifest(store, frozen_images(IMAGES, name)) for name in ("held", "other")]
    files = LocalFiles(tmp_path / "cache", limit_bytes=1)
    manifests = LocalManifests(store, files)
    async with manifests.open(held) as folder:
        for position in range(3):
            assert [one.weed_type for one in (await manifests.image(other, position)).annotations] == ["other"] * 2
        assert (folder / MANIFEST_FILE).stat().st_size == held.size_bytes
    assert files.size_bytes == 0
    await settled(tmp_path / "cache", 0)

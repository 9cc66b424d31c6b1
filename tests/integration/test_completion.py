"""Images of an adopted database are read and copied in the background, on SQLite and MariaDB; until then no version
can freeze them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from db.tables import watched_originals
from domain.assets import delete_assets
from domain.errors import DomainError, ErrorCode
from domain.keys import THUMBNAIL_SIZES, original_key, thumbnail_key
from domain.models.asset import Asset
from domain.models.config import VersionConfig
from domain.version_preview import preview_version
from domain.versions import CreateVersion
from pictures import LATITUDE, drone_mpo, jpeg, turned
from seeds import Home, add_images, annotate, freeze, make_home, request_version
from workers.collection import Collection
from workers.completion import Completion
from workers.sandbox.pool import SandboxPool


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    return await make_home(database)


@pytest.fixture
async def completion(database: SqlDatabase, store: LocalStore, tmp_path: Path) -> AsyncIterator[Completion]:
    async with SandboxPool(1) as sandbox:
        yield Completion(database, store, sandbox, tmp_path)


async def adopt(
    database: SqlDatabase, store: LocalStore, home: Home, name: str, content: bytes | None, key: str | None = None
) -> Asset:
    """An image as the other application left it: a key of its own, and nothing known of the bytes."""
    (image,) = await add_images(database, home.project, [name])
    unknown = dict.fromkeys(("sha256", "size_bytes", "content_type", "width", "height"))
    key = key or f"uploads/{name}.jpg"
    await database.write(lambda uow: uow.assets.update(image.id, s3_key=key, **unknown))
    if content is not None:
        await store.put(key, content, "image/jpeg")
    return replace(image, s3_key=key, sha256=None, size_bytes=None, content_type=None, width=None, height=None)


async def reloaded(database: SqlDatabase, image: Asset) -> Asset:
    found = await database.read(lambda uow: uow.assets.get(image.id))
    assert found is not None
    return found


async def warned_of(database: SqlDatabase, home: Home) -> int:
    """How many images the preview says are left out."""
    command = CreateVersion(home.project.id, None, None, None, VersionConfig())
    preview = await preview_version(database, home.principal, command)
    return sum(notice.count for notice in preview.warnings if notice.code == "UNREAD_IMAGES")


async def test_what_was_never_read_is_filled_in_and_copied(
    database: SqlDatabase, store: LocalStore, home: Home, completion: Completion
) -> None:
    content = drone_mpo()
    image = await adopt(database, store, home, "old", content)
    assert await completion.complete_some() == 1
    now, sha256 = await reloaded(database, image), hashlib.sha256(content).hexdigest()
    assert (now.sha256, now.size_bytes, now.content_type) == (sha256, len(content), "image/jpeg")
    assert (now.width, now.height, now.facts_error) == (160, 90, None)
    assert now.gps_latitude == pytest.approx(LATITUDE, abs=1e-6)
    assert now.perceptual_hash is not None
    assert now.s3_key == original_key(home.team.id, sha256)
    assert await store.get(now.s3_key) == content
    assert await store.get(image.s3_key) == content, "the other application may still read its own copy"
    for size in THUMBNAIL_SIZES:
        assert await store.size(thumbnail_key(home.team.id, sha256, size))
    assert await completion.complete_some() == 0


async def test_no_version_freezes_an_image_before_it_was_read_and_a_warning_counts_it(
    database: SqlDatabase, store: LocalStore, home: Home, completion: Completion, tmp_path: Path
) -> None:
    known = await add_images(database, home.project, ["known"])
    old = await adopt(database, store, home, "old", turned(6))
    await annotate(database, home, [*known, old])
    assert await warned_of(database, home) == 1
    before = await freeze(database, store, tmp_path, await request_version(database, home))
    assert before.image_count == 1
    assert [(notice.code, notice.count) for notice in before.warnings if notice.code == "UNREAD_IMAGES"] == [
        ("UNREAD_IMAGES", 1)
    ]
    # The seeded image's bytes are named, not stored: it is given up, which changes nothing of what is known of it.
    while await completion.complete_some():
        pass
    assert await warned_of(database, home) == 0
    after = await freeze(database, store, tmp_path, await request_version(database, home))
    assert after.image_count == 2
    assert "UNREAD_IMAGES" not in {notice.code for notice in after.warnings}


async def test_where_nothing_can_be_frozen_yet_the_refusal_says_why(
    database: SqlDatabase, store: LocalStore, home: Home
) -> None:
    old = await adopt(database, store, home, "old", jpeg())
    await annotate(database, home, [old])
    with pytest.raises(DomainError, match="1 images were adopted") as refusal:
        await request_version(database, home)
    assert refusal.value.code is ErrorCode.NO_MATCHING_IMAGES


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "not in the object store"), (b"Dear farmer", "no image"), (b"", "empty")]
)
async def test_what_cannot_be_read_is_given_up_with_the_reason(
    database: SqlDatabase,
    store: LocalStore,
    home: Home,
    completion: Completion,
    content: bytes | None,
    reason: str,
) -> None:
    image = await adopt(database, store, home, "broken", content)
    await completion.complete_some()
    now = await reloaded(database, image)
    assert now.facts_error is not None
    assert reason in now.facts_error
    assert (now.sha256, now.s3_key) == (None, image.s3_key)
    assert await completion.complete_some() == 0, "it is not tried for ever"
    assert await warned_of(database, home) == 1


async def test_of_two_rows_with_the_same_bytes_one_is_filled_in(
    database: SqlDatabase, store: LocalStore, home: Home, completion: Completion
) -> None:
    twins = [await adopt(database, store, home, name, jpeg()) for name in ("one", "two")]
    while await completion.complete_some():
        pass
    found = [await reloaded(database, image) for image in twins]
    assert sorted(image.sha256 is None for image in found) == [False, True]
    (second,) = [image for image in found if image.sha256 is None]
    assert second.facts_error is not None
    assert "the same bytes as" in second.facts_error


async def test_an_image_that_fails_each_time_keeps_no_other_from_its_turn(
    database: SqlDatabase, store: LocalStore, home: Home, completion: Completion
) -> None:
    for number in range(25):
        await adopt(database, store, home, f"endless {number}", None, f"uploads/{number}{'k' * 300}")
    last = await adopt(database, store, home, "sound", jpeg())
    for _ in range(4):
        await completion.complete_some()
    assert (await reloaded(database, last)).sha256 is not None


class Interrupted(LocalStore):
    """Does something just before the first thumbnail is stored."""

    first: Callable[[], Awaitable[object]] | None = None

    async def put_new(self, key: str, data: bytes, content_type: str) -> bool:
        if self.first is not None:
            first, self.first = self.first, None
            await first()
        return await super().put_new(key, data, content_type)


async def test_bytes_of_an_image_that_is_deleted_while_it_is_read_are_collected(
    database: SqlDatabase, home: Home, tmp_path: Path
) -> None:
    store = Interrupted(tmp_path / "objects", "http://127.0.0.1:8000", b"a secret of the tests")
    image = await adopt(database, store, home, "old", jpeg())
    store.first = lambda: delete_assets(database, home.principal, [image.id])
    async with SandboxPool(1) as sandbox:
        await Completion(database, store, sandbox, tmp_path).complete_some()
    key = original_key(home.team.id, hashlib.sha256(jpeg()).hexdigest())
    assert await store.size(key) is not None
    async with database.engine.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=2)
        await connection.execute(sa.update(watched_originals).values(since=long_ago))
    await Collection(database, store).collect_overdue()
    assert await store.size(key) is None

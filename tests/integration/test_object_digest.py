"""The digest of an object is that of the bytes that the store gives now, on a folder and on S3."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

import pytest

from adapters.s3_store import open_s3_store
from adapters.settings import Settings
from domain.ports import ObjectStore
from faulty_server import Fault, FaultyServer
from s3_server import S3Server

KEY = "teams/t/originals/ab/abc"
LARGE = Random(1).randbytes((20 << 20) + 3)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("data", [b"", b"bytes", LARGE], ids=["empty", "small", "large"])
async def test_the_digest_is_that_of_the_bytes(data: bytes, any_store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    await any_store.put_file(KEY, tmp_path / "file", "image/jpeg")
    assert await any_store.digest(KEY) == sha256(data)


async def test_a_missing_object_has_none(any_store: ObjectStore) -> None:
    with pytest.raises(KeyError):
        await any_store.digest(KEY)


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.FORBIDDEN, Fault.DROPPED])
async def test_what_came_in_part_or_not_at_all_has_none(
    fault: Fault, s3_settings: Settings, s3_store: ObjectStore, faulty_s3: FaultyServer
) -> None:
    await s3_store.put(KEY, LARGE[:10_000], "image/jpeg")
    async with open_s3_store(s3_settings.model_copy(update={"s3_endpoint_url": faulty_s3.url})) as behind:
        faulty_s3.every = fault
        with pytest.raises(OSError, match="cannot read"):
            await behind.digest(KEY)
        faulty_s3.every = Fault.CHANGED_ANSWER
        changed = await behind.digest(KEY)
    assert changed == sha256(LARGE[:9_999] + bytes([LARGE[9_999] ^ 1]))


async def test_a_bucket_that_is_gone_does_not_make_its_objects_missing(s3_server: S3Server) -> None:
    async with open_s3_store(s3_server.settings("agridrone-gone")) as gone:
        with pytest.raises(OSError, match="no such bucket"):
            await gone.digest(KEY)

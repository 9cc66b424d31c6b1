"""What is of the object store on S3 alone: its addresses, its settings, and the API over it."""

from __future__ import annotations

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from adapters.s3_store import open_s3_store
from adapters.s3_writer import PART_BYTES
from adapters.settings import Settings, load_settings
from domain.ports import ObjectStore
from faulty_server import FaultyServer
from main import open_app
from s3_server import S3Server, refusal

KEY = "teams/t/originals/ab/abc"


async def test_large_files_pass_through_little_memory(s3_store: ObjectStore, tmp_path: Path) -> None:
    parts = 16
    with (tmp_path / "large").open("wb") as file:
        file.truncate(parts * PART_BYTES)
    tracemalloc.start()
    try:
        await s3_store.put_file(KEY, tmp_path / "large", "")
        await s3_store.download(KEY, tmp_path / "back")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "back").stat().st_size == parts * PART_BYTES
    assert peak < 10 * PART_BYTES, "four parts are on the way, and aiohttp copies each"


async def test_long_streams_pass_through_little_memory(s3_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.s3_writer.STREAM_PART_BYTES", PART_BYTES)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(16 * PART_BYTES >> 20):
            yield bytes(1 << 20)

    tracemalloc.start()
    try:
        await s3_store.put_stream(KEY, pieces(), "")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert await s3_store.size(KEY) == 16 * PART_BYTES
    assert peak < 6 * PART_BYTES, "two parts are on the way, and aiohttp copies each"


async def test_a_bucket_that_is_missing_or_elsewhere_is_named_with_its_setting(
    s3_server: S3Server, s3_settings: Settings
) -> None:
    missing = s3_settings.model_copy(update={"s3_bucket": "no-such-bucket"})
    async with open_s3_store(missing) as store:
        for attempt in (store.ready, lambda: store.put(KEY, b"x", ""), lambda: anext(aiter(store.under("teams/")))):
            with refusal("no-such-bucket", "S3_BUCKET"):
                await attempt()
    elsewhere = s3_server.settings(await s3_server.new_bucket("eu-central-1"))
    async with open_s3_store(elsewhere) as store:
        with refusal("eu-central-1", "S3_REGION"):
            await store.ready()


async def test_without_keys_of_ours_botocore_finds_its_own_or_says_that_there_are_none(
    s3_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keyless = s3_settings.model_copy(update={"s3_access_key_id": SecretStr(""), "s3_secret_access_key": SecretStr("")})
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with open_s3_store(keyless) as store:
        with refusal("no credentials", "S3_ACCESS_KEY_ID"):
            await store.put(KEY, b"x", "")
        with refusal("no credentials"):
            await store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_settings.s3_secret_access_key.get_secret_value())
    async with open_s3_store(keyless) as store:
        await store.put(KEY, b"x", "")
        assert "of-the-environment" in await store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))


async def test_an_upload_s_address_is_signed_for_length_type_and_checksum(s3_store: ObjectStore) -> None:
    address = await s3_store.put_url(KEY, 5, hashlib.sha256(b"bytes").hexdigest(), datetime.now(UTC))
    facts = httpx.URL(address.url).params
    signed = {"content-length", "content-type", "host", "x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"}
    assert set(facts["X-Amz-SignedHeaders"].split(";")) == signed
    assert {name.lower() for name in address.headers} == signed - {"host", "content-length"}
    assert 295 <= int(facts["X-Amz-Expires"]) <= 300
    read = httpx.URL(await s3_store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC)))
    assert 895 <= int(read.params["X-Amz-Expires"]) <= 900
    async with httpx.AsyncClient(trust_env=False) as web:
        as_page = {**address.headers, "Content-Type": "text/html"}
        assert (await web.put(address.url, content=b"bytes", headers=as_page)).status_code == 403
        assert (await web.put(address.url, content=b"bytes")).status_code == 403
        assert (await web.delete(address.url)).status_code == 403


async def test_addresses_are_for_the_name_that_clients_know_the_server_by(
    faulty_s3: FaultyServer, s3_settings: Settings
) -> None:
    async with (
        open_s3_store(s3_settings.model_copy(update={"s3_public_url": f"{faulty_s3.url}/"})) as store,
        httpx.AsyncClient(trust_env=False) as web,
    ):
        await store.put(KEY, b"bytes", "")
        assert faulty_s3.seen == []
        url = await store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))
        assert url.startswith(f"{faulty_s3.url}/{s3_settings.s3_bucket}/{KEY}?")
        assert (await web.get(url)).content == b"bytes"
        assert (await web.get(url.replace(faulty_s3.url, s3_settings.s3_endpoint_url))).status_code == 403


async def test_on_aws_an_address_names_the_bucket_s_own_region() -> None:
    chosen = {"s3_bucket": "farm", "s3_region": "eu-central-1"}
    async with open_s3_store(load_settings(**chosen, s3_access_key_id="id", s3_secret_access_key="key")) as store:
        url = await store.get_url(KEY, "a.jpg", "image/jpeg", datetime.now(UTC))
    assert url.startswith(f"https://farm.s3.eu-central-1.amazonaws.com/{KEY}?")
    assert "%2Feu-central-1%2Fs3%2F" in url


@pytest.mark.parametrize("together", [True, False])
async def test_many_addresses_let_others_have_their_turns(s3_store: ObjectStore, together: bool) -> None:
    number, turns, over = 500, 0, False
    now = datetime.now(UTC)

    async def others() -> None:
        nonlocal turns
        while not over:
            turns += 1
            await asyncio.sleep(0)

    watching = asyncio.create_task(others())
    addresses = (s3_store.get_url(f"teams/t/{one}", "a.jpg", "image/jpeg", now) for one in range(number))
    urls = await asyncio.gather(*addresses) if together else [await address for address in addresses]
    over = True
    await watching
    assert len(set(urls)) == number
    assert turns >= number


async def test_the_api_over_s3_hands_out_its_addresses_and_serves_no_objects_itself(
    s3_settings: Settings, sqlite_url: str, embedded_redis_url: str, tmp_path: Path
) -> None:
    here = {"database_url": sqlite_url, "redis_url": embedded_redis_url, "data_dir": tmp_path}
    async with open_app(s3_settings.model_copy(update=here)) as app:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as web:
            assert (await web.get("/readyz")).json()["objects"] == "ok"
            assert (await web.get("/objects/teams/t/x")).status_code == 404
    assert not (tmp_path / "objects").exists()


async def test_the_api_does_not_start_on_a_bucket_that_is_not_there(
    s3_settings: Settings, sqlite_url: str, embedded_redis_url: str
) -> None:
    here = {"database_url": sqlite_url, "redis_url": embedded_redis_url, "s3_bucket": "no-such-bucket"}
    with refusal("no-such-bucket", "S3_BUCKET"):
        async with open_app(s3_settings.model_copy(update=here)):
            pass

"""The outside systems that a process of ours works with, opened together and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from arq.connections import ArqRedis

from adapters.doorbell import RedisDoorbell
from adapters.metrics.registry import transaction_repeated
from adapters.object_store import open_object_store
from adapters.queue import ArqQueue, connect_queue
from adapters.roboflow import RoboflowClient, open_roboflow
from adapters.settings import Settings, SettingsError
from adapters.sign_in import TokenSigner
from adapters.token_reader import TokenReader, open_token_reader
from db.database import SqlDatabase
from db.engine import create_engine
from db.migrate import require_head
from domain.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    redis: ArqRedis
    doorbell: RedisDoorbell
    database: SqlDatabase
    store: ObjectStore
    signer: TokenSigner
    tokens: TokenReader
    roboflow: RoboflowClient


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Connects to Redis, the database and the object store. Raises SettingsError without a Redis address, and
    MigrationError where the database has not the tables of this release."""
    if not settings.redis_url:
        text = "REDIS_URL: name a Redis server, as redis://127.0.0.1:6379/0; `agridrone up` brings its own"
        raise SettingsError(text)
    signer = TokenSigner(settings.signing_secret())
    async with (
        open_object_store(settings) as store,
        open_roboflow(settings) as roboflow,
        open_token_reader(settings, signer) as tokens,
    ):
        await store.ready()
        await require_head(settings.sqlalchemy_url)
        redis = await connect_queue(settings.redis_url)
        doorbell = RedisDoorbell(redis)
        engine = create_engine(settings.sqlalchemy_url)
        database = SqlDatabase(
            engine, doorbell, ArqQueue(redis), settings.enable_dataset_versions, transaction_repeated
        )
        try:
            yield Services(settings, redis, doorbell, database, store, signer, tokens, roboflow)
        finally:
            await doorbell.close()
            await database.close()
            await redis.aclose()

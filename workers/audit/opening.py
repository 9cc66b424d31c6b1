"""Opening what an audit looks at, and saying which of it does not answer."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from adapters.settings import Settings
from adapters.silence import Silence
from db.database import SqlDatabase
from db.engine import DatabaseError, create_engine
from db.migrate import require_head
from domain.ports import ObjectStore
from workers.audit.auditor import Auditor

_PATIENCE_SECONDS = 5.0
_SQLITE = "sqlite+aiosqlite:///"


class CannotLookError(Exception):
    """Something that the audit needs does not answer. The message names it, and says what to see to."""


@dataclass(frozen=True, slots=True)
class OpenAudit:
    """`with_redis` is false where no Redis answered, and what it knows is left out."""

    auditor: Auditor
    with_redis: bool


@asynccontextmanager
async def open_audit(settings: Settings, redis_url: str, read_back: bool) -> AsyncIterator[OpenAudit]:
    """What the block raises because something went away is raised as CannotLookError, too; a database that is not this
    release's as MigrationError."""
    file = settings.sqlalchemy_url.removeprefix(_SQLITE)
    if file != settings.sqlalchemy_url and not Path(file).exists():
        raise CannotLookError(f"There is no database at {file}; see --data-dir and DATABASE_URL.")
    silence = Silence()
    with _named():
        await require_head(settings.sqlalchemy_url)
        database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
        try:
            async with _open_store(settings) as store:
                redis = await _connected(redis_url)
                try:
                    yield OpenAudit(Auditor(database, store, redis, read_back=read_back), redis is not None)
                finally:
                    if redis is not None:
                        await redis.aclose()
        finally:
            await database.close()


@asynccontextmanager
async def _open_store(settings: Settings) -> AsyncIterator[ObjectStore]:
    """To read only. A folder is not opened as the parts do it: they make what is missing, a secret among it, and sweep
    what was left behind."""
    if settings.s3_bucket:
        async with open_object_store(settings) as bucket:
            await bucket.ready()
            yield bucket
        return
    if not os.access(settings.objects_dir, os.R_OK | os.X_OK):
        raise OSError(f"The object folder {settings.objects_dir} cannot be read.")
    yield LocalStore(settings.objects_dir, settings.base_url, secrets.token_bytes())


async def _connected(redis_url: str) -> ArqRedis | None:
    """None where none answers."""
    if not redis_url:
        return None
    redis = ArqRedis.from_url(redis_url)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await redis.ping()
    except (RedisError, OSError):
        await redis.aclose()
        return None
    return redis


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise CannotLookError(f"The database failed ({type(error).__name__}); see DATABASE_URL.") from error
    except (RedisError, TimeoutError) as error:  # a store that takes too long says so by another OSError
        raise CannotLookError(f"Redis failed ({type(error).__name__}); see REDIS_URL.") from error
    except OSError as error:
        raise CannotLookError(f"The object store failed: {error}") from error

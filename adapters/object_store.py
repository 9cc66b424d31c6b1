"""The object store that the settings name: an S3 bucket, or a folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.local_store import LocalStore
from adapters.settings import Settings
from domain.ports import ObjectStore


@asynccontextmanager
async def open_object_store(settings: Settings) -> AsyncIterator[ObjectStore]:
    """Opens the store without asking it anything; `ready` tells whether it can be reached."""
    if settings.s3_bucket:
        # Here: botocore and aiohttp are a sixth of what a process imports to start, and a folder needs neither.
        from adapters.s3_store import open_s3_store

        async with open_s3_store(settings) as bucket:
            yield bucket
    else:
        yield LocalStore(settings.objects_dir, settings.base_url, settings.signing_secret())

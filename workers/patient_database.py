"""A database that may be away for a moment without ending work of hours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from domain.errors import ClaimLostError, DomainError
from domain.jobs import LEASE_SECONDS
from domain.ports import Database, UnitOfWork

T = TypeVar("T")
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class PatientDatabase:
    """Fulfils domain.ports.Database. What failed is tried again for as long as a lease: after that somebody else may
    have the work. Of what was done although its answer was lost, the work itself has to bear being done twice."""

    def __init__(self, database: Database, patience_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._patience_seconds = patience_seconds

    async def write(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        return await self._patiently(lambda: self._database.write(work))

    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        return await self._patiently(lambda: self._database.read(work))

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        deadline = asyncio.get_running_loop().time() + self._patience_seconds
        while True:
            try:
                return await call()
            except (ClaimLostError, DomainError):
                raise
            except Exception as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                _log.warning("database_away", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)

"""Invariants that rows of the database have by themselves, or together with rows that belong to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Generic, Protocol, TypeVar

from domain.models.audit import Portion
from domain.ports import Database, UnitOfWork
from workers.audit.check import Check, Suspicion
from workers.audit.finding import Finding


class Row(Protocol):
    """What was read of one subject: by its id it can be read again."""

    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Row)
Read = Callable[[UnitOfWork, Portion], Awaitable[Sequence[R]]]
"""A portion of the subjects with all that they are judged by, read in one transaction."""


class RowCheck(Check, Generic[R]):
    """One invariant; `judge` tells what is wrong with a subject. Each portion is read in one transaction, so that rows
    that change together are seen together."""

    def __init__(
        self, database: Database, invariant: str, subjects: str, read: Read[R], judge: Callable[[R], Finding | None]
    ) -> None:
        super().__init__({invariant: subjects})
        self._invariant = invariant
        self._database = database
        self._read = read
        self._judge = judge

    async def suspicions(self) -> AsyncIterator[Suspicion]:
        portion = Portion()
        while True:
            rows = await self._rows(portion)
            self.looked_at[self._invariant] += len(rows)
            for row in rows:
                if (finding := self._judge(row)) is not None:
                    yield Suspicion(finding, partial(self._again, row.id))
            if len(rows) < portion.limit:
                return
            portion = replace(portion, after=rows[-1].id)

    async def _again(self, id_: str) -> Finding | None:
        rows = await self._rows(Portion(ids=(id_,)))
        return self._judge(rows[0]) if rows else None

    async def _rows(self, portion: Portion) -> Sequence[R]:
        return await self._database.read(lambda uow: self._read(uow, portion))

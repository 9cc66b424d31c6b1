"""Lists that hang on a parent: pages and counts of many parents' lists are loaded together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, TypeVarTuple

from strawberry.dataloader import DataLoader

from domain.paging import Page, PageRequest, page_request
from schema.node import Connection, connection
from schema.paging import first_or_default

E = TypeVar("E")
T = TypeVar("T")
Where = TypeVarTuple("Where")


@dataclass(frozen=True)
class Lists(Generic[E, *Where]):
    """One kind of list, by the parent's id, the page that is asked for, and what narrows the list."""

    pages: DataLoader[tuple[str, PageRequest, *Where], Page[E]]
    counts: DataLoader[tuple[str, *Where], int]

    async def connection(
        self, parent_id: str, first: int | None, after: str | None, wrap: Callable[[E], T], *where: *Where
    ) -> Connection[T]:
        """A page of the parent's list, each entity as `wrap` shows it. Raises as `page_request` does."""
        request = page_request(first_or_default(first), after)
        page = await self.pages.load((parent_id, request, *where))
        return connection(page, wrap, lambda: self.counts.load((parent_id, *where)))


def no_connection(first: int | None, after: str | None) -> Connection[Any]:
    """A page of a list that has no rows. Raises as `page_request` does."""
    page_request(first_or_default(first), after)

    async def none() -> int:
        return 0

    return connection(Page[Any].empty(), lambda item: item, none)

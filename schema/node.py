"""The Node interface and Relay connections with keyset cursors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import strawberry

from domain.paging import Page, encode_cursor

T = TypeVar("T")
E = TypeVar("E")


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]
    page: strawberry.Private[Page[Any]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        pairs = zip(self.page.keys, self.nodes, strict=True)
        return [Edge(cursor=encode_cursor(key), node=node) for key, node in pairs]

    @strawberry.field
    def page_info(self) -> PageInfo:
        keys = self.page.keys
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=encode_cursor(keys[0]) if keys else None,
            end_cursor=encode_cursor(keys[-1]) if keys else None,
        )

    @strawberry.field(description="Computed only when selected.")
    async def total_count(self) -> int:
        return await self.count()


def connection(page: Page[E], wrap: Callable[[E], T], count: Callable[[], Awaitable[int]]) -> Connection[T]:
    """A page of entities as a connection; `count` is asked only when totalCount is selected."""
    return Connection(nodes=[wrap(item) for item in page.items], page=page, count=count)

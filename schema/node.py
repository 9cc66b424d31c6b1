"""The Node interface and Relay connections with keyset cursors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

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
    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="Computed only when selected.")
    async def total_count(self) -> int:
        return await self.count()


def connection(page: Page[E], wrap: Callable[[E], T], count: Callable[[], Awaitable[int]]) -> Connection[T]:
    """A page of entities as a connection; `count` is asked only when totalCount is selected."""
    cursors: Sequence[str] = [encode_cursor(key) for key in page.keys]
    nodes = [wrap(item) for item in page.items]
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        count=count,
    )

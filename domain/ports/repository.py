"""What the repositories of most tables share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from domain.jobs import Claim

T = TypeVar("T")


class Repository(Protocol[T]):
    """Rows of one table as dataclasses.

    What repositories tell of several parents at once, they tell by the parents' ids: the same page of each one's list
    (`pages`), also where it is empty, or how long its list is (`counts`), which is left out where it is empty.
    """

    async def get(self, id_: str) -> T | None: ...
    async def get_many(self, ids: Iterable[str]) -> dict[str, T]: ...
    async def add(self, *entities: T) -> None: ...
    async def update(self, id_: str, /, **changes: Any) -> None:
        """Sets the named attributes of one row."""

    async def write_claimed(self, claim: Claim, /, **changes: Any) -> None:
        """Sets the named attributes while `claim` still holds the row. Raises ClaimLostError when it does not."""

"""Rows that look wrong are judged anew, and what mended itself, or is gone, is not told of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.models.audit import Portion
from domain.ports import UnitOfWork
from workers.audit.finding import Finding
from workers.audit.row_check import RowCheck

WRONG = Finding("sign", "row 7", "It is negative.")


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    value: int


class Rows:
    """A database whose rows are others at each look."""

    def __init__(self, *looks: Sequence[Row]) -> None:
        self._looks = iter(looks)

    async def read(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(next(self._looks))

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        raise AssertionError("an audit changes nothing")


async def looked(uow: UnitOfWork, portion: Portion) -> Sequence[Row]:
    rows: Any = uow
    return [row for row in rows if portion.ids is None or row.id in portion.ids]


def judged(row: Row) -> Finding | None:
    return Finding("sign", f"row {row.id}", "It is negative.") if row.value < 0 else None


@pytest.mark.parametrize(
    ("later", "told"),
    [([Row("7", -2), Row("8", 3)], WRONG), ([Row("7", 1)], None), ([Row("8", -1)], None), ([], None)],
)
async def test_what_is_wrong_at_both_looks_is_told_of(later: list[Row], told: Finding | None) -> None:
    check = RowCheck(Rows([Row("6", 1), Row("7", -1)], later), "sign", "rows", looked, judged)
    (suspicion,) = [one async for one in check.suspicions()]
    assert suspicion.finding == WRONG
    assert await suspicion.again() == told
    (checked,) = check.checked()
    assert (checked.invariant, checked.subjects, checked.looked_at) == ("sign", "rows", 2)

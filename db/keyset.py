"""Keyset pages: rows in a fixed order, from behind a sort key on; of one parent, or of many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Subquery,
    UnaryExpression,
    and_,
    column,
    func,
    or_,
    select,
    union_all,
)

from domain.errors import DomainError, ErrorCode
from domain.paging import SortKey


@dataclass(frozen=True, slots=True)
class Order:
    """One column or two that tell all rows of a list apart."""

    columns: tuple[Column[Any], ...]
    descending: bool = True

    @property
    def clauses(self) -> list[Column[Any] | UnaryExpression[Any]]:
        return [one.desc() if self.descending else one for one in self.columns]

    def beyond(self, after: SortKey | None) -> list[ColumnElement[bool]]:
        """What the rows after the sort key fulfil. Raises BAD_USER_INPUT for the key of another list.

        Spelled out for two columns, since MySQL uses no index for a row comparison.
        """
        if after is None:
            return []
        kinds = [one.type.python_type for one in self.columns]
        if len(kinds) != len(after) or not all(isinstance(part, kind) for part, kind in zip(after, kinds, strict=True)):
            raise DomainError(ErrorCode.BAD_USER_INPUT, "after is not a cursor of this list.", ("after",))
        first = self.columns[0]
        if len(self.columns) == 1:
            return [first < after[0] if self.descending else first > after[0]]
        second = self.columns[1]
        if self.descending:
            return [and_(first <= after[0], or_(first < after[0], second < after[1]))]
        return [and_(first >= after[0], or_(first > after[0], second > after[1]))]


def first_of_each(
    parent: Column[Any], parent_ids: Sequence[str], where: Sequence[ColumnElement[bool]], order: Order, count: int
) -> Subquery:
    """The primary keys of each parent's first `count` rows, each parent looked up by itself: no more rows are read than
    are found, but the statement grows with the parents."""
    keys = parent.table.primary_key.columns
    first = select(*(key.label(key.key) for key in keys)).where(*where).order_by(*order.clauses).limit(count)
    if len(parent_ids) == 1:
        return first.where(parent == parent_ids[0]).subquery("named")
    # Nested, because SQLite takes no ORDER BY within a UNION.
    plain: Select[*tuple[Any, ...]] = select(*(column(key.key) for key in keys))
    each = (plain.select_from(first.where(parent == id_).alias()) for id_ in parent_ids)
    return union_all(*each).subquery("named")


def first_by_rank(
    parent: Column[Any], parent_ids: Sequence[str], where: Sequence[ColumnElement[bool]], order: Order, count: int
) -> Subquery:
    """The same by a statement that is the same for any number of parents, and reads all of their rows."""
    keys = parent.table.primary_key.columns
    place = func.row_number().over(partition_by=parent, order_by=order.clauses).label("place")
    ranked = select(*(key.label(key.key) for key in keys), place).where(parent.in_(parent_ids), *where).subquery()
    return select(*(ranked.c[key.key] for key in keys)).where(ranked.c.place <= count).subquery("named")

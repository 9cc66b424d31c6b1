"""What a document may hold, counted before validation: right, and in steps that grow only with its length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLError, parse

from bombs import CIRCLES, doubled, spread_by_all
from resolvers.guard import MAX_DIRECTIVES_TOGETHER, MAX_OPERATIONS, check_size, check_variables
from resolvers.limits import Limits

WIDE = Limits(depth=10**6, fields=10**6, aliases=10**6, directives=10**6)

DOCUMENT = """
query A($id: ID! @skip(if: false)) {
  viewer { one: id two: name ...Person @skip(if: false) }
  again: viewer { ...Person ... on User { deep: teams { team { id } } } }
}
query B { viewer { ...Person } }
fragment Person on User { email mail: email @skip(if: false) teams { role } }
"""
# Fields: in A 4 and the fragment's 4, then 1, 1 + 4 and 1 + 3; in B 2 + 4.
TOTALS = {"depth": 5, "fields": 24, "aliases": 7, "directives": 5}


def refusal(document: str, limits: Limits) -> str:
    with pytest.raises(GraphQLError) as refused:
        check_size(parse(document), limits)
    assert refused.value.extensions == {"code": "QUERY_TOO_COMPLEX"}
    return refused.value.message


@pytest.mark.parametrize(("name", "total"), TOTALS.items())
def test_fragments_count_wherever_they_are_spread(name: str, total: int) -> None:
    check_size(parse(DOCUMENT), replace(WIDE, **{name: total}))
    told = refusal(DOCUMENT, replace(WIDE, **{name: total - 1}))
    assert all(part in told for part in (f" {total} ", f" {total - 1} ", f"API_{name.upper()}")), told


def test_a_fragment_that_nothing_spreads_counts_alone() -> None:
    document = "{ viewer { id } } fragment F on User { id name email teams { role } }"
    check_size(parse(document), replace(WIDE, fields=5))
    refusal(document, replace(WIDE, fields=4))


def test_fragments_of_one_name_count_together() -> None:
    document = "{ viewer { ...F } } fragment F on User { id name } fragment F on User { email }"
    check_size(parse(document), replace(WIDE, fields=5))
    refusal(document, replace(WIDE, fields=4))


@pytest.mark.parametrize(
    "document",
    [
        "{{ viewer {{ id {0} }} }}",
        "{{ viewer {{ ...F {0} }} }} fragment F on User {{ id }}",
        "{{ viewer {{ ... on User {0} {{ id }} }} }}",
        "{{ viewer {{ ...F }} }} fragment F on User {0} {{ id }}",
        "query {0} {{ viewer {{ id }} }}",
        "query ($id: ID! {0}) {{ node(id: $id) {{ id }} }}",
    ],
)
def test_few_directives_stand_in_one_place(document: str) -> None:
    check_size(parse(document.format("@a " * MAX_DIRECTIVES_TOGETHER)), WIDE)
    assert "5" in refusal(document.format("@a " * (MAX_DIRECTIVES_TOGETHER + 1)), WIDE)


def test_a_document_has_few_operations() -> None:
    document = [f"query Q{n} {{ viewer {{ id }} }}" for n in range(MAX_OPERATIONS + 1)]
    check_size(parse(" ".join(document[1:])), WIDE)
    refusal(" ".join(document), WIDE)


def test_what_would_be_billions_is_told_so() -> None:
    assert "billions" in refusal(doubled(400), Limits())


def test_circles_are_left_to_validation() -> None:
    for document in CIRCLES.values():
        check_size(parse(document), Limits())


def _steps(work: Callable[[], object]) -> int:
    """Calls of functions while it works."""
    steps = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return steps


def _counted(document: str) -> int:
    node = parse(document)

    def refuse() -> None:
        with pytest.raises(GraphQLError):
            check_size(node, Limits())

    return _steps(refuse)


@pytest.mark.parametrize("make", [doubled, spread_by_all])
def test_steps_grow_only_with_the_length(make: Callable[[int], str]) -> None:
    short, long = make(20), make(40)
    assert _counted(long) / _counted(short) < 1.3 * len(long) / len(short)


def _nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return {"input": value}


def test_variables_are_nested_only_so_deep() -> None:
    limits = Limits(depth=6)
    check_variables(None, limits)
    check_variables({"input": {}, "points": [[1, 2]] * 1_000}, limits)
    check_variables(_nested(6), limits)
    for levels in (7, 900):
        with pytest.raises(GraphQLError, match="API_DEPTH") as refused:
            check_variables(_nested(levels), limits)
        assert refused.value.extensions == {"code": "QUERY_TOO_COMPLEX"}

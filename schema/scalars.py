"""The contract's scalars that Strawberry does not bring."""

from __future__ import annotations

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
"""An integer of up to 53 bits."""

_LIMIT = 2**53


def _parse(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or int(value) != value or abs(value) >= _LIMIT:
        raise ValueError("BigInt takes an integer of up to 53 bits.")
    return int(value)


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt", description="An integer of up to 53 bits.", serialize=_parse, parse_value=_parse
    )
}

"""The contract's scalars that Strawberry does not bring."""

from __future__ import annotations

from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from starlette.datastructures import UploadFile
from strawberry.file_uploads import Upload
from strawberry.types.scalar import ScalarDefinition

BigInt = NewType("BigInt", int)
"""An integer of up to 53 bits."""

_LIMIT = 2**53


def _parse(value: Any) -> int:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not abs(value) < _LIMIT or int(value) != value:
        raise GraphQLError("BigInt takes an integer of up to 53 bits.")
    return int(value)


def _file(value: Any) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise GraphQLError("Upload takes a file, sent as the GraphQL multipart request specification says.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    BigInt: strawberry.scalar(
        name="BigInt", description="An integer of up to 53 bits.", serialize=_parse, parse_value=_parse
    ),
    Upload: strawberry.scalar(name="Upload", description="Represents a file upload.", parse_value=_file),
}

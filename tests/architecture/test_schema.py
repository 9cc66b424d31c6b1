"""The exported schema is the one that is served, and it renames and loosens nothing of the contract."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from resolvers.graphql import create_schema

ROOT = Path(__file__).parents[2]
EXPORTED = ROOT / "schema" / "schema.graphql"
CONTRACT = ROOT.parent / "shared" / "design" / "schema.graphql"

ADDITIONS = {
    "Query.previewAugmentation(versionId)": "shows what a version's own frozen settings make of its own frozen images",
    "VersionAsset.assetId": "names a frozen image also when its asset is gone",
    "TrainedModel.files": "the ONNX model, the epochs as a table and the arguments are of use outside, and no pictures",
    **{f"ModelFile{part}": "what TrainedModel.files lists" for part in ("", ".name", ".url", ".sizeBytes", ".sha256")},
    "WebhookDelivery.nextTryAt": "without it one that was given up looks like one that is tried again",
}
"""What the contract has not, and why we have it."""


def facts(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Everything that a client can rely on: a path, and the type that stands there."""
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        yield name, type(kind).__name__
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType | GraphQLInterfaceType):
            fields: dict[str, Any] = kind.fields
            for field_name, field in fields.items():
                yield f"{name}.{field_name}", str(field.type)
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument_name})", str(argument.type)
        if isinstance(kind, GraphQLObjectType):
            yield from ((f"{name} implements {interface.name}", "") for interface in kind.interfaces)
        elif isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", "") for value in kind.values)
        elif isinstance(kind, GraphQLUnionType):
            yield from ((f"{name} = {member.name}", "") for member in kind.types)


def strays(ours: GraphQLSchema, contract: GraphQLSchema) -> list[str]:
    """What we export that the contract has not, or has with another type, but for ADDITIONS."""
    wanted = dict(facts(contract))
    found = [(path, type_) for path, type_ in facts(ours) if wanted.get(path) != type_]
    return [f"{path}: {type_}" for path, type_ in found if path in wanted or path not in ADDITIONS]


def test_the_exported_schema_is_the_one_that_is_served() -> None:
    assert EXPORTED.read_text() == create_schema().as_str() + "\n", "stale: run `make schema`"


def test_the_command_prints_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "main", "schema"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == EXPORTED.read_text()


@pytest.mark.skipif(not CONTRACT.exists(), reason="the contract is not beside this checkout")
def test_nothing_of_the_contract_is_renamed_or_loosened() -> None:
    assert strays(build_schema(EXPORTED.read_text()), build_schema(CONTRACT.read_text())) == []


def test_every_addition_is_there() -> None:
    assert ADDITIONS.keys() <= dict(facts(build_schema(EXPORTED.read_text()))).keys()


def test_a_renamed_or_loosened_field_is_found() -> None:
    contract = build_schema("enum E { A } type Query { one(id: ID!): Int! two: E }")
    assert strays(contract, contract) == []
    loose = build_schema("enum E { A B } type Query { one(id: ID): Int too: E }")
    assert strays(loose, contract) == ["E.B: ", "Query.one: Int", "Query.one(id): ID", "Query.too: E"]

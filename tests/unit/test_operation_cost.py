"""How many objects an operation may be answered with, by the pages that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, build_schema, parse, validate

from own_documents import ROOT
from resolvers.cost import Rows, check_cost, operations_of

CASES: list[tuple[str, dict[str, Any], int]] = [
    ("{ viewer { id name } }", {}, 1),
    ("{ __typename viewer { teams { role team { id __typename } } } }", {}, 1 + 10 * 2),
    ("{ projects { nodes { id } } }", {}, 50),
    ("{ projects(first: 200) { nodes { id } } }", {}, 200),
    ("{ projects(first: 201) { nodes { id } } }", {}, 200),
    ("{ projects(first: -1) { nodes { id } } }", {}, 0),
    ("{ projects(first: null) { nodes { id } } }", {}, 50),
    ("{ projects(first: 3) { edges { cursor node { id } } pageInfo { endCursor } totalCount } }", {}, 3),
    ("{ projects(first: 3) { totalCount } }", {}, 3),
    ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": 7}, 7),
    ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {}, 50),
    ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": None}, 50),
    ("query ($n: Int) { projects(first: $n) { nodes { id } } }", {"n": "7"}, 200),
    ("query ($n: Int = 20) { projects(first: $n) { nodes { id } } }", {}, 20),
    ("query ($n: Int = 20) { projects(first: $n) { nodes { id } } }", {"n": 10**9}, 200),
    (
        "{ projects(first: 10) { nodes { versions(first: 5) { nodes { id } } "
        "assets(first: 2) { nodes { annotations { id box { x } } } } } } }",
        {},
        10 * (1 + 5 + 2 * (1 + 10 * 2)),
    ),
    ("{ a: projects(first: 4) { nodes { id } } b: projects(first: 5) { nodes { id } } }", {}, 9),
    (
        'query ($n: Int!) { node(id: "x") { ...P ... on Project { ...P } ... { id } } } '
        "fragment P on Project { assets(first: $n) { nodes { uploadBatch { id } } } }",
        {"n": 6},
        1 + 2 * 6 * 2,
    ),
    ("mutation { createAnnotations(input: {}) { annotations { id } userErrors { code } } }", {}, 1 + 10 + 10),
    ('subscription { versionProgress(versionId: "x") { version { id } } }', {}, 2),
    ('{ __type(name: "User") { fields { type { name } } } }', {}, 1 + 10 * 2),
]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text())


def operation(schema: GraphQLSchema, document: str) -> Rows:
    (rows,) = operations_of(schema, parse(document)).values()
    return rows


@pytest.mark.parametrize(("document", "variables", "cost"), CASES)
def test_pages_multiply(schema: GraphQLSchema, document: str, variables: Mapping[str, Any], cost: int) -> None:
    rows = operation(schema, document)
    assert rows.cost(variables) == cost
    check_cost(rows, variables, cost)
    with pytest.raises(GraphQLError, match=r"API_COST") as refused:
        check_cost(rows, variables, cost - 1)
    assert refused.value.extensions == {"code": "QUERY_TOO_COMPLEX"}


def test_a_refusal_names_the_lists_to_shorten(schema: GraphQLSchema) -> None:
    document = """query ($n: Int) { projects(first: 2) { nodes {
        versions(first: 20) { nodes { id } } assets(first: $n) { nodes { annotations { id } } }
    } } }"""
    assert not validate(schema, parse(document))
    with pytest.raises(GraphQLError) as refused:
        check_cost(operation(schema, document), {"n": 150}, 1_000)
    assert "3,342 objects" in refused.value.message
    assert "projects.assets.annotations, 2 × 150 × 10" in refused.value.message


def test_each_operation_of_a_document_has_its_own_cost(schema: GraphQLSchema) -> None:
    document = parse("query A { viewer { id } } query B($n: Int = 9) { projects(first: $n) { nodes { id } } }")
    assert {name: rows.cost({}) for name, rows in operations_of(schema, document).items()} == {"A": 1, "B": 9}

"""Documents are read once, refused before they cost anything, and kept only while they are good."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, GraphQLSchema, build_schema

from bombs import BOMBS, CIRCLES
from own_documents import ROOT
from resolvers.cost import check_cost
from resolvers.documents import Document, Documents, UnfitDocumentError
from resolvers.limits import Limits

VIEWER = "{ viewer { id } }"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text())


@pytest.fixture
def documents(schema: GraphQLSchema) -> Documents:
    return Documents(schema, Limits(), exploring=True)


def errors(documents: Documents, text: str) -> list[GraphQLError]:
    with pytest.raises(UnfitDocumentError) as unfit:
        documents.read(text)
    return unfit.value.errors


def refused(documents: Documents, text: str) -> list[GraphQLError]:
    """What keeps a document, or else its first operation, from running."""
    try:
        (operation, *_) = documents.read(text).operations.values()
        check_cost(operation, {}, Limits().cost)
    except UnfitDocumentError as unfit:
        return unfit.errors
    except GraphQLError as error:
        return [error]
    return []


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_too_complex(documents: Documents, name: str) -> None:
    found = refused(documents, BOMBS[name])
    assert [error.extensions for error in found] == [{"code": "QUERY_TOO_COMPLEX"}], found


@pytest.mark.parametrize("name", CIRCLES)
def test_circles_are_not_valid(documents: Documents, name: str) -> None:
    assert any("Cannot spread fragment" in error.message for error in errors(documents, CIRCLES[name]))


def test_a_good_document_is_read_once(documents: Documents) -> None:
    kept = documents.read(VIEWER)
    for bomb in BOMBS.values():
        refused(documents, bomb)
    assert documents.read(VIEWER) is kept


def test_documents_are_kept_while_they_are_asked_for(documents: Documents) -> None:
    first, often = documents.read("{ viewer { name } }"), documents.read(VIEWER)
    for number in range(40):
        documents.read(f"{' ' * 10_000}query Q{number} {{ viewer {{ id }} }}")
        assert documents.read(VIEWER) is often
    assert documents.read("{ viewer { name } }") is not first


def test_what_is_refused_is_looked_at_anew(documents: Documents) -> None:
    assert [error.message for error in errors(documents, "{ viewr }")] == [
        error.message for error in errors(documents, "{ viewr }")
    ]


def test_few_errors_are_told(documents: Documents) -> None:
    found = errors(documents, f"{{ viewer {{ {' '.join(f'n{n}' for n in range(300))} }} }}")
    assert len(found) == 21
    assert "Too many validation errors" in found[-1].message


def test_a_syntax_error_tells_where(documents: Documents) -> None:
    (error,) = errors(documents, "{ viewer {")
    assert type(error) is GraphQLError  # another kind would close a WebSocket
    assert error.formatted["message"] == "Syntax Error: Expected Name, found <EOF>."
    assert error.formatted["locations"] == [{"line": 1, "column": 11}]


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "User") { name } }',
        "{ viewer { id } __schema { types { name } } }",
    ],
)
def test_introspection_is_told_only_to_who_explores(schema: GraphQLSchema, text: str) -> None:
    assert isinstance(Documents(schema, Limits(), exploring=True).read(text), Document)
    hidden = Documents(schema, Limits(), exploring=False)
    assert all("introspection has been disabled" in error.message for error in errors(hidden, text))
    hidden.read("{ __typename viewer { __typename } }")


@pytest.mark.parametrize(
    "text",
    [
        "{ viewr { id } }",
        "{ viewer { nam } }",
        "{ projects(frst: 1) { totalCount } }",
        "{ viewer { ... on Usr { id } } }",
        "query ($n: Itn) { projects(first: $n) { totalCount } }",
        "mutation { startTraining(input: {datasetVersionID: 1}) { job { id } } }",
        "mutation { exportVersion(id: 1, format: YOLLO) { export { id } } }",
        "{ viewer @skp(if: true) { id } }",
    ],
)
def test_names_are_suggested_only_to_who_explores(schema: GraphQLSchema, text: str) -> None:
    hidden = Documents(schema, Limits(), exploring=False)
    assert not any("Did you mean" in error.message for error in errors(hidden, text))


def test_names_are_suggested_to_who_explores(documents: Documents) -> None:
    assert "Did you mean 'viewer'" in errors(documents, "{ viewr { id } }")[0].message

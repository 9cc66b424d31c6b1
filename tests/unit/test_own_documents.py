"""Our own pages, commands and GraphiQL stay well within the limits of the API: each under half of every one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from graphql import GraphQLSchema, build_schema, get_introspection_query
from graphql.language import OperationDefinitionNode, print_ast
from graphql.validation.rules import overlapping_fields_can_be_merged as overlapping

from adapters.settings import Settings
from domain.paging import MAX_FIRST
from own_documents import ROOT, of_the_command_line, of_the_pages
from resolvers.cost import check_cost
from resolvers.documents import Document, Documents
from resolvers.limits import Limits

GRAPHIQL = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)
LIMITS = Limits()
HALF = replace(
    LIMITS,
    tokens=LIMITS.tokens // 2,
    depth=LIMITS.depth // 2,
    aliases=LIMITS.aliases // 2,
    directives=LIMITS.directives // 2,
    fields=LIMITS.fields // 2,
    cost=LIMITS.cost // 2,
)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text())


def test_every_document_of_ours_is_under_half_of_every_limit(
    schema: GraphQLSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlapping, "MAX_COMPLEXITY_BUDGET", overlapping.MAX_COMPLEXITY_BUDGET // 2)
    pages, commands = of_the_pages(), of_the_command_line()
    assert len(pages) > 80
    assert len(commands) > 50
    documents = Documents(schema, HALF, exploring=True)
    for where, text in {**pages, **commands, "GraphiQL": GRAPHIQL}.items():
        try:
            document = documents.read(text)
            for operation in document.operations.values():
                check_cost(operation, _largest_pages(document), HALF.cost)
        except Exception as error:
            error.add_note(where)
            raise


def _largest_pages(document: Document) -> dict[str, int]:
    """Every number that the document takes is 200."""
    return {
        variable.variable.name.value: MAX_FIRST
        for definition in document.node.definitions
        if isinstance(definition, OperationDefinitionNode)
        for variable in definition.variable_definitions or ()
        if print_ast(variable.type).startswith("Int")
    }


def test_the_settings_begin_with_these_limits() -> None:
    fields = {name: Settings.model_fields[f"api_{name}"].default for name in Limits.__dataclass_fields__}
    assert Limits(**fields) == LIMITS

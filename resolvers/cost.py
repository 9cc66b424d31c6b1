"""How many objects an operation may be answered with: by the pages that it asks for, before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.language import DocumentNode

from domain.paging import MAX_FIRST
from resolvers.guard import too_complex
from schema.paging import DEFAULT_FIRST

PLAIN_LIST = 10
"""Rows that a list without pages is taken to have."""
_WRAPPERS = ("Connection", "Edge")
"""How the types end that stand around the rows of a page, and are none themselves."""

_OF_THE_SCHEMA = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a list, or the operation as the one row of its own."""

    name: str
    size: int
    """Without the variable, or while that is left out."""
    variable: str | None
    objects: int
    """Of each row, itself and the single objects in it."""
    lists: tuple[Rows, ...]
    """Of each row."""

    def length(self, variables: Mapping[str, Any]) -> int:
        if self.variable is None or self.variable not in variables:
            return self.size
        return _page(variables[self.variable])

    def cost(self, variables: Mapping[str, Any]) -> int:
        """Objects in all."""
        return self.length(variables) * (self.objects + sum(below.cost(variables) for below in self.lists))

    def longest(self, variables: Mapping[str, Any]) -> Iterator[Rows]:
        """From list to list, those with the most rows."""
        below = max(self.lists, key=lambda rows: rows.cost(variables), default=None)
        if below is not None:
            yield below
            yield from below.longest(variables)


def check_cost(operation: Rows, variables: Mapping[str, Any], limit: int) -> None:
    """Raises QUERY_TOO_COMPLEX for an operation that may be answered with more than `limit` objects."""
    cost = operation.cost(variables)
    if cost > limit:
        longest = list(operation.longest(variables))
        path = ".".join(rows.name for rows in longest)
        sizes = " × ".join(f"{rows.length(variables):,}" for rows in longest)
        raise too_complex(
            f"The operation may be answered with {cost:,} objects: at most {limit:,} are taken (API_COST). Most are "
            f"in {path}, {sizes}: ask for fewer by `first`, or for the inner list apart."
        )


def operations_of(schema: GraphQLSchema, document: DocumentNode) -> dict[str | None, Rows]:
    """What each operation of a valid document reads, by its name."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return {
        node.name.value if node.name else None: _Reader(schema, fragments, node).whole()
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    }


class _Reader:
    """Reads one operation. Fragments are read wherever they are spread: the guard has counted that already."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], operation: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }

    def whole(self) -> Rows:
        root = self._schema.get_root_type(self._operation.operation)
        objects, lists = self._inside(self._operation.selection_set, root)
        return Rows("", 1, None, objects, tuple(lists))

    def _inside(self, selections: SelectionSetNode, parent: GraphQLNamedType | None) -> tuple[int, list[Rows]]:
        """The single objects and the lists of one object, those of its single objects among them."""
        objects, lists = 0, list[Rows]()
        for selection in selections.selections:
            more, found = 0, list[Rows]()
            if isinstance(selection, FieldNode):
                more, found = self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                more, found = self._fragment(self._fragments[selection.name.value], parent)
            elif isinstance(selection, InlineFragmentNode):
                more, found = self._fragment(selection, parent)
            objects += more
            lists += found
        return objects, lists

    def _fragment(
        self, node: FragmentDefinitionNode | InlineFragmentNode, parent: GraphQLNamedType | None
    ) -> tuple[int, list[Rows]]:
        condition = node.type_condition
        return self._inside(node.selection_set, self._schema.get_type(condition.name.value) if condition else parent)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> tuple[int, list[Rows]]:
        field = _definition(node, parent)
        if field is None or node.selection_set is None:
            return 0, []
        inside = get_named_type(field.type)
        objects, lists = self._inside(node.selection_set, inside)
        if parent is not None and parent.name.endswith(_WRAPPERS):
            return objects, lists
        if "first" in field.args:
            size, variable = self._first(node)
        elif is_list_type(get_nullable_type(field.type)):
            size, variable = PLAIN_LIST, None
        else:
            return objects + 1, lists
        return 0, [Rows(node.name.value, size, variable, objects + 1, tuple(lists))]

    def _first(self, node: FieldNode) -> tuple[int, str | None]:
        """The size of a page, and the variable that it hangs on."""
        value = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
        if isinstance(value, VariableNode):
            name = value.name.value
            return _literal(self._defaults.get(name)), name
        return _literal(value), None


def _definition(node: FieldNode, parent: GraphQLNamedType | None) -> GraphQLField | None:
    """None for __typename. What the schema tells of itself is no rows, but no less work."""
    if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return None
    field: GraphQLField | None = parent.fields.get(node.name.value) or _OF_THE_SCHEMA.get(node.name.value)
    return field


def _literal(node: ValueNode | None) -> int:
    return _page(int(node.value)) if isinstance(node, IntValueNode) else DEFAULT_FIRST


def _page(first: object) -> int:
    """What is no number of rows is refused later, and taken for the most until then."""
    if first is None:
        return DEFAULT_FIRST
    return max(0, min(first, MAX_FIRST)) if isinstance(first, int) else MAX_FIRST

"""Where the schema takes ids, read from its SDL, and documents that name an object there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)
from tenant_rows import KINDS, VALUES

PROBED = "$?"
"""Stands for the id that is tried out; `$project` stands for the project's, and so on."""
ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}

Way = tuple[str, ...]
"""The coordinates from an argument to an id in it, as (`Mutation.detect.input`, `DetectInput.source`, …)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A field with its arguments as they stand in a document, what declares them, and their values."""

    text: str
    declared: tuple[str, ...]
    variables: Mapping[str, Any]


def ways_to_ids(coordinate: str, kind: GraphQLInputType, passed: Way = ()) -> Iterator[Way]:
    """Every way from here to an id. An input that has itself inside is entered once."""
    if coordinate in passed:
        return
    named, way = get_named_type(kind), (*passed, coordinate)
    if named.name == "ID":
        yield way
    elif isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from ways_to_ids(f"{named.name}.{name}", field.type, way)


def fields_that_take_ids(schema: GraphQLSchema) -> dict[tuple[str, str], list[Way]]:
    """By type and field: the ways to each id that the field takes."""
    found: dict[tuple[str, str], list[Way]] = {}
    for type_ in object_types(schema):
        for name, field in type_.fields.items():
            ways = [
                way
                for argument, one in field.args.items()
                for way in ways_to_ids(f"{type_.name}.{name}.{argument}", one.type)
            ]
            if ways:
                found[type_.name, name] = ways
    return found


def object_types(schema: GraphQLSchema) -> list[GraphQLObjectType | GraphQLInterfaceType]:
    return [
        kind
        for name, kind in schema.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
    ]


def call(type_name: str, name: str, field: GraphQLField, way: Way = (), *, last: bool = True, mark: str = "") -> Call:
    """The field with what it requires and what VALUES has for it. The id at the end of `way` is PROBED: in a list it is
    the last one, or the first, beside one of the caller's own. `mark` tells the variables of two calls apart."""
    inputs = _Inputs(way, last)
    values, texts, declared = {}, [], []
    for argument, one in field.args.items():
        coordinate = f"{type_name}.{name}.{argument}"
        if coordinate in way or is_required_argument(one) or coordinate in VALUES:
            values[mark + argument] = inputs.value(one.type, coordinate)
            texts.append(f"{argument}: ${mark}{argument}")
            declared.append(f"${mark}{argument}: {one.type}")
    if "first" in field.args:
        texts.append("first: 5")
    arguments = f"({', '.join(texts)})" if texts else ""
    return Call(f"{name}{arguments}", tuple(declared), values)


def calls(type_name: str, name: str, field: GraphQLField, way: Way) -> list[Call]:
    """As `call`: one, or where the way leads through a list one for each place in it."""
    last, first = (call(type_name, name, field, way, last=last, mark="probed_") for last in (True, False))
    return [last] if last == first else [last, first]


class _Inputs:
    """Makes values of arguments."""

    def __init__(self, way: Way, last: bool) -> None:
        self._way = way
        self._last = last

    def value(self, kind: GraphQLInputType, coordinate: str) -> Any:
        probed = coordinate in self._way
        if not probed and coordinate in VALUES:
            return VALUES[coordinate]
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, coordinate)
        if isinstance(kind, GraphQLList):
            if not probed:
                return [self.value(kind.of_type, coordinate)]
            both = [_Inputs((), True).value(kind.of_type, coordinate), self.value(kind.of_type, coordinate)]
            return both if self._last else both[::-1]
        if kind.name == "ID":
            return PROBED if probed else f"${KINDS[coordinate]}"
        assert isinstance(kind, GraphQLInputObjectType), f"tenant_rows.VALUES needs a value for {coordinate}"
        return {name: self.value(one.type, f"{kind.name}.{name}") for name, one in self._wanted(kind)}

    def _wanted(self, kind: GraphQLInputObjectType) -> Iterator[tuple[str, GraphQLInputField]]:
        chosen = kind.is_one_of and any(f"{kind.name}.{name}" in self._way for name in kind.fields)
        for name, one in kind.fields.items():
            coordinate = f"{kind.name}.{name}"
            filled = is_required_input_field(one) or coordinate in VALUES
            if coordinate in self._way or (filled and not chosen):
                yield name, one


def filled(variables: Any, ids: Mapping[str, str], probed: str = "") -> Any:
    """The values with ids in the places of the placeholders."""
    if isinstance(variables, str):
        if variables == PROBED:
            return probed
        return ids[variables[1:]] if variables.startswith("$") else variables
    if isinstance(variables, Mapping):
        return {name: filled(one, ids, probed) for name, one in variables.items()}
    return [filled(one, ids, probed) for one in variables] if isinstance(variables, list) else variables


def document(operation: str, nested: Sequence[Call], selection: str) -> str:
    """An operation of calls that lie in one another, around a selection."""
    declared = ", ".join(one for call_ in nested for one in call_.declared)
    body = selection
    for call_ in reversed(nested):
        body = f"{call_.text} {{ {body} }}" if body else call_.text
    return f"{operation}{f'({declared})' if declared else ''} {{ {body} }}"

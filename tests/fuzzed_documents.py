"""GraphQL documents made at random from the schema: half of them valid, with values that are not expected; in the other
half also the documents are not as they should be. The same seed makes the same documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

TEXTS = (
    "",
    " ",
    "NaN",
    "-Infinity",
    "null",
    "0",
    "a\x00b",
    "\u202egpj.exe",
    "Ａ\u0301\u0300",
    "\U0001f6f0\U0001f33f",
    "\uffff\ufffe",
    "' OR 1=1 --",
    "%s%n{0}${jndi}",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    '"\\"\\\\',
    "x" * 5_000,
    "é" * 192,
    "2026-02-30T25:61:00Z",
    "b3Zlcg==",
)
TIMES = ("2030-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-07-01T00:00:00")
NUMBERS = (0, -1, 2, 200, 201, 2**31 - 1, -(2**31), 2**31, 2**53, 2**63, 10**40, -(10**40), 0.5, -0.0, 1e308, 1e-308)
_CONDITIONS = ("null", '"yes"', "$missing")
_STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    {"": 1},
    {"id": {"id": {}}},
    [[[[[[[[1]]]]]]]],
    {"__typename": "User"},
)


class Bare(str):
    """A value that stands without quotes in a document, as an enum's."""


@dataclass(slots=True)
class Operation:
    """A document with its variables, and what a client sends beside them."""

    query: str
    variables: dict[str, Any]
    name: str | None
    kind: str
    takes: Mapping[str, tuple[GraphQLInputType, str]]
    """The type of each variable, and what it is for."""

    def payload(self) -> dict[str, Any]:
        return {"query": self.query, "variables": self.variables, "operationName": self.name}


def literal(value: Any) -> str:
    """The value as GraphQL writes it."""
    match value:
        case Bare():
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{name or '_'}: {literal(one)}" for name, one in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(literal(one) for one in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True)
class Documents:
    """Makes operations of `schema`. `ids` are those of real objects, by kind, as `project`."""

    schema: GraphQLSchema
    ids: Mapping[str, Sequence[str]]
    random: Random
    _takes: dict[str, tuple[GraphQLInputType, str]] = field(init=False, default_factory=dict)
    _fragments: list[str] = field(init=False, default_factory=list)
    _fields: int = field(init=False, default=0)
    _careful: bool = field(init=False, default=True)

    def operation(self) -> Operation:
        """The next one; it has 25 fields at most."""
        self._takes, self._fragments, self._fields = {}, [], 25
        self._careful = self._seldom(0.5)
        (kind,) = self.random.choices(("query", "mutation", "subscription"), (60, 34, 6))
        root = {"query": self.schema.query_type, "mutation": self.schema.mutation_type}.get(
            kind, self.schema.subscription_type
        )
        assert root is not None
        selection = self._selection(root, self.random.randint(1, 6), 1 if kind == "subscription" else 2)
        name = self.random.choice(("", "", "Fuzzed"))
        declared = ", ".join(f"${variable}: {type_}" for variable, (type_, _) in self._takes.items())
        document = " ".join([f"{kind} {name}{f'({declared})' if declared else ''}", selection, *self._fragments])
        said = self.random.choice((name, "Another", "")) if self._slip(0.05) else name or None
        return Operation(document, self._variables(self._takes), said, kind, self._takes)

    def again(self, operation: Operation) -> Operation:
        """The same document with other values."""
        return replace(operation, variables=self._variables(operation.takes))

    def _variables(self, takes: Mapping[str, tuple[GraphQLInputType, str]]) -> dict[str, Any]:
        return {name: self._value(*given) for name, given in takes.items() if not self._slip(0.05)}

    def _seldom(self, share: float) -> bool:
        return self.random.random() < share

    def _slip(self, share: float) -> bool:
        """Whether to do what makes the document invalid."""
        return not self._careful and self._seldom(share)

    def _selection(self, type_: GraphQLOutputType, depth: int, most: int = 3) -> str:
        if isinstance(type_, GraphQLUnionType):
            return "{ __typename " + " ".join(self._inline(member, depth) for member in type_.types) + " }"
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        parts = [self._field(type_, depth) for _ in range(self.random.randint(1, most))]
        if isinstance(type_, GraphQLInterfaceType):
            parts += [self._inline(self.random.choice(self.schema.get_possible_types(type_)), depth)]
        elif self._seldom(0.08):
            parts.append(self._spread(type_, depth))
        if type_ is not self.schema.subscription_type:
            parts.append("__typename")
        return "{ " + " ".join(part for part in parts if part) + " }"

    def _inline(self, type_: GraphQLObjectType, depth: int) -> str:
        return f"... on {type_.name} {self._selection(type_, depth - 1, 2)}" if depth > 0 else ""

    def _spread(self, type_: GraphQLObjectType, depth: int) -> str:
        name = f"F{len(self._fragments)}"
        self._fragments.append("")
        place = len(self._fragments) - 1
        body = self._selection(type_, depth - 1, 2) if depth > 0 else "{ __typename }"
        if self._slip(0.2):
            body = f"{{ ...{name} {body[1:]}"
        self._fragments[place] = f"fragment {name} on {type_.name} {body}"
        return f"...{name}"

    def _field(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        name, found = self.random.choice(list(type_.fields.items()))
        inner = get_named_type(found.type)
        leaf = isinstance(inner, GraphQLScalarType | GraphQLEnumType)
        if self._fields <= 0 or (depth <= 0 and not leaf):
            return ""
        self._fields -= 1
        said = f"{name}x" if self._slip(0.01) else name
        alias = f"a{self._fields}: " if found.args or self._seldom(0.1) else ""
        if self._slip(0.02):
            alias = "a: "
        below = "" if leaf else " " + self._selection(inner, depth - 1)
        if self._slip(0.01):
            below = "" if below else " { __typename }"
        return f"{alias}{said}{self._arguments(name, found)}{self._directive()}{below}"

    def _directive(self) -> str:
        if self._slip(0.02):
            return f" @{self.random.choice(('include', 'defer', 'stream'))}(if: {self.random.choice(_CONDITIONS)})"
        return f" @{self.random.choice(('include', 'skip'))}(if: true)" if self._seldom(0.03) else ""

    def _arguments(self, field_name: str, found: GraphQLField) -> str:
        said = []
        for name, argument in found.args.items():
            wanted = not self._slip(0.02) if is_required_argument(argument) else self._seldom(0.4)
            if wanted:
                said.append(f"{name}: {self._argument(f'{field_name} {name}', argument)}")
        if self._slip(0.01):
            said.append("nonsense: 1")
        return f"({', '.join(said)})" if said else ""

    def _argument(self, hint: str, argument: GraphQLArgument) -> str:
        if self._seldom(0.6):
            variable = f"v{len(self._takes)}"
            self._takes[variable] = (argument.type, hint)
            return f"${variable}"
        return literal(self._value(argument.type, hint))

    def _value(self, type_: GraphQLInputType, hint: str) -> Any:
        """One of the type, or now and then of none."""
        if self._slip(0.05):
            return self.random.choice((*_STRANGE, *TEXTS[:8], *NUMBERS))
        match type_:
            case GraphQLNonNull():
                return self._value(type_.of_type, hint)
            case GraphQLList():
                return [self._value(type_.of_type, hint) for _ in range(self.random.choice((0, 1, 1, 2, 5)))]
            case GraphQLInputObjectType():
                return self._object(type_, hint)
            case GraphQLEnumType():
                return Bare(self.random.choice(list(type_.values)))
        assert isinstance(type_, GraphQLScalarType)
        return self._scalar(type_.name, hint)

    def _object(self, type_: GraphQLInputObjectType, hint: str) -> dict[str, Any]:
        def wanted(one: GraphQLInputField) -> bool:
            return not self._slip(0.02) if is_required_input_field(one) else self._seldom(0.3)

        value = {
            name: self._value(one.type, f"{hint} {type_.name} {name}")
            for name, one in type_.fields.items()
            if wanted(one)
        }
        if self._slip(0.01):
            value["nonsense"] = 1
        return value

    def _scalar(self, name: str, hint: str) -> Any:
        match name:
            case "ID":
                return self._id(hint)
            case "Boolean":
                return self._seldom(0.5)
            case "Int":
                return self.random.choice((1, 2, 3, 5, 10, 50, 64, *NUMBERS[: 7 if self._careful else None]))
            case "BigInt":
                return self.random.choice((1, 1000, 2**53 - 1, *NUMBERS[: 8 if self._careful else None]))
            case "Float":
                return self.random.choice((0.1, 0.25, 0.5, 0.8, 1, 10, *NUMBERS))
            case "DateTime":
                return self.random.choice(TIMES if self._careful else TEXTS)
            case "JSON":
                return self.random.choice((*_STRANGE, {"type": "Point", "coordinates": [1, 2]}, *TEXTS[:4]))
        return self.random.choice(("wattle", "North block", "a.jpg", "0", "ab" * 32, *TEXTS))

    def _id(self, hint: str) -> str:
        if self._seldom(0.1):
            return self.random.choice(TEXTS)
        words = set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r" \1", hint).lower()))
        named = [kind for kind in self.ids if kind in words]
        kinds = named if named and not self._seldom(0.1) else list(self.ids)
        return self.random.choice(self.ids[self.random.choice(kinds)])

"""What is asked of an object: its own fields, and those of what can be reached from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from tenant_fields import Call, Way, call, calls, document, fields_that_take_ids
from tenant_rows import NODES, VALUES

Composite = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class Question:
    """An operation with placeholders for its ids; `name` says where it leads."""

    name: str
    document: str
    variables: dict[str, object]
    begins_with_id: bool
    """False where it begins with all that is the caller's own."""


def selection(kind: object, depth: int) -> str:
    """All fields of the type that need no id, and so on for what they lead to, `depth` objects with an id further."""
    if not isinstance(kind, GraphQLObjectType):
        return "__typename ... on Node { id }"
    parts = ["__typename"]
    for name, field, below in _fields(kind):
        if is_leaf_type(get_named_type(field.type)):
            parts.append(name)
            continue
        left = depth if isinstance(below, GraphQLObjectType) and not below.interfaces else depth - 1
        if left >= 0:
            steps = _step(kind, name, field)
            text = selection(below, left)
            for one in reversed(steps):
                text = f"{one.text} {{ {text} }}"
            parts.append(text)
    return " ".join(parts)


def _fields(kind: Composite) -> Iterator[tuple[str, GraphQLField, object]]:
    """Those that need no id, with the type below each."""
    for name, field in kind.fields.items():
        if all(
            argument in _given(kind, name, field) for argument, one in field.args.items() if is_required_argument(one)
        ):
            yield name, field, _below(field)


def _given(kind: Composite, name: str, field: GraphQLField, first: int = 5) -> dict[str, object]:
    """The arguments that are not left to the server."""
    given = {argument: VALUES.get(f"{kind.name}.{name}.{argument}") for argument in field.args}
    page = {"first": first} if "first" in field.args else {}
    return {**{argument: value for argument, value in given.items() if value is not None}, **page}


def _below(field: GraphQLField) -> object:
    """What a field leads to; of a page its nodes."""
    named = get_named_type(field.type)
    if isinstance(named, GraphQLObjectType) and "nodes" in named.fields:
        return get_named_type(named.fields["nodes"].type)
    return named


def _step(kind: Composite, name: str, field: GraphQLField, first: int = 5) -> list[Call]:
    arguments = _given(kind, name, field, first)
    given = ", ".join(f"{argument}: {json.dumps(value)}" for argument, value in arguments.items())
    return [Call(f"{name}({given})" if given else name, (), {}), *_page(field)]


def _page(field: GraphQLField) -> list[Call]:
    """Between a page and its nodes."""
    return [] if _below(field) is get_named_type(field.type) else [Call("totalCount nodes", (), {})]


def root_questions(schema: GraphQLSchema, operation: str, root: str, depth: int) -> Iterator[tuple[Way, Question]]:
    """For each id that a field of the root takes, the question that tries one out there."""
    for (type_name, name), ways in fields_that_take_ids(schema).items():
        if type_name != root:
            continue
        field = _field(schema, root, name)
        for way in ways:
            for one in calls(root, name, field, way):
                yield way, _question(way, operation, [one], selection(_below(field), depth))


def questions_without_ids(schema: GraphQLSchema) -> Iterator[Question]:
    """What the query tells of the caller's own without being given an id."""
    query = schema.query_type
    assert query is not None
    for name, field, below in _fields(query):
        yield _question((f"Query.{name}",), "query", _step(query, name, field), selection(below, 2))


def nested_questions(schema: GraphQLSchema) -> Iterator[tuple[Way, Question]]:
    """For each id that a field below the root takes, and each way there, the question that tries one out."""
    for (type_name, name), ways in fields_that_take_ids(schema).items():
        if type_name in ("Query", "Mutation", "Subscription"):
            continue
        field = _field(schema, type_name, name)
        for path in paths(schema, type_name):
            for way in ways:
                for one in calls(type_name, name, field, way):
                    steps = [*path, one, *_page(field)]
                    yield way, _question(way, "query", steps, selection(_below(field), 1))


def paths(schema: GraphQLSchema, goal: str, hops: int = 2) -> Iterator[list[Call]]:
    """The ways from the query to a type, over at most `hops` objects in between, none of them twice; of those that end
    in the same field the longest."""
    query = schema.query_type
    assert query is not None
    longest: dict[str, list[Call]] = {}
    for name, field in query.fields.items():
        below = _below(field)
        if isinstance(below, GraphQLObjectType):
            start = [call("Query", name, field, mark="root_"), *_page(field)]
            for last, path in _onward(f"Query.{name}", start, below, goal, hops, (below.name,)):
                longest[last] = max(path, longest.get(last, path), key=len)
    yield from longest.values()
    if goal in NODES:
        yield _node(goal, "root_id")


def _onward(
    last: str, path: list[Call], here: GraphQLObjectType, goal: str, hops: int, passed: Sequence[str]
) -> Iterator[tuple[str, list[Call]]]:
    """With the field that leads to the goal."""
    if here.name == goal:
        yield last, path
        return
    for name, field, below in _fields(here):
        if hops > 0 and isinstance(below, GraphQLObjectType) and below.name not in passed:
            longer = [*path, *_step(here, name, field, 1)]
            yield from _onward(f"{here.name}.{name}", longer, below, goal, hops - 1, (*passed, below.name))


def node_questions(schema: GraphQLSchema) -> Iterator[tuple[str, Question]]:
    """For each kind of object that `node` finds: all that it is, and all that it leads to."""
    for type_name, kind in NODES.items():
        yield kind, _question((type_name,), "query", _node(type_name, "id"), selection(schema.get_type(type_name), 2))


def _node(type_name: str, variable: str) -> list[Call]:
    given = {variable: f"${NODES[type_name]}"}
    return [Call(f"node(id: ${variable})", (f"${variable}: ID!",), given), Call(f"... on {type_name}", (), {})]


def _field(schema: GraphQLSchema, type_name: str, name: str) -> GraphQLField:
    kind = schema.get_type(type_name)
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    field: GraphQLField = kind.fields[name]
    return field


def _question(way: Sequence[str], operation: str, steps: Sequence[Call], body: str) -> Question:
    name = " > ".join([*(step.text for step in steps), *way])
    variables = {name: value for step in steps for name, value in step.variables.items()}
    return Question(name, document(operation, steps, body), variables, bool(steps[0].variables))

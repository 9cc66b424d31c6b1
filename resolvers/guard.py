"""How large a document is, told before anything else looks at it: in steps that grow only with its length, whatever
its fragments say of one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import GraphQLError
from graphql.language import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    VariableDefinitionNode,
)

from domain.errors import ErrorCode
from resolvers.limits import Limits

MAX_OPERATIONS = 20
"""Of one document: each is validated with all of its fragments."""
MAX_DIRECTIVES_TOGETHER = 4
"""On one field, fragment, variable or operation."""
_MANY = 10**9


@dataclass(slots=True)
class Size:
    """Of an operation or a fragment, with what it spreads counted as often as it is spread."""

    depth: int = 0
    fields: int = 0
    """Fragments count as fields, too."""
    aliases: int = 0
    directives: int = 0

    def add(self, other: Size) -> None:
        self.fields = min(self.fields + other.fields, _MANY)
        self.aliases = min(self.aliases + other.aliases, _MANY)
        self.directives = min(self.directives + other.directives, _MANY)
        self.depth = max(self.depth, other.depth)


@dataclass(slots=True)
class _Definition:
    """Its own size, without what it spreads, and the name of each spread with the depth where it stands."""

    own: Size = field(default_factory=Size)
    spreads: list[tuple[str, int]] = field(default_factory=list)


def too_complex(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": ErrorCode.QUERY_TOO_COMPLEX.value})


def check_size(document: DocumentNode, limits: Limits) -> None:
    """Raises QUERY_TOO_COMPLEX for a document that is too large to be validated. Says nothing of circles of fragments:
    validation does."""
    operations, fragments = list[_Definition](), dict[str, _Definition]()
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            operations.append(_Definition())
            _measure(node, operations[-1])
        elif isinstance(node, FragmentDefinitionNode):
            # Where validation is to find two of one name, both are counted.
            _measure(node, fragments.setdefault(node.name.value, _Definition()))
    if len(operations) > MAX_OPERATIONS:
        raise too_complex(f"A document has at most {MAX_OPERATIONS} operations, not {len(operations):,}.")
    sizes = _sizes(fragments)
    whole = Size()
    for operation in operations:
        whole.add(_spread(operation, sizes))
    for size in (whole, *sizes.values()):
        _compare(size, limits)


def check_variables(variables: Mapping[str, object] | None, limits: Limits) -> None:
    """Raises QUERY_TOO_COMPLEX for values that are nested too deeply to be worked on."""
    level: list[Any] = [variables or {}]
    for _ in range(limits.depth + 1):
        held = (value for each in level for value in (each.values() if isinstance(each, dict) else each))
        level = [value for value in held if isinstance(value, dict | list)]
        if not level:
            return
    raise too_complex(f"Variables are nested at most {limits.depth:,} deep here (API_DEPTH).")


def _measure(definition: ExecutableDefinitionNode, into: _Definition) -> None:
    own = into.own
    own.directives += _directives(definition)
    own.directives += sum(_directives(variable) for variable in definition.variable_definitions or ())
    level = [definition.selection_set]
    depth = 0
    while level:
        depth += 1
        below = []
        for selection in (selection for selections in level for selection in selections.selections):
            own.fields += 1
            own.directives += _directives(selection)
            if isinstance(selection, FragmentSpreadNode):
                into.spreads.append((selection.name.value, depth))
            elif isinstance(selection, FieldNode | InlineFragmentNode):
                own.aliases += isinstance(selection, FieldNode) and selection.alias is not None
                if selection.selection_set is not None:
                    below.append(selection.selection_set)
        level = below
    own.depth = max(own.depth, depth)


def _directives(node: ExecutableDefinitionNode | VariableDefinitionNode | SelectionNode) -> int:
    number = len(node.directives or ())
    if number > MAX_DIRECTIVES_TOGETHER:
        raise too_complex(f"At most {MAX_DIRECTIVES_TOGETHER} directives stand in one place, not {number:,}.")
    return number


def _sizes(fragments: Mapping[str, _Definition]) -> dict[str, Size]:
    sizes = dict[str, Size]()
    for name in _innermost_first(fragments):
        sizes[name] = _spread(fragments[name], sizes)
    return sizes


def _innermost_first(fragments: Mapping[str, _Definition]) -> Iterator[str]:
    """Each fragment after all that it spreads, but for those from which a circle leads back to it."""
    begun = set[str]()
    stack = [(name, False) for name in fragments]
    while stack:
        name, spread_all = stack.pop()
        if spread_all:
            yield name
        elif name in fragments and name not in begun:
            begun.add(name)
            stack.append((name, True))
            stack.extend((spread, False) for spread, _ in fragments[name].spreads)


def _spread(definition: _Definition, sizes: Mapping[str, Size]) -> Size:
    total = replace(definition.own)
    for name, depth in definition.spreads:
        if (size := sizes.get(name)) is not None:
            total.add(replace(size, depth=depth - 1 + size.depth))
    return total


def _compare(size: Size, limits: Limits) -> None:
    for what, number, limit in (
        ("levels of depth", size.depth, limits.depth),
        ("fields", size.fields, limits.fields),
        ("aliases", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
    ):
        if number > limit:
            told = f"{number:,}" if number < _MANY else "billions"
            setting = what.rpartition(" ")[2].upper()
            raise too_complex(
                f"The document has {told} {what}, fragments counted wherever they are spread: at most {limit:,} are "
                f"taken (API_{setting})."
            )

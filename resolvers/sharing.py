"""Executes an event of a subscription once for all who ask for the same of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

import orjson
from graphql.language import FieldNode, FragmentSpreadNode, Node, OperationDefinitionNode, VariableNode, Visitor, visit
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.answers import Answers


class SharingExecutor(StrawberryGraphQLCoreExecutionContext):
    """For events that carry their answers. The arguments of the subscription itself do not count: they chose the
    events."""

    _question: Hashable = None

    def build_per_event_executor(self, payload: Any) -> Any:
        execute = super().build_per_event_executor
        answers = getattr(payload, "answers", None)
        if not isinstance(answers, Answers):
            return execute(payload)
        if self._question is None:
            below = _variables_below(self)
            asked = {name: value for name, value in self.variable_values.coerced.items() if name in below}
            self._question = (_Same(self.operation), orjson.dumps(asked, default=str, option=orjson.OPT_SORT_KEYS))
        return _Shared(partial(answers.answer, self._question, self.context_value.caller), partial(execute, payload))


class _Shared:
    """Stands for the executor of one event, which only the first who asks needs."""

    def __init__(self, answer: Callable[[Callable[[], Any]], Any], build: Callable[[], Any]) -> None:
        self._answer = answer
        self._build = build

    def execute_operation(self, serially: bool) -> Any:
        return self._answer(lambda: self._build().execute_operation(serially))


class _Same:
    """Equal to itself alone: documents are kept, and are costly to compare."""

    def __init__(self, node: OperationDefinitionNode) -> None:
        self._node = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._node is self._node

    def __hash__(self) -> int:
        return id(self._node)


class _Used(Visitor):
    """The variables and fragments that are named somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        self.fragments.add(node.name.value)


def _variables_below(executor: SharingExecutor) -> set[str]:
    """Those that are used elsewhere than in the arguments of the subscription itself."""
    used = _Used()
    (root,) = executor.operation.selection_set.selections
    # A fragment in its place is looked at whole: then two may be answered apart that need not be.
    within = root.selection_set if isinstance(root, FieldNode) else None
    waiting: list[Node] = [within or root, *(root.directives or ())]
    seen: set[str] = set()
    while waiting:
        visit(waiting.pop(), used)
        for name in used.fragments - seen:
            seen.add(name)
            waiting.append(executor.fragment_definitions[name])
    return used.variables

"""Telling an observer what becomes of each operation, whatever it comes by."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from graphql import GraphQLError
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from strawberry.extensions.context import ExecutingContextManager, OperationContextManager
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionContext

from domain.errors import ErrorCode
from domain.ports import Observer, OperationStatus

UNKNOWN = "none"
"""Stands for the kind and the field of what was refused before they were known."""
SEVERAL = "several"
"""Stands for the field of an operation with more than one at its root."""
_SUBSCRIPTION = "subscription"
_OURS = ("INTERNAL", ErrorCode.UNAVAILABLE.value)
"""Codes of what the caller cannot mend."""


class ObservedRunner(SchemaExtensionsRunner):
    """One operation. It is no extension of the schema's: those are asked about each event to each subscriber."""

    def __init__(self, execution_context: ExecutionContext, observer: Observer) -> None:
        super().__init__(execution_context)
        self._observer = observer
        self._root: tuple[str, str] | None = None

    def operation(self) -> OperationContextManager:
        return _Operation(self)

    def executing(self) -> ExecutingContextManager:
        return _Executing(self)

    def begun(self) -> None:
        """It passed all that is asked before it runs."""
        kind, field = self._root = self._found()
        if kind == _SUBSCRIPTION:
            self._observer.subscribed(field)

    def over(self, seconds: float, error: BaseException | None) -> None:
        """`error` is what it ended by, where that is no answer."""
        kind, field = self._root or self._found()
        if self._root is not None and kind == _SUBSCRIPTION:
            self._observer.unsubscribed(field)
        self._observer.answered(kind, field, self._status(kind, error), seconds)

    def _found(self) -> tuple[str, str]:
        context = self.execution_context
        return root_of(context.graphql_document, context.operation_name)

    def _status(self, kind: str, error: BaseException | None) -> OperationStatus:
        if isinstance(error, InvalidOperationTypeError | CannotGetOperationTypeError):
            return OperationStatus.REFUSED
        if isinstance(error, Exception):
            return OperationStatus.ERROR
        result = self.execution_context.result  # whoever was cancelled by its caller may have none
        codes = {_code(one) for one in result.errors or ()} if result is not None else set()
        if result is not None and kind == "mutation":
            codes.update(_refusals(result.data))
        if not codes:
            return OperationStatus.OK
        return OperationStatus.REFUSED if codes.isdisjoint(_OURS) else OperationStatus.ERROR


class _Operation(OperationContextManager):
    """From the reading of the document to the answer, or to the end of the stream."""

    def __init__(self, runner: ObservedRunner) -> None:
        super().__init__([])
        self._runner = runner
        self._began = time.perf_counter()

    async def __aenter__(self) -> None:
        return

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.over(time.perf_counter() - self._began, error)


class _Executing(ExecutingContextManager):
    def __init__(self, runner: ObservedRunner) -> None:
        super().__init__([])
        self._runner = runner

    async def __aenter__(self) -> None:
        self._runner.begun()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


def root_of(document: DocumentNode | None, operation_name: str | None) -> tuple[str, str]:
    """The kind of an operation and the field at its root: names of the schema alone, since a document is only there
    when it is valid."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)] if document else []
    named = [one for one in operations if operation_name is None or (one.name and one.name.value == operation_name)]
    if document is None or len(named) != 1:
        return UNKNOWN, UNKNOWN
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    fields = set(_fields(named[0].selection_set, fragments))
    return named[0].operation.value, fields.pop() if len(fields) == 1 else SEVERAL


def _fields(selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[str]:
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            yield selection.name.value
        elif isinstance(selection, InlineFragmentNode):
            yield from _fields(selection.selection_set, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            yield from _fields(fragments[selection.name.value].selection_set, fragments)


def _code(error: GraphQLError) -> str:
    return str((error.extensions or {}).get("code"))


def _refusals(data: Any) -> Iterable[str]:
    """Codes of the user errors of a mutation's answer, as far as the caller asked for them."""
    for payload in data.values() if isinstance(data, dict) else ():
        errors = payload.get("userErrors") if isinstance(payload, dict) else None
        # Under that name may stand anything: callers choose the names of what they ask for.
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, dict):
                yield str(error.get("code"))

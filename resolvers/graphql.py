"""The schema, what is asked before an operation runs, and what becomes of its errors."""

from __future__ import annotations

from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionContext
from strawberry.types.execution import PreExecutionError

from domain.errors import DomainError, ErrorCode
from domain.models.people import Principal
from domain.ports import Observer, RateLimiter
from resolvers.cost import check_cost
from resolvers.documents import Documents, UnfitDocumentError
from resolvers.guard import check_variables
from resolvers.limits import Limits
from resolvers.mutation import Mutation
from resolvers.observing import ObservedRunner
from resolvers.query import Query
from resolvers.request_id import request_id
from resolvers.sharing import SharingExecutor
from resolvers.subscription import Subscription
from schema.scalars import SCALARS

_log = structlog.get_logger(__name__)


class _Reticent(SharingExecutor):
    """Suggests no names where a variable is wrong."""

    @classmethod
    def build(cls, *args: Any, **kwargs: Any) -> Any:
        return super().build(*args, **{**kwargs, "hide_suggestions": True})


class Schema(strawberry.Schema):
    """The schema as it is served, whatever an operation comes by: HTTP, server-sent events or WebSocket."""

    def __init__(
        self, limits: Limits, limiter: RateLimiter | None, observer: Observer | None, *, exploring: bool
    ) -> None:
        super().__init__(
            query=Query,
            mutation=Mutation,
            subscription=Subscription,
            execution_context_class=SharingExecutor if exploring else _Reticent,
            config=StrawberryConfig(scalar_map=SCALARS),
        )
        self._limits = limits
        self._limiter = limiter
        self.observer = observer
        self._documents = Documents(self._schema, limits, exploring=exploring)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Lets through what the caller may know, under a code. Anything else is a bug, logged whole under an id that
        the caller gets in its place."""
        errors[:] = [_masked(error) if _is_bug(error) else _coded(error) for error in errors]

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        if self.observer is None:
            return super().create_extensions_runner(execution_context, extensions)
        return ObservedRunner(execution_context, self.observer)

    async def _prepare_operation_async(
        self, context: ExecutionContext, extensions_runner: SchemaExtensionsRunner
    ) -> PreExecutionError | None:
        """The one place that every operation comes through: no hook of an extension is, that may also refuse."""
        try:
            await self._count(context)
            self._read(context)
        except UnfitDocumentError as unfit:
            return PreExecutionError(data=None, errors=unfit.errors)
        except GraphQLError as refused:
            return PreExecutionError(data=None, errors=[refused])
        except Exception as bug:
            return PreExecutionError(data=None, errors=[GraphQLError(str(bug), original_error=bug)])
        return await super()._prepare_operation_async(context, extensions_runner)

    async def _count(self, context: ExecutionContext) -> None:
        """Raises RATE_LIMITED. Who is not signed in is nobody to count, and may do next to nothing."""
        caller: Principal | None = context.context.caller if context.context is not None else None
        if self._limiter is None or caller is None:
            return
        seconds = await self._limiter.admit(caller.user_id)
        if seconds:
            most = self._limits.operations_per_minute
            raise GraphQLError(
                f"At most {most:,} operations a minute are taken from one user: try again in {seconds} s.",
                extensions={"code": ErrorCode.RATE_LIMITED.value, "retryAfterSeconds": seconds},
            )

    def _read(self, context: ExecutionContext) -> None:
        """Raises UnfitDocumentError, and QUERY_TOO_COMPLEX."""
        if not context.query:
            return
        document = self._documents.read(context.query)
        context.graphql_document, context.pre_execution_errors = document.node, []
        check_variables(context.variables, self._limits)
        operation = document.operation(context.operation_name)
        if operation is None:
            raise GraphQLError("operationName must name one of the operations that the document has.")
        check_cost(operation, context.variables or {}, self._limits.cost)


def create_schema(
    limits: Limits | None = None,
    limiter: RateLimiter | None = None,
    observer: Observer | None = None,
    *,
    exploring: bool = True,
) -> Schema:
    """The schema. Where `exploring` is off it tells nothing of itself: no introspection, no suggested names. Without a
    limiter operations are not counted, and without an observer nobody hears of them."""
    return Schema(limits or Limits(), limiter, observer, exploring=exploring)


def _is_bug(error: GraphQLError) -> bool:
    told = DomainError | GraphQLError | InvalidOperationTypeError
    return error.original_error is not None and not isinstance(error.original_error, told)


def _coded(error: GraphQLError) -> GraphQLError:
    """What has no code is the fault of the request: the document, the variables."""
    if "code" not in (error.extensions or {}):
        error.extensions = {**(error.extensions or {}), "code": ErrorCode.BAD_USER_INPUT.value}
    return error


def _masked(error: GraphQLError) -> GraphQLError:
    id_ = request_id()
    _log.error("internal_error", request_id=id_, path=error.path, exc_info=error.original_error)
    return GraphQLError(
        message=f"Something went wrong on the server (request {id_}).",
        nodes=error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "requestId": id_},
    )

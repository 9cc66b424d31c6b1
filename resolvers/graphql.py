"""The schema, and what becomes of its errors."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import MaskErrors, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from domain.errors import DomainError
from resolvers.limits import Limits
from resolvers.mutation import Mutation
from resolvers.query import Query
from resolvers.subscription import Subscription
from schema.scalars import SCALARS

_CACHED_DOCUMENTS = 512
_log = structlog.get_logger(__name__)


class MaskBugs(MaskErrors):
    """Lets through what the caller may know; anything else is a bug, logged whole under an id that the caller gets."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=_is_bug)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        request_id = uuid4().hex
        _log.error("internal_error", request_id=request_id, path=error.path, exc_info=error.original_error)
        return GraphQLError(
            message=f"Something went wrong on the server (request {request_id}).",
            nodes=error.nodes,
            path=error.path,
            extensions={"code": "INTERNAL", "requestId": request_id},
        )


def _is_bug(error: GraphQLError) -> bool:
    return error.original_error is not None and not isinstance(error.original_error, DomainError | GraphQLError)


class Schema(strawberry.Schema):
    """Errors are logged where they are masked, and nowhere else."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Nothing: refusals are no news for the log, and bugs are logged by MaskBugs."""


def create_schema(limits: Limits | None = None, *, exploring: bool = True) -> Schema:
    """The schema. Where `exploring` is off it tells nothing of itself: no introspection, no suggested names."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[MaskBugs, partial(ParserCache, _CACHED_DOCUMENTS), partial(ValidationCache, _CACHED_DOCUMENTS)],
        config=StrawberryConfig(scalar_map=SCALARS),
    )

"""Every mutation and subscription declares the action it is. The domain's policies judge;
a test holds the two together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

from domain.errors import DomainError
from domain.policies import Action, authorize_scope
from schema.context import Info
from schema.errors import UserError
from schema.payload import Payload

P = TypeVar("P", bound=Payload)
F = TypeVar("F", bound=Callable[..., Any])

ACTION = "agridrone_action"
"""The attribute of a resolver that names its action."""


def answers(payload: type[P]) -> Callable[[Callable[..., Awaitable[P]]], Callable[..., Awaitable[P]]]:
    """A resolver that answers with a payload: what the caller can mend is in its user errors,
    anything else is raised."""

    def decorate(resolver: Callable[..., Awaitable[P]]) -> Callable[..., Awaitable[P]]:
        @wraps(resolver)
        async def resolve(*args: Any, **kwargs: Any) -> P:
            try:
                return await resolver(*args, **kwargs)
            except DomainError as error:
                if not error.code.user_can_mend:
                    raise
                return payload(user_errors=[UserError.of(error)])

        return resolve

    return decorate


def mutates(action: Action, payload: type[P]) -> Callable[[Callable[..., Awaitable[P]]], Callable[..., Awaitable[P]]]:
    """A mutation's resolver, which answers with `payload` as `answers` says. It runs only for who is signed in, by what
    is good for `action`."""

    def decorate(resolver: Callable[..., Awaitable[P]]) -> Callable[..., Awaitable[P]]:
        answer = answers(payload)(resolver)

        @wraps(resolver)
        async def resolve(*args: Any, info: Info, **kwargs: Any) -> P:
            authorize_scope(info.context.principal, action)
            return await answer(*args, info=info, **kwargs)

        setattr(resolve, ACTION, action)
        return resolve

    return decorate


def watches(resolver: F) -> F:
    """A subscription's resolver: it reads."""
    setattr(resolver, ACTION, Action.READ)
    return resolver

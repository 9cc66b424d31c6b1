"""Every mutation and subscription says which action it is, and every action says which role it takes."""

from __future__ import annotations

import strawberry
from strawberry.types.base import StrawberryObjectDefinition

from domain.models.people import TeamRole
from domain.policies import BEHIND_FEATURE, ROLE_NEEDED, Action
from resolvers.graphql import create_schema
from resolvers.permissions import ACTION, mutates, watches
from schema.payloads import ProjectPayload


def declared(definition: StrawberryObjectDefinition) -> dict[str, object]:
    """The action of each field, None where its resolver declares none."""
    return {
        field.python_name: getattr(field.base_resolver.wrapped_func, ACTION, None) if field.base_resolver else None
        for field in definition.fields
    }


def root(name: str) -> StrawberryObjectDefinition:
    definition = create_schema().get_type_by_name(name)
    assert isinstance(definition, StrawberryObjectDefinition)
    return definition


def test_every_mutation_and_subscription_declares_an_action() -> None:
    mutations, subscriptions = declared(root("Mutation")), declared(root("Subscription"))
    assert len(mutations) >= 11
    assert len(subscriptions) >= 4
    found = {**mutations, **subscriptions}
    assert [name for name, action in found.items() if not isinstance(action, Action)] == []


def test_subscriptions_read_and_mutations_do_not() -> None:
    assert set(declared(root("Subscription")).values()) == {Action.READ}
    assert Action.READ not in declared(root("Mutation")).values()


def test_a_field_that_declares_none_is_found() -> None:
    @strawberry.type
    class Careless:
        @strawberry.mutation
        @mutates(Action.UPDATE_PROJECT, ProjectPayload)
        async def careful(self) -> ProjectPayload:
            return ProjectPayload()

        @strawberry.subscription
        @watches
        async def watchful(self) -> int:
            return 1

        @strawberry.mutation
        async def careless(self) -> int:
            return 1

        plain: int = 0

    definition = Careless.__strawberry_definition__  # type: ignore[attr-defined]
    assert declared(definition) == {
        "careful": Action.UPDATE_PROJECT,
        "watchful": Action.READ,
        "careless": None,
        "plain": None,
    }


def test_every_action_needs_a_role_and_changing_takes_more_than_a_viewer() -> None:
    assert set(ROLE_NEEDED) == set(Action)
    of_viewers = {action for action, role in ROLE_NEEDED.items() if role is TeamRole.VIEWER}
    assert of_viewers == {Action.READ, Action.MANAGE_TOKENS}, "a viewer's tokens are his own, and may what he may"
    assert {ROLE_NEEDED[action] for action in BEHIND_FEATURE} == {TeamRole.MEMBER, TeamRole.MANAGER}

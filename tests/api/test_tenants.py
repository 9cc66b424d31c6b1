"""What each role may in its own team, and that every field has a row here; test_tenant_matrix.py has what is another
team's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema
from operations import MUTATIONS, QUERIES, SUBSCRIPTIONS, Operation
from worlds import World, make_world

from domain.models.people import TeamRole
from domain.policies import Action, may
from resolvers.graphql import create_schema
from resolvers.permissions import ACTION
from seeds import add_user
from stack import PATIENCE, Caller, Stack, codes

ASKED = {name: operation for name, operation in {**MUTATIONS, **QUERIES}.items() if operation.kinds()}
"""What names an object; the rest is of hosts that all teams share."""
SCHEMA = create_schema()
WITHOUT_IDS = {"viewer", "projects", "gpus"}
"""Queries that tell what is the caller's own, and of what all share nothing that is another team's."""


@pytest.fixture
async def ours(api: Stack) -> World:
    return await make_world(api, "ours")


@pytest.fixture
async def theirs(api: Stack) -> World:
    return await make_world(api, "theirs")


async def first_message(caller: Caller, operation: Operation, ids: dict[str, str]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE), caller.subscribed(operation.document, **operation.filled(ids)) as messages:
        return await anext(messages)


def test_every_field_has_a_row() -> None:
    definition = build_schema(SCHEMA.as_str())
    fields = {}
    for root in ("Mutation", "Query", "Subscription"):
        kind = definition.get_type(root)
        assert isinstance(kind, GraphQLObjectType)
        fields[root] = set(kind.fields)
    assert fields["Mutation"] == MUTATIONS.keys(), "a mutation without a row in operations.py, or a row without one"
    assert fields["Query"] == QUERIES.keys() | WITHOUT_IDS | {"node"}
    assert fields["Subscription"] == SUBSCRIPTIONS.keys()


async def test_a_stranger_lists_only_what_is_its_own(api: Stack, ours: World, theirs: World) -> None:
    document = "{ projects { nodes { id } totalCount } }"
    nobody = api.caller(await add_user(api.database))
    assert await nobody.data(document) == {"nodes": [], "totalCount": 0}
    own = await api.caller(ours.members[TeamRole.VIEWER]).data(document)
    assert own == {"nodes": [{"id": ours.ids["project"]}], "totalCount": 1}
    teams = await api.caller(ours.home.owner).data("{ viewer { teams { team { id } role } } }")
    assert teams == {"teams": [{"team": {"id": ours.ids["team"]}, "role": "OWNER"}]}


@pytest.mark.parametrize("role", list(TeamRole))
async def test_a_role_may_what_its_rank_allows_and_no_more(api: Stack, ours: World, role: TeamRole) -> None:
    caller = api.caller(ours.members[role])
    mutation = SCHEMA.get_type_by_name("Mutation")
    assert mutation is not None
    fields = {SCHEMA.config.name_converter.get_graphql_name(field): field for field in mutation.fields}  # type: ignore[union-attr]
    for name, operation in MUTATIONS.items():
        resolver = fields[name].base_resolver
        assert resolver is not None
        action = getattr(resolver.wrapped_func, ACTION)
        assert isinstance(action, Action)
        answer = await caller.ask(operation.document, **operation.filled(ours.ids_of(role)))
        if may(role, action):
            assert codes(answer) == [], name
        else:
            assert codes(answer) == ["FORBIDDEN"], name
            assert answer["data"] is None, name


async def test_a_viewer_reads_and_watches_everything(api: Stack, ours: World) -> None:
    viewer = api.caller(ours.members[TeamRole.VIEWER])
    for name, operation in QUERIES.items():
        assert "errors" not in await viewer.ask(operation.document, **operation.filled(ours.ids)), name
    for name in ("versionProgress", "trainingProgress", "importProgress"):
        message = await first_message(viewer, SUBSCRIPTIONS[name], dict(ours.ids))
        assert message["type"] == "next", name
        assert not message["payload"].get("errors"), name


async def test_without_a_sign_in_every_field_is_unauthenticated(api: Stack, ours: World) -> None:
    nobody = api.caller(None)
    for name, operation in ASKED.items():
        assert codes(await nobody.ask(operation.document, **operation.filled(ours.ids))) == ["UNAUTHENTICATED"], name
    for document in (
        "{ viewer { id } }",
        "{ projects { totalCount } }",
        f'{{ node(id: "{ours.ids["project"]}") {{ id }} }}',
    ):
        assert codes(await nobody.ask(document)) == ["UNAUTHENTICATED"]

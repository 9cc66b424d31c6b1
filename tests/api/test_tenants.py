"""Another team's anything is NOT_FOUND, as if it were not there, and too low a role in the own team is FORBIDDEN."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema
from worlds import MUTATIONS, NODES, QUERIES, SUBSCRIPTIONS, Operation, World, make_world

from domain.ids import new_id
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


def missing(kinds: Iterable[str]) -> dict[str, str]:
    return {kind: new_id() for kind in kinds}


def refusal(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer's errors of both kinds."""
    payloads = [value for value in (answer.get("data") or {}).values() if isinstance(value, dict)]
    return codes(answer) + [error["code"] for payload in payloads for error in payload.get("userErrors", [])]


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
    assert fields["Mutation"] == MUTATIONS.keys(), "a mutation without a row in worlds.py, or a row without one"
    assert fields["Query"] == QUERIES.keys() | WITHOUT_IDS | {"node"}
    assert fields["Subscription"] == SUBSCRIPTIONS.keys()
    nodes = {kind.name for kind in definition.get_implementations(definition.type_map["Node"]).objects}  # type: ignore[arg-type]
    assert len(nodes) == len(NODES), "a type implements Node without a row in NODES"


async def test_a_stranger_finds_nothing_and_cannot_tell_it_from_what_is_missing(api: Stack, theirs: World) -> None:
    strangers = [
        api.caller(await add_user(api.database)),
        api.caller((await make_world(api, "elsewhere")).home.owner),
    ]
    for stranger in strangers:
        for name, operation in ASKED.items():
            foreign = await stranger.ask(operation.document, **operation.filled(theirs.ids))
            absent = await stranger.ask(operation.document, **operation.filled(missing(operation.kinds())))
            assert codes(foreign) == ["NOT_FOUND"], name
            assert foreign == absent, name


async def test_one_foreign_id_among_own_ones_is_as_if_missing(api: Stack, ours: World, theirs: World) -> None:
    caller = api.caller(ours.home.owner)
    tried = 0
    for name, operation in ASKED.items():
        kinds = operation.kinds()
        for kind in kinds if len(kinds) > 1 else []:
            foreign = operation.filled({**ours.ids, kind: theirs.ids[kind]})
            absent = operation.filled({**ours.ids, kind: new_id()})
            answer = await caller.ask(operation.document, **foreign)
            assert answer == await caller.ask(operation.document, **absent), (name, kind)
            if name != "versionPreview" or kind != "batch":  # the preview of an unknown batch: no image
                assert refusal(answer), (name, kind)
            tried += 1
    assert tried >= 17


async def test_a_stranger_s_subscription_is_refused_and_missing_looks_the_same(api: Stack, theirs: World) -> None:
    stranger = api.caller(await add_user(api.database))
    for name, operation in SUBSCRIPTIONS.items():
        foreign = await first_message(stranger, operation, dict(theirs.ids))
        absent = await first_message(stranger, operation, missing(operation.kinds()))
        assert foreign == absent, name
        errors = foreign["payload"] if foreign["type"] == "error" else foreign["payload"]["errors"]
        assert [error["extensions"]["code"] for error in errors] == ["NOT_FOUND"], name


async def test_node_is_null_for_strangers_and_found_by_viewers(api: Stack, theirs: World) -> None:
    document = "query($id: ID!) { node(id: $id) { id __typename } }"
    stranger = api.caller(await add_user(api.database))
    viewer = api.caller(theirs.members[TeamRole.VIEWER])
    found = {}
    for kind in NODES:
        assert await stranger.ask(document, id=theirs.ids[kind]) == {"data": {"node": None}}, kind
        id_ = theirs.ids_of(TeamRole.VIEWER)[kind]
        node = await viewer.data(document, id=id_)
        assert node["id"] == id_
        found[kind] = node["__typename"]
    assert len(set(found.values())) == len(NODES)
    assert await viewer.ask(document, id=new_id()) == {"data": {"node": None}}


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

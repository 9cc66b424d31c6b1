"""Every place of the schema that takes an id, for everybody, with own ids, another team's and ids of nothing: another
team's are as if they were not there, and nothing of that team is ever told."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, build_schema
from operations import MUTATIONS
from tenant_fields import ROOTS, Way, fields_that_take_ids
from tenant_matrix import Matrix, make_matrix
from tenant_rows import FILTERS, FOR_MANAGERS, KINDS, NODES
from tenant_selections import (
    Question,
    nested_questions,
    node_questions,
    questions_without_ids,
    root_questions,
    selection,
)
from websockets.exceptions import ConnectionClosed

from domain.ids import new_id
from domain.models.people import TeamRole
from resolvers.graphql import create_schema
from seeds import digest_of
from stack import Caller, Stack, running_api

SCHEMA = build_schema(create_schema().as_str())
ASKED = [one for operation in ("query", "mutation") for one in root_questions(SCHEMA, operation, ROOTS[operation], 1)]
NESTED = list(nested_questions(SCHEMA))
NODE = list(node_questions(SCHEMA))
WITHOUT_IDS = list(questions_without_ids(SCHEMA))
WATCHED = list(root_questions(SCHEMA, "subscription", "Subscription", 1))
UPLOAD = """mutation($input: RequestUploadsInput!) { requestUploads(input: $input) {
  uploads { url existingAsset { id } } userErrors { code } } }"""
FirstEvent = Callable[[Matrix, Caller, Question, Mapping[str, str], str], Awaitable[str]]
MUCH_AT_ONCE: Mapping[str, Any] = {"api_tokens": 10_000, "api_fields": 10_000, "api_cost": 10_000_000}
"""Limits for questions after all that there is."""
REFUSED = {"NOT_FOUND", "INVALID", "FORBIDDEN"}
OF_NOTHING = '{"data":{"node":null}}'


@pytest.fixture(scope="module")
async def matrix(
    migrated_sqlite: Path, embedded_redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Matrix]:
    """For questions that change nothing."""
    folder = tmp_path_factory.mktemp("matrix")
    file = shutil.copy(migrated_sqlite, folder / "agridrone.db")
    url = f"sqlite+aiosqlite:///{file}"
    async with running_api(folder / "data", url, embedded_redis_url, **MUCH_AT_ONCE) as api:
        yield await make_matrix(api)


def codes(body: str) -> set[str]:
    """Of an answer's errors of both kinds."""
    answer = json.loads(body)
    payloads = [value for value in (answer.get("data") or {}).values() if isinstance(value, dict)]
    found = {error["extensions"]["code"] for error in answer.get("errors", ())}
    return found | {error["code"] for payload in payloads for error in payload.get("userErrors", ())}


def of_nothing() -> dict[str, str]:
    return {kind: new_id() for kind in {*KINDS.values(), *NODES.values()}}


def test_every_place_that_takes_an_id_has_a_row() -> None:
    places = {way[-1] for ways in fields_that_take_ids(SCHEMA).values() for way in ways}
    assert places == KINDS.keys(), "a place that takes an id without a row in tenant_rows.py, or a row without one"
    node = SCHEMA.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    found = {kind.name for kind in SCHEMA.get_possible_types(node)}
    assert found == NODES.keys(), "a type that `node` finds without a row in tenant_rows.py, or a row without one"
    tried = {way[-1] for questions in (ASKED, NESTED, WATCHED) for way, _ in questions}
    assert tried == places


async def test_who_is_of_another_team_or_of_none_learns_nothing(matrix: Matrix) -> None:
    theirs = matrix.theirs.ids

    async def learn(way: Way, question: Question) -> None:
        kind, nothing = KINDS[way[-1]], of_nothing()
        assert codes(await matrix.ask(matrix.nobody, question, theirs, theirs[kind])) == {"UNAUTHENTICATED"}
        for caller in (matrix.stranger, matrix.members[TeamRole.OWNER]):
            foreign = await matrix.ask(caller, question, theirs, theirs[kind])
            assert foreign == await matrix.ask(caller, question, nothing, nothing[kind]), question.name
            if question.begins_with_id:
                assert codes(foreign) == {"NOT_FOUND"} or foreign == OF_NOTHING, question.name

    rootless = [one for one in NESTED if not one[1].begins_with_id]
    await asyncio.gather(*(learn(way, question) for way, question in ASKED + rootless))


@pytest.mark.parametrize("role", TeamRole)
async def test_another_team_s_id_is_as_if_of_nothing(matrix: Matrix, role: TeamRole) -> None:
    caller, ids, theirs = matrix.members[role], matrix.ours.ids_of(role), matrix.theirs.ids

    async def try_out(way: Way, question: Question) -> None:
        kind = KINDS[way[-1]]
        missing = await matrix.ask(caller, question, ids, new_id())
        assert await matrix.ask(caller, question, ids, theirs[kind]) == missing, question.name
        refused = bool(codes(missing) & REFUSED) or missing == OF_NOTHING
        assert refused or way[-1] in FILTERS, question.name
        assert "FORBIDDEN" not in codes(missing) or role is not TeamRole.OWNER, question.name
        if (way, question) in NESTED:
            own = await matrix.ask(caller, question, ids, ids[kind])
            assert not codes(own), question.name
            assert own != missing, f"{question.name} leads nowhere"

    await asyncio.gather(*(try_out(way, question) for way, question in ASKED + NESTED))


@pytest.mark.parametrize("role", [TeamRole.VIEWER, TeamRole.MEMBER, TeamRole.MANAGER])
async def test_own_objects_lead_to_nothing_of_another_team(matrix: Matrix, role: TeamRole) -> None:
    caller, ids = matrix.members[role], matrix.ours.ids_of(role)
    for question in WITHOUT_IDS:
        assert not codes(await matrix.ask(caller, question, ids)), question.name
    for kind, question in NODE:
        assert await matrix.ask(caller, question, matrix.theirs.ids) == OF_NOTHING, question.name
        read = await matrix.ask(caller, question, ids)
        assert not codes(read), question.name
        hidden = kind in FOR_MANAGERS and role is not TeamRole.MANAGER
        assert (read == OF_NOTHING) == hidden, question.name


@pytest.mark.parametrize("first_event", [Matrix.first_message, Matrix.first_pushed])
async def test_a_subscription_tells_of_own_objects_only(matrix: Matrix, first_event: FirstEvent) -> None:
    ours, theirs = matrix.ours.ids, matrix.theirs.ids
    for way, question in WATCHED:
        kind = KINDS[way[-1]]
        for caller in (matrix.stranger, *matrix.members.values()):
            missing = await first_event(matrix, caller, question, ours, new_id())
            assert await first_event(matrix, caller, question, ours, theirs[kind]) == missing, question.name
            assert codes(missing) == {"NOT_FOUND"}, question.name
        for caller in matrix.members.values():
            assert not codes(await first_event(matrix, caller, question, ours, ours[kind])), question.name


async def test_who_is_not_signed_in_watches_nothing(matrix: Matrix) -> None:
    theirs = matrix.theirs.ids
    for way, question in WATCHED:
        kind = KINDS[way[-1]]
        body = await matrix.first_pushed(matrix.nobody, question, theirs, theirs[kind])
        assert codes(body) == {"UNAUTHENTICATED"}, question.name
        with pytest.raises(ConnectionClosed) as closed:
            await matrix.first_message(matrix.nobody, question, theirs, theirs[kind])
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


async def test_mutations_answer_with_the_own_team_s_objects(api: Stack) -> None:
    matrix = await make_matrix(api)
    owner, ids = matrix.members[TeamRole.OWNER], matrix.ours.ids_of(TeamRole.OWNER)
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    for name, row in MUTATIONS.items():
        payload = selection(mutation.fields[name].type.of_type, 1)
        whole = row.document.replace("{ userErrors", f"{{ {payload} userErrors", 1)
        assert whole != row.document
        answer = json.loads(await matrix.ask(owner, Question(name, whole, dict(row.variables), True), ids))
        assert "errors" not in answer, name


async def test_bytes_that_another_team_has_are_new_to_this_one(matrix: Matrix) -> None:
    sha256 = digest_of("theirs-0")
    file = {"filename": "a.jpg", "sizeBytes": 1000, "sha256": sha256, "contentType": "image/jpeg"}
    given = {"projectId": matrix.ours.ids["project"], "files": [file]}
    asked = await matrix.members[TeamRole.MEMBER].done(UPLOAD, input=given)
    (target,) = asked["uploads"]
    assert target["existingAsset"] is None
    assert target["url"] is not None

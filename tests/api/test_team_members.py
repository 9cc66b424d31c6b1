"""Members of a team: who adds and removes them, who is known by an address alone, and that an owner is left."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from domain import event_feeds
from domain.ids import new_id
from domain.models.people import TeamRole, User
from domain.sign_in import user_with_team
from resolvers import streams
from seeds import Home, add_user, join, make_home
from stack import PATIENCE, Caller, Stack, codes, told

SET = """mutation($team: ID!, $email: String!, $role: TeamRole!) {
  setTeamMember(input: {teamId: $team, email: $email, role: $role}) {
    team { id members { role user { id name email } } } userErrors { code message field } } }"""
REMOVE = """mutation($team: ID!, $user: ID!) { removeTeamMember(teamId: $team, userId: $user) {
  team { members { role user { id } } } userErrors { code message field } } }"""
VIEWER = "{ viewer { id name email teams { role team { id } } } }"
EVENTS = "subscription($id: ID!) { projectEvents(projectId: $id) { kind } }"


async def put(caller: Caller, home: Home, email: str, role: str = "MEMBER") -> dict[str, Any]:
    payload: dict[str, Any] = await caller.data(SET, team=home.team.id, email=email, role=role)
    return payload


def roles(payload: dict[str, Any]) -> dict[str, str]:
    assert payload["userErrors"] == []
    return {member["user"]["id"]: member["role"] for member in payload["team"]["members"]}


def named(email: str, name: str = "someone") -> User:
    """Whom the sign-in knows by an id of its own."""
    return User(f"issuer|{new_id()}", name, email, datetime.now(UTC))


async def test_an_owner_adds_a_user_by_the_address_and_changes_the_role(any_api: Stack) -> None:
    home, user = await make_home(any_api.database), await add_user(any_api.database)
    owner = any_api.caller(home.owner)
    assert roles(await put(owner, home, f" {user.email.upper()} ")) == {home.owner.id: "OWNER", user.id: "MEMBER"}
    for role in ("MANAGER", "MANAGER", "VIEWER", "OWNER"):
        assert roles(await put(owner, home, user.email, role))[user.id] == role
    viewer = await any_api.caller(user).data(VIEWER)
    assert viewer["teams"] == [{"role": "OWNER", "team": {"id": home.team.id}}]


async def test_who_is_added_by_two_at_once_is_in_it_once(any_api: Stack) -> None:
    home = await make_home(any_api.database)
    owner = any_api.caller(home.owner)
    await asyncio.gather(*(put(owner, home, "rosa@example.org") for _ in range(4)))
    assert len(roles(await put(owner, home, "rosa@example.org"))) == 2


@pytest.mark.parametrize("role", [TeamRole.MANAGER, TeamRole.MEMBER, TeamRole.VIEWER])
async def test_nobody_else_changes_members_but_everybody_may_leave(api: Stack, role: TeamRole) -> None:
    home = await make_home(api.database)
    member = await join(api.database, home.team, role)
    caller, team = api.caller(member), home.team.id
    answer = await caller.ask(SET, team=team, email=member.email, role="OWNER")
    assert codes(answer) == ["FORBIDDEN"]
    assert codes(await caller.ask(REMOVE, team=team, user=home.owner.id)) == ["FORBIDDEN"]
    assert await caller.done(REMOVE, team=team, user=member.id) == {"team": None}
    assert codes(await caller.ask(REMOVE, team=team, user=member.id)) == ["NOT_FOUND"]
    assert (await caller.data(VIEWER))["teams"] == []


async def test_who_is_removed_is_a_stranger(api: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_feeds, "_PULSE_SECONDS", 0.05)
    monkeypatch.setattr(streams, "_TRUST_SECONDS", 0.0)
    home = await make_home(api.database)
    member, owner = await join(api.database, home.team, TeamRole.MANAGER), api.caller(home.owner)
    caller = api.caller(member)
    async with asyncio.timeout(PATIENCE), caller.subscribed(EVENTS, id=home.project.id) as messages:
        answer = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0.2)
        assert not answer.done()
        payload = await owner.data(REMOVE, team=home.team.id, user=member.id)
        assert roles(payload) == {home.owner.id: "OWNER"}
        assert codes((await answer)["payload"]) == ["NOT_FOUND"]
    assert codes(await caller.ask("query($id: ID!) { project(id: $id) { id } }", id=home.project.id)) == ["NOT_FOUND"]
    assert codes(await owner.ask(REMOVE, team=home.team.id, user=member.id)) == ["NOT_FOUND"]


async def test_a_listener_s_stream_goes_on_while_he_is_a_member(api: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_feeds, "_PULSE_SECONDS", 0.05)
    monkeypatch.setattr(streams, "_TRUST_SECONDS", 0.0)
    home = await make_home(api.database)
    rename = 'mutation($id: ID!) { updateProject(input: {id: $id, name: "South"}) { userErrors { code } } }'
    owner = api.caller(home.owner)
    async with asyncio.timeout(PATIENCE), owner.subscribed(EVENTS, id=home.project.id) as messages:
        answer = asyncio.ensure_future(anext(messages))
        await asyncio.sleep(0.3)
        await owner.done(rename, id=home.project.id)
        assert told(await answer)["kind"] == "PROJECT_CHANGED"


async def test_a_team_keeps_an_owner(api: Stack) -> None:
    home = await make_home(api.database)
    await join(api.database, home.team, TeamRole.MANAGER)
    owner = api.caller(home.owner)
    for payload, field in (
        (await put(owner, home, home.owner.email, "MANAGER"), ["input", "role"]),
        (await owner.data(REMOVE, team=home.team.id, user=home.owner.id), ["userId"]),
    ):
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("CONFLICT", field)
        assert payload["team"] is None
    assert roles(await put(owner, home, home.owner.email, "OWNER"))[home.owner.id] == "OWNER"
    await put(owner, home, (await add_user(api.database)).email, "OWNER")
    assert await owner.done(REMOVE, team=home.team.id, user=home.owner.id) == {"team": None}


async def test_of_two_owners_who_part_at_once_one_is_left(any_api: Stack) -> None:
    for _ in range(3):
        home = await make_home(any_api.database)
        other = await join(any_api.database, home.team, TeamRole.OWNER)
        await asyncio.gather(
            any_api.caller(home.owner).ask(REMOVE, team=home.team.id, user=other.id),
            any_api.caller(other).ask(REMOVE, team=home.team.id, user=home.owner.id),
            any_api.caller(other).ask(REMOVE, team=home.team.id, user=other.id),
        )
        members = await any_api.database.read(lambda uow, id_=home.team.id: uow.people.members(id_))  # type: ignore[misc]
        assert [member.role for member in members] == [TeamRole.OWNER]


@pytest.mark.parametrize("email", ["", "rosa", "@example.org", "rosa@", "a b@example.org", "x" * 180 + "@example.org"])
async def test_what_is_no_address_is_refused(api: Stack, email: str) -> None:
    home = await make_home(api.database)
    payload = await put(api.caller(home.owner), home, email)
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID", ["input", "email"])]


async def test_who_was_invited_comes_in_by_the_address(any_api: Stack) -> None:
    home = await make_home(any_api.database)
    payload = await put(any_api.caller(home.owner), home, "Rosa.Diaz@example.org", "MANAGER")
    (member,) = [one["user"] for one in payload["team"]["members"] if one["role"] == "MANAGER"]
    assert (member["name"], member["email"]) == ("Rosa.Diaz", "rosa.diaz@example.org")

    rosa = named("rosa.diaz@EXAMPLE.org", "Rosa Díaz")
    answers = await asyncio.gather(*(any_api.caller(rosa).data(VIEWER) for _ in range(5)))
    teams = [{"role": "MANAGER", "team": {"id": home.team.id}}]
    known = {"id": member["id"], "name": "Rosa Díaz", "email": "rosa.diaz@example.org", "teams": teams}
    assert answers == [known] * 5

    another = any_api.caller(named("rosa.diaz@example.org"))
    assert codes(await another.ask(VIEWER)) == ["UNAUTHENTICATED"]


async def test_the_development_sign_in_knows_who_was_invited(api: Stack) -> None:
    home = await make_home(api.database)
    await put(api.caller(home.owner), home, "rosa@example.org")
    user = await user_with_team(api.database, "Rosa@example.org")
    viewer = await api.caller(user).data(VIEWER)
    assert viewer["teams"] == [{"role": "MEMBER", "team": {"id": home.team.id}}]


async def test_teams_that_invite_an_address_at_once_invite_one_user(any_api: Stack) -> None:
    homes = [await make_home(any_api.database) for _ in range(4)]
    payloads = await asyncio.gather(*(put(any_api.caller(home.owner), home, "rosa@example.org") for home in homes))
    added = {id_ for payload in payloads for id_, role in roles(payload).items() if role == "MEMBER"}
    assert len(added) == 1
    assert len((await any_api.caller(named("rosa@example.org")).data(VIEWER))["teams"]) == 4


async def test_an_invitation_is_over_once_its_user_has_signed_in(any_api: Stack) -> None:
    """Also where the sign-in did not need it: it is no way in for who has the address later."""
    home = await make_home(any_api.database)
    await put(any_api.caller(home.owner), home, "rosa@example.org")
    rosa = await user_with_team(any_api.database, "rosa@example.org")
    assert codes(await any_api.caller(named("rosa@example.org")).ask(VIEWER)) == ["UNAUTHENTICATED"]
    assert (await any_api.caller(rosa).data(VIEWER))["id"] == rosa.id


async def test_letters_of_another_script_are_another_address(any_api: Stack) -> None:
    """To Unicode, the sign of the kelvin is a capital k."""
    home = await make_home(any_api.database)
    owner = any_api.caller(home.owner)
    assert len(roles(await put(owner, home, "kate@example.org", "OWNER"))) == 2
    answer = await any_api.caller(named("\N{KELVIN SIGN}ate@example.org")).ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"] or answer["data"]["viewer"]["teams"] == []
    assert (await any_api.caller(named("KATE@example.org")).data(VIEWER))["teams"] != []


async def test_a_like_address_is_not_the_same(any_api: Stack) -> None:
    """MariaDB's collation takes the two for equal."""
    home = await make_home(any_api.database)
    owner = any_api.caller(home.owner)
    assert len(roles(await put(owner, home, "rosa@example.org", "OWNER"))) == 2
    impostor = any_api.caller(named("rósa@example.org"))
    answer = await impostor.ask(VIEWER)
    assert codes(answer) == ["UNAUTHENTICATED"] or answer["data"]["viewer"]["teams"] == []
    payload = await put(owner, home, "rosá@example.org")
    refused = [(error["code"], error["field"]) for error in payload["userErrors"]]
    assert refused == [("CONFLICT", ["input", "email"])] or len(payload["team"]["members"]) == 3

"""Two teams side by side on one server, everything that only the other one has, and questions to the API."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from tenant_fields import filled
from tenant_selections import Question
from worlds import World, make_world

from adapters.gpu_mutex import RedisGpuMutex
from db.database import SqlDatabase
from db.tables import metadata
from domain.events import tell_upload
from domain.ids import new_id
from domain.models.asset import Asset
from domain.models.gpu import GpuHolder, GpuHost
from domain.models.people import Membership, TeamRole
from domain.ports import UnitOfWork
from seeds import add_images, add_user
from stack import PATIENCE, Caller, Stack

TELLING = 6
"""Characters from which on a text tells whose it is."""
_SIGNATURE = re.compile(r'\?[^"\s]*')
_GPU_SECONDS = 600
_AT_ONCE = 8


class Matrix:
    """What is asked, and what is held against every answer."""

    def __init__(self, api: Stack, ours: World, theirs: World, secrets: set[str], stranger: Caller) -> None:
        self.ours = ours
        self.theirs = theirs
        self.secrets = secrets
        """Every text in the database, ids and JSON included, that came with the other team."""
        self.nobody = api.caller(None)
        self.stranger = stranger
        self.members = {role: api.caller(user) for role, user in ours.members.items()}
        self._few = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, caller: Caller, question: Question, ids: Mapping[str, str], probed: str = "") -> str:
        """The body of the answer, without the ids that were sent, and without what signs addresses for a while."""
        payload = asked(question, ids, probed)
        async with self._few:
            response = await caller.http.post("/graphql", json=payload, headers=caller.headers)
        return self.checked(question, payload, response.text)

    async def first_message(self, caller: Caller, question: Question, ids: Mapping[str, str], probed: str = "") -> str:
        """As `ask`, of the first message over WebSocket."""
        payload = asked(question, ids, probed)
        async with (
            asyncio.timeout(PATIENCE),
            caller.subscribed(question.document, **payload["variables"]) as messages,
        ):
            message = await anext(messages)
        answer = {"errors": message["payload"]} if message["type"] == "error" else message["payload"]
        return self.checked(question, payload, json.dumps(answer, ensure_ascii=False))

    async def first_pushed(self, caller: Caller, question: Question, ids: Mapping[str, str], probed: str = "") -> str:
        """As `ask`, of the first server-sent event."""
        payload = asked(question, ids, probed)
        headers = {**caller.headers, "Accept": "text/event-stream"}
        async with (
            asyncio.timeout(PATIENCE),
            caller.http.stream("POST", "/graphql", json=payload, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    return self.checked(question, payload, line.removeprefix("data:"))
        raise AssertionError(f"{question.name} ended without an event")

    def checked(self, question: Question, payload: Mapping[str, Any], body: str) -> str:
        """The body as `ask` gives it; it tells nothing of the other team that was not sent."""
        for sent in {text for text in texts(payload["variables"]) if len(text) >= TELLING}:
            body = body.replace(sent, "…")
        told = [text for text in self.secrets if text in body]
        assert not told, f"{question.name} tells {told}: {body}"
        assert "INTERNAL" not in body, f"{question.name}: {body}"
        return _SIGNATURE.sub("", body)


def asked(question: Question, ids: Mapping[str, str], probed: str) -> dict[str, Any]:
    return {"query": question.document, "variables": filled(question.variables, ids, probed)}


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


async def make_matrix(api: Stack) -> Matrix:
    """Some things are both teams' business: who is in both, the same picture in both, and the GPUs."""
    database, hosts = api.database, (new_id(), new_id())
    stranger, both = await add_user(database), await add_user(database)
    for host in hosts:
        await beat(database, host)
    worlds = []
    known: set[str] = set()
    for name, role, host in zip(("ours", "theirs"), (TeamRole.MEMBER, TeamRole.VIEWER), hosts, strict=True):
        known = await texts_in(database)
        world = await make_world(api, name)
        worlds.append(world)
        (common,) = await add_images(database, world.home.project, ["common"])
        membership = Membership(new_id(), world.home.team.id, both.id, role, both.created_at)
        await database.write(lambda uow, one=membership: uow.people.add_membership(one))  # type: ignore[misc]
        await tie(database, world, common)
        await lend(api, host, world.ids["job"])
    secrets = await texts_in(database) - known
    ours, theirs = worlds
    await beat(database, hosts[0], theirs.ids["model"], ours.ids["model"])
    await beat(database, hosts[1], theirs.ids["model"])
    return Matrix(api, ours, theirs, secrets, api.caller(stranger))


async def tie(database: SqlDatabase, world: World, common: Asset) -> None:
    """Lets every field that may lead from one object to another lead somewhere. The image that no version has is the
    oldest."""
    ids = world.ids

    async def work(uow: UnitOfWork) -> None:
        batch = await uow.batches.get(ids["batch"])
        assert batch is not None
        tell_upload(uow, batch, ids["upload"])
        await uow.assets.update(common.id, created_at=common.created_at - timedelta(days=1))
        await uow.projects.update(ids["project"], active_model_id=ids["model"])
        await uow.models.update(ids["model"], training_job_id=ids["job"], parent_model_id=ids["model"])
        await uow.jobs.update(ids["job"], checkpoint_model_id=ids["model"])
        await uow.versions.update(ids["version"], display_name=f"Season of {world.home.team.name}")

    await database.write(work)


async def beat(database: SqlDatabase, name: str, *loaded: str) -> None:
    host = GpuHost(name, "Tesla T4", True, 2**34, 2**30, loaded, False, True)
    await database.write(lambda uow: uow.gpu_hosts.beat(host))


async def lend(api: Stack, host: str, job_id: str) -> None:
    """The host's GPU to that training."""
    token = await api.database.write(lambda uow: uow.gpu_hosts.next_fencing_token(host))
    hasty = RedisGpuMutex(api.services.redis, host, ttl_seconds=1)
    lease = None
    async with asyncio.timeout(PATIENCE):
        while lease is None:
            lease = await hasty.acquire(token, GpuHolder.TRAINING, job_id, "test")
            await asyncio.sleep(0.05)
    assert await RedisGpuMutex(api.services.redis, host, ttl_seconds=_GPU_SECONDS).renew(lease)


async def texts_in(database: SqlDatabase) -> set[str]:
    found: set[str] = set()
    async with database.engine.connect() as connection:
        for table in metadata.tables.values():
            for row in await connection.execute(select(table)):
                found |= {text for text in texts(list(row)) if len(text) >= TELLING}
    return found

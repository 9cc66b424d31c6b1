"""A release is replaced process by process: its API goes on while the next one migrates the database and takes over.

The next release is this one's code with one more revision (next_release). So it is this release that has to live with a
revision that only adds; that each revision so far does no more than that is tested in test_upgrades.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from adapters.sign_in import TokenSigner
from db import migrate
from domain.ids import new_id
from domain.models.project import Project
from domain.ports import UnitOfWork
from fleet.ports import free_port
from live.part import Part, running_part
from secret_watch import keep_out_of_logs
from seeds import Home, add_images, make_home, silent_database
from stack import PATIENCE, SECRET

CREATE = """mutation($input: CreateProjectInput!) { createProject(input: $input) {
  project { id } userErrors { code message } } }"""
SWITCH_ON = """mutation($input: UpdateProjectInput!) { updateProject(input: $input) {
  project { id } userErrors { code message } } }"""
LOOK = """query($id: ID!) { project(id: $id) {
  name eventCursor assets(first: 10) { totalCount nodes { id filename } } versions { totalCount } } }"""
_PAUSE_SECONDS = 0.1
ENOUGH = 5
"""Turns at each stage: everything was asked for more than once."""


@dataclass
class Traffic:
    """Somebody who writes and reads at an API again and again. `made` are the projects that it made for him."""

    http: httpx.AsyncClient
    home: Home
    made: list[str] = field(default_factory=list)

    async def go_on(self) -> None:
        """Until it is cancelled. Raises AssertionError for an answer that is not right."""
        while True:
            name = f"block {new_id()}"
            done = await self._ask(CREATE, input={"teamId": self.home.team.id, "name": name})
            assert done["userErrors"] == []
            made = done["project"]["id"]
            assert (await self._ask(SWITCH_ON, input={"id": made, "datasetVersions": True}))["userErrors"] == []
            assert (await self._ask(LOOK, id=made))["name"] == name
            assert (await self._ask(LOOK, id=self.home.project.id))["assets"]["totalCount"] == 2
            self.made.append(made)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _ask(self, document: str, **variables: Any) -> Any:
        answer = await self.http.post("/graphql", json={"query": document, "variables": variables})
        assert "errors" not in answer.json(), answer.text
        (value,) = answer.json()["data"].values()
        return value


@dataclass(frozen=True, slots=True)
class Site:
    """One database that two releases work on."""

    environment: dict[str, str]
    folder: Path
    home: Home

    @asynccontextmanager
    async def api(self, name: str, release: str) -> AsyncIterator[tuple[Part, httpx.AsyncClient]]:
        """An API process of the release, which is a module, and a person's client there."""
        port = free_port()
        token = TokenSigner(SECRET.encode()).issue(self.home.owner, timedelta(hours=1))
        headers = {"Authorization": f"Bearer {keep_out_of_logs(token, 'the token')}"}
        address = f"http://127.0.0.1:{port}"
        command = ("api", "--port", str(port))
        async with (
            running_part(self.folder / name, *command, module=release, **self.environment) as part,
            httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE) as http,
        ):
            yield part, http

    async def run(self, *command: str) -> tuple[int, str]:
        """A command of the next release: its exit code, and what it said."""
        async with running_part(
            self.folder / "-".join(command), *command, module="next_release", **self.environment
        ) as part:
            return await part.ended(), part.log


async def answers(part: Part, http: httpx.AsyncClient) -> None:
    while True:
        assert part.running, "the API ended"
        try:
            if (await http.get("/readyz")).is_success:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)


async def more(traffic: Traffic, going_on: asyncio.Task[None]) -> None:
    """Returns after some more turns."""
    until = len(traffic.made) + ENOUGH
    while len(traffic.made) < until:
        if going_on.done():
            going_on.result()
        await asyncio.sleep(0.02)


@pytest.fixture
async def site(empty_server_url: str, embedded_redis_url: str, tmp_path: Path) -> Site:
    await migrate.upgrade(empty_server_url)
    database = silent_database(empty_server_url)
    try:
        home = await make_home(database)
        await add_images(database, home.project, ["one", "two"])
    finally:
        await database.close()
    environment = {"DATABASE_URL": empty_server_url, "REDIS_URL": embedded_redis_url, "JWT_SECRET": SECRET}
    return Site(environment, tmp_path, home)


async def test_an_api_goes_on_while_the_next_release_migrates_and_takes_over(site: Site) -> None:
    async with asyncio.timeout(4 * PATIENCE), site.api("old", "main") as (old, old_http):
        await answers(old, old_http)
        code, said = await site.run("api")
        assert code == 2, said
        assert "run `agridrone migrate` first" in said
        before = Traffic(old_http, site.home)
        going_on = asyncio.create_task(before.go_on())
        await more(before, going_on)
        code, said = await site.run("migrate")
        assert code == 0, said
        await more(before, going_on)
        async with site.api("new", "next_release") as (new, new_http), site.api("again", "main") as (again, again_http):
            await answers(new, new_http)
            after = Traffic(new_http, site.home)
            taking_over = asyncio.create_task(after.go_on())
            await more(after, taking_over)
            await more(before, going_on)
            await answers(again, again_http)
            late = Traffic(again_http, site.home)
            last = asyncio.create_task(late.go_on())
            await more(late, last)
        for task in (going_on, taking_over, last):
            task.cancel()
        await asyncio.gather(going_on, taking_over, last, return_exceptions=True)
    assert "database_is_newer" in again.log
    url = site.environment["DATABASE_URL"]
    assert await seasons(url, after.made) == {"autumn"}
    assert await seasons(url, before.made + late.made) == {None}
    with pytest.raises(migrate.MigrationError, match="a newer one migrated it"):
        await migrate.upgrade(url)


async def seasons(url: str, project_ids: list[str]) -> set[str | None]:
    """What the next release's column has for them; NULL is what a release leaves that does not know it."""
    project = sa.table("Project", sa.column("id"), sa.column("season"))
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.execute(sa.select(project.c.season).where(project.c.id.in_(project_ids)))
        return set(found.scalars())


async def test_a_read_that_finds_a_table_rebuilt_since_it_began_is_done_again(empty_server_url: str) -> None:
    await migrate.upgrade(empty_server_url)
    database, looks = silent_database(empty_server_url), 0

    async def look(uow: UnitOfWork) -> Project | None:
        nonlocal looks
        looks += 1
        await uow.people.team_ids()
        if looks == 1:
            async with database.engine.begin() as another:
                await another.execute(sa.text("ALTER TABLE Project FORCE"))
        return await uow.projects.get("none")

    try:
        assert await database.read(look) is None
    finally:
        await database.close()
    assert looks == 2


async def test_a_newer_database_that_lacks_something_is_refused(sqlite_url: str) -> None:
    engine = create_async_engine(sqlite_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    await migrate.require_head(sqlite_url)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DROP TABLE WebhookDelivery"))
        await connection.execute(sa.text("ALTER TABLE Project DROP COLUMN detectOnUpload"))
    missing = r"from_the_future, and took away what this one needs: WebhookDelivery, Project\.detectOnUpload"
    with pytest.raises(migrate.MigrationError, match=missing):
        await migrate.require_head(sqlite_url)


async def test_an_older_database_is_refused(sqlite_url: str) -> None:
    await migrate.downgrade(sqlite_url, migrate.BASELINE)
    with pytest.raises(migrate.MigrationError, match=f"at {migrate.BASELINE}.*run `agridrone migrate` first"):
        await migrate.require_head(sqlite_url)

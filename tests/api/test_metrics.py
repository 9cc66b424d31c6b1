"""What the API tells Prometheus, and whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
from arq.connections import ArqRedis
from sqlalchemy import update

from adapters.presence import PREVIEWS, announce
from adapters.settings import load_settings
from db.database import SqlDatabase
from db.engine import create_engine
from db.tables import training_datasets
from domain.events import tell_training_log
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.training import TrainingJob
from domain.models.version import DatasetVersion
from domain.ports import UnitOfWork
from main import create_app
from scrapes import Scrape, scrape
from secret_watch import keep_out_of_logs
from seeds import Home, Silence, add_images, annotate, freeze, make_home, request_version, take
from stack import PATIENCE, SECRET, Stack, told
from versions_made import train
from workers.services import Services

TOKEN = keep_out_of_logs("the-token-of-a-Prometheus-of-the-tests", "METRICS_TOKEN")
OPERATIONS, OPEN = "agridrone_operations_total", "agridrone_subscriptions_open"
PROGRESS = "subscription($id: ID!) { trainingProgress(jobId: $id) { message } }"


LATER = "An event after the first."


async def say(job: TrainingJob, uow: UnitOfWork) -> None:
    tell_training_log(uow, job.id, job.status, 0, LATER)


def answers(services: Services, folder: Path) -> httpx.AsyncClient:
    """Asks an API over those services."""
    transport = httpx.ASGITransport(create_app(services, folder))
    return httpx.AsyncClient(transport=transport, base_url="http://api")


def counted(before: Scrape, after: Scrape) -> dict[tuple[str, ...], float]:
    """How much each series of the operations has grown: field, kind, status."""
    earlier = before.series(OPERATIONS)
    grown = {key: value - earlier.get(key, 0) for key, value in after.series(OPERATIONS).items()}
    return {key: value for key, value in grown.items() if value}


async def make_version(api: Stack, home: Home) -> DatasetVersion:
    """One that waits to be made."""
    await annotate(api.database, home, await add_images(api.database, home.project, [new_id()]))
    return await request_version(api.database, home)


async def test_operations_count_under_the_field_at_their_root(api: Stack) -> None:
    home = await make_home(api.database)
    version = await make_version(api, home)
    async with api.database.engine.begin() as connection:
        # A row that no rule can have written.
        await connection.execute(update(training_datasets).values(preprocessing=5))
    owner, before = api.caller(home.owner), await scrape(api.http)
    await owner.ask("query ChosenByACaller { me: viewer { id } }")
    await owner.ask("query A { ...both } fragment both on Query { viewer { id } projects { totalCount } }")
    await owner.ask("{ project(id: 7) { id } }")
    await owner.ask("query($id: ID!) { version(id: $id) { id } }", id=version.id)
    await owner.ask("{ noSuchField }")
    created = "mutation($team: ID!, $name: String!) { createProject(input: {teamId: $team, name: $name}) %s }"
    await owner.ask(created % "{ userErrors { code } }", team=home.team.id, name="")
    await owner.ask(created % "{ project { id } }", team=home.team.id, name="South block")
    await owner.http.get("/graphql", params={"query": created % "{ project { id } }"}, headers=owner.headers_for_files)
    after = await scrape(api.http)
    assert counted(before, after) == {
        ("viewer", "query", "ok"): 1,
        ("several", "query", "ok"): 1,
        ("project", "query", "refused"): 1,
        ("version", "query", "error"): 1,
        ("none", "none", "refused"): 1,
        ("createProject", "mutation", "refused"): 2,
        ("createProject", "mutation", "ok"): 1,
    }
    assert after.value("agridrone_operation_seconds_count", field="createProject") >= 2
    assert "ChosenByACaller" not in after.text
    assert home.team.id not in after.text


async def test_what_fails_before_the_schema_is_asked_counts_too(api: Stack) -> None:
    home = await make_home(api.database)
    before = await scrape(api.http)
    await api.database.close()
    answer = await api.http.post(
        "/graphql", json={"query": "{ viewer { id } }"}, headers=api.caller(home.owner).headers
    )
    assert answer.status_code == 500
    assert counted(before, await scrape(api.http)) == {("none", "none", "error"): 1}


async def test_subscriptions_are_counted_while_they_last_and_their_events_timed(api: Stack) -> None:
    home = await make_home(api.database)
    folder = api.services.settings.data_dir
    version = await freeze(api.database, api.services.store, folder, await make_version(api, home))
    job = await train(api.database, home, version)
    before = await scrape(api.http)
    async with asyncio.timeout(PATIENCE), api.caller(home.owner).subscribed(PROGRESS, id=job.id) as messages:
        await anext(messages)
        await api.database.write(partial(say, job))
        while told(await anext(messages))["message"] != LATER:
            continue
        during = await scrape(api.http)
    async with asyncio.timeout(PATIENCE):
        # Prometheus is told of the end at its next look.
        while (after := await scrape(api.http)).value(OPEN, field="trainingProgress"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert during.value(OPEN, field="trainingProgress") == 1
    lag = "agridrone_event_lag_seconds"
    assert during.value(f"{lag}_count", stream="training") == before.value(f"{lag}_count", stream="training") + 1
    assert 0 <= during.value(f"{lag}_sum") - before.value(f"{lag}_sum") < PATIENCE
    assert counted(before, after) == {("trainingProgress", "subscription", "ok"): 1}


async def test_the_fleet_is_told_of(api: Stack) -> None:
    home = await make_home(api.database)
    await make_version(api, home)
    await make_version(api, home)
    await take(api.database, JobKind.SNAPSHOT)
    await announce(api.services.redis, PREVIEWS)
    seen = await scrape(api.http)
    assert seen.series("agridrone_up") == {("database",): 1, ("redis",): 1, ("objects",): 1}
    assert seen.value("agridrone_queue_waiting", kind="SNAPSHOT") == 1
    assert seen.value("agridrone_queue_running", kind="SNAPSHOT") == 1
    assert 0 < seen.value("agridrone_queue_oldest_seconds", kind="SNAPSHOT") < PATIENCE
    assert {kind for (kind,) in seen.series("agridrone_queue_waiting")} == set(JobKind)
    assert seen.value("agridrone_worker_present", worker="io") == 1
    assert 0 < seen.value("agridrone_disk_free_bytes") < seen.value("agridrone_disk_size_bytes")
    assert seen.value("process_resident_memory_bytes") > 0
    assert seen.value("agridrone_build_info") == 1


async def test_it_answers_while_database_and_redis_are_away(api: Stack, tmp_path: Path) -> None:
    nowhere = SqlDatabase(create_engine("mysql+aiomysql://root@127.0.0.1:1/none"), Silence(), Silence())
    redis = ArqRedis(host="127.0.0.1", port=1)
    async with answers(replace(api.services, database=nowhere, redis=redis), tmp_path) as http:
        seen = await scrape(http)
    assert seen.series("agridrone_up") == {("database",): 0, ("redis",): 0, ("objects",): 1}
    assert seen.series("agridrone_queue_waiting") == {}
    assert seen.series("agridrone_worker_present") == {}
    assert seen.value("agridrone_build_info") == 1
    await nowhere.close()
    await redis.aclose()


async def test_who_does_not_know_the_token_is_told_nothing(api: Stack, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, jwt_secret=SECRET, metrics_token=TOKEN, host="0.0.0.0")
    async with answers(replace(api.services, settings=settings), tmp_path) as http:
        for given in ({}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}):
            answer = await http.get("/metrics", headers=given)
            assert (answer.status_code, "agridrone_up" in answer.text) == (401, False)
        assert (await scrape(http, token=TOKEN)).value("agridrone_up", part="redis") == 1


async def test_without_a_token_only_this_machine_is_told(api: Stack, tmp_path: Path) -> None:
    beyond = ({"host": "0.0.0.0"}, {"public_url": "https://drones.example.org"})
    for reachable in beyond:
        settings = load_settings(data_dir=tmp_path, jwt_secret=SECRET, **reachable)
        async with answers(replace(api.services, settings=settings), tmp_path) as http:
            assert (await http.get("/metrics")).status_code == 404

"""What webhooks are to hear of is written with the change itself, once, on SQLite and MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.deployments import ModelToDeploy, deploy_model, deployment_active, deployment_failed
from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.model import TrainedModel
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion
from domain.models.webhook import WebhookEvent
from domain.ports import UnitOfWork
from domain.training import cancel_training
from domain.training_progress import completed, ended, preparing, running
from domain.version_lifecycle import archive_version, reconcile_version, restore_version
from domain.webhooks import delete_webhook
from seeds import (
    Home,
    Silence,
    add_images,
    add_model,
    add_project,
    annotate,
    freeze,
    make_home,
    request_version,
    take,
)
from versions_made import in_status, train
from webhooks_made import add_webhook, deliveries_of, news_of
from workers.snapshot import Snapshot

ROBOFLOW = "pines/6"


@pytest.fixture
async def home(database: SqlDatabase) -> Home:
    home = await make_home(database)
    await annotate(database, home, await add_images(database, home.project, ["one", "two"]))
    return home


async def failing(
    database: SqlDatabase, home: Home, version: DatasetVersion
) -> Callable[[UnitOfWork], Awaitable[None]]:
    """What fails a new training of the version."""
    await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    return ended(claim, TrainingJobStatus.FAILED, "The GPU was too hot.")


async def test_a_version_that_is_made_or_not(
    database: SqlDatabase, store: LocalStore, tmp_path: Path, home: Home
) -> None:
    webhook = await add_webhook(database, home.project)
    made = await freeze(database, store, tmp_path, await request_version(database, home))
    asked = await request_version(database, home)
    snapshot = Snapshot(database, store, tmp_path)
    claim = await take(database, JobKind.SNAPSHOT)
    for _ in range(2):  # the second time it is FAILED already
        await snapshot.fail(claim, "The disk was full.")
    ready, failed = await news_of(database, webhook)
    deliveries = await deliveries_of(database, webhook)
    assert ready == {
        "id": deliveries[0].id,
        "event": "VERSION_READY",
        "createdAt": deliveries[0].created_at.isoformat(),
        "project": {"id": home.project.id, "name": home.project.name},
        "subject": {"type": "DatasetVersion", "id": made.id, "name": made.name, "number": 1, "status": "READY"},
    }
    assert (failed["event"], deliveries[1].event) == ("VERSION_FAILED", WebhookEvent.VERSION_FAILED)
    assert failed["subject"]["id"] == asked.id
    assert (failed["subject"]["status"], failed["subject"]["failureReason"]) == ("FAILED", "The disk was full.")
    assert all(delivery.due_at is not None for delivery in deliveries)


async def test_a_version_that_is_lost_and_found(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    webhook = await add_webhook(database, home.project)
    manifest = version.manifest
    assert manifest is not None
    for kept in (None, manifest):
        await database.write(lambda uow, kept=kept: uow.versions.update(version.id, manifest=kept))  # type: ignore[misc]
        for _ in range(2):
            await reconcile_version(database, home.principal, version.id)
    # To put it away and to take it out again is no news.
    await archive_version(database, home.principal, version.id)
    await restore_version(database, home.principal, version.id)
    news = await news_of(database, webhook)
    assert [one["event"] for one in news] == ["VERSION_FAILED", "VERSION_READY"]
    assert "no manifest" in news[0]["subject"]["failureReason"]
    assert "failureReason" not in news[1]["subject"]


async def test_a_training_that_ends(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    webhook = await add_webhook(database, home.project)
    like = await add_model(database, version)

    def model(name: str) -> TrainedModel:
        return replace(like, id=new_id(), name=name)

    done = await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(preparing(claim, "cpu"))
    await database.write(running(claim, {}))
    for _ in range(2):  # as when the database's answer was lost
        await database.write(completed(claim, model))
    broken = await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(ended(claim, TrainingJobStatus.FAILED, "The GPU was too hot."))
    stopped = await train(database, home, version)
    await cancel_training(database, home.principal, stopped.id)
    await train(database, home, version)
    await database.write(ended(await take(database, JobKind.TRAINING), TrainingJobStatus.CANCELLED, None))
    completion, failure = await news_of(database, webhook)
    assert completion["event"] == "TRAINING_COMPLETED"
    named = {"name": version.name, "number": version.version}
    assert completion["subject"] == {"type": "TrainingJob", "id": done.id, **named, "status": "COMPLETED"}
    assert failure["event"] == "TRAINING_FAILED"
    assert (failure["subject"]["id"], failure["subject"]["failureReason"]) == (broken.id, "The GPU was too hot.")


async def test_a_model_that_is_deployed_or_not_ours_or_roboflow_s(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    await database.write(lambda uow: uow.projects.update(home.project.id, roboflow_models=(ROBOFLOW,)))
    webhook = await add_webhook(database, home.project)
    models = [await add_model(database, version, f"north-{number}.pt") for number in range(3)]

    async def deploy(model_id: str | None, roboflow: str | None = None) -> str:
        wanted = ModelToDeploy(model_id, roboflow, ())
        return (await deploy_model(database, home.principal, home.project.id, wanted, None, None)).id

    async def claim(roboflow: bool = False) -> Any:
        return await take(database, JobKind.ROBOFLOW_DEPLOYMENT if roboflow else JobKind.DEPLOYMENT)

    late = await deploy(models[0].id)
    slow = await claim()
    first = await deploy(models[1].id)
    await database.write(deployment_active(await claim()))
    await database.write(deployment_active(slow))  # it comes too late, and is history
    second = await deploy(models[2].id)
    await database.write(deployment_failed(await claim(), "It did not answer."))
    third = await deploy(None, ROBOFLOW)
    await database.write(deployment_active(await claim(True)))
    news = await news_of(database, webhook)
    assert [(one["event"], one["subject"]["id"], one["subject"]["name"]) for one in news] == [
        ("MODEL_DEPLOYED", first, models[1].name),
        ("DEPLOYMENT_FAILED", second, models[2].name),
        ("MODEL_DEPLOYED", third, ROBOFLOW),
    ]
    assert late not in str(news)
    assert news[1]["subject"]["failureReason"] == "It did not answer."
    assert "number" not in news[0]["subject"]


async def test_who_did_not_ask_hears_nothing_and_nobody_is_woken_for_nothing(database: SqlDatabase, home: Home) -> None:
    woken: list[JobKind] = []

    class Queue(Silence):
        async def wake(self, kind: JobKind, ids: Sequence[str]) -> None:
            woken.append(kind)

    heard = SqlDatabase(database.engine, Silence(), Queue())
    version = await in_status(database, home, DatasetStatus.READY)
    elsewhere = await add_webhook(database, await add_project(database, home.team, "East block"))
    deaf = await add_webhook(database, home.project, events=[WebhookEvent.TRAINING_COMPLETED])
    await heard.write(await failing(database, home, version))
    assert JobKind.WEBHOOK_DELIVERY not in woken
    hooks = [await add_webhook(database, home.project, events=[WebhookEvent.TRAINING_FAILED]) for _ in range(2)]
    await heard.write(await failing(database, home, version))
    assert woken.count(JobKind.WEBHOOK_DELIVERY) == 1
    assert [len(await deliveries_of(database, hook)) for hook in (elsewhere, deaf, *hooks)] == [0, 0, 1, 1]
    (first,), (second,) = [await deliveries_of(database, hook) for hook in hooks]
    assert first.id != second.id


async def test_what_is_undone_is_not_told_and_what_is_done_again_is_told_once(
    database: SqlDatabase, home: Home
) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    webhook = await add_webhook(database, home.project)
    fail = await failing(database, home, version)
    runs = 0

    async def interrupted(uow: UnitOfWork) -> None:
        await fail(uow)
        raise ConnectionError("the database went away before the commit")

    async def twice(uow: UnitOfWork) -> None:
        nonlocal runs
        await fail(uow)
        runs += 1
        if runs == 1:
            raise OperationalError("commit", {}, Exception(1213, "Deadlock found"))

    with pytest.raises(ConnectionError):
        await database.write(interrupted)
    assert await deliveries_of(database, webhook) == []
    await database.write(twice)
    assert runs == 2
    assert len(await deliveries_of(database, webhook)) == 1


async def test_a_webhook_that_is_deleted_meanwhile_undoes_nothing(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    webhook = await add_webhook(database, home.project)
    fail = await failing(database, home, version)
    told = asyncio.Event()

    async def slowly(uow: UnitOfWork) -> None:
        await fail(uow)
        told.set()
        await asyncio.sleep(0.2)

    async def delete() -> None:
        await told.wait()
        await delete_webhook(database, home.principal, webhook.id)

    await asyncio.gather(database.write(slowly), delete())
    assert await database.read(lambda uow: uow.webhooks.get(webhook.id)) is None
    assert await deliveries_of(database, webhook) == []
    jobs = await database.read(lambda uow: uow.jobs.unfinished_of(version.id))
    assert jobs == 0
    await database.write(await failing(database, home, version))


async def test_a_reason_of_any_length_and_any_letters_is_told_in_short(database: SqlDatabase, home: Home) -> None:
    version = await in_status(database, home, DatasetStatus.READY)
    webhook = await add_webhook(database, home.project)
    await train(database, home, version)
    claim = await take(database, JobKind.TRAINING)
    await database.write(ended(claim, TrainingJobStatus.FAILED, "Zu heiß 🔥 \u2028" * 1000))
    (delivery,) = await deliveries_of(database, webhook)
    assert delivery.body.isascii()
    (news,) = await news_of(database, webhook)
    assert news["subject"]["failureReason"].startswith("Zu heiß 🔥")
    assert len(news["subject"]["failureReason"]) == 2000

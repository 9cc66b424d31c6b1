"""A sound project's invariants, each broken on purpose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, update

from db.database import SqlDatabase
from db.tables import (
    assets,
    event_log,
    event_streams,
    model_deployments,
    projects,
    trained_models,
    training_dataset_assets,
    training_datasets,
    training_epochs,
    training_jobs,
    upload_batches,
    uploads,
    webhook_deliveries,
)
from domain.events import project_stream, version_stream
from domain.keys import thumbnail_key
from domain.models.model import DeploymentStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus, Split
from domain.ports import ObjectStore
from sound_project import SoundProject
from workers.audit.auditor import Auditor
from workers.audit.finding import Finding


@dataclass(frozen=True, slots=True)
class World:
    """A sound project, with means to break it."""

    database: SqlDatabase
    store: ObjectStore
    sound: SoundProject

    async def set(self, table: Table, id_: str, **values: Any) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(update(table).where(table.c.id == id_).values(**values))

    async def remove(self, table: Table, **where: Any) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(delete(table).where(*(table.c[name] == one for name, one in where.items())))

    async def add(self, table: Table, *rows: dict[str, Any]) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(insert(table), rows)

    async def audit(self, read_back: bool = False) -> list[Finding]:
        auditor = Auditor(self.database, self.store, None, read_back=read_back, pause_seconds=0)
        return [finding async for finding in auditor.findings()]


Break = Callable[[World], Awaitable[str]]
"""Breaks something, and tells the id that a finding must name."""


def row(table: Table, name: Callable[[SoundProject], str], **values: Any) -> Break:
    """That row has these values."""

    async def broken(world: World) -> str:
        id_ = name(world.sound)
        await world.set(table, id_, **values)
        return id_

    return broken


def lost(key: Callable[[SoundProject], str]) -> Break:
    """That object is gone."""

    async def broken(world: World) -> str:
        await world.store.delete(key(world.sound))
        return key(world.sound)

    return broken


def cut(key: Callable[[SoundProject], str]) -> Break:
    """That object has other bytes, and another number of them."""

    async def broken(world: World) -> str:
        await world.store.put(key(world.sound), b"cut", "image/jpeg")
        return key(world.sound)

    return broken


async def a_number_skipped(world: World) -> str:
    await world.set(training_datasets, world.sound.archived.id, version=3)
    return world.sound.home.project.id


async def a_frozen_row_gone(world: World) -> str:
    await world.remove(training_dataset_assets, dataset_id=world.sound.version.id, position=1)
    return world.sound.version.id


async def a_frozen_row_too_few_for_the_manifest(world: World) -> str:
    """The row counts what is left, as if it had never frozen more."""
    version = world.sound.version
    await world.remove(training_dataset_assets, dataset_id=version.id, position=2)
    counts = {f"{split.value.lower()}_count": await _rows_in(world, split) for split in Split}
    await world.set(training_datasets, version.id, image_count=2, **counts)
    return version.id


async def _rows_in(world: World, split: Split) -> int:
    id_ = world.sound.version.id
    return (await world.database.read(lambda uow: uow.version_assets.counts([id_], split))).get(id_, 0)


async def a_frozen_row_changed(world: World) -> str:
    async with world.database.engine.begin() as connection:
        table = training_dataset_assets
        mine = [table.c.dataset_id == world.sound.version.id, table.c.position == 0]
        await connection.execute(update(table).where(*mine).values(annotation_count=7))
    return world.sound.version.id


async def a_training_running_beside_a_ready_version(world: World) -> str:
    running = {"status": TrainingJobStatus.RUNNING, "heartbeat_at": datetime.now(UTC)}
    await world.set(training_jobs, world.sound.failed.id, **running)
    return world.sound.version.id


async def an_epoch_gone(world: World) -> str:
    await world.remove(training_epochs, job_id=world.sound.trained.id)
    return world.sound.trained.id


async def two_active_deployments(world: World) -> str:
    deployment = world.sound.deployment
    same = {name: getattr(deployment, name) for name in ("project_id", "team_id", "model_id", "backend")}
    fresh = {"id": "second", "status": DeploymentStatus.ACTIVE, "deployed_at": datetime.now(UTC)}
    await world.add(model_deployments, {**same, **fresh})
    return deployment.project_id


def event_gone(seq: int) -> Break:
    """Of the version's stream."""

    async def broken(world: World) -> str:
        await world.remove(event_log, stream=version_stream(world.sound.version.id), seq=seq)
        return world.sound.version.id

    return broken


async def an_event_more_counted(world: World) -> str:
    stream = project_stream(world.sound.home.project.id)
    async with world.database.engine.begin() as connection:
        mine = event_streams.c.stream == stream
        await connection.execute(update(event_streams).where(mine).values(seq=event_streams.c.seq + 1))
    return stream


async def a_counter_gone(world: World) -> str:
    stream = version_stream(world.sound.version.id)
    await world.remove(event_streams, stream=stream)
    return stream


async def all_events_gone(world: World) -> str:
    stream = version_stream(world.sound.version.id)
    await world.remove(event_log, stream=stream)
    return stream


async def an_upload_open_again(world: World) -> str:
    async with world.database.engine.begin() as connection:
        await connection.execute(update(uploads).where(uploads.c.filename == "north.jpg").values(status="OPEN"))
    return world.sound.batch.id


async def a_delivery_due_in_a_day(world: World) -> str:
    due_at = datetime.now(UTC) + timedelta(days=1)
    await world.set(webhook_deliveries, world.sound.delivery.id, due_at=due_at, delivered_at=None)
    return world.sound.delivery.id


async def a_delivery_sent_and_to_be_sent(world: World) -> str:
    await world.set(webhook_deliveries, world.sound.delivery.id, due_at=datetime.now(UTC) + timedelta(minutes=5))
    return world.sound.delivery.id


async def a_frozen_original_of_a_deleted_image_gone(world: World) -> str:
    image = world.sound.images[0]
    await world.remove(assets, id=image.id)
    await world.store.delete(image.s3_key)
    return image.s3_key


async def an_image_elsewhere(world: World) -> str:
    key = f"teams/{world.sound.home.team.id}/legacy/north.jpg"
    await world.set(assets, world.sound.images[0].id, s3_key=key)
    return key


def original(sound: SoundProject) -> str:
    return sound.images[0].s3_key


def thumbnail(sound: SoundProject) -> str:
    return thumbnail_key(sound.home.team.id, sound.images[1].sha256 or "", 64)


def manifest(sound: SoundProject) -> str:
    assert sound.version.manifest is not None
    return sound.version.manifest.s3_key


def archive(sound: SoundProject) -> str:
    assert sound.export.s3_key is not None
    return sound.export.s3_key


def version_id(sound: SoundProject) -> str:
    return sound.version.id


def archived_id(sound: SoundProject) -> str:
    return sound.archived.id


def project_id(sound: SoundProject) -> str:
    return sound.home.project.id


NEVER_FROZEN = {"status": DatasetStatus.FAILED, "snapshot_at": None, "failure_reason": "The store was full."}
BREAKS: dict[str, tuple[Break, set[str]]] = {
    "a number skipped": (a_number_skipped, {"version-numbers"}),
    "a frozen row gone": (a_frozen_row_gone, {"frozen-rows"}),
    "splits miscounted": (row(training_datasets, version_id, train_count=9), {"frozen-rows"}),
    "no manifest named": (row(training_datasets, version_id, manifest_key=None), {"frozen-rows"}),
    "rows of a failed version": (row(training_datasets, archived_id, **NEVER_FROZEN), {"frozen-rows"}),
    "a manifest lost": (lost(manifest), {"manifests"}),
    "a manifest changed": (cut(manifest), {"manifests"}),
    "a manifest's size changed": (row(training_datasets, version_id, manifest_size=1), {"manifests"}),
    "a frozen row changed": (a_frozen_row_changed, {"manifests"}),
    "fewer rows than lines": (a_frozen_row_too_few_for_the_manifest, {"manifests"}),
    "training without a training": (row(training_datasets, version_id, status="TRAINING"), {"training-status"}),
    "ready beside a training": (a_training_running_beside_a_ready_version, {"training-status"}),
    "completed without a model": (
        row(training_jobs, lambda sound: sound.failed.id, status=TrainingJobStatus.COMPLETED), {"training-results"}
    ),
    "failed with a model": (
        row(training_jobs, lambda sound: sound.trained.id, status=TrainingJobStatus.CANCELLED), {"training-results"}
    ),
    "an epoch gone": (an_epoch_gone, {"training-epochs"}),
    "a model of no training": (
        row(trained_models, lambda sound: sound.model.id, training_job_id="gone"), {"model-origins", "training-results"}
    ),
    "two deployments": (two_active_deployments, {"active-deployments"}),
    "a model that is not there": (row(projects, project_id, active_model_id="gone"), {"active-deployments"}),
    "deployed but not in use": (row(projects, project_id, active_model_id=None), {"active-deployments"}),
    "an event gone": (event_gone(2), {"event-streams"}),
    "the first event gone": (event_gone(1), {"event-streams"}),
    "an event more counted": (an_event_more_counted, {"event-streams"}),
    "a counter gone": (a_counter_gone, {"event-streams"}),
    "all events gone": (all_events_gone, {"event-streams"}),
    "a batch miscounted": (row(upload_batches, lambda sound: sound.batch.id, refused=1), {"upload-batches"}),
    "an upload open again": (an_upload_open_again, {"upload-batches"}),
    "a delivery forgotten": (
        row(webhook_deliveries, lambda sound: sound.delivery.id, delivered_at=None), {"webhook-deliveries"}
    ),
    "a delivery due in a day": (a_delivery_due_in_a_day, {"webhook-deliveries"}),
    "a delivery sent and to be sent": (a_delivery_sent_and_to_be_sent, {"webhook-deliveries"}),
    "a failure without a reason": (
        row(training_jobs, lambda sound: sound.failed.id, failure_reason=None), {"failure-reasons"}
    ),
    "an original lost": (lost(original), {"originals", "frozen-objects"}),
    "an original cut": (cut(original), {"originals"}),
    "an original elsewhere": (an_image_elsewhere, {"originals"}),
    "a deleted image's original lost": (a_frozen_original_of_a_deleted_image_gone, {"frozen-objects"}),
    "a thumbnail lost": (lost(thumbnail), {"thumbnails"}),
    "weights lost": (lost(lambda sound: sound.model.weights_key), {"weights"}),
    "weights cut": (cut(lambda sound: sound.model.weights_key), {"weights"}),
    "a model's file lost": (lost(lambda sound: sound.model.files[0].key), {"model-files"}),
    "a training's state lost": (lost(lambda sound: sound.state_key), {"training-states"}),
    "an archive lost": (lost(archive), {"archives"}),
    "an archive cut": (cut(archive), {"archives"}),
}  # fmt: skip

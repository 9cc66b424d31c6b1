"""Loaders: the look-ups of one tick become one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from strawberry.dataloader import DataLoader

from domain.models.version import DatasetVersion
from domain.ports import Database, ProjectTotals, UnitOfWork
from schema.context import Loaders

T = TypeVar("T")
Find = Callable[[UnitOfWork, list[str]], Awaitable[Mapping[str, T]]]


def create_loaders(database: Database) -> Loaders:
    """Loaders over short read transactions of their own."""
    maybe, either = partial(_maybe, database), partial(_either, database)
    return Loaders(
        user=maybe(lambda uow, ids: uow.people.users(ids)),
        team=maybe(lambda uow, ids: uow.people.teams(ids)),
        project=maybe(lambda uow, ids: uow.projects.get_many(ids)),
        project_totals=either(lambda uow, ids: uow.projects.totals(ids), lambda: ProjectTotals(0, 0, 0)),
        batch=maybe(lambda uow, ids: uow.batches.get_many(ids)),
        batch_assets=either(lambda uow, ids: uow.batches.asset_counts(ids), int),
        upload=maybe(lambda uow, ids: uow.uploads.get_many(ids)),
        asset=maybe(lambda uow, ids: uow.assets.get_many(ids)),
        annotations_of_asset=either(lambda uow, ids: uow.annotations.of_assets(ids), list),
        pending_of_asset=either(lambda uow, ids: uow.pending.of_assets(ids), list),
        import_job=maybe(lambda uow, ids: uow.imports.get_many(ids)),
        versions_of_asset=either(_versions_of_assets, list),
        version=maybe(lambda uow, ids: uow.versions.get_many(ids)),
        earliest_equal=maybe(lambda uow, ids: uow.versions.earliest_equals(ids)),
        check=maybe(lambda uow, ids: uow.checks.get_many(ids)),
        last_check=maybe(lambda uow, ids: uow.checks.newest_of(ids)),
        export=maybe(lambda uow, ids: uow.exports.get_many(ids)),
        exports_of_version=either(lambda uow, ids: uow.exports.of_versions(ids), list),
        job=maybe(lambda uow, ids: uow.jobs.get_many(ids)),
        queue_position=maybe(lambda uow, ids: uow.jobs.queue_positions(ids)),
        epochs_of_job=either(lambda uow, ids: uow.jobs.epochs(ids), list),
        model=maybe(lambda uow, ids: uow.models.get_many(ids)),
        model_of_job=maybe(lambda uow, ids: uow.models.of_jobs(ids)),
        latest_model_of_version=maybe(lambda uow, ids: uow.models.latest_of_versions(ids)),
        children_of_model=either(lambda uow, ids: uow.models.children(ids), list),
        evaluation=maybe(lambda uow, ids: uow.evaluations.get_many(ids)),
        evaluations_of_model=either(lambda uow, ids: uow.evaluations.of_models(ids), list),
        deployed=either(_deployed, bool),
        deployment=maybe(lambda uow, ids: uow.deployments.get_many(ids)),
        detection=maybe(lambda uow, ids: uow.detections.get_many(ids)),
        stream_head=either(lambda uow, streams: uow.events.head(streams), int),
    )


def _maybe(database: Database, find: Find[T]) -> DataLoader[str, T | None]:
    async def load(keys: list[str]) -> Sequence[T | None]:
        found = await database.read(lambda uow: find(uow, keys))
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=False)


def _either(database: Database, find: Find[T], absent: Callable[[], T]) -> DataLoader[str, T]:
    async def load(keys: list[str]) -> Sequence[T]:
        found = await database.read(lambda uow: find(uow, keys))
        return [found[key] if key in found else absent() for key in keys]

    return DataLoader(load_fn=load, cache=False)


async def _versions_of_assets(uow: UnitOfWork, asset_ids: list[str]) -> Mapping[str, list[DatasetVersion]]:
    freezing = await uow.versions.freezing_asset(asset_ids)
    versions = await uow.versions.get_many({id_ for ids in freezing.values() for id_ in ids})
    return {asset_id: [versions[id_] for id_ in ids if id_ in versions] for asset_id, ids in freezing.items()}


async def _deployed(uow: UnitOfWork, model_ids: list[str]) -> Mapping[str, bool]:
    return dict.fromkeys(await uow.models.deployed(model_ids), True)

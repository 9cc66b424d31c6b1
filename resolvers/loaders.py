"""Loaders: the look-ups of one tick become one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from strawberry.dataloader import DataLoader

from domain.errors import DomainError
from domain.models.version import DatasetVersion
from domain.paging import Page, PageRequest
from domain.ports import Database, ProjectTotals, UnitOfWork
from domain.training import log_tails
from schema.context import Loaders
from schema.lists import Lists

T = TypeVar("T")
A = TypeVar("A")
K = TypeVar("K")
Alike = TypeVarTuple("Alike")
Found = Awaitable[Mapping[str, T]]
Find = Callable[[UnitOfWork, list[str]], Found[T]]


def loader_factory(database: Database) -> Callable[[], Loaders]:
    """Makes loaders over short read transactions of their own."""
    maybe, either = partial(_maybe, database), partial(_either, database)
    makers: Mapping[str, Callable[[], Any]] = {
        "user": partial(maybe, lambda uow, ids: uow.people.users(ids)),
        "teams_of_user": partial(either, lambda uow, ids: uow.people.teams_of(ids), list),
        "tokens_of_user": partial(either, lambda uow, ids: uow.api_tokens.of_users(ids), list),
        "token_by_digest": partial(maybe, lambda uow, digests: uow.api_tokens.by_digests(digests)),
        "team": partial(maybe, lambda uow, ids: uow.people.teams(ids)),
        "members_of_team": partial(either, lambda uow, ids: uow.people.members_of(ids), list),
        "project": partial(maybe, lambda uow, ids: uow.projects.get_many(ids)),
        "project_totals": partial(either, lambda uow, ids: uow.projects.totals(ids), lambda: ProjectTotals(0, 0, 0)),
        "class_counts_of_project": partial(either, lambda uow, ids: uow.projects.class_counts(ids), list),
        "batch": partial(maybe, lambda uow, ids: uow.batches.get_many(ids)),
        "batches_of_project": partial(_lists, database, lambda uow: uow.batches.pages, lambda uow: uow.batches.counts),
        "batch_assets": partial(either, lambda uow, ids: uow.batches.asset_counts(ids), int),
        "results_of_batch": partial(
            _lists, database, lambda uow: uow.uploads.pages_of_results, lambda uow: uow.uploads.counts_of_results
        ),
        "upload": partial(maybe, lambda uow, ids: uow.uploads.get_many(ids)),
        "asset": partial(maybe, lambda uow, ids: uow.assets.get_many(ids)),
        "assets_of_project": partial(_lists, database, lambda uow: uow.assets.pages, lambda uow: uow.assets.counts),
        "annotations_of_asset": partial(either, lambda uow, ids: uow.annotations.of_assets(ids), list),
        "pending_of_asset": partial(either, lambda uow, ids: uow.pending.of_assets(ids), list),
        "import_job": partial(maybe, lambda uow, ids: uow.imports.get_many(ids)),
        "skipped_of_import": partial(_lists, database, lambda uow: uow.skipped.pages, lambda uow: uow.skipped.counts),
        "versions_of_asset": partial(either, _versions_of_assets, list),
        "version": partial(maybe, lambda uow, ids: uow.versions.get_many(ids)),
        "version_by_number": partial(_alike, database, lambda uow: uow.versions.by_number, lambda: None),
        "versions_of_project": partial(
            _lists, database, lambda uow: uow.versions.pages, lambda uow: uow.versions.counts
        ),
        "next_version_number": partial(either, lambda uow, ids: uow.versions.next_numbers(ids), lambda: 1),
        "assets_of_version": partial(
            _lists, database, lambda uow: uow.version_assets.pages, lambda uow: uow.version_assets.counts
        ),
        "earliest_equal": partial(maybe, lambda uow, ids: uow.versions.earliest_equals(ids)),
        "check": partial(maybe, lambda uow, ids: uow.checks.get_many(ids)),
        "last_check": partial(maybe, lambda uow, ids: uow.checks.newest_of(ids)),
        "export": partial(maybe, lambda uow, ids: uow.exports.get_many(ids)),
        "exports_of_version": partial(either, lambda uow, ids: uow.exports.of_versions(ids), list),
        "job": partial(maybe, lambda uow, ids: uow.jobs.get_many(ids)),
        "jobs_of_project": partial(_lists, database, lambda uow: uow.jobs.pages, lambda uow: uow.jobs.counts),
        "jobs_of_version": partial(
            _lists, database, lambda uow: uow.jobs.pages_of_versions, lambda uow: uow.jobs.counts_of_versions
        ),
        "queue_position": partial(maybe, lambda uow, ids: uow.jobs.queue_positions(ids)),
        "epochs_of_job": partial(either, lambda uow, ids: uow.jobs.epochs(ids), list),
        "log_tail": partial(_alike, database, lambda uow: partial(log_tails, uow), list),
        "model": partial(maybe, lambda uow, ids: uow.models.get_many(ids)),
        "models_of_project": partial(_lists, database, lambda uow: uow.models.pages, lambda uow: uow.models.counts),
        "all_models_of_project": partial(either, lambda uow, ids: uow.models.of_projects(ids), list),
        "model_of_job": partial(maybe, lambda uow, ids: uow.models.of_jobs(ids)),
        "latest_model_of_version": partial(maybe, lambda uow, ids: uow.models.latest_of_versions(ids)),
        "children_of_model": partial(either, lambda uow, ids: uow.models.children(ids), list),
        "evaluation": partial(maybe, lambda uow, ids: uow.evaluations.get_many(ids)),
        "evaluations_of_model": partial(either, lambda uow, ids: uow.evaluations.of_models(ids), list),
        "deployment": partial(maybe, lambda uow, ids: uow.deployments.get_many(ids)),
        "deployments_of_project": partial(
            _lists, database, lambda uow: uow.deployments.pages, lambda uow: uow.deployments.counts
        ),
        "detection": partial(maybe, lambda uow, ids: uow.detections.get_many(ids)),
        "detections_of_project": partial(
            _lists, database, lambda uow: uow.detections.pages, lambda uow: uow.detections.counts
        ),
        "stream_head": partial(either, lambda uow, streams: uow.events.head(streams), int),
        "webhooks_of_project": partial(either, lambda uow, ids: uow.webhooks.of_projects(ids), list),
        "deliveries_of_webhook": partial(
            _lists, database, lambda uow: uow.webhook_deliveries.pages, lambda uow: uow.webhook_deliveries.counts
        ),
    }
    return partial(Loaders, makers)


def _maybe(database: Database, find: Find[T]) -> DataLoader[str, T | None]:
    async def load(keys: list[str]) -> Sequence[T | None]:
        found = await database.read(lambda uow: find(uow, keys))
        return [found.get(key) for key in keys]

    return _forgetful(load)


def _either(database: Database, find: Find[T], absent: Callable[[], T]) -> DataLoader[str, T]:
    async def load(keys: list[str]) -> Sequence[T]:
        found = await database.read(lambda uow: find(uow, keys))
        return [found[key] if key in found else absent() for key in keys]

    return _forgetful(load)


def _alike(
    database: Database,
    find: Callable[[UnitOfWork], Callable[[list[str], *Alike], Found[T]]],
    absent: Callable[[], A],
) -> DataLoader[tuple[str, *Alike], T | A]:
    """Keys are ids, each with what it is asked for by: those that have that alike are found together."""

    async def load(keys: list[tuple[str, *Alike]]) -> Sequence[T | A | BaseException]:
        alike: dict[tuple[*Alike], list[str]] = {}
        for key in keys:
            alike.setdefault(key[1:], []).append(key[0])

        async def work(uow: UnitOfWork) -> dict[tuple[*Alike], Mapping[str, T] | DomainError]:
            return {how: await _or_refused(find(uow)(ids, *how)) for how, ids in alike.items()}

        found = await database.read(work)
        return [_of(key[0], found[key[1:]], absent) for key in keys]

    return _forgetful(load)


def _lists(
    database: Database,
    pages: Callable[[UnitOfWork], Callable[[list[str], PageRequest, *Alike], Found[Page[T]]]],
    counts: Callable[[UnitOfWork], Callable[[list[str], *Alike], Found[int]]],
) -> Lists[T, *Alike]:
    return Lists(_alike(database, pages, Page.empty), _alike(database, counts, int))


async def _or_refused(found: Found[T]) -> Mapping[str, T] | DomainError:
    """What the caller got wrong in one place, as a cursor, is refused there alone."""
    try:
        return await found
    except DomainError as error:
        return error


def _of(id_: str, found: Mapping[str, T] | DomainError, absent: Callable[[], A]) -> T | A | DomainError:
    if isinstance(found, DomainError):
        return found
    return found[id_] if id_ in found else absent()


def _forgetful(load: Callable[[list[K]], Awaitable[Sequence[T | BaseException]]]) -> DataLoader[K, T]:
    """A loader that remembers nothing, unless it is told to (see Loaders.remember)."""
    loader = DataLoader(load_fn=load)
    loader.cache = False
    return loader


async def _versions_of_assets(uow: UnitOfWork, asset_ids: list[str]) -> Mapping[str, list[DatasetVersion]]:
    freezing = await uow.versions.freezing_asset(asset_ids)
    versions = await uow.versions.get_many({id_ for ids in freezing.values() for id_ in ids})
    return {asset_id: [versions[id_] for id_ in ids if id_ in versions] for asset_id, ids in freezing.items()}

"""Which objects of a team its rows name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Select, Table, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.repository import chunks
from db.tables import (
    assets,
    projects,
    trained_models,
    training_dataset_assets,
    training_datasets,
    training_jobs,
    version_exports,
)
from domain.models.export import ExportStatus
from domain.models.training import TrainingJobStatus
from domain.models.version import DatasetStatus

_UNFINISHED = tuple(status for status in TrainingJobStatus if not status.final)


class SqlObjectNames:
    """Fulfils domain.ports.ObjectNames."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def originals(self, team_id: str, digests: Iterable[str]) -> set[str]:
        mine = select(projects.c.id).where(projects.c.team_id == team_id)
        images = select(assets.c.sha256).where(assets.c.project_id.in_(mine))
        frozen = (
            select(training_dataset_assets.c.sha256)
            .join(training_datasets, training_datasets.c.id == training_dataset_assets.c.dataset_id)
            .where(training_datasets.c.team_id == team_id)
            .distinct()
        )
        wanted = set(digests)
        named = await self._among(images, assets.c.sha256, wanted)
        # Most are images still; of those each of many versions has a row.
        return named | await self._among(frozen, training_dataset_assets.c.sha256, wanted - named)

    async def manifests(self, team_id: str, keys: Iterable[str]) -> set[str]:
        return await self._of_team(training_datasets, training_datasets.c.manifest_key, team_id, keys)

    async def weights(self, team_id: str, keys: Iterable[str]) -> set[str]:
        return await self._of_team(trained_models, trained_models.c.weights_key, team_id, keys)

    async def models(self, team_id: str, digests: Iterable[str]) -> set[str]:
        return await self._of_team(trained_models, trained_models.c.sha256, team_id, digests)

    async def resumable(self, team_id: str, job_ids: Iterable[str]) -> set[str]:
        mine = [training_jobs.c.team_id == team_id, training_jobs.c.status != TrainingJobStatus.COMPLETED]
        return await self._among(select(training_jobs.c.id).where(*mine), training_jobs.c.id, job_ids)

    async def archives(self, team_id: str, keys: Iterable[str]) -> set[str]:
        return await self._of_team(version_exports, version_exports.c.s3_key, team_id, keys)

    async def snapshot_runs(self, team_id: str) -> bool:
        mine = [training_datasets.c.team_id == team_id, training_datasets.c.status == DatasetStatus.CREATING]
        return await self._is(select(training_datasets.c.id).where(*mine))

    async def training_runs(self, team_id: str) -> bool:
        mine = [training_jobs.c.team_id == team_id, training_jobs.c.status.in_(_UNFINISHED)]
        return await self._is(select(training_jobs.c.id).where(*mine))

    async def export_runs(self, team_id: str) -> bool:
        under_way = (ExportStatus.QUEUED, ExportStatus.RENDERING)
        mine = [version_exports.c.team_id == team_id, version_exports.c.status.in_(under_way)]
        return await self._is(select(version_exports.c.id).where(*mine))

    async def _of_team(self, table: Table, column: Column[str], team_id: str, keys: Iterable[str]) -> set[str]:
        return await self._among(select(column).where(table.c.team_id == team_id), column, keys)

    async def _among(self, statement: Select[Any], column: Column[str], values: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(values):
            found.update((await self._connection.execute(statement.where(column.in_(chunk)))).scalars())
        return found

    async def _is(self, statement: Select[Any]) -> bool:
        return bool((await self._connection.execute(select(exists(statement)))).scalar_one())

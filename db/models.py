"""Trained models, their evaluations and deployments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, exists, func, select

from db.keyset import Order
from db.repository import TableRepository, chunks, columns_of
from db.tables import model_deployments, model_evaluations, projects, trained_models, training_datasets
from domain.models.config import preprocessing_from_json
from domain.models.model import (
    DeploymentStatus,
    EvaluationStatus,
    ModelDeployment,
    ModelEvaluation,
    ModelFile,
    ModelMetrics,
    TrainedModel,
)
from domain.models.version import DatasetVersion, Notice, Split
from domain.paging import Page, PageRequest


def _plain(entity: type[Any], *shaped: str) -> tuple[str, ...]:
    return tuple(name for name in entity.__dataclass_fields__ if name not in shaped)


_DEPLOYED = exists(
    select(projects.c.id).where(
        projects.c.team_id == trained_models.c.team_id, projects.c.active_model_id == trained_models.c.id
    )
)
_COLUMNS = (*columns_of(trained_models), _DEPLOYED.label("deployed"))
_OF_MODEL = _plain(TrainedModel, "classes", "metrics", "preprocessing", "files")
_OF_EVALUATION = _plain(ModelEvaluation, "metrics", "warnings")


class SqlModels(TableRepository[TrainedModel]):
    """Fulfils domain.ports.Models."""

    table = trained_models
    entity = TrainedModel
    columns = _COLUMNS

    def load(self, row: RowMapping) -> TrainedModel:
        return TrainedModel(
            **{name: row[name] for name in _OF_MODEL},
            classes=tuple(row["classes"]),
            metrics=ModelMetrics.from_json(row["metrics"]) if row["metrics"] else None,
            preprocessing=preprocessing_from_json(row["preprocessing"]) if row["preprocessing"] else None,
            files=tuple(ModelFile(**file) for file in row["files"] or ()),
        )

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return super().dump({name: value for name, value in changes.items() if name != "deployed"})

    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[TrainedModel]]:
        return await self.pages_of(trained_models.c.project_id, project_ids, request)

    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(trained_models.c.project_id, project_ids)

    async def of_projects(self, project_ids: Iterable[str]) -> dict[str, list[TrainedModel]]:
        newest_first = (trained_models.c.created_at.desc(), trained_models.c.id.desc())
        return await self.all_of(trained_models.c.project_id, project_ids, *newest_first)

    async def names_like(self, project_id: str, prefix: str) -> set[str]:
        statement = select(trained_models.c.name).where(
            trained_models.c.project_id == project_id, trained_models.c.name.startswith(prefix, autoescape=True)
        )
        return set((await self.connection.execute(statement)).scalars())

    async def with_weights(self, project_id: str, sha256: str) -> TrainedModel | None:
        mine = [trained_models.c.project_id == project_id, trained_models.c.sha256 == sha256]
        oldest = select(*_COLUMNS).where(*mine).order_by(trained_models.c.created_at).limit(1)
        found = await self.all(oldest)
        return found[0] if found else None

    async def lineage(self, model_id: str) -> Sequence[TrainedModel]:
        first = select(trained_models.c.id, trained_models.c.parent_model_id).where(trained_models.c.id == model_id)
        line = first.cte("lineage", recursive=True)
        parents = select(trained_models.c.id, trained_models.c.parent_model_id)
        # UNION forgets what it had before, so that even a circle ends.
        line = line.union(parents.join(line, trained_models.c.id == line.c.parent_model_id))
        return await self.all(select(*_COLUMNS).join(line, trained_models.c.id == line.c.id))

    async def of_jobs(self, job_ids: Iterable[str]) -> dict[str, TrainedModel]:
        found: dict[str, TrainedModel] = {}
        for chunk in chunks(job_ids):
            mine = select(*_COLUMNS).where(trained_models.c.training_job_id.in_(chunk))
            found.update({str(model.training_job_id): model for model in await self.all(mine)})
        return found

    async def latest_of_versions(self, dataset_ids: Iterable[str]) -> dict[str, TrainedModel]:
        newest = (
            func.row_number()
            .over(
                partition_by=trained_models.c.dataset_id,
                order_by=(trained_models.c.created_at.desc(), trained_models.c.id.desc()),
            )
            .label("newest")
        )
        found: dict[str, TrainedModel] = {}
        for chunk in chunks(dataset_ids):
            ranked = select(*_COLUMNS, newest).where(trained_models.c.dataset_id.in_(chunk)).subquery()
            for model in await self.all(select(ranked).where(ranked.c.newest == 1)):
                found[str(model.dataset_id)] = model
        return found

    async def children(self, ids: Iterable[str]) -> dict[str, list[TrainedModel]]:
        oldest_first = (trained_models.c.created_at, trained_models.c.id)
        return await self.all_of(trained_models.c.parent_model_id, ids, *oldest_first)

    async def in_use(self, limit: int) -> Sequence[TrainedModel]:
        active = select(projects.c.active_model_id).where(projects.c.active_model_id.is_not(None))
        mine = select(*_COLUMNS).where(trained_models.c.id.in_(active))
        return await self.all(mine.order_by(trained_models.c.created_at.desc()).limit(limit))


class SqlEvaluations(TableRepository[ModelEvaluation]):
    """Fulfils domain.ports.Evaluations."""

    table = model_evaluations
    entity = ModelEvaluation

    def load(self, row: RowMapping) -> ModelEvaluation:
        return ModelEvaluation(
            **{name: row[name] for name in _OF_EVALUATION},
            metrics=ModelMetrics.from_json(row["metrics"]) if row["metrics"] else None,
            warnings=tuple(Notice(**notice) for notice in row["warnings"] or ()),
        )

    async def of_models(self, model_ids: Iterable[str]) -> dict[str, list[ModelEvaluation]]:
        newest_first = (model_evaluations.c.created_at.desc(), model_evaluations.c.id.desc())
        return await self.all_of(model_evaluations.c.model_id, model_ids, *newest_first)

    async def find(self, model_id: str, dataset_id: str, split: Split) -> ModelEvaluation | None:
        table = model_evaluations
        same = [table.c.model_id == model_id, table.c.dataset_id == dataset_id, table.c.split == split]
        living = select(*columns_of(table)).where(*same, table.c.status != EvaluationStatus.FAILED)
        found = await self.all(living.order_by(table.c.created_at.desc()).limit(1))
        return found[0] if found else None

    async def completed_on_equal(self, model_id: str, version: DatasetVersion, split: Split) -> ModelEvaluation | None:
        if version.content_digest is None:
            return None
        table, versions = model_evaluations, training_datasets
        equal = [versions.c.team_id == version.team_id, versions.c.content_digest == version.content_digest]
        same = [table.c.model_id == model_id, table.c.split == split, table.c.status == EvaluationStatus.COMPLETED]
        done = select(*columns_of(table)).join(versions, versions.c.id == table.c.dataset_id).where(*same, *equal)
        found = await self.all(done.order_by(table.c.created_at.desc()).limit(1))
        return found[0] if found else None


class SqlDeployments(TableRepository[ModelDeployment]):
    """Fulfils domain.ports.Deployments."""

    table = model_deployments
    entity = ModelDeployment

    async def active(self, project_id: str) -> ModelDeployment | None:
        mine = model_deployments.c.project_id == project_id
        return await self.one(mine, model_deployments.c.status == DeploymentStatus.ACTIVE)

    async def before(self, deployment: ModelDeployment) -> ModelDeployment | None:
        table = model_deployments
        earlier = [table.c.project_id == deployment.project_id, table.c.active_since < deployment.active_since]
        newest = select(*columns_of(table)).where(*earlier).order_by(table.c.active_since.desc()).limit(1)
        found = await self.all(newest)
        return found[0] if found else None

    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[ModelDeployment]]:
        order = Order((model_deployments.c.deployed_at, model_deployments.c.id))
        return await self.pages_of(model_deployments.c.project_id, project_ids, request, order=order)

    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(model_deployments.c.project_id, project_ids)

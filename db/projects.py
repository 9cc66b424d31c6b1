"""Projects and their totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, func, select, update

from db.repository import TableRepository, columns_of
from db.tables import annotation_sessions, assets, manual_annotations, projects, team_members
from domain.models.project import Project
from domain.models.version import ClassCount
from domain.paging import Page, PageRequest
from domain.ports import ProjectTotals

_FEATURE, _FEATURE_FIELD = "datasetVersions", "dataset_versions"
_DRAWN = assets.join(annotation_sessions, annotation_sessions.c.asset_id == assets.c.id).join(
    manual_annotations, manual_annotations.c.session_id == annotation_sessions.c.id
)


class SqlProjects(TableRepository[Project]):
    """Fulfils domain.ports.Projects."""

    table = projects
    entity = Project

    def load(self, row: RowMapping) -> Project:
        return Project(
            id=row["id"],
            team_id=row["team_id"],
            name=row["name"],
            created_at=row["created_at"],
            dataset_versions=bool((row["features"] or {}).get(_FEATURE, False)),
            active_model_id=row["active_model_id"],
            inference_backend=row["inference_backend"],
            active_roboflow_model=row["active_roboflow_model"],
            roboflow_models=tuple(row["roboflow_models"] or ()),
            detect_on_upload=row["detect_on_upload"],
        )

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        values = super().dump(changes)
        if _FEATURE_FIELD in values:
            values["features"] = {_FEATURE: values.pop(_FEATURE_FIELD)}
        return values

    async def update(self, id_: str, /, **changes: Any) -> None:
        """Other flags in `features` belong to others, and stay."""
        values = self.dump(changes)
        if "features" in values:
            before = await self.connection.execute(select(projects.c.features).where(projects.c.id == id_))
            values["features"] = {**(before.scalar_one_or_none() or {}), **values["features"]}
        await self.connection.execute(update(projects).where(projects.c.id == id_).values(values))

    async def lock(self, project_id: str) -> None:
        await self.connection.execute(select(projects.c.id).where(projects.c.id == project_id).with_for_update())

    async def named(self, name: str) -> Sequence[Project]:
        return await self.all(select(*columns_of(projects)).where(projects.c.name == name))

    async def page_of_user(self, user_id: str, request: PageRequest) -> Page[Project]:
        return await self.page_where(request, projects.c.team_id.in_(_teams_of(user_id)))

    async def count_of_user(self, user_id: str) -> int:
        return await self.count_where(projects.c.team_id.in_(_teams_of(user_id)))

    async def totals(self, project_ids: Iterable[str]) -> dict[str, ProjectTotals]:
        ids = list(project_ids)
        drawn = (
            select(assets.c.project_id, func.count(func.distinct(assets.c.id)), func.count())
            .select_from(_DRAWN)
            .where(assets.c.project_id.in_(ids))
            .group_by(assets.c.project_id)
        )
        annotated = {row[0]: (row[1], row[2]) for row in (await self.connection.execute(drawn)).all()}
        images = (
            select(assets.c.project_id, func.count()).where(assets.c.project_id.in_(ids)).group_by(assets.c.project_id)
        )
        return {
            project_id: ProjectTotals(count, *annotated.get(project_id, (0, 0)))
            for project_id, count in (await self.connection.execute(images)).all()
        }

    async def class_counts(self, project_id: str) -> Sequence[ClassCount]:
        name = manual_annotations.c.weed_type
        statement = (
            select(name, func.count(), func.count(func.distinct(assets.c.id)))
            .select_from(_DRAWN)
            .where(assets.c.project_id == project_id)
            .group_by(name)
            .order_by(name)
        )
        return [ClassCount(*row) for row in (await self.connection.execute(statement)).all()]


def _teams_of(user_id: str) -> Select[tuple[str]]:
    return select(team_members.c.team_id).where(team_members.c.user_id == user_id)

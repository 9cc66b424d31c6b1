"""Projects and their totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select, update

from db.repository import TableRepository, chunks, columns_of
from db.tables import annotation_sessions, assets, manual_annotations, projects, team_members
from domain.models.people import TeamRole
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

    async def of_member(self, project_id: str, user_id: str) -> tuple[Project, TeamRole] | None:
        mine = and_(team_members.c.team_id == projects.c.team_id, team_members.c.user_id == user_id)
        statement = select(*columns_of(projects), team_members.c.role.label("role")).join(team_members, mine)
        rows = await self.rows(statement.where(projects.c.id == project_id))
        return (self.load(rows[0]), rows[0]["role"]) if rows else None

    async def named(self, name: str) -> Sequence[Project]:
        return await self.all(select(*columns_of(projects)).where(projects.c.name == name))

    async def page_of_user(self, user_id: str, request: PageRequest) -> Page[Project]:
        return await self.page_where(request, projects.c.team_id.in_(_teams_of(user_id)))

    async def count_of_user(self, user_id: str) -> int:
        return await self.count_where(projects.c.team_id.in_(_teams_of(user_id)))

    async def totals(self, project_ids: Iterable[str]) -> dict[str, ProjectTotals]:
        totals: dict[str, ProjectTotals] = {}
        project, each = assets.c.project_id, func.count(func.distinct(assets.c.id))
        for chunk in chunks(project_ids):
            images = select(project, func.count().label("images")).where(project.in_(chunk)).group_by(project)
            drawn = select(project, each.label("annotated"), func.count().label("annotations")).select_from(_DRAWN)
            all_, some = images.subquery(), drawn.where(project.in_(chunk)).group_by(project).subquery()
            counts = [all_.c.images, func.coalesce(some.c.annotated, 0), func.coalesce(some.c.annotations, 0)]
            both = all_.outerjoin(some, some.c.project_id == all_.c.project_id)
            rows = await self.connection.execute(select(all_.c.project_id, *counts).select_from(both))
            totals.update({id_: ProjectTotals(*numbers) for id_, *numbers in rows})
        return totals

    async def class_counts(self, project_ids: Iterable[str]) -> dict[str, list[ClassCount]]:
        found: dict[str, list[ClassCount]] = {}
        project, name = assets.c.project_id, manual_annotations.c.weed_type
        for chunk in chunks(project_ids):
            counts = select(project, name, func.count(), func.count(func.distinct(assets.c.id))).select_from(_DRAWN)
            by_class = counts.where(project.in_(chunk)).group_by(project, name).order_by(name)
            for id_, *counted in await self.connection.execute(by_class):
                found.setdefault(id_, []).append(ClassCount(*counted))
        return found


def _teams_of(user_id: str) -> Select[tuple[str]]:
    return select(team_members.c.team_id).where(team_members.c.user_id == user_id)

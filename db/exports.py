"""Exports of versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

from sqlalchemy import RowMapping, select

from db.repository import TableRepository, columns_of
from db.tables import version_exports
from domain.models.export import ExportStatus, VersionExport
from domain.models.imports import ExportFormat
from domain.models.version import Notice

_USABLE = (ExportStatus.QUEUED, ExportStatus.RENDERING, ExportStatus.READY)
_NEWEST_FIRST = (version_exports.c.created_at.desc(), version_exports.c.id.desc())


class SqlExports(TableRepository[VersionExport]):
    """Fulfils domain.ports.Exports."""

    table = version_exports
    entity = VersionExport

    def load(self, row: RowMapping) -> VersionExport:
        values = {field.name: row[field.name] for field in fields(VersionExport)}
        return VersionExport(**{**values, "warnings": tuple(Notice(**notice) for notice in row["warnings"] or ())})

    async def lock(self, export_id: str) -> VersionExport | None:
        mine = select(*columns_of(version_exports)).where(version_exports.c.id == export_id)
        found = await self.all(mine.with_for_update())
        return found[0] if found else None

    async def newest_usable(self, dataset_id: str, format_: ExportFormat) -> VersionExport | None:
        usable = [
            version_exports.c.dataset_id == dataset_id,
            version_exports.c.format == format_,
            version_exports.c.status.in_(_USABLE),
        ]
        statement = select(*columns_of(version_exports)).where(*usable).order_by(*_NEWEST_FIRST)
        found = await self.all(statement.limit(1))
        return found[0] if found else None

    async def of_versions(self, dataset_ids: Iterable[str]) -> dict[str, list[VersionExport]]:
        return await self.all_of(version_exports.c.dataset_id, dataset_ids, *_NEWEST_FIRST)

"""Checks of versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import RowMapping, func, select

from db.repository import TableRepository, chunks, columns_of
from db.tables import version_checks
from domain.models.check import CheckStatus, VersionCheck


class SqlChecks(TableRepository[VersionCheck]):
    """Fulfils domain.ports.Checks."""

    table = version_checks
    entity = VersionCheck

    def load(self, row: RowMapping) -> VersionCheck:
        values: dict[str, Any] = {name: row[name] for name in VersionCheck.__dataclass_fields__}
        return VersionCheck(**{**values, "missing": tuple(row["missing"]), "corrupt": tuple(row["corrupt"])})

    async def newest_of(self, dataset_ids: Iterable[str]) -> dict[str, VersionCheck]:
        newest = (
            func.row_number()
            .over(
                partition_by=version_checks.c.dataset_id,
                order_by=(version_checks.c.created_at.desc(), version_checks.c.id.desc()),
            )
            .label("newest")
        )
        found: dict[str, VersionCheck] = {}
        for chunk in chunks(dataset_ids):
            mine = version_checks.c.dataset_id.in_(chunk)
            ranked = select(*columns_of(version_checks), newest).where(mine).subquery()
            for check in await self.all(select(ranked).where(ranked.c.newest == 1)):
                found[check.dataset_id] = check
        return found

    async def newest_completed(self, dataset_id: str) -> VersionCheck | None:
        completed = [version_checks.c.dataset_id == dataset_id, version_checks.c.status == CheckStatus.COMPLETED]
        statement = select(*columns_of(version_checks)).where(*completed)
        found = await self.all(
            statement.order_by(version_checks.c.created_at.desc(), version_checks.c.id.desc()).limit(1)
        )
        return found[0] if found else None

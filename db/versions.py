"""Dataset versions: the rows of TrainingDataset that have a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, or_, select

from db.keyset import Order
from db.repository import TableRepository, chunks, columns_of
from db.selection import frozen_assets, has_annotation, unread_assets
from db.tables import assets, training_dataset_assets, training_datasets, training_jobs
from domain.models.config import SnapshotFilters, VersionConfig
from domain.models.training import TrainingJobStatus
from domain.models.version import (
    ClassCount,
    DatasetStatus,
    DatasetVersion,
    Manifest,
    Notice,
    SplitCounts,
)
from domain.paging import Page, PageRequest

_FROZEN = (DatasetStatus.READY, DatasetStatus.TRAINING, DatasetStatus.ARCHIVED)


class SqlVersions(TableRepository[DatasetVersion]):
    """Fulfils domain.ports.Versions. Rows without a number are data sets from before versioning: no version."""

    table = training_datasets
    entity = DatasetVersion

    def load(self, row: RowMapping) -> DatasetVersion:
        key = row["manifest_key"]
        return DatasetVersion(
            id=row["id"],
            project_id=row["project_id"],
            team_id=row["team_id"],
            version=row["version"],
            name=row["name"],
            display_name=row["display_name"],
            status=row["status"],
            failure_reason=row["failure_reason"],
            created_at=row["created_at"],
            created_by_id=row["created_by_id"],
            config=VersionConfig.from_json(
                {name: row[name] for name in ("preprocessing", "augmentation", "splits", "filters")}
            ),
            idempotency_key=row["idempotency_key"],
            input_digest=row["input_digest"],
            snapshot_at=row["snapshot_at"],
            image_count=row["image_count"],
            annotation_count=row["annotation_count"],
            classes=tuple(row["classes"]),
            class_counts=tuple(ClassCount(**count) for count in row["class_counts"] or ()),
            split_counts=SplitCounts(
                row["train_count"], row["val_count"], row["test_count"], row["train_augmented_count"]
            ),
            manifest=Manifest(key, row["manifest_sha256"], row["manifest_size"]) if key else None,
            content_digest=row["content_digest"],
            leaked_pairs=row["leaked_pairs"],
            queued_at=row["queued_at"] or row["created_at"],
            warnings=tuple(Notice(**notice) for notice in row["warnings"] or ()),
        )

    def dump(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(changes)
        if "config" in values:
            values.update(values.pop("config").to_json())
        if "split_counts" in values:
            values.update({f"{name}_count": count for name, count in asdict(values.pop("split_counts")).items()})
        if "manifest" in values:
            manifest = values.pop("manifest")
            values["manifest_key"] = manifest.s3_key if manifest else None
            values["manifest_sha256"] = manifest.sha256 if manifest else None
            values["manifest_size"] = manifest.size_bytes if manifest else None
            values["s3_path"] = manifest.s3_key if manifest else ""
        return super().dump(values)

    async def get(self, id_: str) -> DatasetVersion | None:
        return await self.one(training_datasets.c.id == id_, training_datasets.c.version.is_not(None))

    async def get_many(self, ids: Iterable[str]) -> dict[str, DatasetVersion]:
        found: dict[str, DatasetVersion] = {}
        for chunk in chunks(ids):
            numbered = [training_datasets.c.id.in_(chunk), training_datasets.c.version.is_not(None)]
            rows = await self.all(select(*columns_of(training_datasets)).where(*numbered))
            found.update({version.id: version for version in rows})
        return found

    async def add(self, *entities: DatasetVersion) -> None:
        for version in entities:
            values = self.dump({name: getattr(version, name) for name in version.__dataclass_fields__})
            await self.connection.execute(
                training_datasets.insert().values(s3_bucket="", updated_at=version.created_at, **values)
            )

    async def lock(self, version_id: str) -> DatasetVersion | None:
        rows = await self.rows(
            select(*columns_of(training_datasets)).where(training_datasets.c.id == version_id).with_for_update()
        )
        return self.load(rows[0]) if rows and rows[0]["version"] is not None else None

    async def next_numbers(self, project_ids: Iterable[str]) -> dict[str, int]:
        project, highest = training_datasets.c.project_id, func.max(training_datasets.c.version)
        numbers = dict.fromkeys(project_ids, 1)
        for chunk in chunks(numbers):
            mine = select(project, highest + 1).where(project.in_(chunk), training_datasets.c.version.is_not(None))
            numbers.update(dict((await self.connection.execute(mine.group_by(project))).all()))
        return numbers

    async def by_number(self, project_ids: Iterable[str], number: int) -> dict[str, DatasetVersion]:
        found: dict[str, DatasetVersion] = {}
        for chunk in chunks(project_ids):
            same = [training_datasets.c.project_id.in_(chunk), training_datasets.c.version == number]
            rows = await self.all(select(*columns_of(training_datasets)).where(*same))
            found.update({version.project_id: version for version in rows})
        return found

    async def by_idempotency_key(self, project_id: str, key: str) -> DatasetVersion | None:
        mine = training_datasets.c.project_id == project_id
        return await self.one(mine, training_datasets.c.idempotency_key == key)

    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, archived: bool
    ) -> dict[str, Page[DatasetVersion]]:
        project, order = training_datasets.c.project_id, Order((training_datasets.c.version,))
        return await self.pages_of(project, project_ids, request, *_listed(archived), order=order)

    async def counts(self, project_ids: Iterable[str], archived: bool) -> dict[str, int]:
        return await self.counts_of(training_datasets.c.project_id, project_ids, *_listed(archived))

    async def freezing_asset(self, asset_ids: Iterable[str]) -> dict[str, list[str]]:
        rows = training_dataset_assets
        found: dict[str, list[str]] = {}
        for chunk in chunks(asset_ids):
            statement = (
                select(rows.c.asset_id, rows.c.dataset_id)
                .join(training_datasets, training_datasets.c.id == rows.c.dataset_id)
                .where(rows.c.asset_id.in_(chunk), training_datasets.c.status.in_(_FROZEN))
                .order_by(training_datasets.c.version.desc())
            )
            for asset_id, dataset_id in (await self.connection.execute(statement)).all():
                found.setdefault(asset_id, []).append(dataset_id)
        return found

    async def earliest_equals(self, ids: Iterable[str]) -> dict[str, DatasetVersion]:
        first, mine, equal = training_datasets, training_datasets.alias("mine"), training_datasets.alias("equal")
        number = (
            select(func.min(equal.c.version))
            .where(equal.c.project_id == mine.c.project_id, equal.c.content_digest == mine.c.content_digest)
            .correlate(mine)
            .scalar_subquery()
        )
        earlier = and_(
            first.c.project_id == mine.c.project_id, first.c.version == number, first.c.version < mine.c.version
        )
        found: dict[str, DatasetVersion] = {}
        for chunk in chunks(ids):
            statement = select(mine.c.id.label("equal_to"), *columns_of(first)).select_from(mine.join(first, earlier))
            for row in await self.rows(statement.where(mine.c.id.in_(chunk))):
                found[row["equal_to"]] = self.load(row)
        return found

    async def any_match(self, project_id: str, filters: SnapshotFilters, dropped: Sequence[str] = ()) -> bool:
        # Image by image: with a match among the first, as nearly always, the rest is never read.
        matching = [*frozen_assets(project_id, filters), has_annotation(filters, dropped)]
        statement = select(assets.c.id).where(*matching).limit(1)
        return (await self.connection.execute(statement)).first() is not None

    async def out_of_step(self, limit: int) -> Sequence[str]:
        unfinished = exists(
            select(training_jobs.c.id).where(
                training_jobs.c.dataset_id == training_datasets.c.id,
                training_jobs.c.status.in_([status for status in TrainingJobStatus if not status.final]),
            )
        )
        wrong = or_(
            and_(training_datasets.c.status == DatasetStatus.READY, unfinished),
            and_(training_datasets.c.status == DatasetStatus.TRAINING, ~unfinished),
        )
        statement = select(training_datasets.c.id).where(training_datasets.c.version.is_not(None), wrong).limit(limit)
        return (await self.connection.execute(statement)).scalars().all()

    async def unread(self, project_id: str, filters: SnapshotFilters) -> int:
        statement = select(func.count()).select_from(assets).where(*unread_assets(project_id, filters))
        return int((await self.connection.execute(statement)).scalar_one())


def _listed(archived: bool) -> list[ColumnElement[bool]]:
    numbered = training_datasets.c.version.is_not(None)
    return [numbered] if archived else [numbered, training_datasets.c.status != DatasetStatus.ARCHIVED]

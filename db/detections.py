"""Detection over stored images: the jobs, and who has looked at what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields

from sqlalchemy import ColumnElement, RowMapping, delete, exists, func, select

from db.bulk import insert_rows
from db.repository import TableRepository, chunks, columns_of
from db.tables import assets, detected_images, detection_jobs
from domain.models.asset import Asset
from domain.models.detection import DetectedImage, DetectionJob
from domain.paging import Page, PageRequest


class SqlDetections(TableRepository[DetectionJob]):
    """Fulfils domain.ports.Detections."""

    table = detection_jobs
    entity = DetectionJob

    def load(self, row: RowMapping) -> DetectionJob:
        values = {field.name: row[field.name] for field in fields(DetectionJob)}
        ids = row["asset_ids"]
        return DetectionJob(**{**values, "asset_ids": tuple(ids) if ids is not None else None})

    async def lock(self, job_id: str) -> DetectionJob | None:
        mine = select(*columns_of(detection_jobs)).where(detection_jobs.c.id == job_id)
        found = await self.all(mine.with_for_update())
        return found[0] if found else None

    async def by_idempotency_key(self, project_id: str, key: str) -> DetectionJob | None:
        return await self.one(detection_jobs.c.project_id == project_id, detection_jobs.c.idempotency_key == key)

    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[DetectionJob]]:
        return await self.pages_of(detection_jobs.c.project_id, project_ids, request)

    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]:
        return await self.counts_of(detection_jobs.c.project_id, project_ids)

    async def images_of(self, project_id: str, asset_ids: Iterable[str]) -> int:
        number = 0
        for chunk in chunks(asset_ids):
            mine = select(func.count()).where(assets.c.project_id == project_id, assets.c.id.in_(chunk))
            number += int((await self.connection.execute(mine)).scalar_one())
        return number

    async def images(self, job: DetectionJob, after: str, limit: int) -> Sequence[Asset]:
        left = select(*columns_of(assets)).where(*_left(job), assets.c.id > after)
        rows = await self.rows(left.order_by(assets.c.id).limit(limit))
        return [Asset(**{field.name: row[field.name] for field in fields(Asset)}) for row in rows]

    async def count_images(self, job: DetectionJob) -> int:
        left = select(func.count()).select_from(assets).where(*_left(job))
        return int((await self.connection.execute(left)).scalar_one())

    async def looked_at(self, detector: str, asset_ids: Iterable[str]) -> dict[str, DetectedImage]:
        found: dict[str, DetectedImage] = {}
        for chunk in chunks(asset_ids):
            mine = select(*columns_of(detected_images)).where(*_noted(detector, chunk))
            found.update({row["asset_id"]: DetectedImage(**row) for row in await self.rows(mine)})
        return found

    async def note(self, images: Sequence[DetectedImage]) -> None:
        if not images:
            return
        for chunk in chunks(one.asset_id for one in images):
            await self.connection.execute(delete(detected_images).where(*_noted(images[0].detector, chunk)))
        await insert_rows(self.connection, detected_images, [astuple(one) for one in images])


def _noted(detector: str, asset_ids: Sequence[str]) -> list[ColumnElement[bool]]:
    return [detected_images.c.asset_id.in_(asset_ids), detected_images.c.detector == detector]


def _left(job: DetectionJob) -> list[ColumnElement[bool]]:
    """The images that were asked for, without those that are done. Where neither images nor a batch were named, those
    that came later are another job's."""
    done = select(detected_images.c.asset_id).where(
        detected_images.c.asset_id == assets.c.id,
        detected_images.c.detector == job.detector,
        detected_images.c.confidence <= job.confidence,
    )
    conditions = [assets.c.project_id == job.project_id, ~exists(done)]
    if job.asset_ids is not None:
        return [*conditions, assets.c.id.in_(job.asset_ids)]
    if job.upload_batch_id is not None:
        return [*conditions, assets.c.upload_batch_id == job.upload_batch_id]
    return [*conditions, assets.c.created_at <= job.created_at]

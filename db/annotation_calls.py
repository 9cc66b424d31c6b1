"""Calls of createAnnotations that are answered once for each key."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import RowMapping

from db.repository import TableRepository
from db.tables import annotation_calls
from domain.models.annotation import AnnotationCall


class SqlAnnotationCalls(TableRepository[AnnotationCall]):
    """Fulfils domain.ports.AnnotationCalls."""

    table = annotation_calls
    entity = AnnotationCall

    def load(self, row: RowMapping) -> AnnotationCall:
        call = super().load(row)
        return replace(call, annotation_ids=tuple(call.annotation_ids))

    async def find(self, project_id: str, key: str) -> AnnotationCall | None:
        return await self.one(annotation_calls.c.project_id == project_id, annotation_calls.c.idempotency_key == key)

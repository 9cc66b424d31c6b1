"""Rows as the release of a revision left them: one in each table that it wrote, with a value in each column that the
table had."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    RowMapping,
    Table,
    and_,
    column,
    insert,
    table,
)

from db.tables import metadata
from db.types import EnumText, UtcDateTime

Row = dict[str, Any]
AT = "2026-10-01 10:20:30.123456"
METRICS = {"map50": 0.123456789012345, "map50_95": 0.1, "precision": 1, "recall": 0, "per_class": [], "confusion": None}
NOTICES = [{"code": "UNREAD_IMAGES", "message": "Ñandú 🌱", "count": 3}]
BOX = {"box": {"x": 1.5, "y": 2, "width": 30, "height": 40}, "polygon": None}
DOCUMENTS: Mapping[str, Any] = {
    "ManualAnnotation.coordinates": BOX,
    "ManualAnnotation.geoCoordinates": [[151.2, -33.8], [151.3, -33.8], [151.3, -33.9]],
    "PendingAnnotation.coordinates": BOX,
    "EventLog.payload": {"stage": "READY"},
    "AnnotationCall.annotationIds": ["a", "b"],
    "Project.features": {"datasetVersions": True, "of another application": 1},
    "TrainingJob.effectiveConfig": {"lr0": 0.002},
    "TrainingJob.resumePoints": [{"epoch": 3, "last_sha256": "a" * 64, "best_sha256": "b" * 64}],
    "TrainedModel.preprocessingConfig": {"auto_orient": False, "resize": None, "tile": None},
    "TrainedModel.files": [
        {"name": "a.png", "key": "k", "sha256": "c" * 64, "size_bytes": 5_000_000_000, "content_type": "image/png"}
    ],
    "Webhook.events": ["VERSION_READY"],
    "TrainingDataset.augmentationConfig": {"preset": None, "multiplier": 2, "hue": 10.5},
    "TrainingDataset.preprocessingConfig": {"auto_orient": True, "drop_classes": ["pine"]},
    "TrainingDataset.splitConfig": {"train": 0.8, "val": 0.15, "test": 0.05, "group_by": "IMAGE", "seed": 7},
    "TrainingDataset.snapshotFilters": {"weed_types": ["wattle"], "min_confidence": 0.5, "include_empty": True},
    "TrainingDataset.classCounts": [{"name": "wattle", "annotations": 5, "images": 3}],
}
"""What stands in JSON columns; else it is what SHAPES has for their name, or a list of words."""
SHAPES: Mapping[str, Any] = {"metrics": METRICS, "warnings": NOTICES, "missing": [], "corrupt": []}
FIRST_WRITTEN = {
    "VersionExport": "20261125_exports",
    "TrainingEpoch": "20261125_training",
    "ModelEvaluation": "20261125_training",
    "ModelDeployment": "20261125_training",
}
"""Tables that were made before anything wrote into them."""


class Generation:
    """The rows of one revision. `rows` are as the database gave them back right after they were written."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.rows: dict[str, Row] = {}
        self._written: dict[str, Row] = {}

    def write(self, connection: Connection) -> None:
        """Into the tables as they are now."""
        present = MetaData()
        present.reflect(connection)
        for made in present.sorted_tables:
            if made.name != "alembic_version" and FIRST_WRITTEN.get(made.name, "") <= self.revision:
                row = {one.name: self._value(made, one) for one in made.c}
                self._written[made.name] = row
                connection.execute(insert(_bare(made.name, row)).values(row))
        self.rows = {name: self.read(connection, name) for name in self._written}

    def read(self, connection: Connection, name: str) -> Row:
        """The row of that table as the database has it, nothing decoded: the columns that it had at first."""
        row = self._written[name]
        bare = _bare(name, row)
        key = and_(*(bare.c[one.name] == row[one.name] for one in metadata.tables[name].primary_key))
        found: RowMapping = connection.execute(bare.select().where(key)).mappings().one()
        return dict(found)

    def key(self, name: str) -> Row:
        """The primary key, by the names of the attributes."""
        return {one.key: self._written[name][one.name] for one in metadata.tables[name].primary_key}

    def _value(self, made: Table, one: Column[Any]) -> Any:
        for foreign in one.foreign_keys:
            return self._written[foreign.column.table.name][foreign.column.name]
        if one.name == "teamId":
            return self._written["Team"]["id"]
        declared = metadata.tables[made.name]
        (attribute,) = (known for known in declared.c if known.name == one.name)
        return self._of_type(f"{made.name}.{one.name}", attribute)

    def _of_type(self, place: str, attribute: Column[Any]) -> Any:
        kind, name = attribute.type, attribute.name
        if isinstance(kind, JSON):
            return json.dumps(DOCUMENTS.get(place, SHAPES.get(name, ["wattle", "pine"])))
        if isinstance(kind, EnumText):
            return next(iter(kind.enum)).value
        if isinstance(kind, UtcDateTime):
            return AT
        if isinstance(kind, Boolean):
            return 1
        if isinstance(kind, Float):
            return 0.123456789012345
        if isinstance(kind, BigInteger):
            return 6_000_000_000
        if isinstance(kind, Integer):
            return 1
        if "sha256" in name.lower() or name == "digest" or name.endswith("Digest"):
            return (self.revision.encode().hex() * 4)[:64]
        length = getattr(kind, "length", None) or 191
        return f"{self.revision} {place} é🌱"[:length]


def _bare(name: str, row: Row) -> Any:
    return table(name, *(column(key) for key in row))

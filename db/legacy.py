"""What this project needs of an existing AgriDrone Ops database, and how far one is from it (docs/legacy.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import ReflectedColumn

from db.tables import metadata
from db.types import EnumText


class Family(StrEnum):
    """Kinds of column type that can stand in for one another, whatever their length or precision."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class LegacyColumn:
    name: str
    family: Family
    optional: bool


# MariaDB's JSON is a LONGTEXT; MySQL's BOOLEAN is a TINYINT, too small for any other number.
_TYPES: Mapping[Family, tuple[type[sa.types.TypeEngine[Any]], ...]] = {
    Family.STRING: (sa.String,),
    Family.INTEGER: (sa.Integer,),
    Family.NUMBER: (sa.Float, sa.Numeric),
    Family.BOOLEAN: (sa.Boolean, mysql.TINYINT),
    Family.TIME: (sa.DateTime,),
    Family.JSON: (sa.JSON, mysql.LONGTEXT),
}

# "name:family", with a question mark where NULL is allowed. The baseline revision makes exactly these tables.
_BASELINE = {
    "Team": "id:string name:string createdAt:time",
    "User": "id:string name:string email:string createdAt:time",
    "TeamMember": "id:string teamId:string userId:string role:string createdAt:time",
    "Project": "id:string name:string teamId:string createdAt:time",
    "UploadBatch": "id:string projectId:string name:string createdAt:time",
    "Asset": (
        "id:string projectId:string uploadBatchId:string? fileName:string s3Key:string fileSize:integer?"
        " mimeType:string? imageWidth:integer? imageHeight:integer? gpsLatitude:number? gpsLongitude:number?"
        " capturedAt:time? createdAt:time"
    ),
    "AnnotationSession": "id:string assetId:string userId:string? createdAt:time",
    "ManualAnnotation": (
        "id:string sessionId:string weedType:string coordinates:json geoCoordinates:json? confidence:number?"
        " verified:boolean createdAt:time updatedAt:time"
    ),
    "PendingAnnotation": (
        "id:string assetId:string weedType:string coordinates:json confidence:number source:string status:string"
        " createdAt:time"
    ),
    "TrainingDataset": (
        "id:string name:string s3Bucket:string s3Path:string imageCount:integer labelCount:integer classes:json"
        " trainCount:integer valCount:integer testCount:integer augmentationPreset:string? augmentationConfig:json?"
        " projectId:string teamId:string createdAt:time updatedAt:time"
    ),
    "TrainingJob": (
        "id:string datasetId:string teamId:string status:string baseModel:string epochs:integer batchSize:integer"
        " imageSize:integer learningRate:number? currentEpoch:integer errorMessage:string? createdAt:time"
        " startedAt:time? completedAt:time?"
    ),
    "TrainedModel": (
        "id:string name:string trainingJobId:string? projectId:string teamId:string weightsPath:string classes:json"
        " createdAt:time"
    ),
}


def _column(text: str) -> LegacyColumn:
    name, family = text.removesuffix("?").split(":")
    return LegacyColumn(name, Family(family), text.endswith("?"))


BASELINE: Mapping[str, tuple[LegacyColumn, ...]] = {
    table: tuple(_column(text) for text in columns.split()) for table, columns in _BASELINE.items()
}


def differences(connection: sa.Connection) -> list[str]:
    """What keeps the database from being adopted, one sentence each. Reads the catalogue, changes nothing."""
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    found: list[str] = []
    for table, columns in BASELINE.items():
        if table in present:
            found += _in_table(inspector, table, columns)
        else:
            found.append(f"table {table} is missing.")
    found += [
        f"table {table} exists already, and `expand` would make it: rename the existing one."
        for table in metadata.tables
        if table not in BASELINE and table in present
    ]
    return found


def _in_table(inspector: sa.Inspector, table: str, needed: tuple[LegacyColumn, ...]) -> Iterator[str]:
    key = inspector.get_pk_constraint(table)["constrained_columns"]
    if key != ["id"]:
        yield f"table {table} has the primary key ({', '.join(key)}); it must be (id)."
    present = {column["name"]: column for column in inspector.get_columns(table)}
    for column in needed:
        if column.name in present:
            yield from _in_column(table, column, present[column.name])
        else:
            yield f"column {table}.{column.name} is missing ({column.family})."
    known = {column.name for column in needed}
    ours = {column.name for column in metadata.tables[table].columns}
    for name, extra in present.items():
        if name in known:
            continue
        if name in ours:
            yield f"column {table}.{name} exists already, and `expand` would add it: rename or drop the existing one."
        elif _must_be_given(extra):
            yield (
                f"column {table}.{name} is NOT NULL without a default. This project does not know it, so what it"
                " inserts would be refused: give the column a default, or allow NULL."
            )


def _must_be_given(column: ReflectedColumn) -> bool:
    generated = column.get("autoincrement") is True or "computed" in column or "identity" in column
    return not column["nullable"] and column["default"] is None and not generated


def _in_column(table: str, needed: LegacyColumn, present: ReflectedColumn) -> Iterator[str]:
    name, kind = f"{table}.{needed.name}", present["type"]
    too_small = needed.family is Family.INTEGER and isinstance(kind, mysql.TINYINT)
    if too_small or not isinstance(kind, _TYPES[needed.family]):
        yield f"column {name} is {kind}; it must be of the {needed.family} family."
    elif isinstance(kind, sa.Enum):
        yield from _in_enum(table, needed.name, kind)
    if needed.optional and not present["nullable"]:
        yield f"column {name} is NOT NULL; this project has rows without a value there: allow NULL."
    if not needed.optional and present["nullable"]:
        yield f"column {name} allows NULL; this project needs a value there: make it NOT NULL."


def _in_enum(table: str, name: str, present: sa.Enum) -> Iterator[str]:
    """A MySQL ENUM holds a closed list of values: those that this project writes have to be on it."""
    kind = next(column.type for column in metadata.tables[table].columns if column.name == name)
    if not isinstance(kind, EnumText):
        yield f"column {table}.{name} is an ENUM, which cannot hold any text: make it VARCHAR(191)."
    elif lacking := sorted({str(value) for value in kind.enum} - set(present.enums)):
        yield f"column {table}.{name} is an ENUM without {', '.join(lacking)}: add these, or make it VARCHAR(32)."

"""intake: what images and annotations need on their way in, at the size of a hundred thousand. Only adds.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261123_intake"
down_revision = "20261123_expand"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
INDEXES = {
    "Asset": (("projectId", "createdAt", "id", "fileName"), ("uploadBatchId", "createdAt", "id"), ("perceptualHash",)),
    "Upload": (("status", "createdAt", "id"),),
    "FileUpload": (("projectId", "sha256"), ("expiresAt",)),
    "ImportJob": (("projectId", "createdAt"), ("status", "heartbeatAt")),
    "WatchedOriginal": (("since",),),
    "TrainingDatasetAsset": (("sha256",),),
}
# The new indexes of Asset begin with the same columns.
OUTGROWN = {"Asset": (("projectId", "createdAt", "id"), ("uploadBatchId",))}
LONGEST = 255
COUNTERS = ("announced", "submitted", "verified", "refused")
NEW_TABLES = ("FileUpload", "ImportJob", "SkippedItem", "AnnotationCall", "WatchedOriginal")


def upgrade() -> None:
    _add_columns()
    _fill_counters()
    _create_file_tables()
    _create_call_tables()
    _create_indexes(INDEXES)
    _drop_indexes(OUTGROWN)


def downgrade() -> None:
    """Back to expand."""
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    _create_indexes(OUTGROWN)
    kept = {table: INDEXES[table] for table in ("Asset", "Upload", "TrainingDatasetAsset")}
    _drop_indexes(kept)
    for table, columns in _added_columns().items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column.name)


def _added_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "UploadBatch": tuple(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in COUNTERS),
        "Asset": (
            sa.Column("perceptualHash", sa.String(16), nullable=True),
            sa.Column("factsError", sa.Text(), nullable=True),
        ),
    }


def _add_columns() -> None:
    for table, columns in _added_columns().items():
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for column in columns:
            if column.name not in present:
                op.add_column(table, column)


def _fill_counters() -> None:
    """Batches of the release before had no counters; their uploads say what they are."""
    batches = sa.table("UploadBatch", sa.column("id"), *(sa.column(name) for name in COUNTERS))
    uploads = sa.table("Upload", sa.column("batchId"), sa.column("status"))
    among = {
        "announced": None,
        "submitted": ("VERIFYING", "VERIFIED", "REFUSED", "EXPIRED"),
        "verified": ("VERIFIED",),
        "refused": ("REFUSED", "EXPIRED"),
    }
    counted = {}
    for name, statuses in among.items():
        count = sa.select(sa.func.count()).select_from(uploads).where(uploads.c.batchId == batches.c.id)
        counted[name] = (count if statuses is None else count.where(uploads.c.status.in_(statuses))).scalar_subquery()
    op.execute(sa.update(batches).values(counted))


def _create_indexes(wanted: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
    for table, indexes in wanted.items():
        present = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
        for columns in indexes:
            if _index(table, columns) not in present:
                op.create_index(_index(table, columns), table, list(columns), mysql_length=_lengths(table, columns))


def _lengths(table: str, columns: tuple[str, ...]) -> dict[str, int]:
    """MySQL indexes the beginning only of a text that is longer than ours: an adopted file name may be a TEXT."""
    kinds = {column["name"]: column["type"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    texts = {name: kind for name, kind in kinds.items() if name in columns and isinstance(kind, sa.String)}
    return {name: LONGEST for name, kind in texts.items() if kind.length is None or kind.length > LONGEST}


def _drop_indexes(outgrown: Mapping[str, tuple[tuple[str, ...], ...]]) -> None:
    for table, indexes in outgrown.items():
        present = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}
        for columns in indexes:
            if _index(table, columns) in present:
                op.drop_index(_index(table, columns), table)


def _index(table: str, columns: tuple[str, ...]) -> str:
    return f"{table}_{'_'.join(columns)}_idx"


def _text(name: str, length: int = 191, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL), nullable=nullable)


def _create(name: str, *items: sa.Column[Any] | sa.Constraint, key: tuple[str, ...] = ("id",)) -> None:
    if not sa.inspect(op.get_bind()).has_table(name):
        op.create_table(name, *items, sa.PrimaryKeyConstraint(*key, name=f"{name}_pkey"), **_table_options())


def _table_options() -> dict[str, Any]:
    """On MySQL, a foreign key needs the collation of the id it refers to, which in an adopted database may be any."""
    dialect = op.get_context().dialect.name
    if dialect not in MYSQL:
        return {}
    words = (
        "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Project' AND COLUMN_NAME = 'id'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey", ondelete="CASCADE")


def _create_file_tables() -> None:
    _create(
        "FileUpload",
        _text("id"),
        _text("projectId"),
        _text("teamId"),
        _text("fileName", 255),
        sa.Column("fileSize", sa.BigInteger(), nullable=False),
        _text("sha256", 64),
        _time("createdAt"),
        _time("expiresAt"),
        _foreign_key("FileUpload", "projectId", "Project"),
    )
    _create(
        "ImportJob",
        _text("id"),
        _text("projectId"),
        _text("teamId"),
        _text("fileId"),
        _text("fileName", 255),
        sa.Column("fileSize", sa.BigInteger(), nullable=False),
        _text("sha256", 64),
        _text("format", 32),
        sa.Column("keepSplits", sa.Boolean(), nullable=False),
        _text("status", 32),
        _count("imported"),
        _count("skipped"),
        sa.Column("warnings", sa.JSON(), nullable=True),
        sa.Column("failureReason", sa.Text(), nullable=True),
        _text("createdById", nullable=True),
        _time("createdAt"),
        _time("finishedAt", nullable=True),
        _count("attempt"),
        _count("strikes"),
        _time("heartbeatAt", nullable=True),
        _text("worker", nullable=True),
        _foreign_key("ImportJob", "projectId", "Project"),
    )
    _create(
        "SkippedItem",
        _text("jobId"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("where", 512),
        sa.Column("reason", sa.Text(), nullable=False),
        _foreign_key("SkippedItem", "jobId", "ImportJob"),
        key=("jobId", "number"),
    )


def _create_call_tables() -> None:
    binary = mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin")
    _create(
        "AnnotationCall",
        _text("id"),
        _text("projectId"),
        sa.Column("idempotencyKey", sa.String(191).with_variant(binary, *MYSQL), nullable=False),
        _text("inputDigest", 64),
        sa.Column("annotationIds", sa.JSON(), nullable=False),
        _time("createdAt"),
        sa.UniqueConstraint("projectId", "idempotencyKey", name="AnnotationCall_projectId_idempotencyKey_key"),
        _foreign_key("AnnotationCall", "projectId", "Project"),
    )
    _create("WatchedOriginal", _text("teamId"), _text("sha256", 64), _time("since"), key=("teamId", "sha256"))

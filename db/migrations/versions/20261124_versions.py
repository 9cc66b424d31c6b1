"""versions: checks of versions, leaked pairs, and the split in which each image appeared last. Only adds.

Frozen in time, as `expand`: it imports nothing of ours, and adds only what is missing, so that an upgrade that was cut
off goes on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "20261124_versions"
down_revision = "20261123_intake"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
CHECK_INDEXES = (("datasetId", "createdAt"), ("status", "heartbeatAt"))
COUNTED_INDEX = "ManualAnnotation_counted_idx"
FROZEN = ("READY", "TRAINING", "ARCHIVED")


def upgrade() -> None:
    _add_columns()
    _create_checks()
    _create_latest_splits()
    _fill_latest_splits()
    _create_counted_index()


def downgrade() -> None:
    """Back to intake."""
    _drop_counted_index()
    for table in ("LatestSplit", "VersionCheck"):
        if sa.inspect(op.get_bind()).has_table(table):  # it may have been cut off
            op.drop_table(table)
    present = _columns("TrainingDataset")
    with op.batch_alter_table("TrainingDataset") as batch:
        for column in _added():
            if column.name in present:
                batch.drop_column(column.name)


def _added() -> tuple[sa.Column[Any], ...]:
    return sa.Column("leakedPairs", sa.Integer(), nullable=True), _time("queuedAt", nullable=True)


def _columns(table: str) -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}


def _add_columns() -> None:
    present = _columns("TrainingDataset")
    for column in _added():
        if column.name not in present:
            op.add_column("TrainingDataset", column)
    if "queuedAt" not in present:
        # They were digests of the whole input; from here on they are of the names alone.
        op.execute(sa.text("UPDATE TrainingDataset SET inputDigest = NULL"))


def _create_checks() -> None:
    _create(
        "VersionCheck",
        _text("id"),
        _text("projectId"),
        _text("teamId"),
        _text("datasetId"),
        _text("status", 32),
        sa.Column("failureReason", sa.Text(), nullable=True),
        _count("objectsTotal"),
        _count("objectsChecked"),
        sa.Column("manifestIntact", sa.Boolean(), nullable=True),
        sa.Column("missing", sa.JSON(), nullable=False),
        _count("missingCount"),
        sa.Column("corrupt", sa.JSON(), nullable=False),
        _count("corruptCount"),
        _time("createdAt"),
        _text("createdById", nullable=True),
        _time("finishedAt", nullable=True),
        _count("attempt"),
        _count("strikes"),
        _time("heartbeatAt", nullable=True),
        _text("worker", nullable=True),
        _foreign_key("VersionCheck", "projectId", "Project"),
        _foreign_key("VersionCheck", "datasetId", "TrainingDataset"),
    )
    present = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("VersionCheck")}
    for columns in CHECK_INDEXES:
        name = f"VersionCheck_{'_'.join(columns)}_idx"
        if name not in present:
            op.create_index(name, "VersionCheck", list(columns))


def _create_latest_splits() -> None:
    _create(
        "LatestSplit",
        _text("projectId"),
        sa.Column("sha256", _like_asset_digest(), nullable=False),
        _text("split", 32),
        _time("snapshotAt"),
        key=("projectId", "sha256"),
    )


def _like_asset_digest() -> sa.types.TypeEngine[str]:
    """The two are compared, and in an adopted MySQL database that of Asset may have any collation."""
    dialect = op.get_context().dialect.name
    if dialect not in MYSQL:
        return sa.String(64)
    words = (
        "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Asset' AND COLUMN_NAME = 'sha256'"
    )
    charset, collation = op.get_bind().execute(sa.text(words)).one()
    return mysql.VARCHAR(64, charset=charset, collation=collation)


def _fill_latest_splits() -> None:
    """From what the versions made so far froze: the latest by snapshotAt."""
    datasets = sa.table("TrainingDataset", *map(sa.column, ("id", "projectId", "version", "status", "snapshotAt")))
    rows = sa.table("TrainingDatasetAsset", *map(sa.column, ("datasetId", "sha256", "split")))
    names = ["projectId", "sha256", "split", "snapshotAt"]
    latest = sa.table("LatestSplit", *map(sa.column, names))
    newest = sa.func.row_number().over(
        partition_by=(datasets.c.projectId, rows.c.sha256),
        order_by=(datasets.c.snapshotAt.desc(), datasets.c.version.desc()),
    )
    seen = (
        sa.select(datasets.c.projectId, rows.c.sha256, rows.c.split, datasets.c.snapshotAt, newest.label("newest"))
        .join_from(rows, datasets, datasets.c.id == rows.c.datasetId)
        .where(datasets.c.version.is_not(None), datasets.c.snapshotAt.is_not(None), datasets.c.status.in_(FROZEN))
        .subquery()
    )
    op.execute(sa.delete(latest))  # what an upgrade that was cut off left
    chosen = sa.select(*(seen.c[name] for name in names)).where(seen.c.newest == 1)
    op.execute(sa.insert(latest).from_select(names, chosen))


def _create_counted_index() -> None:
    present = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("ManualAnnotation")}
    if COUNTED_INDEX not in present:
        columns = ["sessionId", "weedType", "source", "verified", "confidence"]
        op.create_index(COUNTED_INDEX, "ManualAnnotation", columns)


def _drop_counted_index() -> None:
    """MySQL drops an index that a foreign key brought along once another one serves the key: then it is made again."""
    first = {one["name"]: one["column_names"][0] for one in sa.inspect(op.get_bind()).get_indexes("ManualAnnotation")}
    if first.pop(COUNTED_INDEX, None) is None:
        return  # the way up was cut off
    if "sessionId" not in first.values():
        op.create_index("ManualAnnotation_sessionId_fkey", "ManualAnnotation", ["sessionId"])
    op.drop_index(COUNTED_INDEX, "ManualAnnotation")


def _text(name: str, length: int = 191, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL), nullable=nullable)


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey", ondelete="CASCADE")


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

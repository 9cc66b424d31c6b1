"""expand: dataset versions, and all that works with them. Only adds; what was there keeps its meaning.

Frozen in time: it imports nothing of ours. It adds only what is missing: MySQL commits each ALTER TABLE at once, and an
upgrade that was cut off must be able to go on.

SQLite cannot add a constraint to a table, so there the tables that get one are copied (Alembic's batch mode). Dropping
the old copy would delete the rows that refer to it by ON DELETE CASCADE: db.migrate turns foreign keys off before it
begins the transaction, and checks all of them before it commits.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.schema import CreateColumn

revision = "20261123_expand"
down_revision = "20261123_baseline"
branch_labels = None
depends_on = None

MYSQL = ("mysql", "mariadb")
UNIQUES = {
    "Asset": (("projectId", "sha256"),),
    "TrainingDataset": (("projectId", "version"), ("projectId", "idempotencyKey")),
    "TrainingJob": (("projectId", "idempotencyKey"),),
}
INDEXES = {
    "Upload": (("batchId", "status"), ("projectId", "sha256"), ("status", "heartbeatAt")),
    "TrainingDataset": (("projectId", "contentDigest"), ("status", "heartbeatAt")),
    "TrainingDatasetAsset": (("datasetId", "position"), ("datasetId", "split", "position"), ("assetId",)),
    "TrainingJob": (("projectId", "createdAt"), ("status", "heartbeatAt")),
    "TrainedModel": (("datasetId",), ("parentModelId",)),
    "ModelEvaluation": (("modelId", "datasetId", "split"), ("status", "heartbeatAt")),
    "ModelDeployment": (("projectId", "deployedAt"), ("status", "heartbeatAt")),
    "VersionExport": (("datasetId", "createdAt"),),
    "EventLog": (("at",),),
}
NEW_TABLES = (
    "Upload",
    "TrainingDatasetAsset",
    "TrainingEpoch",
    "ModelEvaluation",
    "ModelDeployment",
    "VersionExport",
    "EventStream",
    "EventLog",
)
# Prisma's VARCHAR(191), where this project stores more: so many characters, or a TEXT (None).
WIDER: dict[str, dict[str, int | None]] = {
    "Project": {"name": 200},
    "UploadBatch": {"name": 200},
    "Asset": {"fileName": 255, "s3Key": 512},
    "TrainingDataset": {"name": 255, "s3Path": 512},
    "TrainingJob": {"errorMessage": None},
    "TrainedModel": {"name": 255, "weightsPath": 512},
}


def upgrade() -> None:
    _widen()
    _compare_class_names_exactly()
    _add_columns()
    _fill_project_of_jobs()
    for table in UNIQUES:
        _add_constraints(table)
    _create_upload_and_dataset_tables()
    _create_model_tables()
    _create_event_tables()
    _create_indexes()


def downgrade() -> None:
    """Back to baseline. Versions stay as plain datasets. Widened columns stay wide: narrowing would cut text off."""
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    for table, columns in _added_columns().items():
        _take_away(table, [column.name for column in columns])


def _take_away(table: str, columns: list[str]) -> None:
    keys = [key for key in _inspector().get_foreign_keys(table) if key["constrained_columns"] == ["projectId"]]
    with op.batch_alter_table(table) as batch:
        # InnoDB refuses to drop the last index that a foreign key can use: the key goes before, and comes back after.
        for key in keys:
            batch.drop_constraint(str(key["name"]), type_="foreignkey")
        for index in INDEXES.get(table, ()):
            batch.drop_index(_named(table, index, "idx"))
        for unique in UNIQUES.get(table, ()):
            batch.drop_constraint(_named(table, unique, "key"), type_="unique")
        for column in columns:
            batch.drop_column(column)
        for key in keys:
            if "projectId" not in columns:
                batch.create_foreign_key(str(key["name"]), "Project", ["projectId"], ["id"], **key["options"])


def _inspector() -> sa.Inspector:
    """A new one each time: an inspector remembers what it saw."""
    return sa.inspect(op.get_bind())


def _named(table: str, columns: tuple[str, ...], suffix: str) -> str:
    return f"{table}_{'_'.join(columns)}_{suffix}"


def _widen() -> None:
    """On MySQL and MariaDB only: SQLite does not enforce lengths. What is wide enough already is left alone."""
    if op.get_context().dialect.name not in MYSQL:
        return
    for table, lengths in WIDER.items():
        for column in _inspector().get_columns(table):
            present = column["type"]
            if column["name"] in lengths and isinstance(present, mysql.VARCHAR):
                _widen_column(table, column, present, lengths[column["name"]])


def _compare_class_names_exactly() -> None:
    """MySQL's own collations take "Wattle" and "wattle" for one class; manifests and models do not."""
    if op.get_context().dialect.name not in MYSQL:
        return
    exact = mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin")
    for table in ("ManualAnnotation", "PendingAnnotation"):
        op.alter_column(table, "weedType", type_=exact, existing_nullable=False)


def _widen_column(table: str, column: ReflectedColumn, present: mysql.VARCHAR, length: int | None) -> None:
    """MODIFY COLUMN forgets what it is not told: default, comment and collation are told again."""
    marks: dict[str, Any] = {"charset": present.charset, "collation": present.collation}
    if length is not None and (present.length or 0) >= length:
        return
    default = column["default"]
    op.alter_column(
        table,
        column["name"],
        type_=mysql.TEXT(**marks) if length is None else mysql.VARCHAR(length, **marks),
        existing_nullable=column["nullable"],
        existing_server_default=sa.text(default) if default is not None else None,
        existing_comment=column.get("comment"),
    )


def _add_columns() -> None:
    for table, columns in _added_columns().items():
        present = {column["name"] for column in _inspector().get_columns(table)}
        missing = [column for column in columns if column.name not in present]
        if missing and op.get_context().dialect.name in MYSQL:
            _add_at_once(table, missing)
        else:
            for column in missing:
                op.add_column(table, column)


def _add_at_once(table: str, columns: list[sa.Column[Any]]) -> None:
    """One ALTER TABLE for all: MySQL counts those that need no copy of the table, and after 64 it refuses more."""
    dialect = op.get_bind().dialect
    sa.Table(table, sa.MetaData(), *columns)
    additions = ", ".join(f"ADD COLUMN {CreateColumn(column).compile(dialect=dialect)}" for column in columns)
    op.execute(f"ALTER TABLE {dialect.identifier_preparer.quote(table)} {additions}")


def _create_indexes() -> None:
    for table, indexes in INDEXES.items():
        present = {index["name"] for index in _inspector().get_indexes(table)}
        for columns in indexes:
            name = _named(table, columns, "idx")
            if name not in present:
                op.create_index(name, table, list(columns))


def _fill_project_of_jobs() -> None:
    jobs = sa.table("TrainingJob", sa.column("projectId"), sa.column("datasetId"))
    datasets = sa.table("TrainingDataset", sa.column("id"), sa.column("projectId"))
    project = sa.select(datasets.c.projectId).where(datasets.c.id == jobs.c.datasetId).scalar_subquery()
    op.execute(sa.update(jobs).where(jobs.c.projectId.is_(None)).values(projectId=project))


def _add_constraints(table: str) -> None:
    present = {constraint["name"] for constraint in _inspector().get_unique_constraints(table)}
    missing = [columns for columns in UNIQUES[table] if _named(table, columns, "key") not in present]
    keys = {key["name"] for key in _inspector().get_foreign_keys(table)}
    wants_project = table == "TrainingJob" and "TrainingJob_projectId_fkey" not in keys
    if not missing and not wants_project:
        return
    with op.batch_alter_table(table) as batch:
        for columns in missing:
            batch.create_unique_constraint(_named(table, columns, "key"), list(columns))
        if wants_project:
            batch.create_foreign_key("TrainingJob_projectId_fkey", "Project", ["projectId"], ["id"], ondelete="CASCADE")


def _text(name: str, length: int = 191, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=nullable, server_default=default)


def _optional(name: str, length: int = 191) -> sa.Column[Any]:
    return _text(name, length, nullable=True)


def _exact(name: str) -> sa.Column[Any]:
    """Compared byte by byte, where MySQL's usual collations take "Key" and "key" for the same."""
    binary = mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin")
    return sa.Column(name, sa.String(191).with_variant(binary, *MYSQL), nullable=True)


def _long(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=True)


def _json(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=nullable)


def _integer(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=nullable, server_default=default)


def _big(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _double(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Float(53).with_variant(mysql.DOUBLE(), *MYSQL), nullable=True)


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime().with_variant(mysql.DATETIME(fsp=6), *MYSQL), nullable=nullable)


def _claimable() -> tuple[sa.Column[Any], ...]:
    return (
        _integer("attempt", default="0"),
        _integer("strikes", default="0"),
        _time("heartbeatAt", nullable=True),
        _optional("worker"),
    )


def _added_columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "Project": (_json("features"), _optional("activeModelId"), _text("inferenceBackend", 32, default="AUTO")),
        "Asset": (_optional("sha256", 64), _integer("orientation", default="1"), _optional("importedSplit", 32)),
        "ManualAnnotation": (_text("source", 32, default="MANUAL"),),
        "PendingAnnotation": (_optional("modelId"),),
        "TrainingDataset": (
            _integer("version", nullable=True),
            _optional("displayName", 200),
            _text("status", 32, default="READY"),
            _long("failureReason"),
            _exact("idempotencyKey"),
            _optional("inputDigest", 64),
            _optional("createdById"),
            _time("snapshotAt", nullable=True),
            _json("preprocessingConfig"),
            _json("splitConfig"),
            _json("snapshotFilters"),
            _json("classCounts"),
            _integer("trainAugmentedCount", default="0"),
            _optional("manifestKey", 512),
            _optional("manifestSha256", 64),
            _big("manifestSize"),
            _optional("contentDigest", 64),
            _json("warnings"),
            *_claimable(),
        ),
        "TrainingJob": (
            _optional("projectId"),
            _optional("createdById"),
            _text("startingWeights", 32, default="PRETRAINED"),
            _optional("checkpointModelId"),
            _integer("patience", default="50"),
            _integer("seed", default="0"),
            _json("effectiveConfig"),
            _exact("idempotencyKey"),
            _optional("inputDigest", 64),
            _time("cancelRequestedAt", nullable=True),
            _json("warnings"),
            _optional("device"),
            _integer("etaSeconds", nullable=True),
            *_claimable(),
        ),
        "TrainedModel": (
            _optional("datasetId"),
            _optional("parentModelId"),
            _optional("baseModel", 32),
            _json("metrics"),
            _optional("sha256", 64),
            _big("sizeBytes"),
            _integer("imageSize", nullable=True),
            _json("preprocessingConfig"),
        ),
    }


def _create(name: str, *items: sa.Column[Any] | sa.Constraint, key: tuple[str, ...] = ("id",)) -> None:
    if _inspector().has_table(name):
        return
    primary_key = sa.PrimaryKeyConstraint(*key, name=f"{name}_pkey")
    op.create_table(name, *items, primary_key, **_table_options())


def _table_options() -> dict[str, Any]:
    """On MySQL, a foreign key needs the collation of the id it refers to, which in an adopted database may be any."""
    dialect = op.get_context().dialect.name
    if dialect not in MYSQL:
        return {}
    charset, collation = (
        op.get_bind()
        .execute(
            sa.text(
                "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
                " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'Project' AND COLUMN_NAME = 'id'"
            )
        )
        .one()
    )
    return {f"{dialect}_engine": "InnoDB", f"{dialect}_charset": charset, f"{dialect}_collate": collation}


def _foreign_key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey", ondelete="CASCADE")


def _create_upload_and_dataset_tables() -> None:
    _create(
        "Upload",
        _text("id"),
        _text("batchId"),
        _text("projectId"),
        _text("teamId"),
        _text("fileName", 255),
        _big("fileSize", nullable=False),
        _text("sha256", 64),
        _text("mimeType"),
        _text("status", 32),
        _optional("assetId"),
        _optional("errorCode", 32),
        _long("errorMessage"),
        _time("createdAt"),
        _time("expiresAt"),
        *_claimable(),
        _foreign_key("Upload", "batchId", "UploadBatch"),
        _foreign_key("Upload", "projectId", "Project"),
    )
    _create(
        "TrainingDatasetAsset",
        _text("id"),
        _text("datasetId"),
        _text("assetId"),
        _integer("position"),
        _text("split", 32),
        _text("fileName", 255),
        _text("s3Key", 512),
        _text("sha256", 64),
        _integer("imageWidth"),
        _integer("imageHeight"),
        _double("gpsLatitude"),
        _double("gpsLongitude"),
        _integer("annotationCount"),
        _foreign_key("TrainingDatasetAsset", "datasetId", "TrainingDataset"),
        sa.UniqueConstraint("datasetId", "assetId", name="TrainingDatasetAsset_datasetId_assetId_key"),
    )
    _create(
        "VersionExport",
        _text("id"),
        _text("datasetId"),
        _text("format", 32),
        _text("status", 32),
        _long("failureReason"),
        _optional("s3Key", 512),
        _optional("sha256", 64),
        _big("sizeBytes"),
        _time("createdAt"),
        *_claimable(),
        _foreign_key("VersionExport", "datasetId", "TrainingDataset"),
    )


def _create_model_tables() -> None:
    _create(
        "TrainingEpoch",
        _text("jobId"),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        _json("metrics", nullable=False),
        _foreign_key("TrainingEpoch", "jobId", "TrainingJob"),
        key=("jobId", "epoch"),
    )
    _create(
        "ModelEvaluation",
        _text("id"),
        _text("projectId"),
        _text("teamId"),
        _text("modelId"),
        _text("datasetId"),
        _text("split", 32),
        _text("status", 32),
        _long("failureReason"),
        _json("metrics"),
        _integer("seenImages", default="0"),
        _json("warnings"),
        _time("createdAt"),
        *_claimable(),
        _foreign_key("ModelEvaluation", "projectId", "Project"),
        _foreign_key("ModelEvaluation", "modelId", "TrainedModel"),
        _foreign_key("ModelEvaluation", "datasetId", "TrainingDataset"),
    )
    _create(
        "ModelDeployment",
        _text("id"),
        _text("projectId"),
        _text("teamId"),
        _text("modelId"),
        _text("status", 32),
        _long("failureReason"),
        _text("backend", 32),
        _long("note"),
        _optional("deployedById"),
        _time("deployedAt"),
        *_claimable(),
        _foreign_key("ModelDeployment", "projectId", "Project"),
        _foreign_key("ModelDeployment", "modelId", "TrainedModel"),
    )


def _create_event_tables() -> None:
    _create("EventStream", _text("stream"), _big("seq", nullable=False), key=("stream",))
    _create(
        "EventLog",
        _text("stream"),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("kind", 64),
        _json("payload", nullable=False),
        _time("at"),
        key=("stream", "seq"),
    )

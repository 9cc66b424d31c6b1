"""Training jobs, the models they made, evaluations and deployments."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from db.tables.columns import Double, ExactText, claimable, id_column, metadata, reference, time_column
from db.types import EnumText, JsonValue
from domain.models.model import DeploymentStatus, EvaluationStatus, InferenceBackend
from domain.models.training import BaseModel, StartingWeights, TrainingJobStatus
from domain.models.version import Split

training_jobs = Table(
    "TrainingJob",
    metadata,
    id_column(),
    reference("datasetId", "dataset_id", "TrainingDataset"),
    reference("teamId", "team_id", "Team"),
    Column("status", EnumText(TrainingJobStatus), nullable=False),
    Column("baseModel", EnumText(BaseModel), key="base_model", nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("batchSize", Integer, key="batch_size", nullable=False),
    Column("imageSize", Integer, key="image_size", nullable=False),
    Column("learningRate", Double, key="learning_rate", nullable=True),
    Column("currentEpoch", Integer, key="epoch", nullable=False, server_default="0"),
    Column("errorMessage", Text, key="failure_reason", nullable=True),
    time_column("createdAt", "created_at"),
    time_column("startedAt", "started_at", nullable=True),
    time_column("completedAt", "finished_at", nullable=True),
    reference("projectId", "project_id", "Project", nullable=True),
    Column("createdById", String(191), key="created_by_id", nullable=True),
    Column(
        "startingWeights",
        EnumText(StartingWeights),
        key="starting_weights",
        nullable=False,
        server_default="PRETRAINED",
    ),
    Column("checkpointModelId", String(191), key="checkpoint_model_id", nullable=True),
    Column("patience", Integer, nullable=False, server_default="50"),
    Column("seed", Integer, nullable=False, server_default="0"),
    Column("effectiveConfig", JsonValue, key="effective", nullable=True),
    Column("idempotencyKey", ExactText, key="idempotency_key", nullable=True),
    Column("inputDigest", String(64), key="input_digest", nullable=True),
    time_column("cancelRequestedAt", "cancel_requested_at", nullable=True),
    Column("warnings", JsonValue, nullable=True),
    Column("device", String(191), nullable=True),
    Column("etaSeconds", Integer, key="eta_seconds", nullable=True),
    *claimable(),
    Column("resumePoints", JsonValue, key="resume_points", nullable=True),
    Column("logLines", Integer, key="log_lines", nullable=False, server_default="0"),
    Column("trainingSeconds", Double, key="training_seconds", nullable=False, server_default="0"),
    Column("takenUp", Integer, key="taken_up", nullable=False, server_default="0"),
    UniqueConstraint("project_id", "idempotency_key"),
    Index(None, "project_id", "created_at"),
    Index(None, "dataset_id", "status"),
    Index(None, "status", "heartbeat_at"),
)

training_epochs = Table(
    "TrainingEpoch",
    metadata,
    Column("jobId", String(191), ForeignKey("TrainingJob.id", ondelete="CASCADE"), key="job_id", primary_key=True),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("metrics", JsonValue, nullable=False),
)

# What a job printed, in runs of lines; `end` is how many it had printed with the last of them.
training_logs = Table(
    "TrainingLog",
    metadata,
    Column("jobId", String(191), ForeignKey("TrainingJob.id", ondelete="CASCADE"), key="job_id", primary_key=True),
    Column("end", Integer, primary_key=True, autoincrement=False),
    Column("lines", JsonValue, nullable=False),
)

trained_models = Table(
    "TrainedModel",
    metadata,
    id_column(),
    Column("name", String(255), nullable=False),
    Column("trainingJobId", String(191), key="training_job_id", nullable=True, unique=True),
    reference("projectId", "project_id", "Project"),
    reference("teamId", "team_id", "Team"),
    Column("weightsPath", String(512), key="weights_key", nullable=False),
    Column("classes", JsonValue, nullable=False),
    time_column("createdAt", "created_at"),
    Column("datasetId", String(191), key="dataset_id", nullable=True),
    Column("parentModelId", String(191), key="parent_model_id", nullable=True),
    Column("baseModel", EnumText(BaseModel), key="base_model", nullable=True),
    Column("metrics", JsonValue, nullable=True),
    Column("sha256", String(64), nullable=True),
    Column("sizeBytes", BigInteger, key="size_bytes", nullable=True),
    Column("imageSize", Integer, key="image_size", nullable=True),
    Column("preprocessingConfig", JsonValue, key="preprocessing", nullable=True),
    Column("imported", Boolean, nullable=False, server_default="0"),
    Column("files", JsonValue, nullable=True),
    Index(None, "project_id", "created_at"),
    Index(None, "dataset_id"),
    Index(None, "parent_model_id"),
)

model_evaluations = Table(
    "ModelEvaluation",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    reference("modelId", "model_id", "TrainedModel"),
    reference("datasetId", "dataset_id", "TrainingDataset"),
    Column("split", EnumText(Split), nullable=False),
    Column("status", EnumText(EvaluationStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("metrics", JsonValue, nullable=True),
    Column("seenImages", Integer, key="seen_images", nullable=False, server_default="0"),
    Column("warnings", JsonValue, nullable=True),
    time_column("createdAt", "created_at"),
    *claimable(),
    Index(None, "model_id", "dataset_id", "split"),
    Index(None, "status", "heartbeat_at"),
)

model_deployments = Table(
    "ModelDeployment",
    metadata,
    id_column(),
    reference("projectId", "project_id", "Project"),
    Column("teamId", String(191), key="team_id", nullable=False),
    reference("modelId", "model_id", "TrainedModel", nullable=True),
    Column("status", EnumText(DeploymentStatus), nullable=False),
    Column("failureReason", Text, key="failure_reason", nullable=True),
    Column("backend", EnumText(InferenceBackend), nullable=False),
    Column("note", Text, nullable=True),
    Column("deployedById", String(191), key="deployed_by_id", nullable=True),
    time_column("deployedAt", "deployed_at"),
    *claimable(),
    Column("roboflowModel", String(191), key="roboflow_model", nullable=True),
    time_column("activeSince", "active_since", nullable=True),
    Index(None, "project_id", "deployed_at"),
    Index(None, "status", "heartbeat_at"),
)

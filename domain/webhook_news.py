"""The news that webhooks are sent: written with the state change that it tells of, in the same transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain.ids import new_id
from domain.jobs import JobKind
from domain.models.model import DeploymentStatus, ModelDeployment
from domain.models.project import Project
from domain.models.training import TrainingJob, TrainingJobStatus
from domain.models.version import DatasetStatus, DatasetVersion
from domain.models.webhook import WebhookDelivery, WebhookEvent
from domain.ports import UnitOfWork

_MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the news is of. A training is named after its version, a deployment after its model."""

    type: str
    id: str
    name: str
    number: int | None
    status: str
    failure_reason: str | None

    def document(self) -> dict[str, Any]:
        document = {"type": self.type, "id": self.id, "name": self.name, "status": self.status}
        number = {} if self.number is None else {"number": self.number}
        reason = {} if self.failure_reason is None else {"failureReason": self.failure_reason[:_MAX_REASON]}
        return {**document, **number, **reason}


async def announce_version(uow: UnitOfWork, version: DatasetVersion) -> None:
    """The version has just become READY or FAILED."""
    event = {DatasetStatus.READY: WebhookEvent.VERSION_READY, DatasetStatus.FAILED: WebhookEvent.VERSION_FAILED}
    status, reason = version.status, version.failure_reason
    subject = _Subject("DatasetVersion", version.id, version.name, version.version, status.value, reason)
    await _announce(uow, version.project_id, event[status], subject)


async def announce_training(
    uow: UnitOfWork, job: TrainingJob, version: DatasetVersion, status: TrainingJobStatus, reason: str | None = None
) -> None:
    """The training has just become COMPLETED or FAILED; of any other status nobody is told."""
    done, failed = TrainingJobStatus.COMPLETED, TrainingJobStatus.FAILED
    event = {done: WebhookEvent.TRAINING_COMPLETED, failed: WebhookEvent.TRAINING_FAILED}.get(status)
    if event is not None:
        subject = _Subject("TrainingJob", job.id, version.name, version.version, status.value, reason)
        await _announce(uow, job.project_id, event, subject)


async def announce_deployment(
    uow: UnitOfWork, deployment: ModelDeployment, status: DeploymentStatus, reason: str | None = None
) -> None:
    """The deployment has just become ACTIVE or FAILED."""
    active, failed = DeploymentStatus.ACTIVE, DeploymentStatus.FAILED
    event = {active: WebhookEvent.MODEL_DEPLOYED, failed: WebhookEvent.DEPLOYMENT_FAILED}
    model = await uow.models.get(deployment.model_id) if deployment.model_id is not None else None
    name = model.name if model is not None else deployment.roboflow_model or ""
    subject = _Subject("ModelDeployment", deployment.id, name, None, status.value, reason)
    await _announce(uow, deployment.project_id, event[status], subject)


async def _announce(uow: UnitOfWork, project_id: str, event: WebhookEvent, subject: _Subject) -> None:
    webhooks = await uow.webhooks.wanting(project_id, event)
    project = await uow.projects.get(project_id) if webhooks else None
    if project is None:
        return
    now = datetime.now(UTC)
    deliveries = []
    for webhook in webhooks:
        id_ = new_id()
        body = _body(id_, event, now, project, subject)
        # The whole second, so that it is due by the database's clock, too.
        due_at = now.replace(microsecond=0)
        deliveries.append(WebhookDelivery(id_, webhook.id, project_id, event, body, now, due_at))
    await uow.webhook_deliveries.add(*deliveries)
    uow.wake(JobKind.WEBHOOK_DELIVERY, *(one.id for one in deliveries))


def _body(id_: str, event: WebhookEvent, at: datetime, project: Project, subject: _Subject) -> str:
    return json.dumps(
        {
            "id": id_,
            "event": event.value,
            "createdAt": at.isoformat(),
            "project": {"id": project.id, "name": project.name},
            "subject": subject.document(),
        }
    )

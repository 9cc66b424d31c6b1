"""What a project can detect with."""

from __future__ import annotations

import strawberry

from domain.models.model import InferenceBackend
from domain.models.model import TrainedModel as TrainedModelEntity
from domain.models.project import Project as ProjectEntity
from domain.serving import servable


@strawberry.type
class InferenceModel:
    id: strawberry.ID
    name: str
    backend: InferenceBackend
    map50: float | None = strawberry.field(name="mAP50")
    active: bool
    available: bool

    @classmethod
    def ours(cls, model: TrainedModelEntity, project: ProjectEntity) -> InferenceModel:
        return cls(
            id=strawberry.ID(model.id),
            name=model.name,
            backend=InferenceBackend.LOCAL,
            map50=model.metrics.map50 if model.metrics else None,
            active=model.id == project.active_model_id,
            available=servable(model),
        )

    @classmethod
    def of_roboflow(cls, name: str, project: ProjectEntity, configured: bool) -> InferenceModel:
        """`configured` is whether the server has a key for Roboflow."""
        return cls(
            id=strawberry.ID(name),
            name=name,
            backend=InferenceBackend.ROBOFLOW,
            map50=None,
            active=name == project.active_roboflow_model,
            available=configured,
        )

"""A team's project: images, versions, models, and how it detects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.models.model import InferenceBackend


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    team_id: str
    name: str
    created_at: datetime
    dataset_versions: bool
    active_model_id: str | None
    inference_backend: InferenceBackend
    active_roboflow_model: str | None = None
    roboflow_models: tuple[str, ...] = ()
    detect_on_upload: bool = False

"""How a detection is to be made: from which confidence on, and with which model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.models.model import InferenceBackend, TrainedModel
from domain.models.project import Project
from domain.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class DetectorChoice:
    """`model` answers on the local backend, `roboflow_model` on Roboflow; `backend` says which of them may."""

    backend: InferenceBackend
    model: TrainedModel | None
    roboflow_model: str | None

    @property
    def local(self) -> bool:
        """Whether a model of ours may answer."""
        return self.model is not None and self.backend is not InferenceBackend.ROBOFLOW

    @property
    def hosted(self) -> bool:
        """Whether a model of Roboflow's may answer."""
        return self.roboflow_model is not None and self.backend is not InferenceBackend.LOCAL


def check_thresholds(confidence: float, iou: float) -> None:
    """Raises INVALID for what is not 0 to 1."""
    for name, value in (("confidence", confidence), ("iou", iou)):
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise invalid(f"{name} must be 0 to 1, not {value:g}.", "input", name)


async def choose_detector(
    uow: UnitOfWork,
    project: Project,
    model_id: str | None,
    roboflow_model: str | None,
    backend: InferenceBackend | None,
) -> DetectorChoice:
    """What is named, and else what the project detects with; at most one of `model_id` and `roboflow_model` is.

    Raises NOT_FOUND for a model that is not the team's or the project's, INVALID for a backend it does not run on.
    """
    backend = backend or project.inference_backend
    if roboflow_model is not None:
        if roboflow_model not in project.roboflow_models:
            raise not_found("model")
        if backend is InferenceBackend.LOCAL:
            raise invalid("A Roboflow model does not run locally; name ROBOFLOW or AUTO.", "input", "backend")
        return DetectorChoice(backend, None, roboflow_model)
    if model_id is not None and backend is InferenceBackend.ROBOFLOW:
        raise invalid("A model of ours does not run on Roboflow; name backend LOCAL or AUTO.", "input", "backend")
    model_id = model_id or project.active_model_id
    model = await uow.models.get(model_id) if model_id is not None else None
    if model_id is not None and (model is None or model.team_id != project.team_id):
        raise not_found("model")
    return DetectorChoice(backend, model, project.active_roboflow_model)


def require_detector(choice: DetectorChoice, roboflow_configured: bool) -> None:
    """Raises NOT_READY where no model may answer; Roboflow's do when the server has a key for it."""
    field = ("input", "model")
    if choice.local:
        return
    if not choice.hosted:
        kind = "Roboflow model" if choice.backend is InferenceBackend.ROBOFLOW else "model"
        text = f"The project has no active {kind} yet; deploy one, or name a model."
        raise DomainError(ErrorCode.NOT_READY, text, field)
    if not roboflow_configured:
        text = "The server has no key for Roboflow; an operator sets it as ROBOFLOW_API_KEY."
        raise DomainError(ErrorCode.NOT_READY, text, field)

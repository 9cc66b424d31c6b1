"""Trained models: who may see one."""

from __future__ import annotations

from domain.errors import not_found
from domain.models.model import TrainedModel
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import UnitOfWork


async def readable_model(uow: UnitOfWork, principal: Principal, model_id: str, action: Action) -> TrainedModel:
    """The model, when the caller may do `action` in its project. Raises as `authorize_project` does."""
    model = await uow.models.get(model_id)
    if model is None:
        raise not_found("model")
    await authorize_project(uow, principal, model.project_id, action, "model")
    return model

"""What a model was trained on, and the models it came from."""

from __future__ import annotations

from dataclasses import dataclass

from domain.models.model import TrainedModel
from domain.ports import UnitOfWork


@dataclass(frozen=True, slots=True)
class Lineage:
    """`trained_on` are the ids of versions. `known` is false where some model of the line has no version any more, or
    never had one, so that it may have been trained on anything."""

    trained_on: tuple[str, ...]
    known: bool


async def lineage_of(uow: UnitOfWork, model: TrainedModel) -> Lineage:
    """Of the model and all that it came from, as far as they are there."""
    line = await uow.models.lineage(model.id)
    versions = await uow.versions.get_many(one.dataset_id for one in line if one.dataset_id is not None)
    there = {one.id for one in line}
    known = all(one.dataset_id in versions and one.parent_model_id in {None, *there} for one in line)
    return Lineage(tuple(versions), known)

"""Weights that an operator brings: what a file must be to become a model of a project."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError, ErrorCode, invalid
from domain.events import tell_model_created
from domain.filenames import checked_filename
from domain.ids import new_id
from domain.keys import weights_key
from domain.model_names import WEIGHTS_SUFFIX, free_model_name
from domain.models.config import Preprocessing
from domain.models.model import TrainedModel
from domain.models.project import Project
from domain.models.training import BaseModel
from domain.ports import UnitOfWork
from domain.shapes import checked_class_name
from domain.training import check_image_size

MAX_WEIGHTS_BYTES = 2 * 1024**3
MAX_MODEL_NAME = 200
MAX_MODEL_CLASSES = 1000


@dataclass(frozen=True, slots=True)
class BroughtWeights:
    """`name` is the model's, without the suffix; `sha256` is hex, `image_size` pixels; `classes` in the order of the
    network's outputs."""

    name: str
    sha256: str
    size_bytes: int
    classes: tuple[str, ...]
    image_size: int
    base_model: BaseModel | None


async def one_project(uow: UnitOfWork, id_or_name: str) -> Project:
    """The project of that id, or else the only one of that name, whatever its team. Raises NOT_FOUND, INVALID."""
    project = await uow.projects.get(id_or_name)
    if project is not None:
        return project
    named = await uow.projects.named(id_or_name)
    if len(named) > 1:
        raise invalid(f"There are {len(named)} projects named {id_or_name}; give the id of one.")
    if not named:
        raise DomainError(ErrorCode.NOT_FOUND, f"There is no project with the id or name {id_or_name}.")
    return named[0]


def checked_model_name(name: str) -> str:
    """Of a model, without the suffix that it will get. Raises INVALID."""
    stem = name.strip().removesuffix(WEIGHTS_SUFFIX).strip()
    if not 1 <= len(stem) <= MAX_MODEL_NAME or "/" in stem:
        raise invalid(f"A model's name has 1 to {MAX_MODEL_NAME} characters and no slash.")
    return checked_filename(stem)


def check_model_classes(classes: Sequence[str]) -> None:
    """Raises UNSUPPORTED unless versions can have the same classes."""
    try:
        odd = next((name for name in classes if checked_class_name(name) != name), None)
    except DomainError as error:
        raise _unsupported(f"One of its class names cannot be used. {error.message}") from error
    if odd is not None:
        raise _unsupported(f"Its class name {odd!r} has a blank at its start or end.")
    if not 1 <= len(classes) <= MAX_MODEL_CLASSES:
        raise _unsupported(f"It has {len(classes):,} classes, and a model has 1 to {MAX_MODEL_CLASSES:,}.")
    if len(set(classes)) < len(classes):
        raise _unsupported("Several of its classes have the same name.")


def chosen_image_size(asked: int | None, trained_at: int | None) -> int:
    """Pixels, as asked or else as the weights tell. Raises INVALID for what is out of range, and where neither does."""
    size = trained_at if asked is None else asked
    if size is None:
        raise invalid("It does not tell the image size that it was trained at; give that with --size.")
    check_image_size(size)
    return size


def model_imported(
    project: Project, brought: BroughtWeights
) -> Callable[[UnitOfWork], Awaitable[tuple[TrainedModel, bool]]]:
    """The model of weights that were checked, and are stored: a new one with its event, or that of the project which
    has the same bytes. Whether it is new comes with it."""

    async def work(uow: UnitOfWork) -> tuple[TrainedModel, bool]:
        await uow.projects.lock(project.id)
        present = await uow.models.with_weights(project.id, brought.sha256)
        if present is not None:
            return present, False
        model = TrainedModel(
            id=new_id(),
            project_id=project.id,
            team_id=project.team_id,
            name=await free_model_name(uow, project.id, brought.name),
            dataset_id=None,
            training_job_id=None,
            parent_model_id=None,
            base_model=brought.base_model,
            classes=brought.classes,
            metrics=None,
            weights_key=weights_key(project.team_id, brought.sha256),
            sha256=brought.sha256,
            size_bytes=brought.size_bytes,
            image_size=brought.image_size,
            preprocessing=Preprocessing(),
            created_at=datetime.now(UTC),
            imported=True,
        )
        await uow.models.add(model)
        tell_model_created(uow, model)
        return model, True

    return work


def _unsupported(message: str) -> DomainError:
    return DomainError(ErrorCode.UNSUPPORTED, message)

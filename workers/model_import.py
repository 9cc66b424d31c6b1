"""Weights from outside to a model of a project: copied, looked at in a process of its own, stored, told."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from domain.errors import DomainError, ErrorCode
from domain.keys import weights_key
from domain.model_import import (
    MAX_WEIGHTS_BYTES,
    BroughtWeights,
    check_model_classes,
    checked_model_name,
    chosen_image_size,
    model_imported,
    one_project,
)
from domain.models.model import TrainedModel
from domain.ports import Database, ObjectStore
from workers.inspection import inspect_weights

_COPY_BYTES = 1 << 20
_CONTENT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """What an operator asks for. `project` is an id or name; `name` of the model, `image_size` in pixels; what is None
    follows from the file."""

    path: Path
    project: str
    name: str | None
    image_size: int | None


async def import_weights(
    database: Database, store: ObjectStore, asked: WeightsFile, folder: Path
) -> tuple[TrainedModel, bool]:
    """The model made of the file, or the project's that has the same bytes; whether it is new. `folder` is for copies.

    Raises DomainError with what to do when the file is no YOLO detection model, and then nothing was stored; OSError
    for a file that cannot be read, a full disk, a store that is away.
    """
    project = await database.read(lambda uow: one_project(uow, asked.project))
    name = checked_model_name(asked.name if asked.name is not None else asked.path.name)
    weights = folder / "weights.pt"
    sha256, size_bytes = await asyncio.to_thread(_copied, asked.path, weights)
    present = await database.read(lambda uow: uow.models.with_weights(project.id, sha256))
    if present is not None:
        await store.put_file(present.weights_key, weights, _CONTENT_TYPE)  # it may have been lost there
        return present, False
    found = await inspect_weights(weights, sha256, folder / "inspection")
    check_model_classes(found.classes)
    image_size = chosen_image_size(asked.image_size, found.image_size)
    await store.put_file(weights_key(project.team_id, sha256), weights, _CONTENT_TYPE)
    brought = BroughtWeights(name, sha256, size_bytes, found.classes, image_size, found.base_model)
    return await database.write(model_imported(project, brought))


def _copied(source: Path, target: Path) -> tuple[str, int]:
    """SHA-256 (hex) and size of the copy: what is looked at is what is stored, whatever becomes of the file."""
    if not source.is_file():
        raise DomainError(ErrorCode.UNSUPPORTED, "There is no such file, or it is a folder or a device.")
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, target.open("wb") as copy:
        if os.fstat(file.fileno()).st_size > MAX_WEIGHTS_BYTES:
            raise _too_large()
        while chunk := file.read(_COPY_BYTES):
            size += len(chunk)
            if size > MAX_WEIGHTS_BYTES:  # it grew meanwhile
                raise _too_large()
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest(), size


def _too_large() -> DomainError:
    text = f"It is larger than {MAX_WEIGHTS_BYTES // 1024**3} GiB, and no YOLO model is."
    return DomainError(ErrorCode.LIMIT, text)

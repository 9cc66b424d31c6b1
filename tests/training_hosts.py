"""A GPU host for tests that run trainings within their own process."""

from __future__ import annotations

from pathlib import Path

from adapters.silence import Silence
from db.database import SqlDatabase
from domain.ports import ObjectStore
from workers.host_gpu import SharedGpu
from workers.materials import Materials
from workers.pretrained import Pretrained
from workers.renderer import Renderer
from workers.training import Training
from workers.training_run import TrainingHost


def training_on(
    database: SqlDatabase, store: ObjectStore, rendering: Renderer, folder: Path, pretrained: str = ""
) -> Training:
    """The handler of trainings, on the CPU, with `folder` for what is disposable; `pretrained` is as the setting."""
    materials = Materials(store, rendering, 2)
    host = TrainingHost(database, store, Silence(), materials, "cpu", Pretrained(store, pretrained), SharedGpu())
    return Training(host, "cpu", folder)

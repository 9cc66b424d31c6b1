"""What a file is that somebody brought as weights. Nobody vouches for it: the process that looks has narrow limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.nn.tasks import DetectionModel, yaml_model_load

from domain.models.training import BaseModel
from workers.child.failure import CannotRun, diagnosed
from workers.child.opening import open_model
from workers.child.protocol import Failure, InspectSpec
from workers.child.torch_archive import require_torch_archive
from workers.sandbox.limits import limit_process
from workers.weights import WeightsCorrupt, verified_copy

CPU_SECONDS = 300
_MEMORY_BYTES = 2 * 1024**3
_COPIES = 4
"""How often a file's bytes may lie in memory while it is opened: half-precision numbers are made whole ones."""
_PROBE_PIXELS = 64


def inspect(spec: InspectSpec, folder: Path) -> dict[str, Any]:
    """Look, with `folder` for scratch; returns what `done` reports. Raises CannotRun, WeightsCorrupt for a file that is
    no YOLO detection model."""
    limit_process(_MEMORY_BYTES + _COPIES * spec.weights.stat().st_size, CPU_SECONDS)
    weights = verified_copy(spec.weights, spec.weights_sha256, folder)
    require_torch_archive(weights)
    model = _opened(weights)
    try:
        facts = _facts(model)
    except (AttributeError, KeyError, TypeError) as error:
        raise CannotRun("It is not built as YOLO's own detection models are.") from error
    _require_answer(model)
    return facts


def _opened(weights: Path) -> Any:
    try:
        return open_model(weights)
    except (WeightsCorrupt, MemoryError):
        raise
    except Exception as error:
        reason, told = diagnosed(error)
        if reason is Failure.OUT_OF_MEMORY:
            raise
        raise CannotRun(f"No YOLO model can be read from it ({told}).") from error


def _facts(model: Any) -> dict[str, Any]:
    trained_at = (model.ckpt.get("train_args") or {}).get("imgsz")
    return {
        "classes": _classes(model),
        "image_size": trained_at if isinstance(trained_at, int) else None,
        "base_model": _base_model(model.model.yaml),
    }


def _classes(model: Any) -> list[str]:
    """The names in the order of the network's outputs."""
    network = model.model
    if type(network) is not DetectionModel:
        raise CannotRun(f"It holds a {type(network).__name__}; only YOLO's own detection models are used.")
    if network.yaml.get("channels", 3) != 3:
        raise CannotRun("It reads images of other than three channels.")
    names, outputs = network.names, network.model[-1].nc
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise CannotRun("The names of its classes are no texts by number.")
    if list(names) != list(range(outputs)):
        raise CannotRun(f"It names {len(names)} classes, and its network has {outputs}, numbered from 0.")
    return list(names.values())


def _require_answer(model: Any) -> None:
    blank = np.zeros((_PROBE_PIXELS, _PROBE_PIXELS, 3), np.uint8)
    try:
        model.predict(blank, imgsz=_PROBE_PIXELS, device="cpu", verbose=False)
    except Exception as error:
        raise CannotRun(f"Its network does not work ({diagnosed(error)[1]}).") from error


def _base_model(architecture: dict[str, Any]) -> BaseModel | None:
    """The one of ours whose layers the network has, and that it says to be."""
    named = Path(str(architecture.get("yaml_file"))).stem
    found = next((one for one in BaseModel if one.architecture == named), None)
    if found is None:
        return None
    ours = yaml_model_load(f"{named}.yaml")
    same = all(architecture.get(part) == ours[part] for part in ("backbone", "head", "scale"))
    return found if same else None

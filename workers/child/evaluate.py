"""The quality of stored weights on a rendered split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ultralytics.utils import YAML

from workers.child.failure import CannotRun
from workers.child.measuring import MeasuringValidator
from workers.child.opening import open_model
from workers.child.protocol import EvaluateSpec
from workers.weights import verified_copy


def evaluate(spec: EvaluateSpec, folder: Path) -> dict[str, Any]:
    """Measure, with `folder` for scratch; returns what `done` reports. Raises CannotRun, WeightsCorrupt."""
    model = open_model(verified_copy(spec.weights, spec.weights_sha256, folder))
    classes = list(model.names.values())
    names = YAML.load(spec.data_yaml)["names"]
    if names[: len(classes)] != classes:
        raise CannotRun(f"The images' classes must begin with the model's {classes}, and are {names}.")
    validator = MeasuringValidator(
        args={
            "model": model.ckpt_path,
            "data": str(spec.data_yaml),
            "split": "val",
            "imgsz": spec.image_size,
            "batch": spec.batch_size,
            "device": spec.device,
            "workers": 0,
            "rect": True,
            "plots": False,
            "mode": "val",
            "task": "detect",
            "project": str(folder),
            "name": "run",
            "exist_ok": True,
        }
    )
    validator(model=model.model)
    return {
        "weights": None,
        "classes": classes,
        "metrics": validator.measured().to_json(),
        "images": int(validator.seen),
        "epochs": 0,
        "files": [],
    }

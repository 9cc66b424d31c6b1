"""Roboflow's open inference server with one model from a file, without its hosted API: `roboflow_peer.py ONNX CLASSES
SIDE PORT FOLDER`, run in FOLDER by a Python that has `inference-cpu[http]`. The model is `bench/1`."""

# mypy: ignore-errors

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path


def main(onnx: str, classes: str, side: str, port: str, folder: str) -> None:
    _fill_cache(Path(folder) / "cache" / "bench" / "1", Path(onnx), json.loads(classes), int(side))
    # The pages that its container has beside the package.
    (Path(folder) / "inference" / "landing" / "out" / "static").mkdir(parents=True)
    (Path(folder) / "inference" / "landing" / "out" / "_next" / "static").mkdir(parents=True)
    os.environ.update(
        OFFLINE_MODE="True",
        MODEL_CACHE_DIR=str(Path(folder) / "cache"),
        USE_INFERENCE_MODELS="False",
        METRICS_ENABLED="False",
        TELEMETRY_OPT_OUT="True",
        ENABLE_STREAM_API="False",
    )
    import uvicorn
    from inference.core.interfaces.http.http_api import HttpInterface
    from inference.core.managers.base import ModelManager
    from inference.core.registries.roboflow import RoboflowModelRegistry
    from inference.models.utils import ROBOFLOW_MODEL_TYPES

    manager = ModelManager(model_registry=RoboflowModelRegistry(ROBOFLOW_MODEL_TYPES))
    uvicorn.run(HttpInterface(manager).app, host="127.0.0.1", port=int(port), log_level="warning")


def _fill_cache(cache: Path, onnx: Path, classes: list[str], side: int) -> None:
    """What it would download."""
    cache.mkdir(parents=True)
    shutil.copy(onnx, cache / "weights.onnx")
    (cache / "class_names.txt").write_text("\n".join(classes))
    steps = {
        "auto-orient": {"enabled": True},
        "resize": {"enabled": True, "width": side, "height": side, "format": "Stretch to"},
    }
    facts = {
        "PREPROCESSING": json.dumps(steps),
        "CLASS_MAP": {str(number): name for number, name in enumerate(classes)},
        "COLORS": dict.fromkeys(classes, "#ff0000"),
        "CLASS_LIST": classes,
        "BATCH_SIZE": 1,
        "RESOLUTION": side,
    }
    (cache / "environment.json").write_text(json.dumps(facts))
    kind = {"project_task_type": "object-detection", "model_type": "yolov11n"}
    (cache / "model_type.json").write_text(json.dumps(kind))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Weights files to models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workers.weights import WeightsCorrupt


def open_model(weights: Path) -> Any:
    """The YOLO detection model in the file, which is read against Ultralytics' list of allowed classes.

    Raises WeightsCorrupt when the file is something else.
    """
    from ultralytics import YOLO

    try:
        model = YOLO(str(weights))
    except TypeError as error:
        # Ultralytics' word for a pickle that asks for other classes, and for a file that is none.
        raise WeightsCorrupt(
            "The weights are damaged, or hold more than a YOLO model, and were not loaded; choose another model."
        ) from error
    if model.task != "detect":
        raise WeightsCorrupt(f"The weights are of a model for the task {model.task}; only detection models are used.")
    return model

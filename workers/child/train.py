"""One training, from its spec to the best weights, their metrics, and what is made of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import torch
from ultralytics import YOLO

from domain.models.training import StartingWeights
from workers.child.failure import CannotRun, diagnosed
from workers.child.opening import open_model
from workers.child.protocol import ResumeState, TrainSpec
from workers.child.reporter import Reporter
from workers.child.trainer import MEASURED_NAME, Trainer
from workers.weights import verified_copy

_RUN_NAME = "run"
_OURS = ("recipe", "bn_momentum")
_HOST_ARGUMENTS = ("data", "project", "name", "model", "save_dir", "resume")
_PICTURES = ("results.png", "confusion_matrix*.png", "Box*_curve.png", "val_batch*_labels.jpg", "val_batch*_pred.jpg")
_CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}


def train(spec: TrainSpec, folder: Path, reporter: Reporter) -> dict[str, Any]:
    """Train in `folder` and return what the `done` report says. Raises CannotRun, WeightsCorrupt."""
    model = _resumed_model(spec.resume, folder) if spec.resume else _starting_model(spec, folder)
    model.train(trainer=Trainer, data=str(spec.data_yaml), **_arguments(spec, folder, reporter))
    weights = Path(model.trainer.best)
    forget_host(weights)
    files = [*_pictures(folder / _RUN_NAME), *_onnx(weights, int(spec.arguments["imgsz"] or 0), reporter)]
    measured = json.loads((folder / MEASURED_NAME).read_text(encoding="utf-8"))
    return {"weights": str(weights), **measured, "files": files}


def forget_host(weights: Path) -> None:
    """Takes out of weights that were just written what Ultralytics notes of this host: its folders, its git checkout.

    People download weights; how the host is laid out is none of their business.
    """
    checkpoint = torch.load(weights, map_location="cpu", weights_only=False)
    own = dict.fromkeys(_HOST_ARGUMENTS)
    checkpoint["train_args"] = {**checkpoint["train_args"], **own}
    checkpoint["model"].args = {**dict(checkpoint["model"].args), **own}
    checkpoint["git"] = checkpoint["date"] = None
    torch.save(checkpoint, weights)


def _starting_model(spec: TrainSpec, folder: Path) -> Any:
    if spec.start is StartingWeights.SCRATCH:
        return YOLO(f"{spec.architecture}.yaml")
    weights = spec.weights
    if weights is None or not weights.is_file():
        # Ultralytics would look for the file on the internet.
        what = "pretrained weights" if spec.start is StartingWeights.PRETRAINED else "checkpoint"
        named = weights.name if weights else "no file"
        raise CannotRun(
            f"The {what} for {spec.architecture} cannot be found on this host ({named}). "
            "Put the file there, or start from SCRATCH."
        )
    if spec.weights_sha256 is not None:
        weights = verified_copy(weights, spec.weights_sha256, folder)
    return open_model(weights)


def _resumed_model(state: ResumeState, folder: Path) -> Any:
    """The model as it was after the epoch that was kept; the best one until then, and the table of epochs, are where
    Ultralytics will look for them. Never a finished training's: of that Ultralytics would start another one."""
    run = folder / _RUN_NAME
    (run / "weights").mkdir(parents=True)
    verified_copy(state.best, state.best_sha256, folder).replace(run / "weights" / "best.pt")
    model = open_model(verified_copy(state.last, state.last_sha256, folder))
    if model.ckpt.get("epoch", -1) < 0 or model.ckpt.get("optimizer") is None:
        raise CannotRun("What was kept of the training is that of a finished one, and cannot be gone on with.")
    _write_table(run / "results.csv", model.ckpt.get("train_results") or {})
    return model


def _write_table(path: Path, columns: dict[str, list[Any]]) -> None:
    if columns:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))


def _arguments(spec: TrainSpec, folder: Path, reporter: Reporter) -> dict[str, Any]:
    arguments: dict[str, Any] = {key: value for key, value in spec.arguments.items() if key not in _OURS}
    if arguments.get("amp") == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        arguments["amp"] = False
        reporter.notice("NO_BFLOAT16", "The GPU has no bfloat16; training in full precision, which takes longer.")
    if spec.resume:
        return {**arguments, "resume": True, "save_dir": str(folder / _RUN_NAME)}
    if spec.start is StartingWeights.SCRATCH:
        arguments["pretrained"] = False
    return {**arguments, "project": str(folder), "name": _RUN_NAME}


def _pictures(run: Path) -> list[dict[str, str]]:
    found = sorted(path for pattern in _PICTURES for path in run.glob(pattern))
    return [{"name": one.name, "path": str(one), "content_type": _CONTENT_TYPES[one.suffix]} for one in found]


def _onnx(weights: Path, image_size: int, reporter: Reporter) -> list[dict[str, str]]:
    """The model as ONNX, which other runtimes read, and without unpickling."""
    try:
        exported = YOLO(str(weights)).export(format="onnx", imgsz=image_size, device="cpu", simplify=False)
    except Exception as error:
        _, told = diagnosed(error)
        reporter.notice("NO_ONNX", f"The model is complete, but could not be written as ONNX: {told}")
        return []
    return [{"name": "model.onnx", "path": str(exported), "content_type": "application/octet-stream"}]

"""One training, from its spec to the best weights and their metrics."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from ultralytics import YOLO

from domain.models.training import EpochMetrics, StartingWeights
from workers.child.failure import CannotRun
from workers.child.measuring import MeasuringTrainer
from workers.child.opening import open_model
from workers.child.protocol import TrainSpec
from workers.child.reporter import Reporter, finite
from workers.weights import verified_copy

BATCH_REPORT_SECONDS = 0.2
_HOST_ARGUMENTS = ("data", "project", "name", "model", "save_dir")


def train(spec: TrainSpec, folder: Path, reporter: Reporter) -> dict[str, Any]:
    """Train in `folder` and return what the `done` report says. Raises CannotRun, WeightsCorrupt."""
    model = _starting_model(spec, folder)
    arguments = _arguments(spec, reporter)
    momentum = spec.arguments.get("bn_momentum")
    progress = _Progress(reporter, float(momentum) if momentum is not None else None)
    for event in ("on_pretrain_routine_end", "on_train_epoch_start", "on_train_batch_end", "on_train_epoch_end"):
        model.add_callback(event, getattr(progress, event))
    model.add_callback("on_fit_epoch_end", progress.on_fit_epoch_end)
    model.train(
        trainer=MeasuringTrainer,
        data=str(spec.data_yaml),
        project=str(folder),
        name="run",
        **arguments,
    )
    trainer = model.trainer
    forget_host(trainer.best)
    return {
        "weights": str(trainer.best),
        "classes": list(trainer.data["names"].values()),
        "metrics": trainer.validator.measured().to_json(),
        "images": int(trainer.validator.seen),
        "epochs": progress.epochs,
    }


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
        raise CannotRun(
            f"The {what} for {spec.architecture} cannot be found on this host ({weights}). "
            "Put the file there, or start from SCRATCH."
        )
    if spec.weights_sha256 is not None:
        weights = verified_copy(weights, spec.weights_sha256, folder)
    return open_model(weights)


def _arguments(spec: TrainSpec, reporter: Reporter) -> dict[str, Any]:
    arguments = {key: value for key, value in spec.arguments.items() if key not in ("recipe", "bn_momentum")}
    if arguments.get("amp") == "bf16" and not torch.cuda.is_bf16_supported(including_emulation=False):
        arguments["amp"] = False
        reporter.notice("NO_BFLOAT16", "The GPU has no bfloat16; training in full precision, which takes longer.")
    if spec.start is StartingWeights.SCRATCH:
        arguments["pretrained"] = False
    return arguments


class _Progress:
    """Ultralytics' callbacks. One report for each completed epoch: the call after the final validation is not one."""

    def __init__(self, reporter: Reporter, bn_momentum: float | None) -> None:
        self.epochs = 0
        self._reporter = reporter
        self._bn_momentum = bn_momentum
        self._epoch_started = 0.0
        self._batch = 0
        self._last_batch_report = 0.0
        self._epoch_trained = False

    def on_pretrain_routine_end(self, trainer: Any) -> None:
        if not sum(len(label["cls"]) for label in trainer.train_loader.dataset.labels):
            raise CannotRun("The version's training images carry no annotations; there is nothing to learn from.")
        if self._bn_momentum is None:
            return
        for module in trainer.model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = self._bn_momentum

    def on_train_epoch_start(self, trainer: Any) -> None:
        # Comes again for the same epoch when Ultralytics halves the batch or recovers from NaN.
        self._batch = 0
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, trainer: Any) -> None:
        self._batch += 1
        batches = len(trainer.train_loader)
        now = time.monotonic()
        if self._batch == batches or now - self._last_batch_report >= BATCH_REPORT_SECONDS:
            self._last_batch_report = now
            self._reporter.send("batch", epoch=trainer.epoch + 1, batch=self._batch, batches=batches)

    def on_train_epoch_end(self, trainer: Any) -> None:
        self._epoch_trained = True

    def on_fit_epoch_end(self, trainer: Any) -> None:
        if not self._epoch_trained:
            return
        self._epoch_trained = False
        self.epochs = trainer.epoch + 1
        measured = trainer.metrics
        losses = {name: finite(value) for name, value in trainer.tloss.items()}
        metrics = EpochMetrics(
            epoch=self.epochs,
            seconds=round(time.monotonic() - self._epoch_started, 3),
            box_loss=losses.get("box_loss"),
            cls_loss=losses.get("cls_loss"),
            dfl_loss=losses.get("dfl_loss"),
            val_box_loss=finite(measured.get("val/box_loss")),
            val_cls_loss=finite(measured.get("val/cls_loss")),
            val_dfl_loss=finite(measured.get("val/dfl_loss")),
            precision=finite(measured.get("metrics/precision(B)")),
            recall=finite(measured.get("metrics/recall(B)")),
            map50=finite(measured.get("metrics/mAP50(B)")),
            map50_95=finite(measured.get("metrics/mAP50-95(B)")),
            learning_rate=finite(next(iter(trainer.lr.values()), None)),
        )
        self._reporter.send("epoch", **{name: getattr(metrics, name) for name in EpochMetrics.__slots__})

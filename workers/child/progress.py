"""What a training tells of itself while it runs: its batches, its epochs, and states that it could go on from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from domain.models.training import EpochMetrics
from workers.child.failure import CannotRun
from workers.child.reporter import Reporter, finite

BATCH_REPORT_SECONDS = 0.2
STATES_NAME = "states"


class Progress:
    """Ultralytics' callbacks. One report for each completed epoch: the call after the final validation is not one.

    `folder` is the run's working folder, where states are kept.
    """

    def __init__(self, folder: Path, reporter: Reporter) -> None:
        self.epochs = 0
        self._states = folder / STATES_NAME
        self._states.mkdir(exist_ok=True)
        self._reporter = reporter
        self._epoch_started = 0.0
        self._batch = 0
        self._last_batch_report = 0.0
        self._epoch_trained = False

    def attach(self, trainer: Any) -> None:
        """Has the trainer call this."""
        for event in (
            "on_pretrain_routine_end",
            "on_train_epoch_start",
            "on_train_batch_end",
            "on_train_epoch_end",
            "on_fit_epoch_end",
        ):
            trainer.add_callback(event, getattr(self, event))

    def on_pretrain_routine_end(self, trainer: Any) -> None:
        if not sum(len(label["cls"]) for label in trainer.train_loader.dataset.labels):
            raise CannotRun("The version's training images carry no annotations; there is nothing to learn from.")

    def on_train_epoch_start(self, trainer: Any) -> None:
        # Comes again for the same epoch when Ultralytics recovers from NaN.
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
        if trainer.epoch == trainer.start_epoch and not trainer.loss.isfinite():
            # Ultralytics has nothing to recover from yet, and would train on.
            raise CannotRun(
                f"The training diverged in epoch {trainer.epoch + 1}: its loss is not a number. "
                "Lower the learning rate."
            )
        self._epoch_trained = True

    def on_fit_epoch_end(self, trainer: Any) -> None:
        if not self._epoch_trained:
            return
        self._epoch_trained = False
        self.epochs = trainer.epoch + 1
        metrics = _epoch_metrics(trainer, round(time.monotonic() - self._epoch_started, 3))
        self._reporter.send("epoch", **{name: getattr(metrics, name) for name in EpochMetrics.__slots__})

    def state_saved(self, trainer: Any) -> None:
        """The trainer has just written its state, to files that it will replace, not write to."""
        epoch = trainer.epoch + 1
        kept = {name: self._states / f"{name}-{epoch}.pt" for name in ("last", "best")}
        for name, path in kept.items():
            path.unlink(missing_ok=True)  # of the same epoch, before it recovered from NaN
            path.hardlink_to(getattr(trainer, name))
        self._reporter.send("state", epoch=epoch, **{name: str(path) for name, path in kept.items()})


def _epoch_metrics(trainer: Any, seconds: float) -> EpochMetrics:
    measured = trainer.metrics
    losses = {name: finite(value) for name, value in trainer.tloss.items()}
    return EpochMetrics(
        epoch=trainer.epoch + 1,
        seconds=seconds,
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

"""Ultralytics' trainer as this product uses it. On several GPUs Ultralytics makes one in each of the processes that it
starts, which inherit nothing but the environment: it finds everything else in the run's folder."""

from __future__ import annotations

import json
import os
import shutil
from copy import copy
from pathlib import Path
from typing import Any

import torch
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils import DEFAULT_CFG, LOCAL_RANK, RANK

from workers.child.failure import diagnosed
from workers.child.measuring import MeasuringValidator
from workers.child.progress import Progress
from workers.child.protocol import RUN_VARIABLE, SPEC_NAME, TrainSpec, spec_from_json
from workers.child.reporter import Reporter, leave_with_launcher

MEASURED_NAME = "measured.json"
# Ultralytics halves a batch by itself, in the first epoch and on one GPU only, and tells nobody: from this count on it
# leaves that to us.
_ULTRALYTICS_GIVES_UP = 3


class Trainer(DetectionTrainer):  # type: ignore[misc]
    """Validates with MeasuringValidator, reports every step, and leaves whole states behind that it can go on from."""

    def __init__(
        self, cfg: Any = DEFAULT_CFG, overrides: dict[str, Any] | None = None, _callbacks: dict[str, Any] | None = None
    ) -> None:
        super().__init__(cfg, overrides, _callbacks)
        self._progress: Progress | None = None
        self._reporter: Reporter | None = None
        if self.ddp:
            return  # the processes that it starts do the work
        self._folder = Path(os.environ[RUN_VARIABLE])
        if LOCAL_RANK != -1:
            leave_with_launcher()
        self.add_callback("on_pretrain_routine_end", _set_momentum)
        self.add_callback("on_train_epoch_start", _leave_memory_to_us)
        if RANK in (-1, 0):
            self._reporter = Reporter(self._folder)
            self._progress = Progress(self._folder, self._reporter)
            self._progress.attach(self)

    def train(self) -> None:
        """Raises what ended the training; with several GPUs the first process has told why before."""
        try:
            super().train()
        except Exception as error:
            if LOCAL_RANK != -1 and self._reporter is not None:
                reason, message = diagnosed(error)
                self._reporter.send("failed", reason=reason, message=message)
            raise

    def get_validator(self) -> MeasuringValidator:
        return MeasuringValidator(
            self.test_loader, save_dir=Path(self.save_dir), args=copy(self.args), _callbacks=self.callbacks
        )

    def save_model(self) -> bool:
        """As Ultralytics does, but into new files: those of the epoch before may be in use under other names."""
        for path in (self.last, self.best if self.best_fitness == self.fitness else None):
            if path is not None:
                path.unlink(missing_ok=True)
        saved: bool = super().save_model()
        # After its last epoch a training is finished, and a finished one cannot be gone on with.
        if saved and not self.stop and self._progress is not None:
            self._progress.state_saved(self)
        return saved

    def final_eval(self) -> None:
        """With pictures, which would take too long in every epoch. The best weights are then written over, so they
        become a file of their own first: under another name they may be a state that is on its way to the store."""
        self.args.plots = True
        if self._progress is not None and self.best.exists():
            alone = self.best.with_suffix(".alone")
            shutil.copyfile(self.best, alone)
            alone.replace(self.best)
        super().final_eval()
        if self._progress is not None:
            self._write_measured(self._progress.epochs)

    def _write_measured(self, epochs: int) -> None:
        measured = {
            "classes": list(self.data["names"].values()),
            "metrics": self.validator.measured().to_json(),
            "images": int(self.validator.seen),
            "epochs": epochs,
        }
        (self._folder / MEASURED_NAME).write_text(json.dumps(measured), encoding="utf-8")


def _set_momentum(trainer: Any) -> None:
    spec = spec_from_json((Path(os.environ[RUN_VARIABLE]) / SPEC_NAME).read_text(encoding="utf-8"))
    momentum = spec.arguments.get("bn_momentum") if isinstance(spec, TrainSpec) else None
    if momentum is None:
        return
    for module in trainer.model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = float(momentum)


def _leave_memory_to_us(trainer: Any) -> None:
    trainer._oom_retries = _ULTRALYTICS_GIVES_UP

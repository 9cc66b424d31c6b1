"""Ultralytics' validator, with what this product measures beside: a confusion matrix, and classes the model lacks."""

from __future__ import annotations

import threading
from typing import Any

from ultralytics.models.yolo.detect import DetectionValidator
from ultralytics.utils.metrics import ConfusionMatrix

from domain.models.model import ClassMetrics, ModelMetrics
from workers.child.reporter import finite

# A detection below this does not enter the confusion matrix; mAP counts all of them.
CONFUSION_CONFIDENCE = 0.25


class MeasuringValidator(DetectionValidator):  # type: ignore[misc]
    """Counts by the data set's classes: the model's own, and behind them those it lacks and therefore misses."""

    def get_dataloader(self, dataset_path: str, batch_size: int) -> Any:
        # Ultralytics leaves ground truth out that the model's names do not cover.
        self.names = self.data["names"]
        return super().get_dataloader(dataset_path, batch_size)

    def init_metrics(self, model: Any) -> None:
        super().init_metrics(model)
        self.names = self.data["names"]
        self.nc = len(self.names)
        self.metrics.names = self.names
        self.confusion_matrix = ConfusionMatrix(names=self.names)

    def update_metrics(self, preds: list[dict[str, Any]], batch: dict[str, Any]) -> None:
        plots, self.args.plots = self.args.plots, False  # with plots Ultralytics fills the same matrix
        super().update_metrics(preds, batch)
        self.args.plots = plots
        for index, found in enumerate(preds):
            truth = self._prepare_batch(index, batch)
            self.confusion_matrix.process_batch(found, truth, conf=CONFUSION_CONFIDENCE)

    def plot_val_samples(self, *arguments: Any) -> None:
        others = set(threading.enumerate())
        super().plot_val_samples(*arguments)
        _join_beside(others)

    def plot_predictions(self, *arguments: Any) -> None:
        others = set(threading.enumerate())
        super().plot_predictions(*arguments)
        _join_beside(others)

    def measured(self) -> ModelMetrics:
        """The metrics of the last run: means over the classes that have ground truth."""
        box = self.metrics.box
        rows = [(int(index), box.class_result(i)) for i, index in enumerate(box.ap_class_index)]
        per_class = tuple(
            ClassMetrics(
                name=self.names[index],
                ap50=_share(row[2]),
                ap50_95=_share(row[3]),
                precision=_share(row[0]),
                recall=_share(row[1]),
                instances=int(self.metrics.nt_per_class[index]),
            )
            for index, row in rows
        )
        # Ultralytics counts [found][true]; ours is [true][found].
        confusion = self.confusion_matrix.matrix.T.astype(int).tolist()
        precision, recall, map50, map50_95 = (_share(value) for value in box.mean_results())
        return ModelMetrics(map50, map50_95, precision, recall, per_class, tuple(tuple(row) for row in confusion))


def _join_beside(others: set[threading.Thread]) -> None:
    """Ultralytics draws in threads that nobody waits for, and that die with the process."""
    for thread in set(threading.enumerate()) - others:
        thread.join()


def _share(value: Any) -> float:
    return finite(value) or 0.0

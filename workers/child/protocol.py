"""What the worker tells its child, and what the child reports back. No torch here: both sides import it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from domain.models.model import ModelMetrics
from domain.models.training import EpochMetrics, StartingWeights
from domain.models.version import Notice
from domain.recipe import Argument

RUN_VARIABLE = "AGRIDRONE_RUN"
"""Names the working folder, which the processes of a training on several GPUs learn in no other way."""
SPEC_NAME = "spec.json"
REPORTS_NAME = "reports"
"""The pipe in the working folder that reports are written to, one JSON object a line."""


@dataclass(frozen=True, slots=True)
class ResumeState:
    """A training's whole state after some epoch, and that after its best epoch until then, each with its SHA-256."""

    last: Path
    last_sha256: str
    best: Path
    best_sha256: str


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """`arguments` are `domain.recipe.effective_arguments`. `weights` and their SHA-256 (hex) are what to start from:
    the checkpoint, or the local file of pretrained weights, whose SHA-256 may be None; with SCRATCH both are None, and
    with `resume`, which they give way to, too."""

    data_yaml: Path
    architecture: str
    start: StartingWeights
    arguments: dict[str, Argument]
    threads: int
    weights: Path | None = None
    weights_sha256: str | None = None
    resume: ResumeState | None = None


@dataclass(frozen=True, slots=True)
class EvaluateSpec:
    """`data_yaml` names the model's classes in its order, then those it lacks; its `val` is measured."""

    data_yaml: Path
    weights: Path
    weights_sha256: str
    image_size: int
    batch_size: int
    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class InspectSpec:
    """What somebody says are weights of a detection model."""

    weights: Path
    weights_sha256: str
    threads: int


ChildSpec = TrainSpec | EvaluateSpec | InspectSpec


@dataclass(frozen=True, slots=True)
class BatchReport:
    """`epoch` and `batch` count from 1; not every batch is reported."""

    epoch: int
    batch: int
    batches: int


@dataclass(frozen=True, slots=True)
class EpochReport:
    metrics: EpochMetrics


@dataclass(frozen=True, slots=True)
class LogReport:
    notice: Notice


@dataclass(frozen=True, slots=True)
class StateReport:
    """After `epoch` epochs the training could go on from these files, which are whole and never written again. Whoever
    is told deletes them."""

    epoch: int
    last: Path
    best: Path


Report = BatchReport | EpochReport | LogReport | StateReport


class Failure(StrEnum):
    """Why a child gave up."""

    REFUSED = "REFUSED"
    """What was asked cannot be done, and trying again would not change that."""
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    DISK_FULL = "DISK_FULL"
    CRASHED = "CRASHED"
    """Something outside the request went wrong."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """What a training made beside the weights; `path` lies in the working folder."""

    name: str
    path: Path
    content_type: str


@dataclass(frozen=True, slots=True)
class ChildResult:
    """`classes` in the order of the network's outputs; `images` is how many were measured; `weights` is None after an
    evaluation, and lies in the working folder after a training. `epochs` counts the completed ones."""

    classes: tuple[str, ...]
    metrics: ModelMetrics
    images: int
    weights: Path | None = None
    epochs: int = 0
    files: tuple[ResultFile, ...] = ()


def spec_to_json(spec: ChildSpec) -> str:
    return json.dumps({"mode": _MODES[type(spec)], **asdict(spec)}, default=_absolute)


_MODES = {TrainSpec: "train", EvaluateSpec: "evaluate", InspectSpec: "inspect"}


def _absolute(path: Path) -> str:
    # The child runs in a folder of its own.
    return str(path.resolve())


def spec_from_json(text: str) -> ChildSpec:
    """The inverse of `spec_to_json`."""
    data = json.loads(text)
    mode = data.pop("mode")
    data["weights"] = Path(data["weights"]) if data["weights"] else None
    if mode == "inspect":
        return InspectSpec(**data)
    data["data_yaml"] = Path(data["data_yaml"])
    if mode == "evaluate":
        return EvaluateSpec(**data)
    state = data["resume"]
    if state:
        data["resume"] = ResumeState(**{**state, "last": Path(state["last"]), "best": Path(state["best"])})
    return TrainSpec(**{**data, "start": StartingWeights(data["start"])})


def report_from_json(data: dict[str, Any]) -> Report:
    """A report of kind batch, epoch, state or log."""
    match data.pop("kind"):
        case "batch":
            return BatchReport(**data)
        case "epoch":
            return EpochReport(EpochMetrics(**data))
        case "state":
            return StateReport(data["epoch"], Path(data["last"]), Path(data["best"]))
        case _:
            return LogReport(Notice(**data))


def result_from_json(data: dict[str, Any]) -> ChildResult:
    """A report of kind done."""
    return ChildResult(
        classes=tuple(data["classes"]),
        metrics=ModelMetrics.from_json(data["metrics"]),
        images=data["images"],
        weights=Path(data["weights"]) if data["weights"] else None,
        epochs=data["epochs"],
        files=tuple(ResultFile(**{**file, "path": Path(file["path"])}) for file in data["files"]),
    )

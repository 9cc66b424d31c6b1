"""Options of the commands on trainings; what one leaves out is the server's own choice."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Base(StrEnum):
    """The contract's BaseModel, as it is typed."""

    YOLO11N = "yolo11n"
    YOLO11S = "yolo11s"
    YOLO11M = "yolo11m"
    YOLO11L = "yolo11l"
    YOLO11X = "yolo11x"
    YOLO26N = "yolo26n"
    YOLO26S = "yolo26s"
    YOLO26M = "yolo26m"
    YOLO26L = "yolo26l"
    YOLO26X = "yolo26x"


class Status(StrEnum):
    """The contract's TrainingJobStatus, as it is typed."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


_START, _HOW = "Starting weights", "Training"

JobId = Annotated[str, typer.Argument(metavar="JOB", help="Its id, as `agridrone jobs list` shows it.")]
FromModel = Annotated[
    str | None,
    typer.Option("--from", metavar="MODEL", help="A model's name or id to start from.", rich_help_panel=_START),
]
Pretrained = Annotated[
    bool, typer.Option("--pretrained", help="Start from COCO weights; so it is unless set.", rich_help_panel=_START)
]
Scratch = Annotated[bool, typer.Option("--scratch", help="Start from random weights.", rich_help_panel=_START)]
BaseChoice = Annotated[
    Base | None,
    typer.Option("--base", case_sensitive=False, help="The architecture; a model has its own.", rich_help_panel=_HOW),
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="At most.", rich_help_panel=_HOW)]
Batch = Annotated[int | None, typer.Option("--batch", help="Images a step.", rich_help_panel=_HOW)]
Size = Annotated[int | None, typer.Option("--size", help="Pixels of a side, in steps of 32.", rich_help_panel=_HOW)]
Rate = Annotated[float | None, typer.Option("--lr", help="Learning rate.", rich_help_panel=_HOW)]
Patience = Annotated[
    int | None,
    typer.Option("--patience", help="Epochs without improvement to stop after; 0 for never.", rich_help_panel=_HOW),
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, max=2**31 - 1, help="Of all randomness.", rich_help_panel=_HOW)
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="Calls with one key and the same settings start one training, however often they come."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")]
OfStatus = Annotated[
    list[Status] | None,
    typer.Option("--status", case_sensitive=False, help="Only these; may be given again."),
]
Lines = Annotated[int, typer.Option("--lines", min=1, max=2000, help="How many of the last.")]

"""GPU hosts in words, a list of lines each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from cli.table import table
from cli.version.wording import moment

GPUS = """
query {
  gpus {
    host device memoryTotal memoryUsed holder fencingToken heldSince sam3Loaded workerAlive
    trainingJob { id epoch config { epochs } etaSeconds } loadedModel { id name }
  }
}
"""


def listed(gpus: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table."""
    if not gpus:
        return ["No GPU worker was ever heard of; start one with `agridrone worker gpu`."]
    head = ("HOST", "WORKER", "DEVICE", "MEMORY", "HELD BY", "SINCE (UTC)", "MODEL LOADED", "SAM3")
    return table([head, *(_row(gpu) for gpu in gpus)])


def _row(gpu: Mapping[str, Any]) -> tuple[str, ...]:
    used, total = gpu["memoryUsed"], gpu["memoryTotal"]
    return (
        gpu["host"],
        "alive" if gpu["workerAlive"] else "away",
        gpu["device"],
        f"{decimal(int(used))} of {decimal(int(total))}" if total is not None else "",
        _holder(gpu),
        moment(gpu["heldSince"]) if gpu["heldSince"] else "",
        gpu["loadedModel"]["name"] if gpu["loadedModel"] else "",
        {True: "loaded", False: "not loaded", None: ""}[gpu["sam3Loaded"]],
    )


def _holder(gpu: Mapping[str, Any]) -> str:
    """As `training 01a2…, epoch 3 of 10`; of another team's training only that."""
    if gpu["holder"] is None:
        return ""
    name = {"TRAINING": "training", "INFERENCE": "detection", "SAM3": "SAM3"}[gpu["holder"]]
    job = gpu["trainingJob"]
    return f"{name} {job['id']}, epoch {job['epoch']} of {job['config']['epochs']}" if job else name

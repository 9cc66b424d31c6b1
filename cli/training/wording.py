"""Training jobs in words, a list of lines each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from cli.lines import counted
from cli.table import table
from cli.version.wording import moment, warnings

_COLUMNS = {
    "boxLoss": "box loss",
    "clsLoss": "cls loss",
    "dflLoss": "dfl loss",
    "mAP50": "mAP50",
    "mAP5095": "mAP50-95",
    "seconds": "seconds",
}
_RECIPE = ("recipe", "optimizer", "lr0", "batch", "nbs", "warmup_epochs", "mosaic", "amp", "device")


def duration(seconds: float) -> str:
    """As `1:02:03`."""
    return str(timedelta(seconds=round(seconds)))


def listed(jobs: Sequence[Mapping[str, Any]], chosen: bool) -> list[str]:
    """A table; `chosen` where only some statuses were asked for."""
    if not jobs and chosen:
        return ["No training of the project has such a status."]
    if not jobs:
        return ["There is no training yet; `agridrone train` starts one."]
    head = ("STATUS", "VERSION", "EPOCHS", "BASE", "FROM", "ASKED (UTC)", "MODEL", "mAP50", "ID")
    return table([head, *(_row(job) for job in jobs)], right=frozenset({2, 7}))


def shown(job: Mapping[str, Any]) -> list[str]:
    """All of a job."""
    lines = [f"{title(job)}: {state(job)}."]
    lines += table([[f"  {name}", value] for name, value in _facts(job)])
    if job["config"]["effective"]:
        lines.append(f"Trained with: {arguments(job['config']['effective'])}.")
    lines += _epochs(job["epochs"])
    return lines + warnings(job["warnings"])


def title(job: Mapping[str, Any]) -> str:
    """As `Training of North block-v3`."""
    return f"Training of {job['version']['name']}" if job["version"] else "Training"


def state(job: Mapping[str, Any]) -> str:
    """Its status, and how far it is or why it ended."""
    done = f"{job['epoch']:,} of {counted(job['config']['epochs'], 'epoch')}"
    match job["status"]:
        case "QUEUED":
            place = job["queuePosition"]
            return f"QUEUED, number {place} in the queue" if place else "QUEUED"
        case "FAILED":
            return f"FAILED after {done}: {str(job['failureReason']).rstrip('.')}"
        case "RUNNING" if job["etaSeconds"] is not None:
            return f"RUNNING, {done}, {duration(job['etaSeconds'])} left"
        case status:
            return f"{status}, {done}"


def arguments(effective: Mapping[str, Any]) -> str:
    """What matters most of what the training was really given, in one line."""
    return ", ".join(f"{name} {effective[name]}" for name in _RECIPE if effective.get(name) is not None)


def begun(job: Mapping[str, Any]) -> list[str]:
    """A training that goes on: which it is, and what it was warned of so far."""
    return [f"{title(job)}, {job['id']}: {state(job)}.", *warnings(job["warnings"])]


def ended(job: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a training was really given and what came of it, with the warnings that were not told before."""
    lines = warnings([one for one in job["warnings"] if one not in told])
    if job["config"]["effective"]:
        lines.append(f"Trained with: {arguments(job['config']['effective'])}.")
    return lines + finished(job)


def finished(job: Mapping[str, Any]) -> list[str]:
    """What came of a training that has ended."""
    lines = [f"{title(job)}: {state(job)}."]
    if model := job["model"]:
        lines.append(f"{model['name']} ({model['id']}): {measured(model['metrics'])}.")
    if job["status"] in ("FAILED", "CANCELLED"):
        lines.append(f"`agridrone jobs resume {job['id']}` goes on with it.")
    return lines


def best(epochs: Sequence[Mapping[str, Any]]) -> float | None:
    """The highest mAP50 of them; None where none was measured."""
    return max((one["mAP50"] for one in epochs if one["mAP50"] is not None), default=None)


def measured(metrics: Mapping[str, Any] | None) -> str:
    """As `mAP50 0.912, mAP50-95 0.640, precision 0.88, recall 0.90`."""
    if metrics is None:
        return "not measured"
    return (
        f"mAP50 {metrics['mAP50']:.3f}, mAP50-95 {metrics['mAP5095']:.3f}, precision {metrics['precision']:.2f}, "
        f"recall {metrics['recall']:.2f}"
    )


def estimated(estimate: Mapping[str, Any]) -> str | None:
    """What the trainings before suggest; None where there are none."""
    if estimate["seconds"] is None:
        return None
    jobs = counted(estimate["basedOnJobs"], "training")
    return f"About {duration(estimate['seconds'])} on {estimate['device']}, going by {jobs} before."


def _row(job: Mapping[str, Any]) -> tuple[str, ...]:
    model, version = job["model"], job["version"]
    metrics = model["metrics"] if model else None
    return (
        job["status"],
        version["name"] if version else "-",
        f"{job['epoch']:,}/{job['config']['epochs']:,}",
        job["config"]["baseModel"].lower(),
        job["startingWeights"].lower(),
        moment(job["createdAt"]),
        model["name"] if model else "-",
        f"{metrics['mAP50']:.3f}" if metrics else "-",
        job["id"],
    )


def _facts(job: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    config, maker = job["config"], job["createdBy"]
    yield "id", job["id"]
    yield "project", f"{job['project']['name']} ({job['project']['id']})"
    yield "asked", f"{moment(job['createdAt'])} UTC" + (f" by {maker['name']}" if maker else "")
    for name, key in (("begun", "startedAt"), ("ended", "finishedAt")):
        if job[key]:
            yield name, f"{moment(job[key])} UTC"
    start = job["checkpointModel"]["name"] if job["checkpointModel"] else job["startingWeights"].lower()
    rate = f", learning rate {config['learningRate']:g}" if config["learningRate"] is not None else ""
    yield "base model", f"{config['baseModel'].lower()}, from {start}"
    yield (
        "asked for",
        (
            f"{counted(config['epochs'], 'epoch')}, batch {config['batchSize']}, {config['imageSize']} px, "
            f"patience {config['patience']}, seed {config['seed']}{rate}"
        ),
    )
    if job["device"]:
        yield "device", job["device"]
    yield "attempts", str(job["attempts"])
    if model := job["model"]:
        yield "model", f"{model['name']} ({model['id']}), {measured(model['metrics'])}"


def _epochs(epochs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The last ten."""
    if not epochs:
        return []
    head = ("  epoch", *_COLUMNS.values())
    rows = [(f"  {one['epoch']}", *(_number(one[key]) for key in _COLUMNS)) for one in epochs[-10:]]
    return ["Last epochs:", *table([head, *rows], right=frozenset(range(len(head))))]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"

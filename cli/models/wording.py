"""Models and evaluations in words, a list of lines each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.filesize import decimal

from cli.lines import counted
from cli.table import table
from cli.training.wording import measured
from cli.version.wording import moment, warnings


def listed(models: Sequence[Mapping[str, Any]]) -> list[str]:
    """A table."""
    if not models:
        return ["There is no model yet; `agridrone train` makes one."]
    head = ("NAME", "VERSION", "BASE", "CLASSES", "mAP50", "mAP50-95", "SIZE", "MADE (UTC)", "", "ID")
    return table([head, *(_row(model) for model in models)], right=frozenset({3, 4, 5, 6}))


def shown(model: Mapping[str, Any]) -> list[str]:
    """All of a model."""
    lines = [f"{model['name']}: {measured(model['metrics'])}."]
    lines += table([[f"  {name}", value] for name, value in _facts(model)])
    if model["metrics"]:
        lines += per_class(model["metrics"])
    for evaluation in model["evaluations"]:
        lines.append(f"On {place(evaluation)}: {outcome(evaluation)}.")
    return lines


def deployed(deployment: Mapping[str, Any]) -> list[str]:
    """What a deployment came to."""
    name = deployment["roboflowModel"] or (deployment["model"] or {}).get("name", "The model")
    project = deployment["project"]
    match deployment["status"]:
        case "ACTIVE":
            return [f"{project['name']} detects with {name} now, backend {project['inferenceBackend']}."]
        case "SUPERSEDED":
            return [f"{name} answered, but a later deployment was faster; {project['name']} detects with that one."]
    return [f"{name} was not deployed: {deployment['failureReason']} {project['name']} detects as before."]


def evaluated(evaluation: Mapping[str, Any]) -> list[str]:
    """What an evaluation came to."""
    lines = [f"{evaluation['model']['name']} on {place(evaluation)}: {outcome(evaluation)}."]
    if evaluation["metrics"]:
        lines += per_class(evaluation["metrics"])
    if seen := evaluation["seenImages"]:
        lines.append(f"It was trained on {counted(seen, 'image')} of that split: the figures flatter it.")
    return lines + warnings(evaluation["warnings"])


def place(evaluation: Mapping[str, Any]) -> str:
    """As `the test split of North block-v3`."""
    return f"the {evaluation['split'].lower()} split of {evaluation['version']['name']}"


def outcome(evaluation: Mapping[str, Any]) -> str:
    if evaluation["status"] == "FAILED":
        return f"FAILED: {str(evaluation['failureReason']).rstrip('.')}"
    return measured(evaluation["metrics"]) if evaluation["metrics"] else str(evaluation["status"])


def per_class(metrics: Mapping[str, Any]) -> list[str]:
    head = ("  class", "objects", "AP50", "AP50-95", "precision", "recall")
    rows = [
        (
            f"  {one['name']}",
            f"{one['instances']:,}",
            f"{one['ap50']:.3f}",
            f"{one['ap5095']:.3f}",
            f"{one['precision']:.2f}",
            f"{one['recall']:.2f}",
        )
        for one in metrics["perClass"]
    ]
    return table([head, *rows], right=frozenset(range(1, len(head)))) if rows else []


def _row(model: Mapping[str, Any]) -> tuple[str, ...]:
    metrics, version = model["metrics"], model["version"]
    return (
        model["name"],
        version["name"] if version else "imported" if model["imported"] else "-",
        model["baseModel"].lower() if model["baseModel"] else "-",
        f"{len(model['classes']):,}",
        f"{metrics['mAP50']:.3f}" if metrics else "-",
        f"{metrics['mAP5095']:.3f}" if metrics else "-",
        decimal(int(model["sizeBytes"])) if model["sizeBytes"] is not None else "-",
        moment(model["createdAt"]),
        "deployed" if model["deployed"] else "",
        model["id"],
    )


def _facts(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "id", model["id"]
    yield "project", f"{model['project']['name']} ({model['project']['id']})"
    yield "made", f"{moment(model['createdAt'])} UTC" + (", imported" if model["imported"] else "")
    if version := model["version"]:
        yield "trained on", f"{version['name']} ({version['id']})"
    if job := model["trainingJob"]:
        yield "training", job["id"]
    if parent := model["parent"]:
        yield "started from", f"{parent['name']} ({parent['id']})"
    if model["children"]:
        yield "went on as", ", ".join(child["name"] for child in model["children"])
    yield "base model", model["baseModel"].lower() if model["baseModel"] else "unknown"
    yield "classes", ", ".join(model["classes"])
    if model["sha256"] and model["sizeBytes"] is not None:
        yield "weights", f"SHA-256 {model['sha256']}, {decimal(int(model['sizeBytes']))}"
    yield "deployed", "yes" if model["deployed"] else "no"
    others = [one["name"] for one in (*model["files"], *model["plots"])]
    if others:
        yield "files", ", ".join(others)

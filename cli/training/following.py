"""A training, watched until it ends."""

from __future__ import annotations

from typing import Any

from cli.client import Client
from cli.lines import say
from cli.training import wording
from cli.training.record import PROGRESS, read_job
from cli.version.answer import print_json
from cli.version.making import Show
from cli.version.screen import screen

_PARTS = 100
"""Parts of an epoch that the bar knows, so that it moves within a long one."""


async def follow_and_tell(client: Client, job_id: str, after: str | None, as_json: bool) -> bool:
    """Shows how far the training is, from the events behind that cursor on, and prints what came of it; False when it
    failed or was cancelled. Raises ApiError."""
    async with screen("Training", quiet=as_json, by_worker="gpu") as show:
        watch = _Watch(show, as_json)
        async for event in client.follow(PROGRESS, after, jobId=job_id):
            watch.hear(event)
    job = await read_job(client, job_id)
    if as_json:
        print_json({"job": job})
    else:
        if job["config"]["effective"]:
            say(f"Trained with: {wording.arguments(job['config']['effective'])}.")
        for line in (*wording.warnings(job["warnings"]), *wording.finished(job)):
            say(line)
    return bool(job["status"] == "COMPLETED")


class _Watch:
    def __init__(self, show: Show, quiet: bool) -> None:
        self._show = show
        self._quiet = quiet
        self._best = 0.0
        self._left: int | None = None

    def hear(self, event: dict[str, Any]) -> None:
        if event["kind"] == "LOG" and not self._quiet:
            say(event["message"])
        metrics = event["metrics"]
        if metrics is not None:
            self._best = max(self._best, metrics["mAP50"] or 0.0)
            self._left = event["etaSeconds"]
        epochs = event["epochs"]
        self._show(self._done(event), epochs * _PARTS, self._note(event))

    def _done(self, event: dict[str, Any]) -> int:
        if event["batch"] is None:
            return int(event["epoch"]) * _PARTS
        return (int(event["epoch"]) - 1) * _PARTS + _PARTS * int(event["batch"]) // int(event["batches"])

    def _note(self, event: dict[str, Any]) -> str:
        if event["status"] != "RUNNING":
            return str(event["message"] or event["status"].lower())
        left = f", {wording.duration(self._left)} left" if self._left is not None else ""
        return f"epoch {event['epoch']} of {event['epochs']}, best mAP50 {self._best:.3f}{left}"

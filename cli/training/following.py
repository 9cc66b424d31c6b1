"""A training, watched until it ends."""

from __future__ import annotations

from typing import Any

from cli.answer import tell
from cli.client import Client
from cli.lines import say
from cli.screen import Show, screen
from cli.training import wording
from cli.training.record import PROGRESS, read_job

_PARTS = 100
"""Parts of an epoch that the bar knows, so that it moves within a long one."""


async def follow_and_tell(client: Client, job_id: str, after: str | None, as_json: bool) -> bool:
    """Shows how far the training is, from the events behind that cursor on, and prints what came of it; False when it
    failed or was cancelled. Raises ApiError."""
    begun = await read_job(client, job_id)
    if not as_json:
        for line in wording.begun(begun):
            say(line)
    async with screen("Training", quiet=as_json, by_worker="gpu", percent=True) as show:
        watch = Watch(show, wording.best(begun["epochs"]), as_json)
        async for event in client.follow(PROGRESS, after, jobId=job_id):
            watch.hear(event)
    job = await read_job(client, job_id)
    tell({"job": job}, wording.ended(job, begun["warnings"]), as_json)
    return bool(job["status"] == "COMPLETED")


class Watch:
    """Hears the events of a training, shows how far it is and prints its notices. `best` is the highest mAP50 of the
    epochs that were done before, None where none was measured."""

    def __init__(self, show: Show, best: float | None, quiet: bool) -> None:
        self._show = show
        self._best = best
        self._quiet = quiet
        self._left: int | None = None

    def hear(self, event: dict[str, Any]) -> None:
        """The next event."""
        if event["kind"] == "LOG" and not self._quiet:
            say(event["message"])
        if event["kind"] == "EPOCH":
            self._best = wording.best([{"mAP50": self._best}, event["metrics"]])
            self._left = event["etaSeconds"]
        self._show(self._done(event), event["epochs"] * _PARTS, self._note(event))

    def _done(self, event: dict[str, Any]) -> int:
        if event["batch"] is None:
            return int(event["epoch"]) * _PARTS
        return (int(event["epoch"]) - 1) * _PARTS + _PARTS * int(event["batch"]) // int(event["batches"])

    def _note(self, event: dict[str, Any]) -> str:
        if event["status"] != "RUNNING":
            return str(event["message"] or event["status"].lower())
        words = [f"epoch {event['epoch']} of {event['epochs']}"]
        if event["batch"] is not None:
            words.append(f"batch {event['batch']} of {event['batches']}")
        if self._best is not None:
            words.append(f"best mAP50 {self._best:.3f}")
        if self._left is not None:
            words.append(f"{wording.duration(self._left)} left")
        return ", ".join(words)

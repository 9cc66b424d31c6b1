"""Images sent to the server for detection, a few at once, and what came of each."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.answer import tell
from cli.class_colours import class_colours
from cli.client import ApiError, Client
from cli.detected_files import RECORD, make_folder, picture_names
from cli.detected_picture import PictureError, draw
from cli.lines import counted
from cli.misuse import MisuseError
from cli.screen import screen
from cli.table import table
from cli.task_errors import first_error

DETECT = """
mutation (
  $projectId: ID!, $file: Upload!, $model: ModelChoice, $backend: InferenceBackend, $confidence: Float, $iou: Float
) {
  detect(input: {
    projectId: $projectId, source: {image: $file}, model: $model, backend: $backend, confidence: $confidence, iou: $iou
  }) {
    result {
      model backend fallbackReason fallbackMessage imageWidth imageHeight queueMs inferenceMs
      detections { weedType confidence box { x y width height } }
    }
    userErrors { code message field }
  }
}
"""
_AT_ONCE = 4
_OF_ONE_IMAGE = ("UNSUPPORTED", "UNAVAILABLE", "GPU_BUSY", "LIMIT", None)
"""Codes of refusals after which the next image may fare better."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the server is asked for; None is its own choice. `model` is the contract's ModelChoice."""

    project_id: str
    model: Mapping[str, str] | None
    backend: str | None
    confidence: float | None
    iou: float | None

    def variables(self) -> dict[str, Any]:
        return {
            "projectId": self.project_id,
            "model": self.model,
            "backend": self.backend,
            "confidence": self.confidence,
            "iou": self.iou,
        }


@dataclass
class Outcome:
    """What came of an image: the contract's DetectionResult and the picture's name, or a sentence on what went wrong,
    or both where it could not be drawn."""

    image: Path
    result: dict[str, Any] | None = None
    picture: str | None = None
    error: str | None = None

    def recorded(self) -> dict[str, Any]:
        """Without what is not there."""
        parts = {"image": str(self.image), "picture": self.picture, "error": self.error}
        return {name: value for name, value in parts.items() if value is not None} | (self.result or {})


@dataclass
class _Gathering:
    """Detections on their way."""

    client: Client
    order: Order
    show: Callable[[int, int, str], None]
    outcomes: list[Outcome]
    done: int = 0
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def run(self) -> None:
        with first_error():
            async with asyncio.TaskGroup() as group:
                for outcome in self.outcomes:
                    group.create_task(self._one(outcome))

    async def _one(self, outcome: Outcome) -> None:
        async with self.places:
            self.show(self.done, len(self.outcomes), outcome.image.name)
            try:
                content = await asyncio.to_thread(outcome.image.read_bytes)
                answer = await self.client.call_with_file(DETECT, content, "image", **self.order.variables())
                outcome.result = answer["result"]
            except OSError as error:
                outcome.error = f"It cannot be read: {error.strerror or error}."
            except ApiError as error:
                if error.code not in _OF_ONE_IMAGE and "source" not in error.field:
                    raise
                outcome.error = str(error)
            self.done += 1


async def detect_and_tell(client: Client, images: Sequence[Path], order: Order, out: Path, as_json: bool) -> bool:
    """Writes a picture of each image, and the record of all, and prints what was found; False when something is wrong
    with one of them. Raises ApiError when no image would fare better, MisuseError when nothing can be written."""
    make_folder(out)
    names = picture_names(images, out)
    outcomes = [Outcome(image) for image in images]
    async with screen("Detecting", quiet=as_json, by_worker=None) as show:
        await _Gathering(client, order, show, outcomes).run()
        # Drawn when all is known, so that a class has one colour on all pictures, and the same the next time.
        classes = {one["weedType"] for outcome in outcomes if outcome.result for one in outcome.result["detections"]}
        colours = class_colours(sorted(classes))
        for number, (outcome, name) in enumerate(zip(outcomes, names, strict=True)):
            show(number, len(outcomes), f"drawing {name}")
            if (result := outcome.result) is None:
                continue
            size = (result["imageWidth"], result["imageHeight"])
            try:
                await asyncio.to_thread(draw, outcome.image, size, result["detections"], colours, out / name)
                outcome.picture = name
            except PictureError as error:
                outcome.error = str(error)
    document = {"images": [outcome.recorded() for outcome in outcomes]}
    _write_record(out, document)
    tell(document, _lines(outcomes, out), as_json)
    return all(outcome.error is None for outcome in outcomes)


def _write_record(out: Path, document: Mapping[str, Any]) -> None:
    try:
        (out / RECORD).write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise MisuseError(f"{out / RECORD} cannot be written: {error.strerror or error}.") from error


def _lines(outcomes: Sequence[Outcome], out: Path) -> list[str]:
    head = ("IMAGE", "FOUND", "BACKEND", "MS", "")
    drawn = sum(outcome.picture is not None for outcome in outcomes)
    rows = table([head, *(_row(outcome) for outcome in outcomes)], right=frozenset({3}))
    return [*rows, f"{out}: {counted(drawn, 'picture')} of {counted(len(outcomes), 'image')}, and {RECORD}."]


def _row(outcome: Outcome) -> tuple[str, str, str, str, str]:
    result = outcome.result
    if result is None:
        return str(outcome.image), "-", "-", "-", outcome.error or ""
    numbers = Counter(one["weedType"] for one in result["detections"])
    found = ", ".join(f"{count:,} {name}" for name, count in sorted(numbers.items())) or "nothing"
    took = f"{result['queueMs'] + result['inferenceMs']:,.0f}"
    note = outcome.error or result["fallbackReason"] or ""
    return str(outcome.image), found, str(result["backend"]), took, note

"""What is uploaded: real oil palms where they are, generated fields elsewhere."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

from cli.demo.box import Box
from cli.demo.dataset import LabelledImage
from cli.demo.ground import DRY_NOON
from cli.demo.scenes import scene
from live.server import ROOT

_SOURCE = "palmvision-oilpalm"
_FIELDS = 16


def palms_or_fields() -> list[LabelledImage]:
    """The oil palms in REALDATA_DIR, or beside the repository; where they are missing, as many generated fields."""
    folder = Path(os.environ.get("REALDATA_DIR") or ROOT.parent / "shared" / "realdata")
    listing = folder / "annotations.json"
    return _palms(folder, listing) if listing.is_file() else fields(_FIELDS)


def fields(count: int) -> list[LabelledImage]:
    """Generated fields, always the same ones."""
    views = [scene(seed, DRY_NOON) for seed in range(5000, 5000 + count)]
    return [LabelledImage(f"field-{view.seed}.jpg", view.boxes, view.jpeg) for view in views]


def _palms(folder: Path, listing: Path) -> list[LabelledImage]:
    known = json.loads(listing.read_text("utf-8"))
    boxes: dict[str, list[Box]] = defaultdict(list)
    for annotation in known["annotations"]:
        boxes[annotation["image"]].append(Box(annotation["label"], *annotation["bbox"]))
    files = [image["file"] for image in known["images"] if image["source"] == _SOURCE]
    return [LabelledImage(file, tuple(boxes[file]), folder / file) for file in files]

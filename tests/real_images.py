"""The real aerial images beside the checkout, or in REALDATA_DIR, as a manifest freezes them."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

from domain.models.annotation import AnnotationSource
from domain.models.geometry import Box
from domain.models.manifest import FrozenAnnotation, FrozenImage
from domain.models.version import Split
from domain.ports import ObjectStore
from rendering.decode import read_orientation

REALDATA = Path(os.environ.get("REALDATA_DIR", Path(__file__).resolve().parents[2] / "shared" / "realdata"))
needs_real_images = pytest.mark.skipif(
    not REALDATA.is_dir(), reason="the real images are not here: set REALDATA_DIR to see them rendered"
)
_SPLITS = (Split.TRAIN, Split.TRAIN, Split.VAL, Split.TEST)


async def stored_real_images(store: ObjectStore) -> list[FrozenImage]:
    """All of them, with their originals in the store; splits in turn."""
    listing = json.loads((REALDATA / "annotations.json").read_text("utf-8"))
    annotations = defaultdict(list)
    for number, one in enumerate(listing["annotations"]):
        box = Box(*(float(value) for value in one["bbox"]))
        polygon = tuple((float(x), float(y)) for x, y in one.get("polygon") or ()) or None
        frozen = FrozenAnnotation(str(number), one["label"], box, polygon, None, AnnotationSource.MANUAL, True)
        annotations[one["image"]].append(frozen)
    images = []
    for number, one in enumerate(listing["images"]):
        data = (REALDATA / one["file"]).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        key = f"teams/team/originals/{sha256[:2]}/{sha256}"
        await store.put(key, data, "image/jpeg")
        size = one["width"], one["height"]
        facts = (one["file"], Path(one["file"]).name, key, sha256, len(data), *size, read_orientation(data))
        split = _SPLITS[number % len(_SPLITS)]
        images.append(FrozenImage(*facts, None, None, sha256, split, tuple(annotations[one["file"]])))
    return images

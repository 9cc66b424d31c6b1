"""File names for what is rendered: readable, safe anywhere, and all different."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePath

from domain.models.manifest import FrozenImage

_MOST = 80


class Stems:
    """File names without suffix. Drones repeat names, and people upload files twice, so each has digits of the SHA-256;
    a name that was there already gets a number. The same images in the same order get the same names."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def of(self, image: FrozenImage) -> str:
        original = PurePath(image.filename.replace("\\", "/")).stem
        readable = re.sub(r"[^A-Za-z0-9._-]+", "_", original)[:_MOST].strip("._-") or "image"
        stem = f"{readable}_{image.sha256[:8]}"
        self._taken[stem.lower()] += 1
        repeat = self._taken[stem.lower()]
        return stem if repeat == 1 else f"{stem}~{repeat}"

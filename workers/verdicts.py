"""What was found out about runtimes on this host: which of them answer as torch does, model by model."""

from __future__ import annotations

import hashlib
import json
import socket
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from domain.ids import new_id
from workers.engine.parity import Verdict

_LIBRARIES = ("torch", "onnxruntime", "ultralytics-opencv-headless", "opencv-python-headless", "numpy")


class Verdicts:
    """Small files in `folder`, which may be deleted at any time: they save a comparison at each start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Verdict] = {}

    def get(self, key: str) -> Verdict | None:
        if key not in self._known:
            try:
                self._known[key] = Verdict(**json.loads((self._folder / f"{key}.json").read_text("utf-8")))
            except (OSError, ValueError, TypeError):
                return None  # never compared, or cut off as it was written
        return self._known[key]

    def put(self, key: str, verdict: Verdict) -> None:
        self.put_for_now(key, verdict)
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / new_id()
        partial.write_text(json.dumps(asdict(verdict)), "utf-8")
        partial.replace(self._folder / f"{key}.json")

    def put_for_now(self, key: str, verdict: Verdict) -> None:
        """As `put`, until this process ends: what stood in the way may be gone by then."""
        self._known[key] = verdict


def verdict_key(*facts: str | int) -> str:
    """SHA-256 (hex) over what was compared, this host, and the libraries that compute."""
    text = json.dumps([*facts, socket.gethostname(), *(version(name) for name in _LIBRARIES)])
    return hashlib.sha256(text.encode()).hexdigest()

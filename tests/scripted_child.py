"""In the place of the training child: a process that does what a script says, and needs neither torch nor time.

Its first argument is the script, JSON: a list with, for each start, the steps to take, the last of them again for
further starts. The second one is the working folder. It keeps beside the script which specs it was started with.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from workers.child.protocol import REPORTS_NAME, SPEC_NAME

METRICS = {"map50": 0.5, "map50_95": 0.25, "precision": 0.5, "recall": 0.5, "per_class": [], "confusion": None}


def main(script: Path, folder: Path) -> None:
    starts = json.loads(script.read_text())
    started = script.with_suffix(".started")
    before = started.read_text().splitlines() if started.exists() else []
    started.write_text("\n".join([*before, json.dumps(json.loads((folder / SPEC_NAME).read_text()))]))
    with (folder / REPORTS_NAME).open("w") as reports:
        for step in starts[min(len(before), len(starts) - 1)]:
            take(step, folder, lambda **report: print(json.dumps(report), file=reports, flush=True))


def take(step: dict[str, Any], folder: Path, send: Any) -> None:
    match step:
        case {"print": text}:
            sys.stdout.write(text)
        case {"print_folder": _}:
            sys.stdout.write(f"saved to {folder}/run\n")
        case {"epoch": epoch}:
            paths = {name: folder / f"{name}-{epoch}.pt" for name in ("last", "best")}
            for name, path in paths.items():
                path.write_bytes(f"{name} {epoch}".encode())
            send(kind="state", epoch=epoch, **{name: str(path) for name, path in paths.items()})
            send(kind="epoch", epoch=epoch, seconds=1.5)
        case {"notice": code}:
            send(kind="log", code=code, message=f"It says {code}.", count=1)
        case {"sleep": seconds}:
            time.sleep(seconds)
        case {"signal": name}:
            os.kill(os.getpid(), getattr(signal, name))
        case {"failed": reason}:
            send(kind="failed", reason=reason, message=f"It was {reason} in {folder}/here.")
        case {"done": epochs}:
            send(kind="done", **result(folder, epochs))


def result(folder: Path, epochs: int) -> dict[str, Any]:
    for name in ("best.pt", "results.png", "model.onnx"):
        (folder / name).write_bytes(name.encode())
    files = [("results.png", "image/png"), ("model.onnx", "application/octet-stream")]
    return {
        "weights": str(folder / "best.pt"),
        "classes": ["wattle"],
        "metrics": METRICS,
        "images": 2,
        "epochs": epochs,
        "files": [{"name": name, "path": str(folder / name), "content_type": kind} for name, kind in files],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

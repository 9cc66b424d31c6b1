"""Ultralytics in this process: quiet, offline, its files in a folder that goes when the process does."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from pathlib import Path

from workers.child.environment import contain_ultralytics, contained_environment, prepare_config

_lock = threading.Lock()
_folders: list[Path] = []


def contained_folder(threads: int) -> Path:
    """Imports Ultralytics with torch, contained, the first time; a folder to put weights in that are to be opened.
    torch computes with `threads` from then on."""
    with _lock:
        if not _folders:
            folder = Path(tempfile.mkdtemp(prefix="engine-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            os.environ.update(contained_environment(folder / "config", threads))
            # In this process Ultralytics' chatter would end up among the worker's own lines.
            os.environ["YOLO_VERBOSE"] = "False"
            prepare_config(folder / "config")
            contain_ultralytics(folder, threads)
            _folders.append(folder)
        return _folders[0]

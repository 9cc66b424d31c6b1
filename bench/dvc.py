"""What DVC takes to put images under version control: `dvc add` of their files, in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

FILE_BYTES = 20_000


def dvc_command() -> str | None:
    """The dvc that the environment variable DVC names, or the one on the path; None when there is none."""
    return os.environ.get("DVC") or shutil.which("dvc")


def dvc_add_seconds(command: str, count: int) -> float:
    """Seconds of `dvc add` for `count` new files of FILE_BYTES each."""
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-dvc-") as name:
        folder = Path(name)
        images = folder / "images"
        images.mkdir()
        for number in range(count):
            (images / f"DJI_{number:06}.JPG").write_bytes(os.urandom(FILE_BYTES))
        # Its caches and settings stay in the folder, and it calls nobody.
        environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "HOME": name, "DVC_SITE_CACHE_DIR": f"{name}/site"}

        def dvc(*words: str) -> None:
            subprocess.run(  # noqa: S603 - the operator's own dvc
                [command, *words, "--quiet"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
            )

        dvc("init", "--no-scm")
        started = time.perf_counter()
        dvc("add", "images")
        return time.perf_counter() - started

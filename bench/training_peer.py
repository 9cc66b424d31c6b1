"""`yolo detect train`, as its users run it, in a process of its own: the arguments are those of the command.

But for two things that this machine needs: torchvision beside the CPU build of torch, and no network."""

from __future__ import annotations

import sys
from pathlib import Path

from workers.child.environment import contain_ultralytics, prepare_config


def main(threads: int, arguments: list[str]) -> None:
    sys.argv = ["yolo", *arguments]  # Ultralytics takes them when it is imported
    folder = Path.cwd()
    prepare_config(folder / "config")
    contain_ultralytics(folder, threads)
    from ultralytics.cfg import entrypoint

    entrypoint()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

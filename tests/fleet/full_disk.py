"""A disk that is full for one process: a file beside its data folder says so.

Whatever the process then opens for writing in that folder, and every folder that it makes there, is refused with
ENOSPC. A small file system of its own would need root, and a limit on the size of files is another error.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def flag_of(data_dir: Path) -> Path:
    """The disk of that data folder is full while this file exists."""
    return data_dir.with_suffix(".full")


def be_full_when_told() -> None:
    """For the start of a process whose data folder is AGRIDRONE_DATA_DIR."""
    folder = os.environ["AGRIDRONE_DATA_DIR"]
    flag = str(flag_of(Path(folder)))

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event not in ("open", "os.mkdir"):
            return
        path = arguments[0]
        writes = event == "os.mkdir" or bool(int(str(arguments[2] or 0)) & _WRITING)
        if writes and isinstance(path, str) and path.startswith(folder) and os.path.exists(flag):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    sys.addaudithook(refuse)

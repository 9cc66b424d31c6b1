"""Servers in processes of their own, for as long as something is measured."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port that nobody listens at right now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """The command runs while this is open."""
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 - commands of ours
            command, cwd=_ROOT, env={**os.environ, **environment}, stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()

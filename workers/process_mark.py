"""Which process it is that holds something, so that another one on the same host can tell later whether it is gone."""

from __future__ import annotations

import os
from pathlib import Path


def own_mark() -> str:
    """This process, told apart from any other of the same number, before and after it; empty where there is no /proc
    to read it from."""
    place, pid = _place(), str(os.getpid())
    started = _started(pid)
    return f"{place} {pid} {started}" if place and started else ""


def has_ended(mark: str) -> bool:
    """Whether the process of that mark is gone for certain. Of another boot, container or machine this one can see
    nothing."""
    place, _, process = mark.partition(" ")
    if not place or place != _place():
        return False
    pid, _, started = process.partition(" ")
    return _started(pid) != started


def _place() -> str:
    """What process numbers are counted in: one boot of one machine, and on it one container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: str) -> str | None:
    """When the process started, in ticks since the boot; None when there is none, or nothing but its exit status."""
    try:
        stat = Path("/proc", pid, "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the program's name, may contain anything; the state is the third, the start the 22nd.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]

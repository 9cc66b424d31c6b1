"""What a sandboxed child may use, set by the child on itself."""

from __future__ import annotations

import os
import resource
from pathlib import Path

MEMORY_BYTES = 512 * 1024**2
"""What reading a file takes at most, unless a pool says otherwise."""
_FILE_BYTES = 2 * 1024**3
_OPEN_FILES = 64
_NICENESS = 5
_STATUS = Path("/proc/self/status")


def limit_process(memory: int, cpu_seconds: int | None = None) -> None:
    """Lower this process's limits for good, once everything is imported: it may grow by `memory` bytes from here, and
    compute for `cpu_seconds` since its start.

    Memory is not limited where the system counts no data segment (macOS has no /proc); the other limits hold there.
    """
    os.nice(_NICENESS)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, _FILE_BYTES)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    if cpu_seconds is not None:
        _lower(resource.RLIMIT_CPU, cpu_seconds)
    data = memory_bytes("VmData")
    if data is not None:
        _lower(resource.RLIMIT_DATA, data + memory)


def memory_bytes(field: str) -> int | None:
    """A memory figure of this process as /proc/self/status names it (VmData, VmRSS); None where there is no /proc."""
    if not _STATUS.exists():
        return None
    lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines())
    return int(lines[field].split()[0]) * 1024


def _lower(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (allowed, allowed))

"""What the system tells of memory that ran out."""

from __future__ import annotations

from pathlib import Path

_VMSTAT = Path("/proc/vmstat")


def processes_killed(vmstat: Path = _VMSTAT) -> int:
    """How many processes Linux has killed since its start because memory ran out, in a container of its own or for
    want of the machine's (`oom_kill` of proc(5)); 0 on other systems."""
    try:
        lines = vmstat.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

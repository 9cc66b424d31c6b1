"""`python -m fleet.entry`: one process of the fleet. It is the command `agridrone`, but leases end within seconds, and
its disk is full while a file says so."""

from __future__ import annotations

import sys

import domain.jobs

HEARTBEAT_SECONDS, LEASE_SECONDS, SWEEP_SECONDS = 1, 6, 2
"""A lease of half a minute would take a round longer than it may last."""


def hurry() -> None:
    """For the start: whoever imports these by name has to find them as they are then."""
    domain.jobs.HEARTBEAT_SECONDS = HEARTBEAT_SECONDS
    domain.jobs.LEASE_SECONDS = LEASE_SECONDS
    domain.jobs.SWEEP_SECONDS = SWEEP_SECONDS
    from adapters.gpu_mutex import RedisGpuMutex

    RedisGpuMutex.__init__.__defaults__ = (float(LEASE_SECONDS),)


def main() -> None:
    hurry()
    from fleet.full_disk import be_full_when_told

    be_full_when_told()
    if sys.argv[1:] == ["audit"]:
        from fleet.auditing import answer_audits

        answer_audits()
    else:
        from cli.app import run

        run()


if __name__ == "__main__":
    main()

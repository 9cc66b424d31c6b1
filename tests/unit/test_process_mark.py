"""Whether a process that left its mark is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from workers.process_mark import has_ended, own_mark

_MARK = "from workers.process_mark import own_mark; print(own_mark(), flush=True); input()"


def test_a_process_that_runs_has_not_ended() -> None:
    assert not has_ended(own_mark())


def test_a_process_that_nobody_has_waited_for_has_ended() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _MARK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        mark = process.stdout.readline().strip()
        assert not has_ended(mark)
        process.kill()
        # Without reaping it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE
        assert has_ended(mark)
    assert has_ended(mark)


def test_another_process_of_the_same_number_is_not_the_one_that_left_the_mark() -> None:
    place, pid, started = own_mark().split(" ")
    assert has_ended(f"{place} {pid} {int(started) - 1}")


@pytest.mark.parametrize("mark", ["", " ", "of something else", " 1 1"])
def test_what_cannot_be_told_has_not_ended(mark: str) -> None:
    assert not has_ended(mark)


def test_of_another_boot_or_container_nothing_can_be_told() -> None:
    place, pid, started = own_mark().split(" ")
    boot, namespace = place.split(":", 1)
    assert not has_ended(f"another:{namespace} {pid} {int(started) - 1}")
    assert not has_ended(f"{boot}:pid:[1] {pid} {int(started) - 1}")

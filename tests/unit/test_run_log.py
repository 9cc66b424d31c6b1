"""A training's output on its way into the database: nothing lost when forwarding is interrupted, nothing hoarded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain.jobs import Claim, JobKind
from workers.run_log import RunLog


class _Database:
    """Keeps the lines; hangs while `stuck`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stuck = False
        self.reached = asyncio.Event()

    async def write(self, work: Any) -> None:
        self.reached.set()
        if self.stuck:
            await asyncio.Event().wait()
        await work(SimpleNamespace(jobs=self))

    async def add_log(self, _: Claim, lines: list[str], kept: int) -> None:
        self.lines += lines


async def _log(folder: Path) -> tuple[_Database, Path, RunLog]:
    database: Any = _Database()
    path = folder / "child.log"
    return database, path, RunLog(database, Claim(JobKind.TRAINING, "job", 1, 1, "worker"), path, folder)


async def test_lines_whose_writing_is_cancelled_are_written_by_the_next_call(tmp_path: Path) -> None:
    database, path, log = await _log(tmp_path)
    path.write_text("first\nlast wo")
    database.stuck = True
    forwarding = asyncio.create_task(log.forward())
    await database.reached.wait()
    forwarding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await forwarding
    database.stuck = False
    with path.open("a") as file:
        file.write("rds")
    await log.forward(to_the_end=True)
    assert database.lines == ["first", "last words"]


async def test_a_letter_that_is_written_in_two_pieces_is_one(tmp_path: Path) -> None:
    database, path, log = await _log(tmp_path)
    for piece in ("━".encode()[:1], "━".encode()[1:] + b"\n"):
        with path.open("ab") as file:
            file.write(piece)
        await log.forward()
    assert database.lines == ["━"]


async def test_a_line_that_does_not_end_is_not_hoarded(tmp_path: Path) -> None:
    database, path, log = await _log(tmp_path)
    path.write_text("".join(f"\r{percent}% " + "━" * 1000 for percent in range(100)))
    await log.forward()
    assert len(log._rest) < 70_000
    await log.forward(to_the_end=True)
    assert [line[:5] for line in database.lines] == ["99% ━"]

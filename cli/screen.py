"""What is shown on standard error while something is made, trained or downloaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn

from cli.lines import printable
from cli.progress_lines import RareLines, Silence

_LOOK_SECONDS = 2.0

Show = Callable[[int, int, str], None]
"""Hears how many are done, of how many, and what is being done."""


@asynccontextmanager
async def screen(title: str, quiet: bool, by_worker: str | None = "io", percent: bool = False) -> AsyncIterator[Show]:
    """A bar on a terminal; elsewhere a line now and then, or nothing when it is to be `quiet`. A long silence of what
    is done by a worker of the kind `by_worker` is remarked on. With `percent` the numbers are shares of the whole, not
    things that a person would count."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, percent) as progress:
            view: _View = _Bar(progress, title, by_worker)
            async with _watched(view):
                yield view.show
    elif quiet:
        yield lambda done, total, note: None
    else:
        view = _Lines(console, title, by_worker, percent)
        async with _watched(view):
            yield view.show


class _View:
    """Shows the last news, also again, so that a long silence is noticed."""

    def __init__(self, by_worker: str | None) -> None:
        self._silence = Silence(by_worker) if by_worker else None
        self._last = (0, 0, "waiting")

    def show(self, done: int, total: int, note: str) -> None:
        self._last = (done, total, printable(note))
        self.draw()

    def draw(self) -> None:
        done, total, note = self._last
        self._draw(done, total, note + (self._silence.note((done, note)) if self._silence else ""))

    def _draw(self, done: int, total: int, note: str) -> None:
        raise NotImplementedError


class _Bar(_View):
    def __init__(self, progress: Progress, title: str, by_worker: str | None) -> None:
        super().__init__(by_worker)
        self._progress = progress
        self._task = progress.add_task(title, total=None, note="")

    def _draw(self, done: int, total: int, note: str) -> None:
        self._progress.update(self._task, completed=done, total=total or None, note=note)


class _Lines(_View):
    def __init__(self, console: Console, title: str, by_worker: str | None, percent: bool) -> None:
        super().__init__(by_worker)
        self._lines = RareLines(console)
        self._title = title
        self._percent = percent

    def _draw(self, done: int, total: int, note: str) -> None:
        if not total:
            far = ""
        elif self._percent:
            far = f"{done / total:.0%}, "
        else:
            far = f"{done:,} of {total:,}, "
        self._lines.say(f"{self._title}: {far}{note}")


@asynccontextmanager
async def _watched(view: _View) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            view.draw()

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


def _bar(console: Console, percent: bool) -> Progress:
    far = TaskProgressColumn() if percent else MofNCompleteColumn()
    moving = (far, TextColumn("{task.fields[note]}", markup=False))
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(), *moving, console=console, transient=True
    )

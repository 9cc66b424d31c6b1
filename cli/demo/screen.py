"""What the demo shows while it works: bars for the job and the running step, and a line for each step done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Step:
    """The running step."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self.result = ""

    def show(self, done: float, total: float, note: str = "") -> None:
        """Moves the step's bar to `done` of `total`."""
        self._progress.update(self._task, completed=done, total=total, note=note)

    def say(self, result: str) -> None:
        """What the step came to, for the line that stays when it is done."""
        self.result = result


class Screen:
    """Shows a job of `steps` steps on the console. Use it as a context manager around the job."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._whole = self._progress.add_task("[bold]The whole job", total=steps, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """A step of the job: its bar while it runs, its line when it is done."""
        task = self._progress.add_task(title, total=None, note="")
        step, began = Step(self._progress, task), time.monotonic()
        try:
            yield step
        except BaseException:
            self._console.print(f"[red]✗[/] {title}")
            raise
        finally:
            self._progress.remove_task(task)
        line = f"[green]✓[/] {title}: {escape(step.result)} [dim]({time.monotonic() - began:.1f} s)[/]"
        self._console.print(line, soft_wrap=True, highlight=False)
        self._progress.advance(self._whole)

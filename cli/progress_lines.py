"""Progress where no bar can be drawn: a line now and then, and a word when nothing moves."""

from __future__ import annotations

import time

from rich.console import Console

_LINE_SECONDS = 5.0
_SILENT_SECONDS = 60.0


class RareLines:
    """Prints at most a line in five seconds, the first after as long."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = time.monotonic()

    def say(self, line: str) -> None:
        now = time.monotonic()
        if now - self._said >= _LINE_SECONDS:
            self._said = now
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Silence:
    """Notices when nothing new has been heard for long of a worker of that kind."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._news: object = None
        self._moved = 0.0

    def note(self, news: object) -> str:
        """A remark to append, once `news` has been the same for a minute; else nothing."""
        now = time.monotonic()
        if news != self._news:
            self._news, self._moved = news, now
        silent = now - self._moved >= _SILENT_SECONDS
        return f" – no news for a minute: does a worker of the kind {self._worker} run?" if silent else ""

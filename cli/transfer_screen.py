"""What is shown while files are sent and checked: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from cli.progress_lines import RareLines, Silence
from cli.sending import Watch


@contextmanager
def transfer_screen(console: Console, files: int, size_bytes: int) -> Iterator[Watch]:
    """Shows the sending of so many files, with so many bytes together."""
    if not console.is_terminal:
        yield _Lines(console, files, size_bytes)
        return
    bars = _Bars(console, files, size_bytes)
    try:
        yield bars
    finally:
        bars.stop()


class _Bars:
    """One while files are sent, then one while they are checked."""

    def __init__(self, console: Console, files: int, size_bytes: int) -> None:
        moving = (TextColumn("{task.fields[files]}"), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._sending = Progress(TextColumn("Sending"), BarColumn(), *moving, console=console, transient=True)
        judged = (MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
        self._checking = Progress(TextColumn("Checking"), BarColumn(), *judged, console=console, transient=True)
        self._files = files
        self._size_bytes = size_bytes
        self._sent = self._sending.add_task("", total=size_bytes, files=f"0/{files} files")
        self._checked = self._checking.add_task("", note="")
        self._silence = Silence("io")
        self._sending.start()

    def sending(self, files: int, sent_bytes: int, saved_bytes: int) -> None:
        through, total = f"{files}/{self._files} files", max(self._size_bytes - saved_bytes, sent_bytes)
        self._sending.update(self._sent, completed=sent_bytes, total=total, files=through)

    def checking(self, done: int, total: int) -> None:
        self._sending.stop()
        self._checking.start()
        self._checking.update(self._checked, completed=done, total=total, note=self._silence.note(done))

    def stop(self) -> None:
        """Takes the bars off the terminal."""
        self._sending.stop()
        self._checking.stop()


class _Lines:
    def __init__(self, console: Console, files: int, size_bytes: int) -> None:
        self._lines = RareLines(console)
        self._files = files
        self._size_bytes = size_bytes
        self._began = time.monotonic()
        self._silence = Silence("io")

    def sending(self, files: int, sent_bytes: int, saved_bytes: int) -> None:
        total, rate = max(self._size_bytes - saved_bytes, sent_bytes), sent_bytes / (time.monotonic() - self._began)
        left = f", {(total - sent_bytes) / rate:.0f} s left" if rate else ""
        self._lines.say(
            f"{files} of {self._files} files, {decimal(sent_bytes)} of {decimal(total)} sent, "
            f"{decimal(round(rate))}/s{left}"
        )

    def checking(self, done: int, total: int) -> None:
        self._lines.say(f"{done} of {total} files checked{self._silence.note(done)}")

"""What a training prints, on its way from the child's file to those who ask for it."""

from __future__ import annotations

import asyncio
import codecs
import re
from pathlib import Path

from domain.jobs import Claim
from domain.ports import Database
from domain.training import LOG_LINES_KEPT
from domain.training_progress import printed
from workers.host_paths import without_host_paths

_FORWARD_SECONDS = 2.0
_LINE_CHARACTERS = 500
_READ_BYTES = 1024 * 1024
# Of a line that does not end, as a progress bar's may not, the newest part is what a terminal would show.
_REST_CHARACTERS = 64 * 1024
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class RunLog:
    """Follows the file `path`, which may not be there yet. How the host is laid out is taken out of the lines: of
    `folder`, the training's own, only what is below it is told."""

    def __init__(self, database: Database, claim: Claim, path: Path, folder: Path) -> None:
        self._database = database
        self._claim = claim
        self._path = path
        self._folder = folder.resolve()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._offset = 0
        self._rest = ""

    async def run(self) -> None:
        """Forwards lines as they come, until it is cancelled. Raises ClaimLostError."""
        while True:
            await asyncio.sleep(_FORWARD_SECONDS)
            await self.forward()

    async def forward(self, to_the_end: bool = False) -> None:
        """Forwards the lines that are complete; `to_the_end`, the last one too. When it is cancelled, or its writing
        fails, the next call forwards the same again. Raises ClaimLostError."""
        while data := await asyncio.to_thread(self._read):
            decoded = self._decoder.getstate()
            *complete, rest = (self._rest + self._decoder.decode(data)).split("\n")
            try:
                await self._write(complete)
            except BaseException:
                self._decoder.setstate(decoded)
                raise
            self._offset += len(data)
            self._rest = rest[-_REST_CHARACTERS:]
        if to_the_end and self._rest:
            await self._write([self._rest])
            self._rest = ""

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                return file.read(_READ_BYTES)
        except FileNotFoundError:
            return b""

    async def _write(self, raw: list[str]) -> None:
        lines = [line for one in raw if (line := self._shown(one))]
        if lines:
            await self._database.write(printed(self._claim, lines[-LOG_LINES_KEPT:]))

    def _shown(self, raw: str) -> str:
        """A line as a terminal would leave it: a progress bar's last state, without colours."""
        states = [state for state in _COLOURS.sub("", raw).split("\r") if state.strip()]
        return without_host_paths(states[-1], self._folder).rstrip()[:_LINE_CHARACTERS] if states else ""

"""Asking the auditor's process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from live.server import ROOT

READ_BACK = "read back"
_ANSWER_SECONDS = 120
_LINE_LIMIT = 16 << 20


class AuditProcess:
    """Started at the first question; one at a time. `looked_at` counts the subjects that the last audit looked at, by
    invariant."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = environment
        self.looked_at: Mapping[str, int] = {}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def findings(self, read_back: bool = False) -> list[str]:
        """Sentences; also about what kept it from looking. Raises TimeoutError."""
        process = self._process = self._process or await self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{READ_BACK if read_back else 'audit'}\n".encode())
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                line = await process.stdout.readline()
        except BaseException:
            await self.close()  # its answer would be taken for that to the next question
            raise
        if not line:
            raise RuntimeError(f"The auditor's process ended:\n{self._log.read_text('utf-8', 'replace')[-4000:]}")
        answer = json.loads(line)
        self.looked_at = answer["looked_at"]
        found = [f"{one['invariant']}: {one['subject']}: {one['message']}" for one in answer["findings"]]
        return found + ([f"the auditor could not look: {answer['error']}"] if answer["error"] else [])

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()

    async def _started(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "fleet.entry", "audit"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                cwd=ROOT,
                limit=_LINE_LIMIT,
                start_new_session=True,
            )

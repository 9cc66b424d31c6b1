"""GraphQL's reference clients, written in JavaScript, in a process of their own: web/conformance has the scripts."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Literal

from live.server import ROOT
from stack import PATIENCE, Caller

Protocol = Literal["graphql-ws", "graphql-sse"]
_SCRIPTS = ROOT / "web" / "conformance"


async def audited(caller: Caller) -> list[dict[str, Any]]:
    """The checks of graphql-http's audit: `id`, `name`, `status`, and where that is not ok the `reason`."""
    return [line async for line in _lines(caller, caller.address, "audit.ts")]


async def told_by(
    protocol: Protocol, caller: Caller, operations: Sequence[dict[str, Any]], address: str | None = None
) -> AsyncGenerator[dict[str, Any], None]:
    """What a client is told of these operations, one after the other: `connected`, `next`, `error` and `complete`.

    An operation has a `query`, and may have `variables` and a number of answers that are `enough` for the client.
    """
    async for line in _lines(caller, address or caller.address, "client.ts", protocol, said=json.dumps(operations)):
        yield line


async def _lines(
    caller: Caller, address: str, script: str, *arguments: str, said: str = ""
) -> AsyncGenerator[dict[str, Any], None]:
    node = shutil.which("node", path=Path(sys.executable).parent)
    assert node is not None, "make setup brings node along"
    process = await asyncio.create_subprocess_exec(
        node,
        _SCRIPTS / script,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "API_ADDRESS": address, "API_TOKEN": caller.token or ""},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            process.stdin.write(said.encode())
            process.stdin.write_eof()
            async for line in process.stdout:
                yield json.loads(line)
            assert await process.wait() == 0, "its own words are above; make web installs its packages"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

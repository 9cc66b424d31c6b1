"""What stands before a server and counts, holds and breaks the downloads of objects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.local_store import ROUTE


@dataclass
class Gate:
    """Stands before the application: counts the bytes of objects that are downloaded, holds or breaks the answers."""

    sent: int = 0
    ranges: list[str] = field(default_factory=list)
    hold_after: int | None = None
    """Bytes after which every answer stands still."""
    break_next: int = 0
    """So many answers are broken off after their first piece."""
    faults: list[int] = field(default_factory=list)
    """Statuses that the next downloads are answered with instead."""
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def gated(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(ROUTE):
                await self._get(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return gated

    async def _get(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.faults:
            await PlainTextResponse("on purpose", self.faults.pop(0))(scope, receive, send)
            return
        self.ranges += [value.decode() for name, value in scope["headers"] if name == b"range"]
        broken, self.break_next = self.break_next > 0, max(0, self.break_next - 1)

        async def counted(message: Message) -> None:
            if self.hold_after is not None and self.sent >= self.hold_after:
                await self.release.wait()
            self.sent += len(message.get("body", b""))
            await send(message)
            if broken and message.get("body"):
                raise ConnectionError("broken on purpose")

        await app(scope, receive, counted)

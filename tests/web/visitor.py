"""A person at a browser: one page of Chromium, signed in, and everything that went wrong on it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from live.server import ROOT

PATIENCE_MS = 30_000
"""What a page may take for anything but a training, on a busy machine."""

DESKTOP, PHONE = (1280, 900), (390, 844)
_AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_STILL = "() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))"
_SHIFT = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Visitor:
    """`faults` are console errors, exceptions and requests to other hosts than the server's: there must be none."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    """Parts of console messages that the test provokes, as the browser's own about a request that is refused."""

    async def open(self, path: str) -> None:
        await self.page.goto(self.address + path)

    def excuse(self, part: str) -> None:
        self.expected.append(part)

    async def accessible(self) -> None:
        """axe finds nothing on the page as it stands, and nothing is wider than the window."""
        await self.page.evaluate(_AXE.read_text("utf-8"))
        # A dialog that fades in has the contrast of neither its beginning nor its end.
        await self.page.evaluate(_STILL)
        found: dict[str, Any] = await self.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        violations = [
            (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]])
            for violation in found["violations"]
        ]
        assert violations == [], f"{self.page.url}: {json.dumps(violations, indent=1)}"
        beyond = await self.page.evaluate(_SHIFT)
        assert beyond <= 0, f"{self.page.url} is {beyond} pixels wider than its window"

    def note(self, fault: str) -> None:
        if not any(part in fault for part in self.expected):
            self.faults.append(fault)


@asynccontextmanager
async def visiting(
    browser: Browser,
    address: str,
    token: str | None,
    *,
    window: tuple[int, int] = DESKTOP,
    theme: Literal["light", "dark"] = "light",
) -> AsyncIterator[Visitor]:
    """A visitor of the server at `address`. Ends with an error when the page was at fault."""
    width, height = window
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    if token is not None:
        await _sign_in(context, address, token)
    visitor = Visitor(await context.new_page(), address)
    _watch(visitor)
    try:
        yield visitor
        assert visitor.faults == []
    finally:
        await context.close()


async def _sign_in(context: BrowserContext, address: str, token: str) -> None:
    """As the sign-in page does it, once: what a test removes from the storage stays removed."""
    page = await context.new_page()
    await page.goto(address + "/leaf.svg")
    await page.evaluate("(token) => localStorage.setItem('agridrone.token', token)", token)
    await page.close()


def _watch(visitor: Visitor) -> None:
    own = urlsplit(visitor.address).netloc

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visitor.note(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def on_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != own:
            visitor.note(f"a request to another host: {request.url}")

    visitor.page.on("console", on_console)
    visitor.page.on("pageerror", lambda error: visitor.note(f"exception: {error}"))
    visitor.page.on("request", on_request)

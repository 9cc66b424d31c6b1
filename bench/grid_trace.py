"""Scrolling in Chromium, and the frames of it that Chromium's own trace tells of."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.async_api import CDPSession, Page

SECONDS, SPEED = 10, 3_000
"""Of a scroll; pixels a second, which is fifteen rows of the grid."""

_CATEGORIES = ["disabled-by-default-devtools.timeline.frame", "blink.user_timing"]
_DRAWN = "DrawFrame"
"""What the compositor of the page says of each frame that it gave away to be shown."""

_BEGIN, _END = "scroll-begin", "scroll-end"

# Two places near the edge at which pictures come in, so that the gaps between pictures hide only one of them. The upper
# edge is below the header.
_WATCH = """([mark, isDown]) => {
  performance.mark(mark);
  const edge = isDown ? innerHeight - 120 : 180;
  window.looked = window.missing = 0;
  const isThere = (x, y) => {
    const found = document.elementFromPoint(x, y)?.closest("li, img");
    return (found?.querySelector("img") ?? found)?.complete;
  };
  window.watch = setInterval(() => {
    window.looked += 1;
    if (!isThere(500, edge) && !isThere(520, edge + 20)) window.missing += 1;
  }, 100);
}"""
_REPORT = """(mark) => {
  performance.mark(mark);
  clearInterval(window.watch);
  return [scrollY, window.missing / Math.max(window.looked, 1)];
}"""


@dataclass(frozen=True, slots=True)
class Scroll:
    """Milliseconds from each frame to the next, the pixels that the page moved by, and the share of the times it was
    looked at, every 100 ms, when no picture was there yet at the edge where they come in."""

    gaps: Sequence[float]
    pixels: float
    missing: float

    @property
    def rate(self) -> float:
        """Frames a second."""
        return 1000 * len(self.gaps) / sum(self.gaps)


async def scroll(page: Page, cdp: CDPSession, speed: int = SPEED) -> Scroll:
    """With the wheel over the middle of the page, at a steady speed: down, or up where it is negative.

    Chromium itself makes the wheel's events, one a frame, so that no other process has to keep time.
    """
    browser = page.context.browser
    if browser is None:
        raise RuntimeError("The page is of no browser that could be traced.")
    before: float = await page.evaluate("() => scrollY")
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    await page.evaluate(_WATCH, [_BEGIN, speed > 0])
    gesture = {"x": 640, "y": 500, "yDistance": -speed * SECONDS, "speed": abs(speed), "gestureSourceType": "mouse"}
    await cdp.send("Input.synthesizeScrollGesture", {**gesture, "preventFling": True})
    after, missing = await page.evaluate(_REPORT, _END)
    drawn = _drawn_frames(await browser.stop_tracing())
    return Scroll([then - now for now, then in itertools.pairwise(drawn)], abs(after - before), missing)


def _drawn_frames(trace: bytes) -> Sequence[float]:
    """When the page drew a frame between the two marks, in milliseconds; the marks count as frames: a page that stands
    still at the end of a scroll is slow, too."""
    events = json.loads(trace)["traceEvents"]
    (begin,) = (event for event in events if event["name"] == _BEGIN)
    (end,) = (event for event in events if event["name"] == _END)
    drawn = [
        event["ts"]
        for event in events
        if event["name"] == _DRAWN and event["pid"] == begin["pid"] and begin["ts"] <= event["ts"] <= end["ts"]
    ]
    return [time / 1000 for time in (begin["ts"], *sorted(drawn), end["ts"])]

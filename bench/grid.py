"""The grid of a project's images in Chromium, with 10,000 of them: until it is there, as it scrolls, at its end."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser, CDPSession, Page

from adapters.settings import load_settings
from bench.browser import WINDOW, chromium, chromium_path, fresh_page, sign_in
from bench.grid_images import THUMBNAIL, add_pictured_images, pictures_in
from bench.grid_trace import SECONDS, SPEED, Scroll, scroll
from cli.client import Client
from cli.demo.server import Server
from web.pages import BUILT

T = TypeVar("T")

IMAGES, RUNS = 10_000, 3
_PAGE = 200
_PATIENCE = 300.0
"""Seconds until all images are read, at most."""

_GRID = """query ($id: ID!, $first: Int!, $after: String, $size: Int!) {
  project(id: $id) {
    assets(first: $first, after: $after) {
      nodes { width height thumbnailUrl(size: $size) }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

# Looks at each frame whether the window is full of tiles whose pictures and boxes are there, and then waits until they
# are decoded and the frame with them was made.
_IN_SIGHT = """
window.inSight = new Promise((resolve) => {
  const look = () => {
    const tiles = [...document.querySelectorAll('ul[aria-label="Images"] > li')].filter((tile) => {
      const { top, bottom } = tile.getBoundingClientRect();
      return bottom > 0 && top < innerHeight;
    });
    const pictures = tiles.map((tile) => tile.querySelector("img"));
    const isFull = tiles.some((tile) => tile.getBoundingClientRect().bottom > innerHeight - 16);
    const isDrawn = tiles.every((tile) => tile.querySelector("svg path"));
    if (!isFull || !isDrawn || !pictures.every(({ complete, naturalWidth }) => complete && naturalWidth > 0)) {
      requestAnimationFrame(look);
      return;
    }
    void Promise.all(pictures.map((picture) => picture.decode())).then(() =>
      requestAnimationFrame(() => setTimeout(() => resolve([performance.now() / 1000, tiles.length]))),
    );
  };
  requestAnimationFrame(look);
});
"""
_TO_THE_END = """async (last) => {
  const began = performance.now();
  while (!document.querySelector(`li[aria-posinset="${last}"]`)) {
    scrollTo(0, document.documentElement.scrollHeight);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return (performance.now() - began) / 1000;
}"""
_PLAIN_IN_SIGHT = """() => new Promise((resolve) => {
  const look = () => {
    const first = [...document.images].slice(0, 20);
    if (first.every(({ complete }) => complete)) resolve();
    else requestAnimationFrame(look);
  };
  look();
})"""


@dataclass(frozen=True, slots=True)
class _Size:
    """Of a page, after a garbage collection."""

    heap: float
    """Megabytes of JavaScript's."""
    elements: int


@dataclass(frozen=True, slots=True)
class _Run:
    first_sight: float
    tiles: int
    down: Scroll
    """From the first image on, while the next ones are read."""
    reading: float
    """Seconds from there until the last image is read and shown."""
    up: Scroll
    """From the last image back, with all of them read."""
    sizes: tuple[_Size, _Size]
    """At the first image and at the last."""
    plain: Scroll
    """The floor."""


async def measure_grid() -> None:
    """Prints seconds to the first visible page, frames a second beside those of a bare page, heap and elements."""
    path = chromium_path()
    if path is None or not (BUILT / "index.html").is_file():
        what = "No Chromium is on the PATH" if path is None else "The pages are not built (make web)"
        sys.stdout.write(f"{what}: the grid is not measured.\n")
        return
    with tempfile.TemporaryDirectory(prefix="agridrone-bench-") as name:
        pictures = await asyncio.to_thread(pictures_in, Path(name) / "pictures")
        settings = load_settings(data_dir=Path(name) / "data", database_url="")
        project_id, email = await add_pictured_images(settings, pictures, IMAGES)
        with Server(settings.data_dir, "127.0.0.1", None) as server:
            token = await asyncio.to_thread(server.token, email)
            async with Client(server.address, token) as client, chromium(path) as browser:
                runs = [await _run(client, token, browser, project_id) for _ in range(RUNS)]
                boxes = statistics.mean(len(picture.boxes) for picture in pictures)
                what = f"{IMAGES:,} images, {len(pictures)} different ones, {boxes:.0f} boxes on each"
                _print(f"{what}; Chromium {browser.version}, {WINDOW[0]} × {WINDOW[1]}", runs)


async def _run(client: Client, token: str, browser: Browser, project_id: str) -> _Run:
    """The floor right after what it is compared with: both beside the same neighbours."""
    async with fresh_page(browser) as page:
        await sign_in(page, client.address, token)
        await page.add_init_script(_IN_SIGHT)
        await page.goto(f"{client.address}/projects/{project_id}/images", wait_until="commit")
        first_sight, tiles = await _patiently(page.evaluate("() => window.inSight"), "the first pictures")
        cdp = await page.context.new_cdp_session(page)
        small = await _size(page, cdp)
        down = await scroll(page, cdp)
        reading = await _patiently(page.evaluate(_TO_THE_END, IMAGES), f"image {IMAGES:,} to be read")
        large = await _size(page, cdp)
        up = await scroll(page, cdp, -SPEED)
    plain = await _plain_scroll(client, browser, project_id)
    return _Run(first_sight, tiles, down, reading, up, (small, large), plain)


async def _patiently(answer: Awaitable[T], what: str) -> T:
    try:
        return await asyncio.wait_for(answer, _PATIENCE)
    except TimeoutError as error:
        raise TimeoutError(f"Waited {_PATIENCE:.0f} seconds for {what}, in vain.") from error


async def _size(page: Page, cdp: CDPSession) -> _Size:
    await cdp.send("HeapProfiler.collectGarbage")
    usage: Mapping[str, float] = await cdp.send("Runtime.getHeapUsage")
    return _Size(usage["usedSize"] / 1e6, await page.evaluate("() => document.getElementsByTagName('*').length"))


async def _plain_scroll(client: Client, browser: Browser, project_id: str) -> Scroll:
    """Down a page of all the thumbnails in rows as high as the grid's, without any of our code."""
    pictures = "".join([_plain(image) for image in await _images(client, project_id)])
    async with fresh_page(browser) as page:
        await page.set_content(f'<body style="margin: 120px 24px 0 256px; line-height: 0">{pictures}')
        await _patiently(page.evaluate(_PLAIN_IN_SIGHT), "the first plain pictures")
        return await scroll(page, await page.context.new_cdp_session(page))


def _plain(image: Mapping[str, Any]) -> str:
    width = round(190 * image["width"] / image["height"])
    looks = f'width="{width}" height="190" style="margin: 0 8px 8px 0" loading="lazy" decoding="async"'
    return f'<img src="{escape(image["thumbnailUrl"])}" {looks}>'


async def _images(client: Client, project_id: str) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    after: str | None = None
    while len(found) < IMAGES:
        answer = await client.call(_GRID, id=project_id, first=_PAGE, after=after, size=THUMBNAIL)
        found += answer["assets"]["nodes"]
        after = answer["assets"]["pageInfo"]["endCursor"]
    return found


def _print(what: str, runs: Sequence[_Run]) -> None:
    first = [run.first_sight for run in runs]
    _say(f"the grid, {what}; {RUNS} runs, medians (least to most):")
    _say(f"  first {runs[0].tiles} pictures decoded, with their boxes: {_range(first, 2)} s from navigation")
    _say(f"  wheel, {SECONDS} s at {SPEED:,} px/s, frames by DrawFrame in Chromium's trace:")
    _print_scroll("plain <img> (floor)", [run.plain for run in runs])
    _print_scroll("down, while reading", [run.down for run in runs])
    _print_scroll("up, all read", [run.up for run in runs])
    share = statistics.median(run.down.rate / run.plain.rate for run in runs)
    back = statistics.median(run.up.rate / run.plain.rate for run in runs)
    _say(f"    {share:.2f} (down) and {back:.2f} (up) of the floor's rate")
    _say(f"  reading the rest, to the last image: {_range([run.reading for run in runs], 1)} s")
    for place, when in enumerate(("at the first image", "at the last")):
        heap = _range([run.sizes[place].heap for run in runs], 1)
        _say(f"  {when}: {heap} MB JavaScript heap, {_range([run.sizes[place].elements for run in runs], 0)} elements")


def _print_scroll(what: str, scrolls: Sequence[Scroll]) -> None:
    rate, worst = _range([one.rate for one in scrolls], 1), _range([max(one.gaps) for one in scrolls], 0)
    pixels = min(one.pixels for one in scrolls)
    missing = statistics.median(one.missing for one in scrolls)
    _say(f"    {what}: {rate} frames a second, worst frame {worst} ms; {pixels:,.0f} px at least")
    _say(f"      no picture yet at the edge where they come in: {missing:.0%} of the time")


def _range(values: Sequence[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

"""Takes the pictures beside it: runs the demo, and looks at every page of it at the width of a desk and of a phone.

python docs/screenshots/take.py
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

_ROOT = Path(__file__).resolve().parents[2]
_EMAIL = "demo@example.org"
_DESK, _PHONE = (1280, 800), (390, 844)
_DEMO_SECONDS = 900
_QUALITY = 82
_FIRST = """
{ projects(first: 1) { nodes { id
  assets(first: 1, filter: {annotated: true}) { nodes { id } }
  trainingJobs(first: 1) { nodes { id } } models(first: 2) { nodes { id } } } } }
"""


def main() -> None:
    """Leaves nothing running, and the pictures in this folder."""
    with _demo() as address:
        _take(address)


@contextmanager
def _demo() -> Iterator[str]:
    """The address of a demo whose job is done, and whose server is up."""
    with tempfile.TemporaryDirectory(prefix="agri-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "cli", "demo", "--data-dir", f"{folder}/data"]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT)  # noqa: S603 (our own command)
        try:
            for line in demo.stdout or ():
                sys.stdout.write(line)
                found = re.search(r"Open (http://\S+) in a browser", line)
                if found:
                    yield found[1]
                    return
            raise SystemExit("The demo has ended before its server was left up.")
        finally:
            demo.terminate()
            demo.wait(_DEMO_SECONDS)


def _take(address: str) -> None:
    token = httpx.post(f"{address}/sign-in/development", json={"email": _EMAIL}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{address}/graphql", json={"query": _FIRST}, headers=headers).json()
    (project,) = answer["data"]["projects"]["nodes"]
    chromium = next(path for name in ("chromium", "google-chrome") if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, path in _pages(project).items():
            for suffix, window in (("", _DESK), ("-phone", _PHONE)):
                page = _page(browser, window, None if name == "sign-in" else token)
                page.goto(address + path)
                _settled(page)
                picture = Path(__file__).with_name(f"{name}{suffix}.jpg")
                page.screenshot(path=picture, type="jpeg", quality=_QUALITY)
                page.context.close()
        browser.close()


def _pages(project: dict[str, Any]) -> dict[str, str]:
    """Name of the picture and address of the page."""
    base = f"/projects/{project['id']}"
    (asset,), (job,) = project["assets"]["nodes"], project["trainingJobs"]["nodes"]
    newest, _ = (model["id"] for model in project["models"]["nodes"])
    return {
        "sign-in": "/",
        "projects": "/projects",
        "images": f"{base}/images",
        "viewer": f"{base}/images/{asset['id']}",
        "review": f"{base}/review",
        "versions": f"{base}/versions",
        "create-version": f"{base}/versions?new=1",
        "version": f"{base}/versions/2",
        "compare-versions": f"{base}/versions/2?compare=1",
        "training": f"{base}/training",
        "job": f"{base}/training/{job['id']}",
        "models": f"{base}/models",
        "model": f"{base}/models/{newest}",
        "compare-models": f"{base}/models/compare",
        "try": f"{base}/try",
        "settings": f"{base}/settings",
        "graphiql": "/graphiql",
    }


def _page(browser: Browser, window: tuple[int, int], token: str | None) -> Page:
    width, height = window
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    if token is not None:
        context.add_init_script(f"localStorage.setItem('agridrone.token', {json.dumps(token)})")
    return context.new_page()


def _settled(page: Page) -> None:
    """Pictures and previews have come."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("() => !document.querySelector('[class*=Skeleton-root]')")
    page.wait_for_timeout(1_000)


if __name__ == "__main__":
    main()

"""A server with a project as the README leaves it, and the folder of a reader who follows a page."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.client import Client
from cli.demo.dataset import LabelledImage
from docs.blocks import ROOT, Block, blocks
from live.imagery import fields
from live.server import LiveServer
from secret_watch import check_log

READER = "you@example.org"
PROJECT = "North block"
PRINTED = "http://127.0.0.1:8000"
"""The address that the pages name: that of a server with nothing set."""

_PAGE_SECONDS = 500
_KEPT = ("LANG", "LC_ALL")
_TEAM = "query { viewer { teams { team { id } } } }"
_CREATE = """
mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } userErrors { message } } }
"""
_SWITCH_ON = "mutation($input: UpdateProjectInput!) { updateProject(input: $input) { userErrors { message } } }"


@dataclass(frozen=True)
class Site:
    """`material` is what a reader has of his own: images, their annotations, and what the README's commands wrote."""

    server: LiveServer
    material: Path
    token: str

    @property
    def client(self) -> Client:
        return Client(self.server.address, self.token)

    def folder(self, path: Path) -> Path:
        """A fresh folder with the material in it."""
        return Path(shutil.copytree(self.material, path))

    def run(self, page: Sequence[Block], folder: Path) -> str:
        """What a page's blocks printed, run one after the other in one shell. Raises AssertionError for one that
        fails."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._script(page)],
            cwd=folder,
            env=self._environment(folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PAGE_SECONDS,
            check=False,
        )
        check_log(done.stderr)
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        assert '"errors"' not in done.stdout, done.stdout[-4000:]
        return done.stdout

    def _script(self, page: Sequence[Block]) -> str:
        """Says on standard error which block it is at."""
        return "\n".join(f"echo '== {block}' >&2\n{self._here(block.text)}" for block in page)

    def _here(self, text: str) -> str:
        """The server of a test has a port that was free."""
        return text.replace(PRINTED, self.server.address)

    def _environment(self, folder: Path) -> dict[str, str]:
        """As of who ran `agridrone up` in this folder and signed in, with nothing else set."""
        return {
            **{name: value for name, value in os.environ.items() if name in _KEPT},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "AGRIDRONE_DATA_DIR": str(self.server.data_dir),
            "AGRIDRONE_PORT": str(urlsplit(self.server.address).port),
            "AGRIDRONE_TOKEN": self.token,
            "THREADS": "1",
        }


@asynccontextmanager
async def furnished_site(server: LiveServer, folder: Path) -> AsyncIterator[Site]:
    """The README's blocks were run in `folder`, in a project that the reader made in the browser."""
    token = server.token(READER)
    async with Client(server.address, token) as client:
        await _project(client)
    material = folder / "material"
    _bring(material)
    site = Site(server, material, token)
    readme = [block for block in blocks(ROOT / "README.md") if block.language == "sh" and not block.manual]
    await asyncio.to_thread(site.run, readme, material)
    (weights,) = material.glob("models/*.pt")
    shutil.copy(weights, material / "best.pt")
    yield site


async def _project(client: Client) -> None:
    team = (await client.call(_TEAM))["teams"][0]["team"]["id"]
    project = (await client.call(_CREATE, input={"teamId": team, "name": PROJECT}))["project"]["id"]
    await client.call(_SWITCH_ON, input={"id": project, "datasetVersions": True})


def _bring(folder: Path) -> None:
    """Two flights, of which the first is annotated, and one more image."""
    images = fields(13)
    flights = {"flight-7": images[:8], "flight-8": images[8:12]}
    for name, flight in flights.items():
        (folder / name).mkdir(parents=True)
        for image in flight:
            (folder / name / image.filename).write_bytes(image.read())
    (folder / "DJI_0001.JPG").write_bytes(images[12].read())
    (folder / "labels.json").write_text(json.dumps(_listing(flights["flight-7"])))


def _listing(flight: list[LabelledImage]) -> dict[str, list[dict[str, object]]]:
    """As the README describes it."""
    return {
        "images": [{"file": image.filename, "width": 640, "height": 480} for image in flight],
        "annotations": [
            {"image": image.filename, "label": box.label, "bbox": [box.x, box.y, box.width, box.height]}
            for image in flight
            for box in image.boxes
        ],
    }

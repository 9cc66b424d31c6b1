"""Every shell block of the README and of docs/ is run, and every GraphQL example is asked, on one server.

The README comes first: the other pages speak of a project as its commands leave it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from docs.blocks import ROOT, Block, blocks, pages
from docs.furnished_site import Site, furnished_site
from docs.graphql_page import Names, check, examples
from live.server import LiveServer

FRONT_END = ROOT / "docs" / "frontend.md"


@dataclass(frozen=True, slots=True)
class Driver:
    """What runs a module of the page: with an id that the page has a name for; its last line is JSON as in an
    answer."""

    subject: str
    result: str
    program: str


DRIVERS: Mapping[str, Driver] = {
    "upload.ts": Driver(
        "project",
        "<batch>",
        """
import { openAsBlob, readdirSync } from 'node:fs'
import { upload } from './upload.ts'

const [server, token, project] = process.argv.slice(2)
const names = readdirSync('flight-8').sort()
const open = async (name: string) => new File([await openAsBlob(`flight-8/${name}`)], name, { type: 'image/jpeg' })
const files = await Promise.all(names.map(open))
console.log(JSON.stringify(await upload(server, token, project, files)))
""",
    ),
    "follow.ts": Driver(
        "version",
        "READY",
        """
import { follow } from './follow.ts'

const [server, token, version] = process.argv.slice(2)
follow(server, token, version, ({ stage }) => {
  console.log(JSON.stringify(stage))
  if (stage === 'READY') process.exit()
})
""",
    ),
}
"""By the module's name."""


def shell_blocks(path: Path) -> list[Block]:
    return [block for block in blocks(path) if block.language == "sh" and not block.manual]


PAGES = [pytest.param(path, id=path.name) for path in pages()[1:] if shell_blocks(path)]


@pytest.fixture(scope="module")
async def site(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with furnished_site(server, tmp_path_factory.mktemp("reader")) as site:
        yield site


async def test_the_readme_leads_from_images_to_detections(site: Site) -> None:
    assert [path.name for path in (site.material / "found").glob("*.jpg")] == ["DJI_0001.jpg"]


@pytest.mark.parametrize("path", PAGES)
async def test_the_commands_of_a_page_run(path: Path, site: Site, tmp_path: Path) -> None:
    await asyncio.to_thread(site.run, shell_blocks(path), site.folder(tmp_path / "reader"))


async def test_a_manifest_is_read_as_its_page_says(site: Site, tmp_path: Path) -> None:
    (program,) = (block for block in blocks(ROOT / "docs" / "manifest.md") if block.language == "python")
    folder = site.folder(tmp_path / "reader")
    (folder / "read.py").write_text(f"{program.text}        print(len(image['sha256']))\n")
    commands = 'agridrone version download v1 . --project "North block" --json >/dev/null\npython3 read.py'
    said = await asyncio.to_thread(site.run, [replace(program, language="sh", text=commands)], folder)
    assert said.split() == ["64"] * len(list((folder / "flight-7").iterdir()))


async def test_every_example_for_front_ends_is_answered_as_it_is_shown(site: Site, tmp_path: Path) -> None:
    folder, names = site.folder(tmp_path / "reader"), Names()
    (folder / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    async with site.client as client:
        for one in examples(blocks(FRONT_END)):
            if not isinstance(one, Block):
                await check(one, client, site.token, names)
            elif one.language == "ts":
                (folder / one.note).write_text(one.text)
                driver = DRIVERS[one.note]
                result = await asyncio.to_thread(_drive, driver, folder, site, names[driver.subject])
                assert names.take(driver.result, result) is None, f"{one}: {result}"


def _drive(driver: Driver, folder: Path, site: Site, subject: str) -> Any:
    (folder / "driver.ts").write_text(driver.program)
    done = subprocess.run(
        [Path(sys.executable).with_name("node"), "driver.ts", site.server.address, site.token, subject],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])

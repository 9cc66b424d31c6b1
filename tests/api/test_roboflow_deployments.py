"""Deployments of Roboflow's models: they answer on an image of the project before anybody detects with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.models.detection import Detection
from domain.models.geometry import Box
from domain.roboflow_images import MAX_BYTES
from pictures import jpeg
from roboflow_server import KEY, MODEL, Canned, Fault, RoboflowServer
from seeds import HEIGHT, WIDTH, Home, add_images, make_home
from stack import PATIENCE, Caller, Stack, running_api

OTHER = "workspace-weeds/12"
DEPLOY = """mutation($input: DeployModelInput!) { deployModel(input: $input) { deployment { id status }
  userErrors { code message } } }"""
PROJECT = """query($id: ID!) { project(id: $id) { activeRoboflowModel inferenceBackend
  deployments { nodes { id status failureReason roboflowModel } } } }"""


@dataclass
class Site:
    api: Stack
    roboflow: RoboflowServer
    home: Home

    @property
    def owner(self) -> Caller:
        return self.api.caller(self.home.owner)

    async def image(self, content: bytes | None) -> None:
        """One more image of the project, whose bytes are there unless they are None."""
        (asset,) = await add_images(self.api.database, self.home.project, [f"field-{len(content or b'')}"])
        if content is not None:
            await self.api.services.store.put(asset.s3_key, content, "image/jpeg")

    async def deploy(self, model: str) -> None:
        await self.owner.done(DEPLOY, input={"projectId": self.home.project.id, "model": {"roboflowModel": model}})

    async def settled(self) -> dict[str, Any]:
        """The project when no deployment is PENDING any more."""
        async with asyncio.timeout(PATIENCE):
            while True:
                nodes = (await self.project())["deployments"]["nodes"]
                if all(one["status"] != "PENDING" for one in nodes):
                    break
                await asyncio.sleep(0.05)
        # Read anew: the reading that saw the end may have read the project itself before it.
        return await self.project()

    async def project(self) -> dict[str, Any]:
        project: dict[str, Any] = await self.owner.data(PROJECT, id=self.home.project.id)
        return project

    async def failure(self, model: str = OTHER) -> str:
        """Why a deployment fails; the model before goes on."""
        await self.deploy(model)
        project = await self.settled()
        newest = project["deployments"]["nodes"][0]
        assert newest["status"] == "FAILED"
        assert project["activeRoboflowModel"] == MODEL
        assert KEY not in newest["failureReason"]
        return str(newest["failureReason"])


@pytest.fixture
async def site(sqlite_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    found = [Detection("pine", 0.9, Box(10, 20, 30, 40))]
    async with (
        RoboflowServer({MODEL: found, OTHER: found}).running() as roboflow,
        running_api(tmp_path / "data", sqlite_url, redis_url, roboflow_url=roboflow.url, roboflow_api_key=KEY) as api,
    ):
        home = await make_home(api.database)
        changes = {"roboflow_models": (MODEL, OTHER)}
        await api.database.write(lambda uow: uow.projects.update(home.project.id, **changes))
        async with api.io_worker():
            yield Site(api, roboflow, home)


async def test_a_model_is_used_once_it_answered_and_one_that_did_not_changes_nothing(site: Site) -> None:
    await site.deploy(MODEL)
    (failed,) = (await site.settled())["deployments"]["nodes"]
    assert failed["failureReason"] == "The project has no image to check the model with; upload one."
    await site.image(jpeg(1, WIDTH, HEIGHT))
    await site.deploy(MODEL)
    project = await site.settled()
    assert (project["activeRoboflowModel"], project["inferenceBackend"]) == (MODEL, "ROBOFLOW")
    assert project["deployments"]["nodes"][0]["status"] == "ACTIVE"
    assert [asked.image for asked in site.roboflow.asked] == [jpeg(1, WIDTH, HEIGHT)]
    for fault, words in (
        (Canned(404), f"Roboflow has no model {OTHER}"),
        (Canned(403), "ROBOFLOW_API_KEY"),
        (Canned(200, b"{}"), "cannot be understood"),
        (Fault.DROPPED, "cannot be reached"),
    ):
        site.roboflow.every = fault
        assert words in await site.failure()
    site.roboflow.every = None
    await site.deploy(OTHER)
    assert (await site.settled())["activeRoboflowModel"] == OTHER


async def test_an_image_that_is_no_good_for_it_fails_with_its_name(site: Site) -> None:
    await site.image(jpeg(1, WIDTH, HEIGHT))
    await site.deploy(MODEL)
    await site.settled()
    await site.image(None)
    assert await site.failure() == (
        "field-0.jpg, which the model was to be checked with, is missing from the object store."
    )
    await site.image(bytes(MAX_BYTES + 1))
    reason = await site.failure()
    assert reason.startswith(f"The model was checked with field-{MAX_BYTES + 1}.jpg. Roboflow takes images of up")


async def test_a_model_that_the_project_lost_meanwhile_is_not_used(site: Site) -> None:
    await site.image(jpeg(1, WIDTH, HEIGHT))
    await site.deploy(MODEL)
    await site.settled()
    site.roboflow.every = Fault.SILENT
    await site.deploy(OTHER)
    async with asyncio.timeout(PATIENCE):
        while len(site.roboflow.asked) < 2:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)
    site.roboflow.every = None
    changes = {"roboflow_models": (MODEL,)}
    await site.api.database.write(lambda uow: uow.projects.update(site.home.project.id, **changes))
    await site.roboflow.hang_up()
    project = await site.settled()
    assert project["activeRoboflowModel"] == MODEL
    reason = project["deployments"]["nodes"][0]["failureReason"]
    assert reason == f"{OTHER} is not among the project's Roboflow models any more."

"""`agridrone models deploy`, `models rollback` and `gpu status` as processes of their own, against a real server."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.models.detection import Detection
from domain.models.geometry import Box
from domain.models.gpu import GpuHost
from metered_site import ROOT, Meter, Site, ended
from pictures import jpeg
from roboflow_server import KEY, MODEL, RoboflowServer
from seeds import HEIGHT, WIDTH, add_images, make_home
from stack import running_api

OTHER = "workspace-weeds/12"


@pytest.fixture
async def site(sqlite_url: str, embedded_redis_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A project with an image and two models of Roboflow's, and a worker that deploys them."""
    found = [Detection("pine", 0.9, Box(10, 20, 30, 40))]
    async with (
        RoboflowServer({MODEL: found, OTHER: found}).running() as roboflow,
        running_api(
            tmp_path / "data", sqlite_url, embedded_redis_url, roboflow_url=roboflow.url, roboflow_api_key=KEY
        ) as api,
    ):
        home = await make_home(api.database)
        models = {"roboflow_models": (MODEL, OTHER, "workspace-gone/1")}
        await api.database.write(lambda uow: uow.projects.update(home.project.id, **models))
        (asset,) = await add_images(api.database, home.project, ["field"])
        await api.services.store.put(asset.s3_key, jpeg(1, WIDTH, HEIGHT), "image/jpeg")
        async with api.io_worker():
            yield Site(api, Meter(), home)


async def test_a_model_is_deployed_and_the_one_before_comes_back(site: Site) -> None:
    for model in (MODEL, OTHER):
        deployed = await site.run("models", "deploy", model)
        assert (deployed.code, deployed.out.split(" now, ")[0].endswith(f"detects with {model}")) == (0, True), deployed
    failed = await site.run("models", "deploy", "workspace-gone/1", "--json")
    assert failed.code == 1, failed
    assert json.loads(failed.out)["deployment"]["status"] == "FAILED"
    refused = await site.run("models", "deploy", MODEL, "--backend", "local")
    assert (refused.code, "ROBOFLOW or AUTO" in refused.errors) == (1, True), refused
    back = await site.run("models", "rollback", "--json")
    assert back.code == 0, back
    deployment = json.loads(back.out)["deployment"]
    assert (deployment["status"], deployment["roboflowModel"]) == ("ACTIVE", MODEL)


async def test_the_gpu_hosts_are_shown(site: Site) -> None:
    host = GpuHost("field", "Tesla T4", True, 16_000_000_000, 2_000_000_000, (), None, True)
    await site.api.database.write(lambda uow: uow.gpu_hosts.beat(host))
    options = ["--server", site.api.address, "--token", site.owner.token or ""]
    arguments = [sys.executable, "-m", "cli", "gpu", "status", *options]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=PIPE, stderr=PIPE, cwd=ROOT)
    shown = await ended(process)
    assert shown.code == 0, shown
    assert shown.out.splitlines()[1].split() == ["field", "alive", "Tesla", "T4", "2.0", "GB", "of", "16.0", "GB"]

"""Detection over stored images by Roboflow's models, by way of the real client and a server that fails as it may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from adapters.local_store import LocalStore
from adapters.roboflow import Patience, RoboflowClient
from db.database import SqlDatabase
from detecting import PINE, WATTLE, ended, started, story, waiting_on, wanted
from domain.models.asset import Asset
from domain.models.detection import DetectionJob, DetectionJobStatus
from pictures import jpeg
from roboflow_server import KEY, MODEL, Canned, Fault, RoboflowServer
from seeds import HEIGHT, WIDTH, Home, add_images, make_home
from workers.claims import ClaimLoops
from workers.detection import Detection
from workers.roboflow_detection import RoboflowDetection

_PAUSES = (0.05, 0.1, 0.2, 0.4)
_QUICK = Patience(one_try=1.0, altogether=2.0, left_alone=0.1)


@dataclass(frozen=True)
class Site:
    database: SqlDatabase
    home: Home
    store: LocalStore
    roboflow: RoboflowServer
    key: str = KEY

    async def images(self, number: int) -> list[Asset]:
        """In the order of their ids; their bytes are stored."""
        assets = await add_images(self.database, self.home.project, [str(index) for index in range(number)])
        for index, asset in enumerate(assets):
            await self.store.put(asset.s3_key, jpeg(index, WIDTH, HEIGHT), "image/jpeg")
        return sorted(assets, key=lambda asset: asset.id)

    async def ended(self) -> DetectionJob:
        """A job over all images, after the worker's loop has brought it to its end."""
        job = await started(self.database, self.home, replace(wanted(self.home), roboflow_model=MODEL))
        client = RoboflowClient(self.roboflow.url, self.key, _QUICK)
        work = Detection(self.database, self.store, RoboflowDetection(self.store, client, _PAUSES))
        loops = asyncio.create_task(ClaimLoops(self.database, "test", [work]).run())
        try:
            return await ended(self.database, job)
        finally:
            loops.cancel()
            await asyncio.gather(loops, return_exceptions=True)
            await client.close()


@pytest.fixture
async def site(sqlite_database: SqlDatabase, store: LocalStore) -> AsyncIterator[Site]:
    home = await make_home(sqlite_database)
    await sqlite_database.write(lambda uow: uow.projects.update(home.project.id, roboflow_models=(MODEL,)))
    async with RoboflowServer({MODEL: [PINE, WATTLE]}).running() as roboflow:
        yield Site(sqlite_database, home, store, roboflow)


async def messages(site: Site, job: DetectionJob) -> list[str]:
    return [event.payload["message"] for event in await story(site.database, job) if event.payload["message"]]


async def test_what_roboflow_finds_waits_for_review(site: Site) -> None:
    assets = await site.images(20)
    job = await site.ended()
    assert (job.status, job.total, job.done, job.failed, job.found) == (DetectionJobStatus.COMPLETED, 20, 20, 0, 40)
    for pending in (await waiting_on(site.database, assets)).values():
        assert sorted((one.weed_type, one.box.x, one.model_id) for one in pending) == [
            (PINE.weed_type, PINE.box.x, None),
            (WATTLE.weed_type, WATTLE.box.x, None),
        ]
    looked = await site.database.read(lambda uow: uow.detections.looked_at(f"roboflow:{MODEL}", [assets[0].id]))
    assert looked[assets[0].id].found == 2
    asked = len(site.roboflow.asked)
    assert (await started(site.database, site.home, replace(wanted(site.home), roboflow_model=MODEL))).total == 0
    assert len(site.roboflow.asked) == asked == 20


async def test_roboflow_being_away_for_a_while_costs_time_and_nothing_else(site: Site) -> None:
    assets = await site.images(6)
    faults: list[Fault | Canned] = [Fault.DROPPED, Canned(503), Canned(500, b"<html>")]
    site.roboflow.faults += [None, None, *faults, *faults]
    job = await site.ended()
    assert (job.status, job.done, job.failed, job.found) == (DetectionJobStatus.COMPLETED, 6, 0, 12)
    assert [len(one) for one in (await waiting_on(site.database, assets)).values()] == [2] * 6


@pytest.mark.parametrize("fault", [Fault.HALF, Canned(429)])
async def test_when_it_stays_away_the_job_fails_and_what_was_found_stays(site: Site, fault: Fault | Canned) -> None:
    assets = await site.images(5)
    site.roboflow.faults += [None, None, None]
    site.roboflow.every = fault
    job = await site.ended()
    # Two are asked for at once: of the three answers one may be of an image whose predecessor had none.
    assert (job.status, job.done in (2, 3), job.found) == (DetectionJobStatus.FAILED, True, 2 * job.done)
    assert job.failure_reason is not None
    assert "asked 5 times" in job.failure_reason
    assert KEY not in job.failure_reason
    assert sum(len(one) for one in (await waiting_on(site.database, assets)).values()) == job.found
    site.roboflow.every = None
    rest = await site.ended()
    assert (rest.status, rest.total, rest.found) == (DetectionJobStatus.COMPLETED, 5 - job.done, 10 - job.found)


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_key_or_model_that_is_not_known_there_fails_the_job_at_once(site: Site, status: int) -> None:
    await site.images(4)
    site.roboflow.every = Canned(status)
    job = await site.ended()
    assert (job.status, job.done) == (DetectionJobStatus.FAILED, 0)
    assert job.failure_reason is not None
    assert "asked" not in job.failure_reason
    assert KEY not in job.failure_reason
    assert len(site.roboflow.asked) <= 2


async def test_without_a_key_it_says_whom_to_ask(site: Site) -> None:
    await site.images(1)
    job = await replace(site, key="").ended()
    assert job.status is DetectionJobStatus.FAILED
    assert "ROBOFLOW_API_KEY" in (job.failure_reason or "")


async def test_images_that_it_does_not_take_are_named_and_the_others_go_on(site: Site) -> None:
    missing, large, turned, broken, fine = await site.images(5)
    await site.store.delete(missing.s3_key)
    await site.database.write(lambda uow: uow.assets.update(large.id, size_bytes=21 << 20))
    await site.database.write(lambda uow: uow.assets.update(turned.id, width=HEIGHT, height=WIDTH))
    await site.store.put(broken.s3_key, b"no picture", "image/jpeg")
    job = await site.ended()
    assert (job.status, job.done, job.failed, job.found) == (DetectionJobStatus.COMPLETED, 5, 4, 2)
    told = await messages(site, job)
    assert [message.split(".jpg")[0] + ".jpg" for message in told] == [
        image.filename for image in (missing, large, turned, broken)
    ]
    assert fine.filename not in "".join(told)
    assert (await started(site.database, site.home, replace(wanted(site.home), roboflow_model=MODEL))).total == 4

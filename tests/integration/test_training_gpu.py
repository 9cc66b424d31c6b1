"""A training whose GPU goes to somebody else ends at once, and goes on from its last state when the GPU is free."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import psutil
import pytest
from redis.asyncio import Redis

from adapters.gpu_mutex import RedisGpuMutex
from adapters.local_store import LocalStore
from adapters.silence import Silence
from db.database import SqlDatabase
from domain.jobs import JobKind
from domain.models.gpu import GpuHolder
from domain.models.training import TrainingConfig, TrainingJob, TrainingJobStatus
from domain.training import StartTraining, start_training
from field_versions import field_version
from gpu_holding import free_room
from renderers import renderer
from seeds import take
from workers import child_process
from workers.gpu_leasing import GpuLostError
from workers.host_gpu import ExclusiveGpu
from workers.materials import Materials
from workers.pretrained import Pretrained
from workers.training import Training
from workers.training_run import TrainingHost

CHILD = Path(__file__).parents[1] / "scripted_child.py"
STARTS = [[{"epoch": 1}, {"sleep": 60}], [{"epoch": 2}, {"done": 2}]]
PATIENCE_SECONDS = 60


async def job_of(database: SqlDatabase, job_id: str) -> TrainingJob:
    job = await database.read(lambda uow: uow.jobs.get(job_id))
    assert job is not None
    return job


async def test_a_training_that_loses_the_gpu_goes_on_from_its_last_state(
    sqlite_database: SqlDatabase, store: LocalStore, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, script = sqlite_database, tmp_path / "script.json"
    script.write_text(json.dumps(STARTS))
    monkeypatch.setattr(child_process, "_PROGRAM", (str(CHILD), str(script)))
    home, version = await field_version(database, store, tmp_path, images=6)
    wanted = StartTraining(version.id, TrainingConfig(epochs=2, image_size=64), None, True, None)
    job_id = (await start_training(database, home.principal, wanted)).id
    async with Redis.from_url(redis_url) as redis, renderer(tmp_path) as rendering, asyncio.timeout(PATIENCE_SECONDS):
        mutex = RedisGpuMutex(redis, "gpu-host", 1.2)
        gpu = ExclusiveGpu(database, mutex, free_room())
        materials = Materials(store, rendering, 2)
        host = TrainingHost(database, store, Silence(), materials, "cpu", Pretrained(store, ""), gpu)
        training = Training(host, "cpu", tmp_path)

        first = asyncio.create_task(training.run(await take(database, JobKind.TRAINING)))
        while (await job_of(database, job_id)).epoch == 0:
            assert not first.done()
            await asyncio.sleep(0.05)
        lease = await mutex.look()
        assert lease is not None
        assert (lease.holder, lease.subject_id) == (GpuHolder.TRAINING, job_id)
        await mutex.release(lease.token)
        sam3 = await mutex.acquire(lease.token + 1, GpuHolder.SAM3, "sam3", "")
        assert sam3 is not None
        with pytest.raises(GpuLostError):
            await first
        assert not [one for one in psutil.process_iter(["cmdline"]) if str(script) in (one.info["cmdline"] or [])]
        assert [point.epoch for point in (await job_of(database, job_id)).resume_points] == [1]
        assert await mutex.look() == sam3

        await database.write(lambda uow: uow.claims.reopen(JobKind.TRAINING, job_id))
        # It waits until SAM3's lease, which nobody renews, ends.
        await training.run(await take(database, JobKind.TRAINING))
        assert (await job_of(database, job_id)).status is TrainingJobStatus.COMPLETED
        assert await mutex.is_free()
    started = [json.loads(line) for line in script.with_suffix(".started").read_text().splitlines()]
    assert [bool(spec["resume"]) for spec in started] == [False, True]

"""A signed-in client and its project, with the calls that several tests make. Everything goes over the public API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rich.progress import Progress

from cli.client import Client
from cli.demo.dataset import LabelledImage
from cli.demo.project import make_project
from cli.demo.screen import Step
from cli.demo.upload import annotate, upload
from live.imagery import fields
from live.server import LiveServer

_CREATE_VERSION = """
mutation ($input: CreateVersionInput!) {
  createVersion(input: $input) { version { id } created userErrors { code message field } }
}
"""
_VERSION = """
query ($id: ID!) {
  version(id: $id) {
    id version status failureReason imageCount annotationCount classes contentDigest
    splitCounts { train val test trainAugmented }
    manifest { sha256 sizeBytes url }
    identicalTo { id }
  }
}
"""
_VERSION_PROGRESS = """
subscription ($versionId: ID!, $after: String) {
  versionProgress(versionId: $versionId, after: $after) { cursor stage done total message version { status } }
}
"""
_START_TRAINING = """
mutation ($input: StartTrainingInput!) {
  startTraining(input: $input) { job { id status } userErrors { code message field } }
}
"""
_JOB = """
query ($id: ID!) {
  trainingJob(id: $id) {
    id status epoch attempts startingWeights failureReason config { effective } epochs { epoch mAP50 }
    model { id name sha256 weightsUrl classes }
    logTail(lines: 2000)
  }
}
"""
_MODELS = "query ($id: ID!) { project(id: $id) { models { nodes { name } } } }"
_TRAINING_PROGRESS = """
subscription ($jobId: ID!, $after: String) {
  trainingProgress(jobId: $jobId, after: $after) {
    cursor kind status epoch epochs batch batches progress message metrics { epoch mAP50 }
  }
}
"""
_CANCEL = """
mutation ($id: ID!) { cancelTraining(id: $id) { job { id status } userErrors { code message field } } }
"""
_RESUME = _CANCEL.replace("cancelTraining", "resumeTraining")


@dataclass(frozen=True)
class Team:
    """One project on a live server."""

    client: Client
    project_id: str

    async def beside(self) -> Team:
        """The same person's next project."""
        return Team(self.client, (await make_project(self.client))[0])

    async def upload(self, images: Sequence[LabelledImage]) -> dict[str, str]:
        """Uploads and annotates; asset ids by SHA-256."""
        step = _unseen_step()
        assets = await upload(self.client, self.project_id, "imagery", images, step)
        await annotate(self.client, self.project_id, images, assets, step)
        return {image.sha256: asset for image, asset in zip(images, assets, strict=True)}

    async def create_version(self, **options: Any) -> str:
        answer = await self.client.call(_CREATE_VERSION, input={"projectId": self.project_id, **options})
        version_id: str = answer["version"]["id"]
        return version_id

    def version_events(self, version_id: str) -> AsyncIterator[dict[str, Any]]:
        return self.client.follow(_VERSION_PROGRESS, versionId=version_id)

    async def version(self, version_id: str) -> dict[str, Any]:
        version: dict[str, Any] = await self.client.call(_VERSION, id=version_id)
        return version

    async def frozen_version(self, **options: Any) -> dict[str, Any]:
        """A new version, READY."""
        version_id = await self.create_version(**options)
        events = [event async for event in self.version_events(version_id)]
        assert events[-1]["stage"] == "READY", events[-1]
        return await self.version(version_id)

    async def start_training(self, version_id: str, *, epochs: int, image_size: int, batch_size: int = 4) -> str:
        """Of a YOLO11N, from scratch."""
        config = {"baseModel": "YOLO11N", "epochs": epochs, "batchSize": batch_size, "imageSize": image_size}
        order = {"datasetVersionId": version_id, "config": config, "fromScratch": True}
        job_id: str = (await self.client.call(_START_TRAINING, input=order))["job"]["id"]
        return job_id

    async def training_under_way(self, *, epochs: int) -> tuple[str, str]:
        """Version and job of a small training that has done two epochs, and goes on for a while."""
        await self.upload(fields(8))
        version = await self.frozen_version(splits={"train": 0.5, "val": 0.25, "test": 0.25})
        job_id = await self.start_training(version["id"], epochs=epochs, image_size=64)
        await self.epoch_passed(job_id, 2)
        return version["id"], job_id

    def training_events(self, job_id: str, after: str | None = None) -> AsyncIterator[dict[str, Any]]:
        return self.client.follow(_TRAINING_PROGRESS, after, jobId=job_id)

    async def epoch_passed(self, job_id: str, epoch: int) -> None:
        """Returns in the middle of the training, when so many epochs are done."""
        while (job := await self.job(job_id))["epoch"] < epoch or job["status"] != "RUNNING":
            assert job["status"] in ("QUEUED", "PREPARING", "RUNNING"), job
            await asyncio.sleep(0.1)
        assert job["status"] == "RUNNING", f"The training is too short to be interrupted: {job}"

    async def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = await self.client.call(_JOB, id=job_id)
        return job

    async def model_names(self) -> list[str]:
        nodes = (await self.client.call(_MODELS, id=self.project_id))["models"]["nodes"]
        return [node["name"] for node in nodes]

    async def resume(self, job_id: str) -> None:
        await self.client.call(_RESUME, id=job_id)

    async def cancel(self, job_id: str) -> None:
        await self.client.call(_CANCEL, id=job_id)


@asynccontextmanager
async def team_on(server: LiveServer, project_id: str | None = None) -> AsyncIterator[Team]:
    """A person with a project: a new one, or one that was made before the server was started again."""
    token = server.token("person@example.org")
    async with Client(server.address, token) as client:
        yield Team(client, project_id or (await make_project(client))[0])


def _unseen_step() -> Step:
    progress = Progress(disable=True)
    return Step(progress, progress.add_task(""))

"""Detection over stored images, as a Protocol that `db` fulfils."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.models.asset import Asset
from domain.models.detection import DetectedImage, DetectionJob
from domain.paging import Page, PageRequest
from domain.ports.repository import Repository


class Detections(Repository[DetectionJob], Protocol):
    """Jobs, and which images were looked at by which detector (see DetectionJob.detector)."""

    async def lock(self, job_id: str) -> DetectionJob | None:
        """Takes the job's row lock until the end of the transaction and reads it."""

    async def by_idempotency_key(self, project_id: str, key: str) -> DetectionJob | None: ...
    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[DetectionJob]]: ...
    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]: ...
    async def images_of(self, project_id: str, asset_ids: Iterable[str]) -> int:
        """How many of these are images of the project."""

    async def images(self, job: DetectionJob, after: str, limit: int) -> Sequence[Asset]:
        """The job's images that its detector has not looked at yet for objects of its confidence, or of a lower one; in
        the order of their ids, beyond `after`."""

    async def count_images(self, job: DetectionJob) -> int:
        """How many of them there are altogether."""

    async def looked_at(self, detector: str, asset_ids: Iterable[str]) -> dict[str, DetectedImage]:
        """What that detector found before, by image."""

    async def note(self, images: Sequence[DetectedImage]) -> None:
        """That their detector, the same for all, has looked at these; in place of what was noted before."""

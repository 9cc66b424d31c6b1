"""Images, how they came in, and what came with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.models.asset import Asset, Upload, UploadBatch, UploadState
from domain.models.imports import FileUpload, ImportJob, SkippedItem
from domain.models.version import Split
from domain.paging import Page, PageRequest
from domain.ports.repository import Repository


@dataclass(frozen=True, slots=True)
class AssetFilter:
    upload_batch_id: str | None = None
    annotated: bool | None = None
    class_name: str | None = None
    search: str | None = None
    has_pending: bool | None = None


class Assets(Repository[Asset], Protocol):
    async def by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Asset]: ...
    async def pages(
        self, project_ids: Iterable[str], request: PageRequest, where: AssetFilter
    ) -> dict[str, Page[Asset]]: ...
    async def counts(self, project_ids: Iterable[str], where: AssetFilter) -> dict[str, int]: ...
    async def any_of(self, project_id: str) -> Asset | None:
        """The project's newest image whose bytes are known, if there is one."""

    async def names(self, project_id: str) -> Sequence[tuple[str, str]]:
        """(id, file name) of all images of the project."""

    async def existing(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that are images."""

    async def set_imported_split(self, ids: Iterable[str], split: Split) -> None: ...
    async def delete(self, ids: Iterable[str]) -> None:
        """With all that was drawn on them."""

    async def incomplete(self, after: str, limit: int) -> Sequence[tuple[Asset, str]]:
        """Images that lack facts, unless it is known why they cannot be had; each with its team's id, in the order of
        their ids, beyond `after`."""


class Uploads(Repository[Upload], Protocol):
    async def open_by_digest(self, project_id: str, digests: Iterable[str]) -> dict[str, Upload]: ...
    async def pages_of_results(self, batch_ids: Iterable[str], request: PageRequest) -> dict[str, Page[Upload]]: ...
    async def counts_of_results(self, batch_ids: Iterable[str]) -> dict[str, int]: ...
    async def overdue(self, limit: int) -> Sequence[Upload]:
        """Uploads that were announced, never completed, and whose time is over."""

    async def set_verifying(self, ids: Iterable[str]) -> int:
        """How many of them were OPEN, and are VERIFYING now."""

    async def move(self, ids: Sequence[str], status: UploadState, batch_id: str) -> int:
        """To another batch, those of them that have that status; how many."""

    async def set_expired(self, id_: str) -> bool:
        """EXPIRED, when it was still OPEN."""


class Batches(Repository[UploadBatch], Protocol):
    async def pages(self, project_ids: Iterable[str], request: PageRequest) -> dict[str, Page[UploadBatch]]: ...
    async def counts(self, project_ids: Iterable[str]) -> dict[str, int]: ...
    async def asset_counts(self, ids: Iterable[str]) -> dict[str, int]: ...
    async def count_up(
        self, batch_id: str, *, announced: int = 0, submitted: int = 0, verified: int = 0, refused: int = 0
    ) -> UploadBatch:
        """Adds to the batch's counters, whose row is locked until the end of the transaction; the batch as it is then.
        Raises NOT_FOUND when it is gone."""


class FileUploads(Repository[FileUpload], Protocol):
    async def open_by_digest(self, project_id: str, sha256: str) -> FileUpload | None: ...
    async def overdue(self, limit: int) -> Sequence[FileUpload]:
        """Files whose time is over, and that no unfinished job needs."""

    async def delete(self, id_: str) -> None: ...


class ImportJobs(Repository[ImportJob], Protocol):
    async def made_on(self, asset_ids: Iterable[str]) -> set[str]:
        """The ids of the annotations that there are on these images."""


class SkippedItems(Protocol):
    async def replace(self, job_id: str, items: Sequence[SkippedItem]) -> None:
        """Stores what the job skipped, in place of what an earlier attempt did."""

    async def pages(self, job_ids: Iterable[str], request: PageRequest) -> dict[str, Page[SkippedItem]]:
        """In the order of the file."""

    async def counts(self, job_ids: Iterable[str]) -> dict[str, int]: ...


@dataclass(frozen=True, slots=True)
class Original:
    """Bytes of a team, under their content key."""

    team_id: str
    sha256: str


class WatchedOriginals(Protocol):
    """Originals that may have no owner: their image was deleted, or never came to be. They are judged a day later, and
    collected when nothing names them then."""

    async def watch(self, originals: Iterable[Original]) -> None:
        """From now on. Waits for a collector that is at one of them, so that what it deleted can be written anew."""

    async def due(self, limit: int) -> Sequence[Original]:
        """What was watched for a day, in teams without a snapshot under way."""

    async def take(self, original: Original) -> bool:
        """Strikes it from the list, and keeps others from it until the end of the transaction; false when it is not, or
        no longer, due."""

    async def suspect(self, originals: Iterable[Original]) -> None:
        """As `watch`, but those that are on the list already keep their day."""


class ObjectNames(Protocol):
    """Which objects of a team its rows name, and what may be about to name more."""

    async def originals(self, team_id: str, digests: Iterable[str]) -> set[str]:
        """Those of the SHA-256 values whose bytes an image or a version needs."""

    async def manifests(self, team_id: str, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are a version's manifest."""

    async def weights(self, team_id: str, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are a model's weights."""

    async def models(self, team_id: str, digests: Iterable[str]) -> set[str]:
        """Those of the digests that are a model's weights' SHA-256."""

    async def resumable(self, team_id: str, job_ids: Iterable[str]) -> set[str]:
        """Those of the ids that are of trainings that did not complete: what was kept of them may be gone on from."""

    async def archives(self, team_id: str, keys: Iterable[str]) -> set[str]:
        """Those of the keys that are the zip file of a READY export."""

    async def snapshot_runs(self, team_id: str) -> bool:
        """A version of the team is being made, or waits for it."""

    async def training_runs(self, team_id: str) -> bool:
        """A training of the team is under way, or waits for it."""

    async def export_runs(self, team_id: str) -> bool:
        """An export of the team is under way, or waits for it."""

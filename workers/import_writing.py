"""Writing a parsed file into the project, piece by piece; what was written before is not written again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from domain.errors import DomainError
from domain.events import tell_import
from domain.jobs import Claim
from domain.matching import Matcher, Unmatched
from domain.models.annotation import Annotation
from domain.models.asset import Asset
from domain.models.imports import ImportJob, SkippedItem
from domain.models.version import Notice, Split
from domain.ports import Database, UnitOfWork
from workers.import_placing import place
from workers.importing.spool import Skip, SpooledImage

MAX_SKIPPED_ITEMS = 100_000
_WHERE_LENGTH = 512


class ImportWriting:
    """How far one job has come: counts, and what it skipped, in the order of the file."""

    def __init__(self, claim: Claim, job: ImportJob, matcher: Matcher, total: int) -> None:
        self.imported = 0
        self.known = 0
        self.skipped = 0
        self.skipped_items: list[SkippedItem] = []
        self._claim = claim
        self._job = job
        self._matcher = matcher
        self._total = total
        # To the millisecond, which every column for times holds: an annotation of this time is this job's own.
        self._at = job.created_at.replace(microsecond=job.created_at.microsecond // 1000 * 1000)
        self._splits: dict[str, Split] = {}

    async def write(self, database: Database, part: Sequence[SpooledImage | Skip]) -> None:
        """One transaction: the annotations of the part, and the splits of its images."""
        matched = {id(one): self._match(one) for one in part if isinstance(one, SpooledImage)}
        ids = {asset_id for asset_id in matched.values() if asset_id is not None}
        assets = await database.read(partial(_assets, ids=ids))
        annotations: dict[str, Annotation] = {}
        splits: dict[Split, list[str]] = defaultdict(list)
        for one in part:
            if isinstance(one, Skip):
                self._skip(one.where, one.reason)
            elif (asset_id := matched[id(one)]) is None:
                continue
            elif (asset := assets.get(asset_id)) is None:
                self._skip(one.where, f"{one.name}: The image was deleted while the file was imported.")
            else:
                self._collect(one, asset, annotations)
                self._note_split(one, asset, splits)
        fresh, mine = await database.write(partial(self._store, annotations=annotations, splits=splits))
        self.imported += fresh + mine
        self.known += len(annotations) - fresh - mine

    def notices(self) -> list[Notice]:
        """What a reader of the finished job should know."""
        if not self.known:
            return []
        text = f"{self.known} objects of the file were in the project already, from an earlier import."
        return [Notice("ALREADY_IMPORTED", text, self.known)]

    def _match(self, image: SpooledImage) -> str | None:
        found = self._matcher.match(image.name, image.also)
        if not isinstance(found, Unmatched):
            return found
        for one in image.objects or (image,):
            self._skip(one.where, f"{image.name}: {found.reason}")
        return None

    def _collect(self, image: SpooledImage, asset: Asset, annotations: dict[str, Annotation]) -> None:
        for found in image.objects:
            try:
                annotation = place(image, found, asset, self._at)
            except DomainError as error:
                self._skip(found.where, f"{image.name}: {error.message}")
                continue
            if annotation.id in annotations:
                self._skip(found.where, f"{image.name}: The file has the same object twice.")
            annotations[annotation.id] = annotation

    def _note_split(self, image: SpooledImage, asset: Asset, splits: dict[Split, list[str]]) -> None:
        if image.split is None or not self._job.keep_splits:
            return
        first = self._splits.setdefault(asset.id, image.split)
        if first is image.split:
            splits[image.split].append(asset.id)
        else:
            text = f"The file has it in {first.value} and in {image.split.value}; it stays in {first.value}."
            self._skip(image.where, f"{image.name}: {text}")

    async def _store(
        self, uow: UnitOfWork, annotations: dict[str, Annotation], splits: dict[Split, list[str]]
    ) -> tuple[int, int]:
        """How many annotations are new, and how many an earlier attempt of this job had written."""
        # The lock keeps another import of the same file from writing the same rows.
        await uow.projects.lock(self._job.project_id)
        there = await uow.imports.made(annotations)
        fresh = [annotation for id_, annotation in annotations.items() if id_ not in there]
        if fresh:
            await uow.annotations.add(fresh, self._job.created_by_id)
        for split, ids in splits.items():
            await uow.assets.set_imported_split(ids, split)
        mine = sum(1 for at in there.values() if at == self._at)
        imported, skipped = self.imported + len(fresh) + mine, self.skipped
        await uow.imports.write_claimed(self._claim, imported=imported, skipped=skipped)
        tell_import(uow, self._job.id, imported + skipped + self.known, self._total)
        return len(fresh), mine

    def _skip(self, where: str, reason: str) -> None:
        if len(self.skipped_items) < MAX_SKIPPED_ITEMS:
            number = len(self.skipped_items)
            self.skipped_items.append(SkippedItem(self._job.id, number, where[:_WHERE_LENGTH], reason))
        self.skipped += 1


async def _assets(uow: UnitOfWork, ids: set[str]) -> dict[str, Asset]:
    return await uow.assets.get_many(ids)

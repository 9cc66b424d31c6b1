"""Writing a parsed file into the project, piece by piece; what was written before is not written again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from domain.annotations import edit_time
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
_DELETED = "The image was deleted while the file was imported."
_SEEN_DIGITS = 15
"""Of an annotation's id: 60 bits are enough to tell the objects of a file apart."""
_HEAVY = 500
_POINTS_OF_AN_OBJECT = 100


@dataclass(slots=True)
class PlacedPart:
    """A part of the file as it will be written: annotations by id, images by split, and what is not taken."""

    annotations: dict[str, Annotation] = field(default_factory=dict)
    splits: dict[Split, list[str]] = field(default_factory=lambda: defaultdict(list))
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def skip(self, where: str, reason: str) -> None:
        self.skipped.append((where, reason))


class ImportWriting:
    """How far one job has come: counts, and what it skipped, in the order of the file."""

    def __init__(self, claim: Claim, job: ImportJob, matcher: Matcher, total: int) -> None:
        self.skipped = 0
        self.skipped_items: list[SkippedItem] = []
        self._claim = claim
        self._job = job
        self._matcher = matcher
        self._total = total
        self._at = edit_time()
        self._fresh = 0
        self._found = 0
        self._splits: dict[str, Split] = {}
        self._seen: set[int] = set()

    async def place(self, database: Database, part: Sequence[SpooledImage | Skip]) -> PlacedPart:
        """What the part becomes; to be asked part by part, in the order of the file."""
        placed = PlacedPart()
        matched = {id(one): self._match(one, placed) for one in part if isinstance(one, SpooledImage)}
        ids = {asset_id for asset_id in matched.values() if asset_id is not None}
        assets = await database.read(partial(_assets, ids=ids))
        for one in part:
            # Image by image, for whoever waits for an answer meanwhile; a thread costs more than most images.
            if isinstance(one, SpooledImage) and weight(one) > _HEAVY:
                await asyncio.to_thread(self._place, one, matched, assets, placed)
            else:
                await asyncio.sleep(0)
                self._place(one, matched, assets, placed)
        return placed

    @property
    def imported(self) -> int:
        """What this attempt and those before wrote: the job remembers it with each part that is written."""
        return self._job.imported + self._fresh

    async def write(self, database: Database, part: PlacedPart) -> None:
        """One transaction: the annotations of the part, and the splits of its images."""
        for where, reason in part.skipped:
            self._skip(where, reason)
        fresh, found, gone = await database.write(partial(self._store, part=part))
        for asset_id in gone:
            self._skip(f"image {asset_id}", _DELETED)
        self._fresh += fresh
        self._found += found

    def notices(self) -> list[Notice]:
        """What a reader of the finished job should know."""
        known = self._found - self._job.imported
        if known <= 0:
            return []
        text = f"{known} objects of the file were in the project already, from an earlier import."
        return [Notice("ALREADY_IMPORTED", text, known)]

    def _match(self, image: SpooledImage, placed: PlacedPart) -> str | None:
        found = self._matcher.match(image.name, image.also)
        if not isinstance(found, Unmatched):
            return found
        for one in image.objects or (image,):
            placed.skip(one.where, f"{image.name}: {found.reason}")
        return None

    def _place(
        self,
        one: SpooledImage | Skip,
        matched: Mapping[int, str | None],
        assets: Mapping[str, Asset],
        placed: PlacedPart,
    ) -> None:
        if isinstance(one, Skip):
            placed.skip(one.where, one.reason)
        elif (asset_id := matched[id(one)]) is None:
            return
        elif (asset := assets.get(asset_id)) is None:
            placed.skip(one.where, f"{one.name}: {_DELETED}")
        else:
            self._collect(one, asset, placed)
            self._note_split(one, asset, placed)

    def _collect(self, image: SpooledImage, asset: Asset, placed: PlacedPart) -> None:
        for found in image.objects:
            try:
                annotation = place(image, found, asset, self._at)
            except DomainError as error:
                placed.skip(found.where, f"{image.name}: {error.message}")
                continue
            number = int(annotation.id[:_SEEN_DIGITS], 16)
            if number in self._seen:
                placed.skip(found.where, f"{image.name}: The file has the same object twice.")
            else:
                self._seen.add(number)
                placed.annotations[annotation.id] = annotation

    def _note_split(self, image: SpooledImage, asset: Asset, placed: PlacedPart) -> None:
        if image.split is None or not self._job.keep_splits:
            return
        first = self._splits.setdefault(asset.id, image.split)
        if first is image.split:
            placed.splits[image.split].append(asset.id)
        else:
            text = f"The file has it in {first.value} and in {image.split.value}; it stays in {first.value}."
            placed.skip(image.where, f"{image.name}: {text}")

    async def _store(self, uow: UnitOfWork, part: PlacedPart) -> tuple[int, int, set[str]]:
        """How many annotations are new, how many there were, and the ids of images that were deleted meanwhile."""
        # The lock keeps another import of the same file from writing the same rows, and images from being deleted.
        await uow.projects.lock(self._job.project_id)
        images = {annotation.asset_id for annotation in part.annotations.values()}
        gone = images - await uow.assets.existing(images)
        there = await uow.imports.made_on(images)
        fresh = [one for id_, one in part.annotations.items() if id_ not in there and one.asset_id not in gone]
        if fresh:
            await uow.annotations.add(fresh, self._job.created_by_id)
            await uow.claims.progressed(self._claim)
        for split, ids in part.splits.items():
            await uow.assets.set_imported_split(ids, split)
        found = sum(1 for id_ in part.annotations if id_ in there)
        imported = self.imported + len(fresh)
        await uow.imports.write_claimed(self._claim, imported=imported, skipped=self.skipped)
        done = self._fresh + len(fresh) + self._found + found + self.skipped
        tell_import(uow, self._job.id, done, self._total)
        return len(fresh), found, gone

    def _skip(self, where: str, reason: str) -> None:
        if len(self.skipped_items) < MAX_SKIPPED_ITEMS:
            number = len(self.skipped_items)
            self.skipped_items.append(SkippedItem(self._job.id, number, where[:_WHERE_LENGTH], reason))
        self.skipped += 1


def weight(image: SpooledImage) -> int:
    """How many objects the image is like: one of many points counts as several."""
    return sum(1 + len(found.polygon or ()) // _POINTS_OF_AN_OBJECT for found in image.objects)


async def _assets(uow: UnitOfWork, ids: set[str]) -> dict[str, Asset]:
    return await uow.assets.get_many(ids)

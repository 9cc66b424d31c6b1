"""Bringing images in: announce, PUT, have them verified, and they are assets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.detect_on_upload import detect_on_upload
from domain.digests import checked_sha256
from domain.errors import invalid, not_found
from domain.events import tell_upload
from domain.filenames import checked_filename
from domain.ids import new_id
from domain.jobs import JobKind
from domain.keys import upload_key
from domain.models.asset import Asset, Upload, UploadBatch, UploadState
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, PutAddress, UnitOfWork
from domain.projects import checked_name
from domain.store_answers import answering

MAX_FILES = 500
MAX_COMPLETED = 10_000
MAX_IMAGE_BYTES = 500_000_000
UPLOAD_HOURS = 24
_QUESTIONS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class AnnouncedFile:
    """What the client says of a file it wants to send. Bytes; hex."""

    filename: str
    size_bytes: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class RequestUploads:
    project_id: str
    batch_id: str | None
    batch_name: str | None
    files: Sequence[AnnouncedFile]


@dataclass(frozen=True, slots=True)
class UploadTarget:
    """For one announced file: the asset that the project has already, or the upload and where to PUT it (None when its
    bytes are stored)."""

    upload_id: str | None
    address: PutAddress | None
    existing: Asset | None


async def request_uploads(
    database: Database, store: ObjectStore, principal: Principal, command: RequestUploads
) -> tuple[UploadBatch, list[UploadTarget]]:
    """One target for each announced file, in order. Files of an interrupted batch that are still to come, or to be
    verified, join this one. Raises INVALID with the path of the file at fault."""
    files = [_checked(file, index) for index, file in enumerate(command.files)]
    if not 1 <= len(files) <= MAX_FILES:
        raise invalid(f"Between 1 and {MAX_FILES} files can be announced in a call.", "input", "files")

    async def work(uow: UnitOfWork) -> _Asked:
        project = await authorize_project(uow, principal, command.project_id, Action.UPLOAD)
        # The lock makes two calls that announce the same file agree on one upload.
        await uow.projects.lock(project.id)
        digests = [file.sha256 for file in files]
        assets = await uow.assets.by_digest(project.id, digests)
        uploads = await uow.uploads.open_by_digest(project.id, digests)
        batch = await _batch(uow, command)
        fresh: list[Upload] = []
        for file in files:
            if file.sha256 not in assets and file.sha256 not in uploads:
                uploads[file.sha256] = _upload(file, batch, project.team_id)
                fresh.append(uploads[file.sha256])
        await uow.uploads.add(*fresh)
        await _bring_along(uow, [one for one in uploads.values() if one.batch_id != batch.id], batch)
        batch = await uow.batches.count_up(batch.id, announced=len(fresh))
        tell_upload(uow, batch, None)
        return _Asked(batch, assets, uploads, {upload.id for upload in fresh})

    asked = await database.write(work)
    with answering():
        return asked.batch, await _targets(store, asked, files)


async def _bring_along(uow: UnitOfWork, uploads: Sequence[Upload], batch: UploadBatch) -> None:
    """Moves uploads of an interrupted batch into the one that goes on, so that its progress tells of them all."""
    for batch_id in sorted({upload.batch_id for upload in uploads}):
        mine = [upload for upload in uploads if upload.batch_id == batch_id]
        ids = {state: [one.id for one in mine if one.status is state] for state in UploadState}
        open_ones = await uow.uploads.move(ids[UploadState.OPEN], UploadState.OPEN, batch.id)
        submitted = await uow.uploads.move(ids[UploadState.VERIFYING], UploadState.VERIFYING, batch.id)
        moved = open_ones + submitted
        left = await uow.batches.count_up(batch_id, announced=-moved, submitted=-submitted)
        tell_upload(uow, left, None)
        await detect_on_upload(uow, left)
        await uow.batches.count_up(batch.id, announced=moved, submitted=submitted)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What there is for the announced files, by SHA-256; `fresh` are the ids of uploads that are new."""

    batch: UploadBatch
    assets: dict[str, Asset]
    uploads: dict[str, Upload]
    fresh: set[str]


async def _targets(store: ObjectStore, asked: _Asked, files: Sequence[AnnouncedFile]) -> list[UploadTarget]:
    stored = await _stored(store, [upload for upload in asked.uploads.values() if upload.id not in asked.fresh])
    now = datetime.now(UTC)
    targets = []
    for file in files:
        asset, upload = asked.assets.get(file.sha256), asked.uploads.get(file.sha256)
        if asset is not None or upload is None:
            targets.append(UploadTarget(None, None, asset))
            continue
        key = upload_key(upload.team_id, upload.id)
        address = None if upload.id in stored else await store.put_url(key, upload.size_bytes, upload.sha256, now)
        targets.append(UploadTarget(upload.id, address, None))
    return targets


async def _stored(store: ObjectStore, uploads: Sequence[Upload]) -> set[str]:
    """The ids of those whose bytes are there already: an interrupted client need not send them again."""
    gate = asyncio.Semaphore(_QUESTIONS_AT_ONCE)

    async def is_stored(upload: Upload) -> bool:
        if upload.status is UploadState.VERIFYING:
            return True
        async with gate:
            return await store.size(upload_key(upload.team_id, upload.id)) == upload.size_bytes

    answers = await asyncio.gather(*(is_stored(upload) for upload in uploads))
    return {upload.id for upload, is_there in zip(uploads, answers, strict=True) if is_there}


def _checked(file: AnnouncedFile, index: int) -> AnnouncedFile:
    path = ("input", "files", str(index))
    name = checked_filename(file.filename, *path, "filename")
    if not 1 <= file.size_bytes <= MAX_IMAGE_BYTES:
        limit = MAX_IMAGE_BYTES // 1_000_000
        raise invalid(f"{name} has {file.size_bytes} bytes; an image has 1 byte to {limit} MB.", *path, "sizeBytes")
    digest = checked_sha256(file.sha256, *path, "sha256")
    if len(file.content_type) > 191:
        raise invalid("A content type has at most 191 characters.", *path, "contentType")
    return AnnouncedFile(name, file.size_bytes, digest, file.content_type)


async def _batch(uow: UnitOfWork, command: RequestUploads) -> UploadBatch:
    if command.batch_id is not None:
        batch = await uow.batches.get(command.batch_id)
        if batch is None or batch.project_id != command.project_id:
            raise not_found("upload batch")
        return batch
    now = datetime.now(UTC)
    name = command.batch_name if command.batch_name is not None else f"Upload of {now:%Y-%m-%d %H:%M}"
    batch = UploadBatch(new_id(), command.project_id, checked_name(name, "input", "batchName"), now)
    await uow.batches.add(batch)
    return batch


def _upload(file: AnnouncedFile, batch: UploadBatch, team_id: str) -> Upload:
    now = datetime.now(UTC)
    return Upload(
        id=new_id(),
        batch_id=batch.id,
        project_id=batch.project_id,
        team_id=team_id,
        filename=file.filename,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        content_type=file.content_type,
        status=UploadState.OPEN,
        asset_id=None,
        error_code=None,
        error_message=None,
        created_at=now,
        expires_at=now + timedelta(hours=UPLOAD_HOURS),
    )


async def readable_batch(uow: UnitOfWork, principal: Principal, batch_id: str) -> UploadBatch:
    """The batch, when the caller may read its project. Raises NOT_FOUND otherwise."""
    batch = await uow.batches.get(batch_id)
    if batch is None:
        raise not_found("upload batch")
    await authorize_project(uow, principal, batch.project_id, Action.READ, "upload batch")
    return batch


async def complete_uploads(
    database: Database, principal: Principal, project_id: str, upload_ids: Sequence[str]
) -> UploadBatch:
    """Has the uploads verified in the background; those that already are stay as they are. Answers with the first one's
    batch."""
    if not 1 <= len(upload_ids) <= MAX_COMPLETED:
        raise invalid(f"Between 1 and {MAX_COMPLETED:,} uploads can be completed in a call.", "input", "uploadIds")

    async def work(uow: UnitOfWork) -> UploadBatch:
        await authorize_project(uow, principal, project_id, Action.UPLOAD)
        # Uploads change their batch under this lock.
        await uow.projects.lock(project_id)
        uploads = await uow.uploads.get_many(upload_ids)
        for index, upload_id in enumerate(upload_ids):
            if upload_id not in uploads or uploads[upload_id].project_id != project_id:
                raise invalid("There is no such upload in this project.", "input", "uploadIds", str(index))
        batches = {}
        # In order, so that two calls lock the batches in the same one.
        for batch_id in sorted({upload.batch_id for upload in uploads.values()}):
            mine = [upload.id for upload in uploads.values() if upload.batch_id == batch_id]
            submitted = await uow.uploads.set_verifying(mine)
            batches[batch_id] = await uow.batches.count_up(batch_id, submitted=submitted)
            tell_upload(uow, batches[batch_id], None)
        uow.wake(JobKind.UPLOAD, *batches)
        return batches[uploads[upload_ids[0]].batch_id]

    return await database.write(work)

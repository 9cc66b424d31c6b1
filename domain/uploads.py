"""Bringing images in: announce, PUT, have them verified, and they are assets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.errors import DomainError, ErrorCode, invalid, not_found
from domain.events import tell_upload
from domain.ids import new_id
from domain.jobs import Claim, JobKind
from domain.keys import original_key, upload_key
from domain.models.asset import Asset, BatchCounts, ImageFacts, Upload, UploadBatch, UploadState
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, PutAddress, UnitOfWork
from domain.projects import checked_name
from domain.transitions import transition

MAX_FILES = 500
MAX_IMAGE_BYTES = 500_000_000
MAX_FILENAME = 255
UPLOAD_HOURS = 24
_SHA256 = re.compile(r"[0-9a-f]{64}")


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
    """One target for each announced file, in order. Raises INVALID with the path of the file at fault."""
    files = [_checked(file, index) for index, file in enumerate(command.files)]
    if not 1 <= len(files) <= MAX_FILES:
        raise invalid(f"Between 1 and {MAX_FILES} files can be announced in a call.", "input", "files")

    async def work(uow: UnitOfWork) -> tuple[UploadBatch, dict[str, Asset], dict[str, Upload]]:
        project = await authorize_project(uow, principal, command.project_id, Action.UPLOAD)
        # The lock makes two calls that announce the same file agree on one upload.
        await uow.projects.lock(project.id)
        batch = await _batch(uow, command)
        digests = [file.sha256 for file in files]
        assets = await uow.assets.by_digest(project.id, digests)
        uploads = await uow.uploads.open_by_digest(project.id, digests)
        fresh: list[Upload] = []
        for file in files:
            if file.sha256 not in assets and file.sha256 not in uploads:
                uploads[file.sha256] = _upload(file, batch, project.team_id)
                fresh.append(uploads[file.sha256])
        await uow.uploads.add(*fresh)
        counts = (await uow.uploads.counts([batch.id])).get(batch.id, BatchCounts())
        tell_upload(uow, batch, counts, None)
        return batch, assets, uploads

    batch, assets, uploads = await database.write(work)
    now = datetime.now(UTC)
    targets = []
    for file in files:
        asset = assets.get(file.sha256)
        if asset is not None:
            targets.append(UploadTarget(None, None, asset))
            continue
        upload = uploads[file.sha256]
        key = upload_key(upload.team_id, upload.id)
        stored = upload.status is UploadState.VERIFYING or await store.size(key) == upload.size_bytes
        address = None if stored else store.put_url(key, upload.size_bytes, upload.sha256, now)
        targets.append(UploadTarget(upload.id, address, None))
    return batch, targets


def _checked(file: AnnouncedFile, index: int) -> AnnouncedFile:
    path = ("input", "files", str(index))
    name = file.filename.strip()
    if not name or len(name) > MAX_FILENAME or "\x00" in name:
        raise invalid(f"A file name has 1 to {MAX_FILENAME} characters.", *path, "filename")
    if not 1 <= file.size_bytes <= MAX_IMAGE_BYTES:
        limit = MAX_IMAGE_BYTES // 1_000_000
        raise invalid(f"{name} has {file.size_bytes} bytes; an image has 1 byte to {limit} MB.", *path, "sizeBytes")
    digest = file.sha256.lower()
    if not _SHA256.fullmatch(digest):
        raise invalid("A SHA-256 is 64 hexadecimal digits.", *path, "sha256")
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


async def readable_asset(uow: UnitOfWork, principal: Principal, asset_id: str) -> Asset:
    """The image, when the caller may read its project. Raises NOT_FOUND otherwise."""
    asset = await uow.assets.get(asset_id)
    if asset is None:
        raise not_found("asset")
    await authorize_project(uow, principal, asset.project_id, Action.READ, "asset")
    return asset


async def complete_uploads(
    database: Database, principal: Principal, project_id: str, upload_ids: Sequence[str]
) -> UploadBatch:
    """Has the uploads verified in the background; those that already are stay as they are. Answers with the first one's
    batch."""
    if not upload_ids:
        raise invalid("Name at least one upload.", "input", "uploadIds")

    async def work(uow: UnitOfWork) -> UploadBatch:
        await authorize_project(uow, principal, project_id, Action.UPLOAD)
        uploads = await uow.uploads.get_many(upload_ids)
        for index, upload_id in enumerate(upload_ids):
            if upload_id not in uploads or uploads[upload_id].project_id != project_id:
                raise invalid("There is no such upload in this project.", "input", "uploadIds", str(index))
        await uow.uploads.set_verifying([upload.id for upload in uploads.values()])
        batches = await uow.batches.get_many({upload.batch_id for upload in uploads.values()})
        counts = await uow.uploads.counts(batches)
        for batch in batches.values():
            tell_upload(uow, batch, counts[batch.id], None)
        uow.wake(JobKind.UPLOAD)
        return batches[uploads[upload_ids[0]].batch_id]

    return await database.write(work)


async def accept_upload(uow: UnitOfWork, claim: Claim, upload: Upload, facts: ImageFacts) -> None:
    """The bytes are what was announced, and an image: it becomes an asset, or the one that came first stays."""
    await uow.projects.lock(upload.project_id)
    asset = (await uow.assets.by_digest(upload.project_id, [upload.sha256])).get(upload.sha256)
    if asset is None:
        asset = Asset(
            id=new_id(),
            project_id=upload.project_id,
            upload_batch_id=upload.batch_id,
            filename=upload.filename,
            s3_key=original_key(upload.team_id, upload.sha256),
            sha256=upload.sha256,
            size_bytes=upload.size_bytes,
            content_type=facts.content_type,
            width=facts.width,
            height=facts.height,
            orientation=facts.orientation,
            gps_latitude=facts.gps_latitude,
            gps_longitude=facts.gps_longitude,
            captured_at=facts.captured_at,
            imported_split=None,
            created_at=datetime.now(UTC),
        )
        await uow.assets.add(asset)
    status = transition(upload.status, UploadState.VERIFIED)
    await uow.uploads.write_claimed(claim, status=status, asset_id=asset.id)
    await _tell(uow, upload)


async def refuse_upload(uow: UnitOfWork, claim: Claim, upload: Upload, code: ErrorCode, message: str) -> None:
    """The bytes are not what was announced, or no image of a kind taken; `message` says what to do."""
    # The lock lets one answer at a time count the batch, so that the last one sees that it is the last.
    await uow.projects.lock(upload.project_id)
    status = transition(upload.status, UploadState.REFUSED)
    await uow.uploads.write_claimed(claim, status=status, error_code=code.value, error_message=message)
    await _tell(uow, upload)


async def expire_upload(uow: UnitOfWork, upload: Upload) -> bool:
    """Nobody completed it in time. False, and nothing done, when somebody did meanwhile."""
    await uow.projects.lock(upload.project_id)
    current = await uow.uploads.get(upload.id)
    if current is None or current.status is not UploadState.OPEN:
        return False
    await uow.uploads.update(upload.id, status=transition(current.status, UploadState.EXPIRED))
    await _tell(uow, upload)
    return True


async def _tell(uow: UnitOfWork, upload: Upload) -> None:
    batch = await uow.batches.get(upload.batch_id)
    if batch is None:
        raise DomainError(ErrorCode.NOT_FOUND, f"The batch of upload {upload.id} is gone.")
    counts = (await uow.uploads.counts([batch.id]))[batch.id]
    tell_upload(uow, batch, counts, upload.id)

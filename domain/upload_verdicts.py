"""What becomes of an upload: an image of the project, refused, or forgotten."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.detect_on_upload import detect_on_upload
from domain.errors import ErrorCode
from domain.events import tell_upload
from domain.ids import new_id
from domain.jobs import Claim
from domain.keys import original_key
from domain.models.asset import Asset, ImageFacts, Upload, UploadState
from domain.ports import UnitOfWork
from domain.transitions import transition


async def accept_upload(uow: UnitOfWork, claim: Claim, upload: Upload, facts: ImageFacts) -> None:
    """The bytes are what was announced, and an image: it becomes an asset, or the one that came first stays."""
    await uow.projects.lock(upload.project_id)
    batch_id = await _batch_of(uow, upload)
    asset = (await uow.assets.by_digest(upload.project_id, [upload.sha256])).get(upload.sha256)
    if asset is None:
        asset = Asset(
            id=new_id(),
            project_id=upload.project_id,
            upload_batch_id=batch_id,
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
            perceptual_hash=facts.perceptual_hash,
        )
        await uow.assets.add(asset)
    status = transition(upload.status, UploadState.VERIFIED)
    await uow.uploads.write_claimed(claim, status=status, asset_id=asset.id)
    batch = await uow.batches.count_up(batch_id, verified=1)
    tell_upload(uow, batch, upload.id)
    await detect_on_upload(uow, batch)


async def refuse_upload(uow: UnitOfWork, claim: Claim, upload: Upload, code: ErrorCode, message: str) -> None:
    """The bytes are not what was announced, or no image of a kind taken; `message` says what to do."""
    await uow.projects.lock(upload.project_id)
    status = transition(upload.status, UploadState.REFUSED)
    await uow.uploads.write_claimed(claim, status=status, error_code=code.value, error_message=message)
    batch = await uow.batches.count_up(await _batch_of(uow, upload), refused=1)
    tell_upload(uow, batch, upload.id)
    await detect_on_upload(uow, batch)


async def expire_upload(uow: UnitOfWork, upload: Upload) -> bool:
    """Nobody completed it in time. False, and nothing done, when somebody did meanwhile."""
    await uow.projects.lock(upload.project_id)
    if not await uow.uploads.set_expired(upload.id):
        return False
    batch = await uow.batches.count_up(await _batch_of(uow, upload), submitted=1, refused=1)
    tell_upload(uow, batch, upload.id)
    await detect_on_upload(uow, batch)
    return True


async def _batch_of(uow: UnitOfWork, upload: Upload) -> str:
    """As it is now: who asked again meanwhile took the upload along. Its project is locked."""
    current = await uow.uploads.get(upload.id)
    return upload.batch_id if current is None else current.batch_id

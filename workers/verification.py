"""Verifying uploads: size, SHA-256, and that it is an image; then the bytes move to their content key."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from functools import partial
from pathlib import Path

from domain.errors import ErrorCode
from domain.jobs import Claim, JobKind
from domain.keys import original_key, upload_key
from domain.models.asset import Upload
from domain.ports import Database, ObjectStore
from domain.uploads import accept_upload, refuse_upload
from workers.claims import PermanentError
from workers.image_facts import NotAnImageError, read_image_facts


class UploadVerification:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.UPLOAD
    slots = 4

    def __init__(self, database: Database, store: ObjectStore, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        upload = await self._database.read(lambda uow: uow.uploads.get(claim.id))
        if upload is None:
            return
        with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="upload-") as folder:
            await self._verify(claim, upload, Path(folder) / "image")

    async def fail(self, claim: Claim, reason: str) -> None:
        upload = await self._database.read(lambda uow: uow.uploads.get(claim.id))
        if upload is not None:
            await self._refuse(claim, upload, ErrorCode.UNAVAILABLE, f"{upload.filename}: {reason}")

    async def _verify(self, claim: Claim, upload: Upload, path: Path) -> None:
        key = upload_key(upload.team_id, upload.id)
        try:
            await self._store.download(key, path)
        except KeyError:
            message = f"{upload.filename}: its bytes never arrived; request the upload again and PUT the file."
            await self._refuse(claim, upload, ErrorCode.NOT_READY, message)
            return
        try:
            await asyncio.to_thread(_compare, path, upload)
            facts = await asyncio.to_thread(read_image_facts, path)
        except PermanentError as error:
            await self._refuse(claim, upload, ErrorCode.INVALID, f"{upload.filename}: {error}")
        except NotAnImageError as error:
            await self._refuse(claim, upload, ErrorCode.UNSUPPORTED, f"{upload.filename}: {error}")
        else:
            await self._store.copy(key, original_key(upload.team_id, upload.sha256))
            await self._database.write(partial(accept_upload, claim=claim, upload=upload, facts=facts))
        await self._store.delete(key)

    async def _refuse(self, claim: Claim, upload: Upload, code: ErrorCode, message: str) -> None:
        await self._database.write(partial(refuse_upload, claim=claim, upload=upload, code=code, message=message))


def _compare(path: Path, upload: Upload) -> None:
    """Raises PermanentError unless the bytes are the announced ones."""
    size = path.stat().st_size
    if size != upload.size_bytes:
        raise PermanentError(f"{upload.size_bytes} bytes were announced, and {size} came.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != upload.sha256:
        raise PermanentError("its bytes do not have the SHA-256 that was announced.")

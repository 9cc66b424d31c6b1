"""Verifying uploads: size, SHA-256, and that it is an image; then the bytes move to their content key."""

from __future__ import annotations

import asyncio
import tempfile
from functools import partial
from pathlib import Path

from domain.errors import ErrorCode
from domain.jobs import Claim, JobKind
from domain.keys import upload_key
from domain.models.asset import ImageFacts, Upload
from domain.ports import Database, ObjectStore, Original
from domain.upload_verdicts import accept_upload, refuse_upload
from workers.claims import PostponedError
from workers.digest import sha256_of
from workers.originals import keep_original
from workers.sandbox.image import sandboxed_image_facts
from workers.sandbox.outcome import SandboxStartError, UnreadableFileError
from workers.sandbox.pool import SandboxPool


class UploadVerification:
    """Fulfils workers.claims.Handler."""

    kind = JobKind.UPLOAD
    slots = 4

    def __init__(self, database: Database, store: ObjectStore, sandbox: SandboxPool, work_dir: Path) -> None:
        self._database = database
        self._store = store
        self._sandbox = sandbox
        self._work_dir = work_dir

    async def run(self, claim: Claim) -> None:
        upload = await self._database.read(lambda uow: uow.uploads.get(claim.id))
        if upload is None:
            return
        try:
            with tempfile.TemporaryDirectory(dir=self._work_dir, prefix="upload-") as folder:
                await self._verify(claim, upload, Path(folder))
        except (OSError, SandboxStartError) as error:
            # The store is away, the disk is full, the sandbox does not start: nothing that sending again would mend.
            raise PostponedError(f"{type(error).__name__}: {error}") from error

    async def fail(self, claim: Claim, reason: str) -> None:
        upload = await self._database.read(lambda uow: uow.uploads.get(claim.id))
        if upload is not None:
            await self._refuse(claim, upload, ErrorCode.UNAVAILABLE, reason)

    async def _verify(self, claim: Claim, upload: Upload, folder: Path) -> None:
        key, path = upload_key(upload.team_id, upload.id), folder / "image"
        try:
            tag = await self._store.download(key, path)
        except KeyError:
            reason = "its bytes never arrived; request the upload again and PUT the file."
            await self._refuse(claim, upload, ErrorCode.NOT_READY, reason)
            return
        difference = await asyncio.to_thread(_difference, path, upload)
        if difference is not None:
            await self._refuse(claim, upload, ErrorCode.INVALID, difference)
        elif (facts := await self._examined(claim, upload, path, folder)) is not None:
            original = Original(upload.team_id, upload.sha256)
            await keep_original(self._database, self._store, original, key, tag, folder)
            await self._database.write(partial(accept_upload, claim=claim, upload=upload, facts=facts))
        await self._store.delete(key)

    async def _examined(self, claim: Claim, upload: Upload, path: Path, folder: Path) -> ImageFacts | None:
        """The facts, with thumbnails in `folder`; None when the file was refused."""
        try:
            return await sandboxed_image_facts(self._sandbox, path, folder)
        except UnreadableFileError as fault:
            await self._refuse(claim, upload, ErrorCode.UNSUPPORTED, fault.message)
            return None

    async def _refuse(self, claim: Claim, upload: Upload, code: ErrorCode, reason: str) -> None:
        message = f"{upload.filename}: {reason}"
        await self._database.write(partial(refuse_upload, claim=claim, upload=upload, code=code, message=message))


def _difference(path: Path, upload: Upload) -> str | None:
    """What keeps the bytes from being the announced ones."""
    size = path.stat().st_size
    if size != upload.size_bytes:
        return f"{upload.size_bytes} bytes were announced, and {size} came."
    return None if sha256_of(path) == upload.sha256 else "its bytes do not have the SHA-256 that was announced."

"""An object store that is away costs no upload: what was sent waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from db.database import SqlDatabase
from domain.jobs import MAX_STRIKES, JobKind
from domain.keys import upload_key
from domain.models.asset import UploadState
from pictures import jpeg
from s3_server import S3Server
from seeds import add_batch, add_uploads, digest_of, make_home, take
from workers.claims import PostponedError
from workers.sandbox.pool import SandboxPool
from workers.verification import UploadVerification


async def test_uploads_wait_for_a_store_that_is_away_however_often_they_are_taken_up(
    sqlite_database: SqlDatabase, store: LocalStore, tmp_path: Path
) -> None:
    database, home = sqlite_database, await make_home(sqlite_database)
    batch = await add_batch(database, home.project)
    (upload,) = await add_uploads(database, home.project, batch, ["a"], UploadState.VERIFYING)
    nobody = S3Server("http://127.0.0.1:9", "tests", "a secret of the tests")
    async with SandboxPool(1) as sandbox, open_object_store(nobody.settings("gone")) as away:
        for _ in range(MAX_STRIKES + 2):
            claim = await take(database, JobKind.UPLOAD)
            assert claim.strikes == 1
            with pytest.raises(PostponedError):
                await UploadVerification(database, away, sandbox, tmp_path).run(claim)
            await database.write(lambda uow, claim=claim: uow.claims.spare(claim))  # type: ignore[misc]
            await database.write(lambda uow: uow.uploads.update(upload.id, heartbeat_at=None))
        waiting = await database.read(lambda uow: uow.uploads.get(upload.id))
        assert waiting is not None
        assert waiting.status is UploadState.VERIFYING
        await store.put(upload_key(home.team.id, upload.id), jpeg(), "image/jpeg")
        await UploadVerification(database, store, sandbox, tmp_path).run(await take(database, JobKind.UPLOAD))
    judged = await database.read(lambda uow: uow.uploads.get(upload.id))
    assert judged is not None
    assert judged.status is UploadState.REFUSED, f"its bytes are not those of {digest_of('a')}, and it was looked at"

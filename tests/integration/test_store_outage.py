"""An object store that is away costs no upload: what was sent waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.local_store import LocalStore
from adapters.object_store import open_object_store
from db.database import SqlDatabase
from db.tables import uploads as upload_rows
from domain.errors import DomainError, ErrorCode
from domain.file_uploads import RequestFileUpload, request_file_upload
from domain.jobs import MAX_STRIKES, Claim, JobKind
from domain.keys import upload_key
from domain.models.asset import UploadState
from pictures import jpeg
from s3_server import S3Server
from seeds import add_batch, add_uploads, digest_of, make_home, take
from stack import PATIENCE
from workers.claims import ClaimLoops, PostponedError
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


class Waiting:
    """Fulfils workers.claims.Handler; what it needs is away."""

    kind = JobKind.UPLOAD
    slots = 1

    def __init__(self) -> None:
        self.runs = 0
        self.ran = asyncio.Event()

    async def run(self, claim: Claim) -> None:
        self.runs += 1
        self.ran.set()
        raise PostponedError("the store is away")

    async def fail(self, claim: Claim, reason: str) -> None:
        raise AssertionError(reason)


async def test_a_worker_whose_store_is_away_does_not_run_through_the_queue(database: SqlDatabase) -> None:
    home = await make_home(database)
    batch = await add_batch(database, home.project)
    names = ["a", "b", "c"]
    uploads = await add_uploads(database, home.project, batch, names, UploadState.VERIFYING)
    handler = Waiting()
    task = asyncio.create_task(ClaimLoops(database, "test", [handler]).run())
    async with asyncio.timeout(PATIENCE):
        await handler.ran.wait()
    await asyncio.sleep(0.5)  # in which it would have come to the others
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert handler.runs == 1
    async with database.engine.connect() as connection:
        strikes = (await connection.execute(select(upload_rows.c.strikes))).scalars().all()
    assert strikes == [0] * len(uploads)


async def test_who_asks_while_the_store_is_away_is_told_to_try_again(sqlite_database: SqlDatabase) -> None:
    home = await make_home(sqlite_database)
    nobody = S3Server("http://127.0.0.1:9", "tests", "a secret of the tests")
    asked = RequestFileUpload(home.project.id, "a.json", 9, digest_of("a"))
    async with open_object_store(nobody.settings("gone")) as away:
        with pytest.raises(DomainError) as refusal:
            await request_file_upload(sqlite_database, away, home.principal, asked)
    assert refusal.value.code is ErrorCode.UNAVAILABLE
    assert "gone" not in refusal.value.message

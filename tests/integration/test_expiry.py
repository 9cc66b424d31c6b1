"""Uploads that nobody completes end after their time, on SQLite and MariaDB, and so does their batch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.events import upload_stream
from domain.keys import upload_key
from domain.models.asset import BatchStatus, UploadState
from seeds import add_batch, add_uploads, make_home
from workers.expiry import expire_overdue


async def test_what_is_overdue_ends_and_what_is_not_stays(database: SqlDatabase, store: LocalStore) -> None:
    home = await make_home(database)
    batch = await add_batch(database, home.project)
    names = ["forgotten", "waiting"]
    forgotten, waiting = await add_uploads(database, home.project, batch, names, UploadState.OPEN)
    past = datetime.now(UTC) - timedelta(hours=1)
    await database.write(lambda uow: uow.uploads.update(forgotten.id, expires_at=past))
    key = upload_key(home.team.id, forgotten.id)
    await store.put(key, b"half", "image/jpeg")
    for _ in range(2):
        await expire_overdue(database, store)
    uploads = await database.read(lambda uow: uow.uploads.get_many([forgotten.id, waiting.id]))
    assert (uploads[forgotten.id].status, uploads[waiting.id].status) == (UploadState.EXPIRED, UploadState.OPEN)
    assert await store.size(key) is None
    counts = (await database.read(lambda uow: uow.uploads.counts([batch.id])))[batch.id]
    assert (counts.open, counts.refused, counts.status) == (1, 1, BatchStatus.OPEN)
    told = await database.read(lambda uow: uow.events.after(upload_stream(batch.id), 0, 10))
    assert [event.payload["uploadId"] for event in told] == [forgotten.id]

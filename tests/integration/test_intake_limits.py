"""Limits of single calls, and images that go while annotations come."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.local_store import LocalStore
from db.database import SqlDatabase
from domain.annotations import MAX_POINTS_A_CALL, NewAnnotation, create_annotations
from domain.assets import delete_assets
from domain.errors import DomainError, ErrorCode
from domain.jobs import JobKind
from domain.matching import Matcher
from domain.models.geometry import Box
from domain.uploads import MAX_COMPLETED, MAX_FILES, AnnouncedFile, RequestUploads, complete_uploads, request_uploads
from seeds import add_file, add_images, add_import, digest_of, drawn, make_home, take
from workers.import_writing import ImportWriting
from workers.importing.spool import SpooledImage, SpooledObject


async def test_a_call_announces_and_completes_so_many_files_and_no_more(
    sqlite_database: SqlDatabase, store: LocalStore
) -> None:
    home = await make_home(sqlite_database)
    files = [AnnouncedFile(f"{n}.jpg", 9, digest_of(str(n)), "image/jpeg") for n in range(MAX_FILES + 1)]
    too_many = RequestUploads(home.project.id, None, None, files)
    with pytest.raises(DomainError, match="500 files") as refusal:
        await request_uploads(sqlite_database, store, home.principal, too_many)
    assert (refusal.value.code, refusal.value.field) == (ErrorCode.INVALID, ("input", "files"))
    most = RequestUploads(home.project.id, None, None, files[:MAX_FILES])
    batch, targets = await request_uploads(sqlite_database, store, home.principal, most)
    assert (batch.announced, len(targets)) == (MAX_FILES, MAX_FILES)
    further = RequestUploads(home.project.id, batch.id, None, files[MAX_FILES:])
    batch, _ = await request_uploads(sqlite_database, store, home.principal, further)
    assert batch.announced == MAX_FILES + 1, "further calls add to the same batch"
    with pytest.raises(DomainError, match="10,000 uploads"):
        await complete_uploads(sqlite_database, home.principal, home.project.id, ["x"] * (MAX_COMPLETED + 1))


async def test_a_call_draws_so_many_points_and_no_more(sqlite_database: SqlDatabase) -> None:
    home = await make_home(sqlite_database)
    (image,) = await add_images(sqlite_database, home.project, ["a"])
    square = tuple((float(n % 600), float(n % 7)) for n in range(10_000))
    many: list[NewAnnotation] = [replace(drawn(image), polygon=square)] * (MAX_POINTS_A_CALL // 10_000 + 1)
    with pytest.raises(DomainError, match="200,000 points") as refusal:
        await create_annotations(sqlite_database, home.principal, home.project.id, many)
    assert refusal.value.code is ErrorCode.LIMIT


async def test_an_image_that_is_deleted_while_its_objects_come_in_costs_only_them(database: SqlDatabase) -> None:
    home = await make_home(database)
    images = await add_images(database, home.project, ["a", "b"])
    job = await add_import(database, await add_file(database, home.project, "labels.json"))
    claim = await take(database, JobKind.IMPORT)
    writing = ImportWriting(claim, job, Matcher([(one.id, one.filename) for one in images]), 2)
    found = SpooledObject("wattle", Box(1, 2, 30, 40), None, False, None, "annotations[0]")
    part = await writing.place(
        database, [SpooledImage(one.filename, (), None, None, None, one.filename, (found,)) for one in images]
    )
    await delete_assets(database, home.principal, [images[0].id])
    await writing.write(database, part)
    assert (writing.imported, writing.skipped) == (1, 1)
    assert "deleted" in writing.skipped_items[0].reason
    drawn_on = await database.read(lambda uow: uow.annotations.of_assets([one.id for one in images]))
    assert {asset_id: len(notes) for asset_id, notes in drawn_on.items()} == {images[1].id: 1}

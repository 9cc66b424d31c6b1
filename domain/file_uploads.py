"""Files that are no images, as annotations made elsewhere: announced, then PUT like images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.digests import checked_sha256
from domain.errors import DomainError, ErrorCode, invalid
from domain.filenames import checked_filename
from domain.ids import new_id
from domain.keys import file_key
from domain.models.imports import FileUpload
from domain.models.people import Principal
from domain.policies import Action, authorize_project
from domain.ports import Database, ObjectStore, UnitOfWork
from domain.store_answers import answering
from domain.uploads import UploadTarget

MAX_FILE_BYTES = 2 * 1024**3
FILE_HOURS = 24


@dataclass(frozen=True, slots=True)
class RequestFileUpload:
    """What the client says of a file it wants to send. Bytes; hex."""

    project_id: str
    filename: str
    size_bytes: int
    sha256: str


async def request_file_upload(
    database: Database, store: ObjectStore, principal: Principal, command: RequestFileUpload
) -> UploadTarget:
    """Where to PUT the file; without an address when its bytes are there already. It is kept for a day."""
    name = checked_filename(command.filename, "input", "filename")
    if command.size_bytes > MAX_FILE_BYTES:
        text = f"{name} has {command.size_bytes} bytes; at most 2 GiB are taken."
        raise DomainError(ErrorCode.LIMIT, text, ("input", "sizeBytes"))
    if command.size_bytes < 1:
        raise invalid(f"{name} is empty.", "input", "sizeBytes")
    digest = checked_sha256(command.sha256, "input", "sha256")

    async def work(uow: UnitOfWork) -> FileUpload:
        project = await authorize_project(uow, principal, command.project_id, Action.IMPORT)
        await uow.projects.lock(project.id)
        known = await uow.files.open_by_digest(project.id, digest)
        if known is not None and known.size_bytes == command.size_bytes:
            return known
        now = datetime.now(UTC)
        fresh = FileUpload(
            id=new_id(),
            project_id=project.id,
            team_id=project.team_id,
            filename=name,
            size_bytes=command.size_bytes,
            sha256=digest,
            created_at=now,
            expires_at=now + timedelta(hours=FILE_HOURS),
        )
        await uow.files.add(fresh)
        return fresh

    file = await database.write(work)
    key = file_key(file.team_id, file.id)
    with answering():
        if await store.size(key) == file.size_bytes:
            return UploadTarget(file.id, None, None)
        address = await store.put_url(key, file.size_bytes, file.sha256, datetime.now(UTC))
    return UploadTarget(file.id, address, None)

"""What is sent along when files come in."""

from __future__ import annotations

import strawberry

from domain.file_uploads import RequestFileUpload
from domain.imports import ImportAnnotations
from domain.uploads import AnnouncedFile, RequestUploads
from schema.formats import ExportFormat
from schema.scalars import BigInt


@strawberry.input
class UploadFileInput:
    filename: str
    size_bytes: BigInt
    sha256: str
    content_type: str


@strawberry.input(description="With batchId the files join that batch; otherwise a new one is made.")
class RequestUploadsInput:
    project_id: strawberry.ID
    batch_id: strawberry.ID | None = None
    batch_name: str | None = None
    files: list[UploadFileInput]

    def decode(self) -> RequestUploads:
        files = [AnnouncedFile(one.filename, one.size_bytes, one.sha256, one.content_type) for one in self.files]
        return RequestUploads(self.project_id, self.batch_id, self.batch_name, files)


@strawberry.input
class CompleteUploadsInput:
    project_id: strawberry.ID
    upload_ids: list[strawberry.ID]


@strawberry.input
class RequestFileUploadInput:
    project_id: strawberry.ID
    filename: str
    size_bytes: BigInt
    sha256: str

    def decode(self) -> RequestFileUpload:
        return RequestFileUpload(self.project_id, self.filename, self.size_bytes, self.sha256)


@strawberry.input
class ImportAnnotationsInput:
    project_id: strawberry.ID
    format: ExportFormat
    upload_id: strawberry.ID
    keep_splits: bool | None = strawberry.field(
        default=False, description="Keep the file's train/valid/test folders as importedSplit."
    )

    def decode(self) -> ImportAnnotations:
        return ImportAnnotations(self.project_id, self.format, self.upload_id, bool(self.keep_splits))

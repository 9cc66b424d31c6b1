"""Parsing as a task of the sandbox."""

from __future__ import annotations

from pathlib import Path

from domain.models.imports import ExportFormat
from workers.importing.malformed import MalformedFileError
from workers.importing.parse import parse
from workers.importing.spool import ParsedFile
from workers.sandbox.tasks import RefusedError


def parse_file(path: str, filename: str, format: str, out: str) -> ParsedFile:  # noqa: A002 - the caller's word
    """See workers.importing.parse. Raises RefusedError for a malformed file."""
    try:
        return parse(Path(path), filename, ExportFormat(format), Path(out))
    except MalformedFileError as error:
        raise RefusedError(str(error)) from error

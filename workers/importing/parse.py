"""Reading an annotation file of another tool into a spool. Runs in a child process that may be killed at any time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from domain.models.imports import ExportFormat
from workers.importing.archive import Archive
from workers.importing.coco import parse_coco
from workers.importing.createml import parse_createml
from workers.importing.csv_rows import parse_csv
from workers.importing.documents import Document, documents, is_zip
from workers.importing.malformed import MalformedFileError, printable
from workers.importing.pascal_voc import MAX_XML_BYTES, parse_pascal_voc
from workers.importing.spool import ParsedFile, SpoolWriter
from workers.importing.yolo import parse_yolo

_STREAMED: dict[ExportFormat, tuple[str, Callable[[Document, SpoolWriter], None]]] = {
    ExportFormat.COCO: (".json", parse_coco),
    ExportFormat.CREATEML: (".json", parse_createml),
    ExportFormat.CSV: (".csv", parse_csv),
}


def parse(path: Path, filename: str, format_: ExportFormat, out: Path) -> ParsedFile:
    """Write what `path`, called `filename` by who sent it, says to the new spool `out`; see workers.importing.spool.

    Objects that cannot be taken are skipped, with their place and the reason in the spool. Raises MalformedFileError
    when the file as a whole cannot be; the spool is of no use then. Memory stays within about 400 MB whatever
    the file holds; time is for the caller to limit.
    """
    with out.open("wb") as file:
        writer = SpoolWriter(file, out.parent)
        if format_ in (ExportFormat.YOLO, ExportFormat.YOLO_SEG):
            if not is_zip(path):
                raise MalformedFileError(f"{printable(filename)} is no zip file; pack the folder with its data.yaml.")
            with Archive(path) as archive:
                parse_yolo(archive, writer)
        elif format_ is ExportFormat.PASCAL_VOC:
            for document in documents(path, filename, ".xml", MAX_XML_BYTES):
                parse_pascal_voc(document, writer)
        else:
            ending, read = _STREAMED[format_]
            for document in documents(path, filename, ending):
                read(document, writer)
    return ParsedFile(writer.images, writer.objects, writer.skipped)

"""Files of annotations made elsewhere: which format one has, and what of it is sent."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Any

from cli.annotation_listing import coco_of, is_listing
from cli.local_file import LocalFile

_SNIFFED_BYTES = 4096
_SPACE_AND_MARKS = b"\xef\xbb\xbf \t\r\n"
_NAMES = (
    "a zip with data.yaml or labels/*.txt (YOLO), Pascal VOC's .xml or a zip of them, COCO's .json, CreateML's .json, "
    ".csv, or the listing that the README describes"
)


class AnnotationFormat(StrEnum):
    """What the API imports, and the README's listing, which is sent as COCO."""

    YOLO = "YOLO"
    YOLO_SEG = "YOLO_SEG"
    COCO = "COCO"
    PASCAL_VOC = "PASCAL_VOC"
    CREATEML = "CREATEML"
    CSV = "CSV"
    LISTING = "LISTING"


class AnnotationFileError(Exception):
    """The file cannot be imported: a sentence that says what to do."""


@dataclass(frozen=True)
class AnnotationFile:
    """What is sent, and the format that the API is told."""

    file: LocalFile
    format: AnnotationFormat


@contextmanager
def annotation_file(path: Path, chosen: AnnotationFormat | None) -> Iterator[AnnotationFile]:
    """The file as it is sent, in the chosen format or the recognised one; a listing is turned into COCO elsewhere, for
    as long as this is open. Raises AnnotationFileError."""
    try:
        format_ = chosen or recognised(path)
        listing: Any = _json(path) if format_ is AnnotationFormat.LISTING else None
    except OSError as error:
        raise AnnotationFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    if format_ is not AnnotationFormat.LISTING:
        yield AnnotationFile(LocalFile(path.name, path), format_)
    elif not is_listing(listing):
        raise AnnotationFileError(f"{path} is no listing as the README describes it.")
    else:
        with tempfile.TemporaryDirectory(prefix="agridrone-") as folder:
            coco = Path(folder) / "coco.json"
            coco.write_text(json.dumps(coco_of(listing)), "utf-8")
            yield AnnotationFile(LocalFile(f"{path.stem}.json", coco), AnnotationFormat.COCO)


def recognised(path: Path) -> AnnotationFormat:
    """The format by what is in the file. Raises AnnotationFileError, and OSError when it cannot be read.

    JSON is read whole for that; a very large COCO file is better imported with its format named.
    """
    with path.open("rb") as file:
        head = file.read(_SNIFFED_BYTES)
    text = head.lstrip(_SPACE_AND_MARKS)
    found: AnnotationFormat | None = None
    if head.startswith(b"PK"):
        found = _of_zip(path)
    elif text.startswith((b"{", b"[")):
        found = _of_json(_json(path))
    elif text.startswith(b"<"):
        found = AnnotationFormat.PASCAL_VOC
    elif path.suffix.lower() == ".csv":
        found = AnnotationFormat.CSV
    if found is None:
        raise AnnotationFileError(f"The format of {path} is not recognised. It may be {_NAMES}; --format names it.")
    return found


def _of_zip(path: Path) -> AnnotationFormat | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
            format_ = _of_names(names)
            if format_ is None and (documents := [name for name in names if name.lower().endswith(".json")]):
                return _of_json(json.loads(archive.read(documents[0])))
            return format_
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, RecursionError) as error:
        raise AnnotationFileError(f"{path} is no sound zip file: {error}.") from error


def _of_names(names: list[str]) -> AnnotationFormat | None:
    paths = [PurePosixPath(name.lower()) for name in names]
    if any(path.name == "data.yaml" or (path.suffix == ".txt" and "labels" in path.parts[:-1]) for path in paths):
        return AnnotationFormat.YOLO
    for suffix, format_ in ((".xml", AnnotationFormat.PASCAL_VOC), (".csv", AnnotationFormat.CSV)):
        if any(path.suffix == suffix for path in paths):
            return format_
    return None


def _of_json(document: Any) -> AnnotationFormat | None:
    if isinstance(document, list):
        shaped = all(isinstance(one, dict) and "image" in one for one in document)
        return AnnotationFormat.CREATEML if shaped and any("annotations" in one for one in document) else None
    if isinstance(document, dict) and {"images", "annotations", "categories"} <= document.keys():
        return AnnotationFormat.COCO
    return AnnotationFormat.LISTING if is_listing(document) else None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise AnnotationFileError(f"{path} is no JSON: {error}.") from error

"""The JSON, CSV or XML documents of an upload: the file itself, or those of its kind in a zip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.models.version import Split
from workers.importing.archive import MAX_DOCUMENT_BYTES, Archive
from workers.importing.malformed import MalformedFileError, printable
from workers.importing.names import split_of

_BESIDE = ("manifest.json", "sources.csv")
"""What an export of the product has beside the annotations, and SHA256SUMS with it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `name` is how messages call it, `prefix` what begins the place of an object in it, `folder` its
    place in the archive with a closing slash, or ""."""

    name: str
    prefix: str
    folder: str
    stem: str
    split: Split | None
    open: Callable[[], AbstractContextManager[BinaryIO]]


def documents(path: Path, filename: str, ending: str, limit: int = MAX_DOCUMENT_BYTES) -> Iterator[Document]:
    """Those whose names end with `ending`, each of at most `limit` bytes. Raises MalformedFileError: no such
    document, too large, or an archive that is not sound."""
    if is_zip(path):
        with Archive(path) as archive:
            yield from _of_archive(archive, ending, limit)
        return
    if path.stat().st_size > limit:
        raise MalformedFileError(f"{printable(filename)} has more than {limit // 2**20} MiB; split it.")
    shown = printable(filename)
    base = filename.replace("\\", "/").rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    yield Document(shown, "", "", stem, split_of((), stem), lambda: path.open("rb"))


def is_zip(path: Path) -> bool:
    """By its first bytes, whatever its name."""
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _of_archive(archive: Archive, ending: str, limit: int) -> Iterator[Document]:
    found = False
    beside = _BESIDE if "SHA256SUMS" in archive.names else ()
    for name in archive.names:
        if name.lower().endswith(ending) and name not in beside:
            found = True
            folder, slash, base = name.rpartition("/")
            stem = base[: -len(ending)]
            split = split_of(folder.split("/"), stem)
            shown = printable(name)
            yield Document(shown, f"{shown} ", folder + slash, stem, split, _opener(archive, name, limit))
    if not found:
        raise MalformedFileError(f"The zip file has no {ending} file.")


def _opener(archive: Archive, name: str, limit: int) -> Callable[[], AbstractContextManager[BinaryIO]]:
    return lambda: archive.open(name, limit)

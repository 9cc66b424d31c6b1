"""The objects that a version is made of, each once, in pages: many more than fit into memory may come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import orjson

from domain.models.version import VersionAsset
from domain.paging import Page, PageRequest, SortKey
from domain.ports import Database, UnitOfWork

_PAGE = 500


@dataclass(frozen=True, slots=True)
class FrozenObject:
    """What should lie under the key, and the name of an image that needs it."""

    key: str
    sha256: str
    filename: str


FrozenObjects = Callable[[], AsyncIterator[list[FrozenObject]]]
"""Tells them from the start, each time anew."""


async def objects_of_manifest(path: Path) -> AsyncIterator[list[FrozenObject]]:
    """By a manifest's file, whose bytes are the ones that were frozen."""
    with path.open("rb") as file:
        found = _distinct(_parsed(file))
        while page := await asyncio.to_thread(lambda: list(islice(found, _PAGE))):
            yield page


async def objects_of_rows(database: Database, dataset_id: str) -> AsyncIterator[list[FrozenObject]]:
    """By the version's rows in the database, which say the same."""
    after: SortKey | None = None
    last = ""
    while True:
        page = await database.read(partial(_rows, dataset_id=dataset_id, request=PageRequest(_PAGE, after)))
        objects = (FrozenObject(row.s3_key, row.sha256, row.filename) for row in page.items)
        yield [one for one in _distinct(objects) if one.key != last]
        if not page.has_next:
            return
        after, last = page.keys[-1], page.items[-1].s3_key


async def _rows(uow: UnitOfWork, dataset_id: str, request: PageRequest) -> Page[VersionAsset]:
    return (await uow.version_assets.pages([dataset_id], request, None))[dataset_id]


def _parsed(lines: Iterable[bytes]) -> Iterator[FrozenObject]:
    for line in islice(lines, 1, None):  # the first is the header's
        if line.startswith(b"{"):
            image = orjson.loads(line.rstrip(b",\n"))
            yield FrozenObject(image["key"], image["sha256"], image["filename"])


def _distinct(objects: Iterable[FrozenObject]) -> Iterator[FrozenObject]:
    """Images come in the order of their SHA-256, so that those of one object follow one another."""
    last = ""
    for one in objects:
        if one.key != last:
            yield one
        last = one.key

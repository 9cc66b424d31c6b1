"""`agridrone collect`: what lies in the object store and nobody needs, for the operator of the host."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.lines import counted, say
from cli.options import DataDir, settings_errors, settings_of

if TYPE_CHECKING:
    from adapters.settings import Settings

_UNITS = ("B", "kB", "MB", "GB", "TB")


def collect(
    data_dir: DataDir = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete them; without it nothing is changed.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Print the key of each.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON, a document a line; the sums come last.")] = False,
) -> None:
    """Tell which objects are a day old and needed by nobody: no image, version, model or upload."""
    settings = settings_of(data_dir=data_dir)
    report = _Report(delete, list_, json_)
    with settings_errors(), _store_errors():
        asyncio.run(_collect(settings, report))
    report.close()


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        typer.echo(f"The object store failed, and not all was looked at: {error}", err=True)
        raise typer.Exit(2) from error


async def _collect(settings: Settings, report: _Report) -> None:
    # The parts of the server, at the call only: they are slow to import.
    from adapters.object_store import open_object_store
    from adapters.silence import Silence
    from db.database import SqlDatabase
    from db.engine import create_engine
    from db.migrate import require_head
    from workers.stray_objects import StrayObjects
    from workers.team_folders import TEAM_FOLDERS

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await require_head(settings.sqlalchemy_url)
    silence = Silence()
    database = SqlDatabase(create_engine(settings.sqlalchemy_url), silence, silence)
    try:
        async with open_object_store(settings) as store:
            await store.ready()
            strays, now = StrayObjects(database, store), datetime.now(UTC)
            for team_id in await database.read(lambda uow: uow.people.team_ids()):
                for folder in TEAM_FOLDERS:
                    if folder.busy is not None and await strays.held_back(team_id, folder):
                        report.hold_back(team_id, folder.kind, folder.busy.what)
                        continue
                    async for page in strays.pages(team_id, folder, now):
                        for one in page:
                            report.add(folder.kind, folder.watched, one.key, one.size_bytes)
                        if report.delete:
                            await strays.remove(team_id, folder, page)
    finally:
        await database.close()


@dataclass(slots=True)
class _Sum:
    watched: bool
    objects: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class _Report:
    """Counts what is found, and keeps none of it."""

    delete: bool
    list_keys: bool
    as_json: bool
    sums: dict[str, _Sum] = field(default_factory=dict)
    held_back: list[dict[str, str]] = field(default_factory=list)

    def hold_back(self, team_id: str, kind: str, because: str) -> None:
        self.held_back.append({"team": team_id, "kind": kind, "because": because})

    def add(self, kind: str, watched: bool, key: str, size_bytes: int) -> None:
        kind_sum = self.sums.setdefault(kind, _Sum(watched))
        kind_sum.objects += 1
        kind_sum.size_bytes += size_bytes
        if not self.list_keys:
            return
        if self.as_json:
            typer.echo(json.dumps({"kind": kind, "key": key, "bytes": size_bytes}))
        else:
            say(f"{kind}  {key}  {size_bytes}")

    def close(self) -> None:
        """Prints the sums."""
        if self.as_json:
            typer.echo(json.dumps(self._document()))
            return
        for kind, one in sorted(self.sums.items()):
            say(f"{kind:<12}{counted(one.objects, 'object'):>20}{_size(one.size_bytes):>12}")
        for held in self.held_back:
            say(f"Left out: the {held['kind']} of team {held['team']}, because {held['because']}.")
        self._say_fate()

    def _document(self) -> dict[str, object]:
        kinds = {
            kind: {"objects": one.objects, "bytes": one.size_bytes, "fate": self._fate(one)}
            for kind, one in sorted(self.sums.items())
        }
        return {"deleted": self.delete, "kinds": kinds, "heldBack": self.held_back}

    def _fate(self, one: _Sum) -> str:
        if not self.delete:
            return "KEPT"
        return "DELETED_IN_A_DAY" if one.watched else "DELETED"

    def _say_fate(self) -> None:
        if not self.sums:
            say("There is nothing to collect.")
        elif not self.delete:
            say("Nothing was changed. With --delete these are deleted.")
        else:
            say("Deleted; but originals and thumbnails are on the io worker's list: it asks again in a day whether")
            say("anything needs them, since somebody may be sending the same image now, and deletes them then.")


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} {_UNITS[-1]}"

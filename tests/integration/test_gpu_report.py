"""What a GPU host says of itself: as it is, again and again, until it ends; whatever the database does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.gpu_memory import DeviceMemory
from db.database import SqlDatabase
from domain.models.gpu import GpuHost
from gpu_holding import free_room
from seeds import silent_database
from workers import gpu_report
from workers.gpu_report import HostReport
from workers.gpu_room import GIB, GpuRoom

HOST = "gpu-host"


class Cards:
    """Fulfils GpuMemory: two GPUs."""

    def read(self) -> list[DeviceMemory]:
        return [DeviceMemory(16 * GIB, 3 * GIB), DeviceMemory(16 * GIB, GIB)]


@pytest.fixture(autouse=True)
async def limit() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


async def told(database: SqlDatabase) -> GpuHost | None:
    hosts = await database.read(lambda uow: uow.gpu_hosts.all())
    return hosts[0] if hosts else None


async def test_a_host_says_how_it_is_until_it_ends(database: SqlDatabase) -> None:
    room, loaded = GpuRoom(Cards(), None, 0), ["model a"]
    report = HostReport(database, HOST, "Tesla T4", True, room, lambda: tuple(loaded))
    await report.tell()
    assert await told(database) == GpuHost(HOST, "Tesla T4", True, 32 * GIB, 4 * GIB, ("model a",), None, True)
    room.sam3_loaded = True
    loaded.clear()
    await report.tell()
    assert await told(database) == GpuHost(HOST, "Tesla T4", True, 32 * GIB, 4 * GIB, (), True, True)
    loaded.append("model a")
    await report.end()
    host = await told(database)
    assert host is not None
    assert (host.alive, host.loaded_model_ids) == (False, ())


async def test_a_database_that_is_away_hears_it_the_next_time(
    sqlite_database: SqlDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_report, "_BEAT_SECONDS", 0.02)
    away = tmp_path / "away"
    database = silent_database(f"sqlite+aiosqlite:///{away / 'agridrone.db'}")
    keeping = asyncio.create_task(HostReport(database, HOST, "cpu", False, free_room(), lambda: ()).keep())
    await asyncio.sleep(0.2)
    assert not keeping.done()
    away.symlink_to(tmp_path)  # where the migrated database is
    while (host := await told(sqlite_database)) is None:  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.02)
    assert host == GpuHost(HOST, "cpu", False, None, None, (), None, True)
    keeping.cancel()
    await asyncio.wait([keeping])
    away.unlink()
    await HostReport(database, HOST, "cpu", False, free_room(), lambda: ()).end()
    await database.close()

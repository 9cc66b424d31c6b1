"""When a host's GPU has one holder at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from adapters.settings import load_settings
from seeds import silent_database
from workers.gpu_sharing import gpu_sharing
from workers.gpu_turns import FreeTurns, LeasedTurns
from workers.host_gpu import ExclusiveGpu, SharedGpu


@pytest.mark.parametrize(
    ("sharing", "device", "exclusive"),
    [
        ("auto", "cpu", False),
        ("auto", "mps", False),
        ("auto", "0", True),
        ("auto", "0,1", True),
        ("exclusive", "cpu", True),
        ("exclusive", "mps", True),
    ],
)
async def test_sharing_is_as_the_setting_says(sharing: str, device: str, exclusive: bool, tmp_path: Path) -> None:
    settings = load_settings(device=device, gpu_sharing=sharing)
    database = silent_database(f"sqlite+aiosqlite:///{tmp_path / 'unused.db'}")
    host = gpu_sharing(settings, device, database, Redis())
    assert host.exclusive is exclusive
    assert type(host.gpu) is (ExclusiveGpu if exclusive else SharedGpu)
    assert type(host.turns) is (LeasedTurns if exclusive else FreeTurns)
    await database.close()

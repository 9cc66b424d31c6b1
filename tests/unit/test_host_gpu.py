"""When a host's GPU has one holder at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.asyncio import Redis

from adapters.settings import load_settings
from seeds import silent_database
from workers.host_gpu import ExclusiveGpu, SharedGpu, host_gpu


@pytest.mark.parametrize(
    ("sharing", "device", "kind"),
    [
        ("auto", "cpu", SharedGpu),
        ("auto", "mps", SharedGpu),
        ("auto", "0", ExclusiveGpu),
        ("auto", "0,1", ExclusiveGpu),
        ("exclusive", "cpu", ExclusiveGpu),
        ("exclusive", "mps", ExclusiveGpu),
    ],
)
async def test_sharing_is_as_the_setting_says(sharing: str, device: str, kind: type, tmp_path: Path) -> None:
    settings = load_settings(device=device, gpu_sharing=sharing)
    database = silent_database(f"sqlite+aiosqlite:///{tmp_path / 'unused.db'}")
    assert type(host_gpu(settings, device, database, Redis())) is kind
    await database.close()
